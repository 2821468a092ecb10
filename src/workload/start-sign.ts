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

/** Containers that crash run between their crashes: that is no work. */
const hasCrashed = ({ restartCount = 0, lastState }: ContainerStatus): boolean =>
  restartCount > 0 && (lastState?.terminated?.exitCode ?? 0) !== 0;

type ContainerStatus = NonNullable<NonNullable<SeenPod["status"]>["containerStatuses"]>[number];

const containersOf = ({ status = {} }: SeenPod): readonly ContainerStatus[] => [
  ...(status.initContainerStatuses ?? []),
  ...(status.containerStatuses ?? []),
];

/** Reads from pods that have not ended how their start goes on; `trouble` is the worst that is told of them. */
export function startSign(
  pods: readonly SeenPod[],
  trouble: { readonly reason: string; readonly isFinal: boolean } | undefined,
): StartSign {
  const containers = pods.flatMap(containersOf);
  const running = containers.filter(({ state }) => state?.running !== undefined);
  const ends = containers.flatMap(({ state }) => (state?.terminated?.exitCode === 0 ? state.terminated : []));
  // Times are text on the wire.
  const times = ends.map(({ finishedAt }) => Date.parse(String(finishedAt ?? ""))).filter(Number.isFinite);
  const found = trouble ?? (running.some(hasCrashed) ? { reason: "Error", isFinal: false } : undefined);
  return {
    ...(found && { trouble: { blame: blameFor(found.reason), isFinal: found.isFinal } }),
    isAtWork: running.some((container) => !hasCrashed(container)),
    ...(times.length > 0 && { lastStepAt: Math.max(...times) }),
  };
}
