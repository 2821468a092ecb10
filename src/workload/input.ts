import type { V1Taint } from "@kubernetes/client-node";
import type { IntentSpec } from "../intent/spec-schema.ts";
import type { IntentIdentity } from "./names.ts";
import type { WorkloadOptions } from "./options.ts";

export type Taint = Readonly<Pick<V1Taint, "key" | "effect" | "value">>;

/** Tasks (or replicas) of an Intent on one node, all alike. */
export interface PlacedTasks {
  readonly node: string;
  /** The node's label `kubernetes.io/hostname`, where it is not the node's name. */
  readonly hostname?: string;
  readonly tasks: number;
  /** Kubernetes resource that each task gets: `nvidia.com/gpu`, `nvidia.com/mig-1g.10gb`. */
  readonly resource: string;
  /** Units of it for each task. */
  readonly units: number;
  readonly taints: readonly Taint[];
}

/** Where an Intent, or the part of it that one provider runs, was placed: the tasks that GPUs are reserved for. */
export interface WorkloadPlacement {
  readonly provider: string;
  readonly assignments: readonly PlacedTasks[];
  /** Replicas that an autoscaler may reach, if the hub lets it take GPUs beyond those reserved. Default: none more. */
  readonly maxTasks?: number;
}

/** A Secret's data by key, base64 as it comes over the wire. */
export interface SecretValue {
  readonly type?: string;
  readonly data: Readonly<Record<string, string>>;
}

/** All that an Intent's objects follow from. */
export interface WorkloadInput {
  readonly intent: IntentIdentity & { readonly spec: IntentSpec };
  readonly placement: WorkloadPlacement;
  readonly options: WorkloadOptions;
  /** Values of what `secretReferences` names, by `namespace/name`. One that is missing is not copied. */
  readonly secrets?: Readonly<Record<string, SecretValue>>;
  /** True outside of an availability window: everything stays, nothing runs. */
  readonly suspended?: boolean;
  /** Seconds that a batch has to its deadline, from when it was placed. */
  readonly secondsToDeadline?: number;
}
