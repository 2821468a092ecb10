import type { SeenPod } from "./pod-trouble.ts";

/**
 * Whose doing it may be that something does not start: the node's, the provider's, or the Intent's own wherever it goes. Only
 * for the last another place is of no use.
 */
export type Blame = "Node" | "Provider" | "Intent";

/** How a start goes on that has not succeeded yet. */
export interface StartSign {
  /** What is in its way; absent: nothing is known to be, such as while an image is pulled. */
  readonly trouble?: { readonly blame: Blame; readonly isFinal: boolean };
  /**
   * Something of it runs: a copy of its inputs, a server that loads its model. Only their owner knows how long that takes.
   */
  readonly isAtWork: boolean;
  /** When a step of it was done last, such as a copy, milliseconds since 1970 by the provider's clocks. */
  readonly lastStepAt?: number;
  /** Since when each of those of a Service is up that are, likewise. What was up for a moment may crash again. */
  readonly upSince?: readonly number[];
  /** How long a container of a Service ran that has ended since, the longest of them, in milliseconds. */
  readonly lastedMs?: number;
}

/**
 * Reasons that are not the node's. An image may be within reach of one provider and not of another; quotas and policies are a
 * cluster's; what the pod itself says wrong is so everywhere.
 */
const BLAMES: Readonly<Record<string, Blame>> = {
  ErrImagePull: "Provider",
  ImagePullBackOff: "Provider",
  ImageInspectError: "Provider",
  RegistryUnavailable: "Provider",
  SignatureValidationFailed: "Provider",
  FailedCreate: "Provider",
  ReplicaFailure: "Provider",
  InvalidImageName: "Intent",
  ErrImageNeverPull: "Intent",
  CreateContainerConfigError: "Intent",
};

/** Whose doing a pod's trouble may be: the node's, as a full disk or a driver that is too old, unless something else is known. */
export const blameFor = (reason: string): Blame => BLAMES[reason] ?? "Node";

type ContainerStatus = NonNullable<NonNullable<SeenPod["status"]>["containerStatuses"]>[number];

/** Containers that crash run between their crashes: that is no work. */
const hasCrashed = ({ restartCount = 0, lastState }: ContainerStatus): boolean =>
  restartCount > 0 && (lastState?.terminated?.exitCode ?? 0) !== 0;

/** What is to run for ever has ended, with or without an error. */
const hasEnded = ({ restartCount = 0, state, lastState }: ContainerStatus): boolean =>
  state?.terminated !== undefined || (restartCount > 0 && lastState?.terminated !== undefined);

interface Trouble {
  readonly reason: string;
  readonly isFinal: boolean;
}

/** What its containers do: those that come first, and its own; those that are wrecked have crashed, and may run again. */
interface SeenContainers {
  readonly all: readonly ContainerStatus[];
  readonly wrecked: ReadonlySet<ContainerStatus>;
}

/** Reads from pods that have not ended how their start goes on; `trouble` is the worst that is told of them. */
export function startSign(pods: readonly SeenPod[], trouble: Trouble | undefined): StartSign {
  const all = [...firstsOf(pods), ...mainsOf(pods)];
  const wrecked = new Set(all.filter((each) => each.state?.running !== undefined && hasCrashed(each)));
  return signOf({ all, wrecked }, trouble);
}

const firstsOf = (pods: readonly SeenPod[]): readonly ContainerStatus[] =>
  pods.flatMap(({ status }) => status?.initContainerStatuses ?? []);
const mainsOf = (pods: readonly SeenPod[]): readonly ContainerStatus[] =>
  pods.flatMap(({ status }) => status?.containerStatuses ?? []);

function signOf({ all, wrecked }: SeenContainers, trouble: Trouble | undefined): StartSign {
  const ends = all.flatMap(({ state }) => (state?.terminated?.exitCode === 0 ? state.terminated : []));
  const times = ends.map(({ finishedAt }) => timeOf(finishedAt)).filter(Number.isFinite);
  const found = trouble ?? (wrecked.size > 0 ? { reason: "Error", isFinal: false } : undefined);
  return {
    ...(found && { trouble: { blame: blameFor(found.reason), isFinal: found.isFinal } }),
    isAtWork: all.some((each) => each.state?.running !== undefined && !wrecked.has(each)),
    ...(times.length > 0 && { lastStepAt: Math.max(...times) }),
  };
}

/** The same of a Service, whose own containers never end; `isUp`: some of its replicas are available. */
export function serviceSign(
  pods: readonly SeenPod[],
  trouble: Trouble | undefined,
  isUp: boolean,
): StartSign {
  const [firsts, mains] = [firstsOf(pods), mainsOf(pods)];
  const crashed = firsts.filter((each) => each.state?.running !== undefined && hasCrashed(each));
  const wrecked = new Set([...crashed, ...mains.filter(hasEnded)]);
  const sign = signOf({ all: [...firsts, ...mains], wrecked }, trouble);
  const since = mains.map(({ state }) => timeOf(state?.running?.startedAt)).filter(Number.isFinite);
  const lasted = lastedMs(pods);
  return {
    ...sign,
    isAtWork: sign.isAtWork || isUp,
    ...(isUp && since.length > 0 && { upSince: since }),
    ...(lasted !== undefined && { lastedMs: lasted }),
  };
}

/** Of containers that are up as soon as they run: another may never have answered its probe. */
function lastedMs(pods: readonly SeenPod[]): number | undefined {
  const unprobed = pods.filter(
    ({ spec }) => spec?.containers?.some(({ readinessProbe }) => readinessProbe) !== true,
  );
  const lasted = mainsOf(unprobed)
    .flatMap(({ state, lastState }) => [state?.terminated, lastState?.terminated])
    .map((ended) => timeOf(ended?.finishedAt) - timeOf(ended?.startedAt))
    .filter(Number.isFinite);
  return lasted.length === 0 ? undefined : Math.max(...lasted);
}

/** Times are text on the wire. */
const timeOf = (time: Date | string | undefined): number => Date.parse(String(time ?? ""));
