import type { KubeObject } from "../object.ts";

/** The objects of FLUIDOS as its controllers see them; everything in namespace `fluidos`. */
export interface Item<Spec, Status = never> extends KubeObject {
  readonly spec: Spec;
  readonly status?: Status;
}

export interface NodeIdentity {
  readonly domain: string;
  readonly nodeID: string;
  /** host:port of the REAR gateway. */
  readonly ip: string;
  readonly additionalInformation?: { readonly liqoID?: string };
}

export interface Reference {
  readonly name?: string;
  readonly namespace?: string;
  readonly kind?: string;
  readonly apiVersion?: string;
}

export interface PhaseStatus {
  /** `Idle`, `Running`, `Solved`, `Failed` or, with a space, `Timed Out`. */
  readonly phase: string;
  readonly message?: string;
  readonly startTime?: string;
  readonly lastChangeTime?: string;
  readonly endTime?: string;
}

export interface Configuration {
  readonly type: string;
  readonly data: SliceConfiguration;
}

export interface SliceConfiguration {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: string;
  readonly storage?: string;
  readonly gpu?: Gpu;
}

/** Free-form: the CRD keeps whatever is in it. */
export type Gpu = Readonly<Record<string, unknown>>;

export interface Characteristics {
  readonly architecture: string;
  readonly cpu: string;
  readonly memory: string;
  readonly pods: string;
  readonly storage?: string;
  readonly gpu?: Gpu;
}

export interface FlavorSpec {
  readonly availability: boolean;
  readonly flavorType: {
    readonly typeIdentifier: string;
    readonly typeData: {
      readonly characteristics: Characteristics;
      readonly policies?: unknown;
      readonly properties?: unknown;
    };
  };
  readonly location?: Readonly<Record<string, string>>;
  readonly networkPropertyType?: string;
  readonly owner: NodeIdentity;
  readonly price: { readonly amount: string; readonly currency: string; readonly period: string };
  readonly providerID: string;
}

export type Flavor = Item<FlavorSpec>;

/** A Flavor inside of another object: little of its metadata survives there, and its status is three empty texts. */
export interface EmbeddedFlavor {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: FlavorSpec;
  readonly status: {
    readonly creationTime: string;
    readonly expirationTime: string;
    readonly lastUpdateTime: string;
  };
}

export interface Selector {
  readonly flavorType: string;
  readonly filters?: Readonly<Record<string, unknown>>;
}

export interface SolverStatus {
  readonly findCandidate?: string;
  readonly reserveAndBuy?: string;
  readonly peering?: string;
  readonly discoveryPhase?: string;
  readonly reservationPhase?: string;
  readonly solverPhase?: PhaseStatus;
}

export type Solver = Item<
  {
    readonly intentID: string;
    readonly findCandidate?: boolean;
    readonly reserveAndBuy?: boolean;
    readonly establishPeering?: boolean;
    readonly selector?: Selector;
  },
  SolverStatus
>;

export type Discovery = Item<
  { readonly solverID: string; readonly subscribe: boolean; readonly selector?: Selector },
  { readonly phase: PhaseStatus; readonly peeringCandidateList?: { readonly items: readonly unknown[] } }
>;

export type PeeringCandidate = Item<
  {
    readonly available: boolean;
    readonly flavor: EmbeddedFlavor;
    readonly interestedSolverIDs: readonly string[];
  },
  { readonly creationTime: string; readonly lastUpdateTime: string }
>;

export interface ReservationStatus {
  readonly phase: PhaseStatus;
  readonly reservePhase?: string;
  readonly purchasePhase?: string;
  readonly transactionID?: string;
  readonly contract?: Reference;
}

export type Reservation = Item<
  {
    readonly solverID: string;
    readonly buyer: NodeIdentity;
    readonly seller: NodeIdentity;
    readonly configuration?: Configuration;
    readonly peeringCandidate?: Reference;
    readonly reserve?: boolean;
    readonly purchase?: boolean;
  },
  ReservationStatus
>;

export interface TransactionSpec {
  readonly flavorID: string;
  readonly buyer: NodeIdentity;
  readonly clusterID: string;
  readonly configuration?: Configuration;
  readonly expirationTime?: string;
}

export type Transaction = Item<TransactionSpec>;

export interface ContractSpec {
  readonly flavor: EmbeddedFlavor;
  readonly transactionID: string;
  readonly configuration?: Configuration;
  readonly buyer: NodeIdentity;
  readonly buyerClusterID: string;
  readonly seller: NodeIdentity;
  readonly peeringTargetCredentials: { readonly liqoID: string; readonly kubeconfig: string };
  readonly expirationTime?: string;
}

export type Contract = Item<ContractSpec, { readonly phase: PhaseStatus }>;

/** Where an Allocation stands; `Released` and `ResourceCreation` are never set for a K8Slice. */
export type AllocationState = "Inactive" | "Provisioning" | "Peering" | "Active" | "Error";

export interface AllocationStatus {
  readonly status?: string;
  readonly message?: string;
  readonly lastUpdateTime?: string;
  readonly resourceRef?: Reference;
}

export type Allocation = Item<
  { readonly contract?: Reference; readonly forwarding?: boolean },
  AllocationStatus
>;

export type KnownCluster = Item<
  { readonly address: string },
  { readonly expirationTime: string; readonly lastUpdateTime: string }
>;

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}
