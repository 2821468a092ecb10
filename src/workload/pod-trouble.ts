import type { V1ContainerState, V1ContainerStatus, V1Pod, V1PodStatus } from "@kubernetes/client-node";
import type { KubeObject } from "../kubernetes/objects.ts";

/** The part of a container's status that is read here; times are text on the wire. */
type ContainerStatus = Pick<V1ContainerStatus, "name"> &
  Partial<Pick<V1ContainerStatus, "ready" | "state" | "lastState" | "restartCount">>;

export interface SeenPod extends KubeObject {
  readonly spec?: Partial<NonNullable<V1Pod["spec"]>>;
  readonly status?: Omit<
    Partial<V1PodStatus>,
    "containerStatuses" | "initContainerStatuses" | "conditions"
  > & {
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

/** Why a pod does not run. */
export interface PodTrouble {
  readonly reason: string;
  readonly message: string;
  /** True where waiting will not help. */
  readonly isFinal: boolean;
}

/** Waiting reasons that are the ordinary course of a start. */
const ORDINARY = new Set(["ContainerCreating", "PodInitializing"]);
/** Waiting reasons that only a change of the Intent can end. */
const FINAL = new Set(["InvalidImageName", "ErrImageNeverPull"]);

/** What keeps a pod from running, the worst thing first; undefined where nothing does. */
export function podTrouble(pod: SeenPod): PodTrouble | undefined {
  const { status = {} } = pod;
  const name = pod.metadata?.name ?? "";
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const waiting = containers.map((container) => waitingTrouble(name, container)).find(isPresent);
  const ended = containers.map((container) => endedTrouble(name, container)).find(isPresent);
  return waiting ?? ended ?? evicted(pod) ?? unscheduled(pod);
}

const isPresent = <T>(value: T | undefined): value is T => value !== undefined;

function waitingTrouble(pod: string, { name, state, lastState }: ContainerStatus): PodTrouble | undefined {
  const { reason, message } = state?.waiting ?? {};
  if (reason === undefined || reason === "" || ORDINARY.has(reason)) return undefined;
  const last = lastState?.terminated === undefined ? undefined : describeEnd(lastState.terminated);
  // The reason of the crash tells more than that there was one.
  const isKilled = lastState?.terminated?.reason === "OOMKilled";
  return {
    reason: isKilled ? "OOMKilled" : reason,
    message: `container ${name} of pod ${pod}: ${[reason, message, last].filter(isText).join(": ")}`,
    isFinal: FINAL.has(reason),
  };
}

function endedTrouble(pod: string, { name, state }: ContainerStatus): PodTrouble | undefined {
  const ended = state?.terminated;
  if (ended === undefined || ended.exitCode === 0) return undefined;
  return {
    reason: isText(ended.reason) ? ended.reason : "Error",
    message: `container ${name} of pod ${pod}: ${describeEnd(ended)}`,
    isFinal: false,
  };
}

const isText = (text: string | undefined): text is string => text !== undefined && text !== "";

function describeEnd({
  exitCode,
  signal,
  reason,
  message,
}: NonNullable<V1ContainerState["terminated"]>): string {
  const how = signal === undefined || signal === 0 ? `exit code ${exitCode}` : `signal ${signal}`;
  return [isText(reason) ? `${reason}, ${how}` : how, message?.trim()].filter(isText).join(": ");
}

/** Ended as a whole: evicted, lost with its node, or refused by the kubelet, as when a GPU was gone on arrival. */
function evicted({ metadata, status }: SeenPod): PodTrouble | undefined {
  if (status?.phase !== "Failed" || !isText(status.reason)) return undefined;
  const message = `pod ${metadata?.name ?? ""}: ${[status.reason, status.message].filter(isText).join(": ")}`;
  return { reason: status.reason, message, isFinal: false };
}

function unscheduled({ metadata, status }: SeenPod): PodTrouble | undefined {
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status !== "False") return undefined;
  const reason = isText(scheduled.reason) ? scheduled.reason : "Unschedulable";
  const message = `pod ${metadata?.name ?? ""}: ${[reason, scheduled.message].filter(isText).join(": ")}`;
  return { reason, message, isFinal: false };
}

/** Whether the Intent's own container runs, also where it is an init container, before the copies of its output. */
export function isRunning({ status }: SeenPod, mainContainer: string): boolean {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers.some(({ name, state }) => name === mainContainer && isPresent(state?.running));
}
