import type { V1Deployment, V1Ingress, V1Job } from "@kubernetes/client-node";
import type { KubeObject } from "../kubernetes/objects.ts";
import { MAIN_CONTAINER } from "./container.ts";
import { KEYS } from "./identity.ts";
import { isRunning, type PodTrouble, podTrouble, type SeenPod } from "./pod-trouble.ts";
import { type StartSign, serviceSign, startSign } from "./start-sign.ts";

export interface WorkloadObservation {
  readonly phase: "Provisioning" | "Running" | "Suspended" | "Completed" | "Failed";
  /** CamelCase, fit for a condition: `Available`, `ImagePullBackOff`, `DeadlineExceeded`. */
  readonly reason: string;
  readonly message: string;
  /** True when every replica or task that is wanted runs. */
  readonly ready: boolean;
  readonly url?: string;
  /** How its start goes on, until all of it runs, and of a Service how long it has; absent where nothing is to run. */
  readonly start?: StartSign;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}
type Seen<T extends { spec?: unknown; status?: { conditions?: unknown[] } }> = KubeObject & {
  readonly spec?: Partial<NonNullable<T["spec"]>>;
  readonly status?: Omit<Partial<NonNullable<T["status"]>>, "conditions"> & {
    readonly conditions?: readonly Condition[];
  };
};
type SeenDeployment = Seen<V1Deployment>;
type SeenJob = Seen<V1Job>;

/** Conditions have room for 32 KiB; people do not. */
const LONGEST_MESSAGE = 1024;

/** What became of a workload, from the objects of one Intent that are seen in its provider, in any order. */
export function observeWorkload(objects: readonly KubeObject[]): WorkloadObservation {
  const kind = <T extends KubeObject>(name: string): readonly T[] =>
    objects.filter((object) => object.kind === name) as unknown as readonly T[];
  const all = kind<SeenPod>("Pod");
  const pods = all.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  const jobs = kind<SeenJob>("Job");
  const deployments = kind<SeenDeployment>("Deployment");
  const url = ingressUrl(kind<KubeObject & Pick<V1Ingress, "spec">>("Ingress"));
  const seen = jobs.length > 0 ? observeJobs(jobs, pods) : observeDeployments(deployments, pods);
  const state = seen.phase === "Suspended" ? observeSuspended(seen, all) : seen;
  const message =
    state.message.length > LONGEST_MESSAGE
      ? `${state.message.slice(0, LONGEST_MESSAGE - 3)}...`
      : state.message;
  return { ...state, message, ...(url === undefined ? {} : { url }) };
}

/** A pod that has not ended has its GPUs still, also while it is being deleted. */
function observeSuspended(state: WorkloadObservation, pods: readonly SeenPod[]): WorkloadObservation {
  const left = pods.filter(({ status }) => !["Succeeded", "Failed"].includes(status?.phase ?? "")).length;
  if (left === 0) return state;
  return { ...state, reason: "Suspending", message: `${left} pods have not ended yet` };
}

function observeDeployments(all: readonly SeenDeployment[], pods: readonly SeenPod[]): WorkloadObservation {
  if (all.length === 0) return waiting("NotCreated", "neither a Deployment nor a Job is there");
  const wanted = sum(all, ({ spec }) => spec?.replicas ?? 1);
  if (wanted === 0)
    return { phase: "Suspended", reason: "Suspended", message: "scaled to zero", ready: false };
  // A status of an older spec tells nothing about this one.
  const isCurrent = all.every(
    ({ metadata, status }) => (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0),
  );
  const available = isCurrent ? sum(all, ({ status }) => status?.availableReplicas ?? 0) : 0;
  const counted = `${available} of ${wanted} replicas available`;
  const trouble = worstTrouble(pods) ?? replicaFailure(all);
  const isStuck = all.some(({ status }) => holds(status?.conditions, "Progressing", "False") !== undefined);
  const start = serviceSign(pods, trouble, available > 0);
  if (available >= wanted)
    return { phase: "Running", reason: "Available", message: counted, ready: true, ...upSince(start) };
  if (available > 0) return { phase: "Running", ...told(trouble, "Degraded", counted), ready: false, start };
  if (trouble?.isFinal === true || isStuck)
    return { phase: "Failed", ...told(trouble, "ProgressDeadlineExceeded", counted), ready: false, start };
  return { ...waiting(trouble?.reason ?? "Starting", told(trouble, "Starting", counted).message), start };
}

/** All of it is up: that is no trouble, but for a moment it may be so in a crash loop as well. */
const upSince = ({ isAtWork, upSince: since }: StartSign): Pick<WorkloadObservation, "start"> =>
  since === undefined ? {} : { start: { isAtWork, upSince: since } };

function observeJobs(all: readonly SeenJob[], pods: readonly SeenPod[]): WorkloadObservation {
  const any = all[0]?.metadata?.annotations?.[KEYS.completionPolicy] === "Any";
  const done = all.filter(({ status }) => holds(status?.conditions, "Complete", "True") !== undefined);
  const failures = all.flatMap(({ status }) => holds(status?.conditions, "Failed", "True") ?? []);
  const succeeded = sum(all, ({ status }) => status?.succeeded ?? 0);
  if (any ? done.length > 0 : done.length === all.length)
    return { phase: "Completed", reason: "Completed", message: `${succeeded} tasks succeeded`, ready: false };
  const trouble = worstTrouble(pods);
  const [failure] = failures;
  if (failure !== undefined && (!any || failures.length === all.length))
    return {
      phase: "Failed",
      ...told(trouble, failure.reason ?? "Failed", describe(failure)),
      ready: false,
      reason: failure.reason ?? "Failed",
    };
  const unfinished = all.filter((job) => !done.includes(job));
  if (unfinished.every(({ spec }) => spec?.suspend === true || spec?.parallelism === 0))
    return { phase: "Suspended", reason: "Suspended", message: "the Job is suspended", ready: false };
  if (trouble?.isFinal === true) return { phase: "Failed", ...told(trouble, "", ""), ready: false };
  return observeTasks(all, pods, trouble);
}

/** Jobs at work: tasks that run, and those that have succeeded. */
function observeTasks(
  all: readonly SeenJob[],
  pods: readonly SeenPod[],
  trouble: PodTrouble | undefined,
): WorkloadObservation {
  const succeeded = sum(all, ({ status }) => status?.succeeded ?? 0);
  const wanted = sum(all, ({ spec }) => Math.min(spec?.parallelism ?? 1, spec?.completions ?? 1));
  const running = pods.filter(
    (pod) => pod.status?.phase === "Running" || isRunning(pod, MAIN_CONTAINER),
  ).length;
  const refused = running + succeeded + pods.length === 0 && all.every(isBegun);
  const counted = `${running} of ${wanted} tasks running, ${succeeded} succeeded${refused ? NO_PODS : ""}`;
  const start = startSign(
    pods,
    trouble ?? (refused ? { reason: "FailedCreate", isFinal: false } : undefined),
  );
  if (running === 0 && succeeded === 0)
    return { ...waiting(trouble?.reason ?? "Starting", told(trouble, "", counted).message), start };
  const isWhole = running + succeeded >= wanted;
  if (isWhole) return { phase: "Running", reason: "Running", message: counted, ready: true };
  return { phase: "Running", ...told(trouble, "Degraded", counted), ready: false, start };
}

/** Its controller has taken it up, and makes pods at once. A Job does not say why it has none; its Events do. */
const isBegun = ({ status }: SeenJob): boolean => status?.startTime !== undefined;
const NO_PODS = "; no pod could be made yet, which a quota or a policy may forbid";

const waiting = (reason: string, message: string): WorkloadObservation => ({
  phase: "Provisioning",
  reason,
  message,
  ready: false,
});

/** The trouble's own reason where there is one, and both sentences. */
const told = (
  trouble: PodTrouble | undefined,
  reason: string,
  message: string,
): { reason: string; message: string } => ({
  reason: trouble?.reason ?? reason,
  message: [message, trouble?.message].filter((text) => text !== undefined && text !== "").join("; "),
});

/** The first trouble by weight, then by the pods' names, so that the message does not change with the order of a list. */
function worstTrouble(pods: readonly SeenPod[]): PodTrouble | undefined {
  const byName = [...pods].sort((left, right) =>
    (left.metadata?.name ?? "") < (right.metadata?.name ?? "") ? -1 : 1,
  );
  const troubles = byName
    .filter(({ status }) => status?.phase !== "Succeeded")
    .flatMap((pod) => podTrouble(pod) ?? []);
  return troubles.find(({ isFinal }) => isFinal) ?? troubles[0];
}

/** Pods that could not even be made: a quota, a policy, an admission webhook. */
function replicaFailure(all: readonly SeenDeployment[]): PodTrouble | undefined {
  const [failure] = all.flatMap(({ status }) => holds(status?.conditions, "ReplicaFailure", "True") ?? []);
  return failure === undefined
    ? undefined
    : { reason: failure.reason ?? "ReplicaFailure", message: describe(failure), isFinal: false };
}

const describe = ({ reason, message }: Condition): string =>
  [reason, message].filter((text) => text !== undefined && text !== "").join(": ");

const holds = (
  conditions: readonly Condition[] | undefined,
  type: string,
  status: string,
): Condition | undefined =>
  conditions?.find((condition) => condition.type === type && condition.status === status);

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

function ingressUrl(ingresses: readonly (KubeObject & Pick<V1Ingress, "spec">)[]): string | undefined {
  const spec = ingresses.find(({ metadata }) => metadata?.deletionTimestamp === undefined)?.spec;
  const host = spec?.rules?.[0]?.host;
  if (host === undefined || host === "" || host.startsWith("*")) return undefined;
  const isSecure = spec?.tls?.some(({ hosts }) => hosts?.includes(host) === true) === true;
  return `${isSecure ? "https" : "http"}://${host}/`;
}
