import type { Values } from "../vocabulary/annotations.ts";
import type { FlavorLocation, FlavorPrice, NodeIdentity, Partitionability } from "./flavor.ts";

/** What a Flavor tells, in plain numbers: what is free on a node, and what its GPUs are. */
export interface FlavorFacts {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owner: NodeIdentity;
  /** The owner's nodeID where absent. */
  readonly providerID?: string;
  /** Of the node's CPU: `amd64`, `arm64`. */
  readonly architecture: string;
  /** Free on the node: cores, bytes, pods. */
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly pods: number;
  readonly storageBytes?: number;
  /** The node's vocabulary; memory and cores are of one GPU, the rate is of all. */
  readonly values: Values;
  readonly price: FlavorPrice;
  /** Whether something is free. */
  readonly available: boolean;
  readonly location?: FlavorLocation;
  /** What the GPU block has no place for, such as the variant. */
  readonly additional?: Readonly<Record<string, string>>;
  readonly partitionability?: Partitionability;
}

/** The whole node or any part of it, in the steps that FLUIDOS's chart has. */
export const ANY_PART: Partitionability = {
  cpuMin: "0",
  memoryMin: "0",
  podsMin: "0",
  cpuStep: "1",
  memoryStep: "100Mi",
  podsStep: "0",
  gpuMin: "0",
  gpuStep: "0",
};
