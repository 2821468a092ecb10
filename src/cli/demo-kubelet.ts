import { setTimeout as delay } from "node:timers/promises";
import { DEPLOYMENTS, JOBS, PODS } from "../hub/engines/resources.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { isKubeError } from "../kubernetes/kube-error.ts";
import type { KubeObject, ObjectMeta } from "../kubernetes/objects.ts";

/** What of a Deployment or Job is read here. */
interface Workload extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly parallelism?: number;
    readonly template?: { readonly metadata?: ObjectMeta; readonly spec?: PodSpec };
  };
  readonly status?: { readonly conditions?: readonly unknown[]; readonly startTime?: string };
}

interface PodSpec {
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms?: readonly Term[];
      };
    };
  };
  readonly containers?: readonly { readonly name: string; readonly image: string }[];
}

interface Term {
  readonly matchFields?: readonly { readonly values?: readonly string[] }[];
  readonly matchExpressions?: readonly { readonly values?: readonly string[] }[];
}

const EVERY_MS = 250;
const OURS = "app.kubernetes.io/managed-by=flare";

/**
 * A pretence of what runs pods in a real cluster: controllers, scheduler and kubelets. It makes the pods of our
 * Deployments and Jobs on the nodes that they ask for and says that they run; no container is started anywhere. Jobs are
 * done after `jobMs`.
 */
export async function pretendToRun(client: KubeClient, jobMs: number, signal: AbortSignal): Promise<void> {
  const startedAt = new Map<string, number>();
  while (!signal.aborted) {
    await oneRound(client, { startedAt, jobMs }, signal);
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

interface Jobs {
  readonly startedAt: Map<string, number>;
  readonly jobMs: number;
}

async function oneRound(client: KubeClient, jobs: Jobs, signal: AbortSignal): Promise<void> {
  const ours = { labelSelector: OURS };
  try {
    for await (const page of client.list<Workload>(DEPLOYMENTS, ours, { signal }))
      for (const deployment of page.items) await runDeployment(client, deployment);
    for await (const page of client.list<Workload>(JOBS, ours, { signal }))
      for (const job of page.items) await runJob(client, job, jobs);
  } catch (error) {
    // Namespaces end under our hands; the next round sees what is left.
    if (!isKubeError(error)) throw error;
  }
}

async function runDeployment(client: KubeClient, deployment: Workload): Promise<void> {
  const { metadata = {}, spec, status } = deployment;
  const replicas = spec?.replicas ?? 1;
  if (status !== undefined && "availableReplicas" in status) return;
  await makePods(client, deployment, replicas);
  const counts = {
    replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
    updatedReplicas: replicas,
  };
  await tell(client, DEPLOYMENTS, metadata, { observedGeneration: metadata.generation, ...counts });
}

async function runJob(client: KubeClient, job: Workload, { startedAt, jobMs }: Jobs): Promise<void> {
  const { metadata = {}, spec, status } = job;
  if ((status?.conditions ?? []).length > 0) return;
  const tasks = spec?.parallelism ?? 1;
  const since = startedAt.get(metadata.uid ?? "");
  if (since === undefined) {
    startedAt.set(metadata.uid ?? "", Date.now());
    await makePods(client, job, tasks);
    return tell(client, JOBS, metadata, { active: tasks, startTime: new Date().toISOString() });
  }
  if (Date.now() - since < jobMs) return;
  for (let index = 0; index < tasks; index += 1)
    await tell(client, PODS, { ...metadata, name: `${metadata.name}-${index}` }, { phase: "Succeeded" });
  const conditions = [{ type: "Complete", status: "True", reason: "CompletionsReached" }];
  await tell(client, JOBS, metadata, { active: 0, succeeded: tasks, conditions });
}

const tell = async (
  client: KubeClient,
  resource: typeof PODS,
  { name, namespace }: ObjectMeta,
  status: object,
): Promise<void> => {
  await client.patch(resource, { name, namespace, subresource: "status" }, { status });
};

async function makePods(client: KubeClient, { metadata = {}, spec }: Workload, count: number): Promise<void> {
  const { template } = spec ?? {};
  const nodes = nodesOf(template?.spec);
  const { name = "", namespace = "" } = metadata;
  for (let index = 0; index < count; index += 1) {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...template?.metadata, name: `${name}-${index}`, namespace },
      spec: { ...template?.spec, nodeName: nodes[index % Math.max(1, nodes.length)] },
    };
    await client.create(PODS, pod as KubeObject).catch((error: unknown) => {
      if (!isKubeError(error, "conflict")) throw error;
    });
    await tell(client, PODS, pod.metadata, runningStatus(template?.spec));
  }
}

/** The nodes that the workload is bound to. */
function nodesOf(spec: PodSpec | undefined): readonly string[] {
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const [term] = required?.nodeSelectorTerms ?? [];
  return [...(term?.matchFields ?? []), ...(term?.matchExpressions ?? [])].flatMap(
    ({ values }) => values ?? [],
  );
}

function runningStatus(spec: PodSpec | undefined): object {
  const startedAt = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const containerStatuses = (spec?.containers ?? []).map(({ name, image }) => ({
    name,
    image,
    imageID: "",
    ready: true,
    restartCount: 0,
    state: { running: { startedAt } },
  }));
  return { phase: "Running", startTime: startedAt, containerStatuses };
}
