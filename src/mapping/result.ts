/** How sharing is in force on a group of devices (`gpu.fluidos.eu/sharing-strategy`). */
export type Sharing = "none" | "mig" | "time-slicing" | "mps" | "sriov";

/** One group of equal allocatable devices: an entry of `gpu.fluidos.eu/devices`. */
export interface DeviceGroup {
  /** Kubernetes resource name (`nvidia.com/gpu`, `nvidia.com/mig-1g.5gb`), or the DRA driver's name. */
  readonly resource: string;
  readonly vendor: string;
  /** Canonical model (`nvidia-h100`); absent where the product is unknown. */
  readonly model?: string;
  /** Form factor and memory (`sxm5-80gb`). */
  readonly variant?: string;
  /** The slice of a GPU that one device is: `1g.10gb`, `cpx_nps4`, `vgpu-4q`. Absent for whole GPUs. */
  readonly profile?: string;
  /** Devices (physical GPUs, or slices); allocatable = count x replicas. */
  readonly count: number;
  /** How many pods share one device; 1 when it is not shared. */
  readonly replicas: number;
  /** Memory of one device in GiB, nominal. */
  readonly memoryGi?: number;
  readonly sharing: Sharing;
  /** What the catalogue says of the card; for metrics, not part of the annotation. */
  readonly card?: { readonly tier?: string; readonly architecture?: string; readonly interconnect?: string };
}

/** Codes of what a mapping can find wrong; each is documented in docs/problems.md. */
export type ProblemCode =
  | "unknown-product"
  | "missing-required"
  | "invalid-value"
  | "stale-labels"
  | "mig-invalid"
  | "layout-changing"
  | "count-mismatch"
  | "mixed-models"
  | "not-allocatable"
  | "simulated"
  | "too-large";

export interface Problem {
  readonly code: ProblemCode;
  /** `error`: something could not be published. `warning`: published, with a doubt. `info`: worth knowing. */
  readonly severity: "error" | "warning" | "info";
  /** Annotation key, label key, resource or product that the problem is about. */
  readonly subject: string;
  /** One sentence that names the thing, the place and the way out. */
  readonly message: string;
}

/** Where a value came from: the rule (and its place in the tables) and the facts it read. */
export interface Provenance {
  readonly key: string;
  readonly value: string;
  readonly rule: string;
  /** `mappings/nvidia.yaml:42` */
  readonly at: string;
  /** `label nvidia.com/gpu.product=NVIDIA-H100-PCIe`, in the order they were read. */
  readonly facts: readonly string[];
  /** True where the value comes from a catalogue or a default, not from the node itself. */
  readonly inferred: boolean;
}

/** What the tables say of one node. Empty annotations and no labels: no GPU to publish. */
export interface MappingResult {
  /** Canonical keys, and their aliases unless switched off. Sorted by key. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly devices: readonly DeviceGroup[];
  readonly problems: readonly Problem[];
  /** Only with `explain`. */
  readonly provenance?: readonly Provenance[];
}
