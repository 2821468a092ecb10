import type { KubeObject } from "../object.ts";
import type { Item } from "./fluidos-types.ts";

/** Quantities by the name of the resource. */
export type Resources = Readonly<Record<string, string | number>>;

/** A condition of Liqo: its `status` is a word of its own, not True or False. */
export interface LiqoCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export interface SliceStatus {
  readonly authParams?: Readonly<Record<string, unknown>>;
  readonly conditions?: readonly LiqoCondition[];
  readonly resources?: Resources;
}

export type ResourceSlice = Item<
  {
    readonly class?: string;
    readonly providerClusterID?: string;
    readonly consumerClusterID?: string;
    readonly csr?: string;
    readonly resources?: Resources;
  },
  SliceStatus
>;

export type VirtualNode = Item<
  {
    readonly clusterID?: string;
    readonly createNode?: boolean;
    readonly labels?: Readonly<Record<string, string>>;
    readonly kubeconfigSecretRef?: { readonly name: string };
    readonly resourceQuota?: { readonly hard?: Resources };
  },
  { readonly conditions?: readonly LiqoCondition[] }
>;

export interface NodeSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly NodeSelectorRequirement[];
  readonly matchFields?: readonly NodeSelectorRequirement[];
}

export interface NodeSelector {
  readonly nodeSelectorTerms: readonly NodeSelectorTerm[];
}

export type NamespaceOffloading = Item<
  {
    readonly clusterSelector?: NodeSelector;
    readonly namespaceMappingStrategy?: string;
    readonly podOffloadingStrategy?: string;
    readonly remoteNamespaceName?: string;
  },
  {
    readonly observedGeneration?: number;
    readonly offloadingPhase?: string;
    readonly remoteNamespaceName?: string;
    readonly remoteNamespacesConditions?: Readonly<Record<string, readonly LiqoCondition[]>>;
  }
>;

export interface MappedNamespace {
  readonly remoteNamespace: string;
  readonly phase: "Accepted" | "CreationLoopBackOff" | "Terminating";
}

export type NamespaceMap = Item<
  { readonly desiredMapping?: Readonly<Record<string, string>> },
  { readonly currentMapping?: Readonly<Record<string, MappedNamespace>> }
>;

interface Module {
  readonly enabled: boolean;
  readonly conditions?: readonly LiqoCondition[];
}

export interface ForeignClusterStatus {
  readonly role: string;
  readonly apiServerUrl?: string;
  readonly conditions?: readonly LiqoCondition[];
  readonly modules?: {
    readonly authentication: Module;
    readonly networking: Module;
    readonly offloading: Module;
  };
  readonly observedGeneration?: number;
  readonly tenantNamespace?: { readonly local?: string; readonly remote?: string };
}

export type ForeignCluster = Item<{ readonly clusterID: string }, ForeignClusterStatus>;

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export type Node = Item<
  { readonly taints?: readonly Taint[]; readonly unschedulable?: boolean },
  {
    readonly allocatable?: Resources;
    readonly capacity?: Resources;
    readonly conditions?: readonly LiqoCondition[];
    readonly nodeInfo?: Readonly<Record<string, string>>;
  }
>;

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly resources?: { readonly requests?: Resources; readonly limits?: Resources };
  readonly [field: string]: unknown;
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly restartPolicy?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly containers: readonly Container[];
  readonly tolerations?: readonly Toleration[];
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
      readonly [field: string]: unknown;
    };
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface PodStatus {
  readonly phase?: string;
  readonly startTime?: string;
  readonly conditions?: readonly LiqoCondition[];
  readonly [field: string]: unknown;
}

export type Pod = Item<PodSpec, PodStatus>;

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: PodSpec;
}

interface WorkloadStatus {
  readonly conditions?: readonly LiqoCondition[];
  readonly startTime?: string;
  readonly [field: string]: unknown;
}

export type Deployment = Item<{ readonly replicas?: number; readonly template: PodTemplate }, WorkloadStatus>;

export type Job = Item<
  {
    readonly parallelism?: number;
    readonly completions?: number;
    readonly suspend?: boolean;
    readonly template: PodTemplate;
  },
  WorkloadStatus
>;

export interface Namespace extends KubeObject {
  readonly status?: { readonly phase?: string };
}
