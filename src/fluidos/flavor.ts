/** What a Flavor of type K8Slice is made of, as FLUIDOS writes it: quantities are strings, most zeros are left out. */

export const FLAVOR_API_VERSION = "nodecore.fluidos.eu/v1alpha1";

/** Who a FLUIDOS node is. */
export interface NodeIdentity {
  readonly domain: string;
  readonly nodeID: string;
  /** `host:port` of its REAR gateway. */
  readonly ip: string;
  readonly additionalInformation?: { readonly liqoID?: string };
}

export interface FlavorPrice {
  readonly amount: string;
  readonly currency: string;
  /** No values are fixed; `hourly` is what we write. */
  readonly period: string;
}

export interface FlavorLocation {
  readonly latitude?: string;
  readonly longitude?: string;
  readonly country?: string;
  readonly city?: string;
  readonly additionalNotes?: string;
}

/** `characteristics.gpu`. Region and zone mean what they say; FLUIDOS's own resource manager swaps them. */
export interface FlavorGpu {
  readonly vendor: string;
  readonly model: string;
  readonly count?: number;
  /** Of all GPUs together, quantities. */
  readonly cores: string;
  readonly memory: string;
  readonly tier?: string;
  readonly multi_instance?: true;
  readonly shared?: true;
  readonly sharing_strategy?: string;
  readonly dedicated?: true;
  readonly interruptible?: true;
  /** Quantities; bare Gbit/s and GB/s. */
  readonly network_bandwidth: string;
  readonly interconnect_bandwidth: string;
  readonly network_latency_ms?: number;
  readonly network_tier?: string;
  readonly training_score?: number;
  readonly inference_score?: number;
  readonly hpc_score?: number;
  readonly graphics_score?: number;
  readonly architecture?: string;
  readonly interconnect?: string;
  readonly compute_capability?: string;
  /** Quantity in Hz. */
  readonly clock_speed: string;
  readonly fp32_tflops?: number;
  readonly topology?: string;
  /** A number as text. */
  readonly multi_gpu_efficiency?: string;
  readonly region?: string;
  readonly zone?: string;
  readonly hourly_rate?: number;
  readonly provider?: string;
  readonly pre_emptible?: true;
}

/** Quantities all. */
export interface Partitionability {
  readonly cpuMin: string;
  readonly memoryMin: string;
  readonly podsMin: string;
  readonly cpuStep: string;
  readonly memoryStep: string;
  readonly podsStep: string;
  readonly gpuMin: string;
  readonly gpuStep: string;
}

export interface K8Slice {
  readonly characteristics: {
    readonly architecture: string;
    readonly cpu: string;
    readonly memory: string;
    readonly pods: string;
    readonly gpu: FlavorGpu;
    readonly storage: string;
  };
  readonly properties: { readonly additionalProperties?: Readonly<Record<string, string>> };
  readonly policies: { readonly partitionability: Partitionability };
}

export interface FlavorSpec {
  readonly providerID: string;
  readonly flavorType: { readonly typeIdentifier: "K8Slice"; readonly typeData: K8Slice };
  readonly owner: NodeIdentity;
  readonly price: FlavorPrice;
  readonly availability: boolean;
  readonly networkPropertyType: string;
  readonly location?: FlavorLocation;
}

export interface Flavor {
  readonly apiVersion: typeof FLAVOR_API_VERSION;
  readonly kind: "Flavor";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: FlavorSpec;
}
