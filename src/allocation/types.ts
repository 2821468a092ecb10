/**
 * The words of the decision. An Offer is what can be had; a Requirement is what is asked; a Decision is what was chosen and why.
 * Plain data, no Kubernetes types, no clock: times come in as numbers.
 */

/** How devices of a group are shared; the vocabulary's sharing strategies. */
export type OfferSharing = "none" | "mig" | "time-slicing" | "mps" | "sriov";

/** One group of equal devices on one node of one provider, with what is free of it now. */
export interface Offer {
  /** Stable and unique in the pool: `provider/node/resource`. */
  readonly id: string;
  readonly provider: string;
  /** Who runs the provider, as its nodes say (`aws`), where that is not the provider's own name. */
  readonly operator?: string;
  readonly node: string;
  /** Kubernetes resource to request: `nvidia.com/gpu`, `nvidia.com/mig-1g.10gb`. */
  readonly resource: string;
  readonly gpu: OfferedGpu;
  /** Units of `resource` in all and free (devices x replicas). */
  readonly total: number;
  readonly free: number;
  /**
   * Free thousandths of each device, where shares of a device of any size are given out; `free` then counts the devices
   * that are wholly free. Absent: units are given out as a whole.
   */
  readonly devices?: readonly number[];
  /** GPUs of the whole node in all, for dedicated use and for the share of the rate. */
  readonly nodeGpus: number;
  /** True while nothing of anybody runs on the node's GPUs. */
  readonly nodeIdle: boolean;
  /** Free CPU in cores and memory in GiB of the node: the same figures in every group of one node. */
  readonly cpu: number;
  readonly memoryGi: number;
  /** Rate of one unit of `resource` for an hour, in `currency`; undefined: unknown. */
  readonly unitRate?: number;
  readonly currency?: string;
  /**
   * True where it is sold and not lent: whoever takes a part of it closes the rest to others, and it does not come back
   * when that one ends. Absent: units come and go one by one.
   */
  readonly soldOnce?: true;
  readonly interruptible: boolean;
  readonly place: OfferPlace;
  readonly network: { readonly latencyMs?: number; readonly bandwidthGbps?: number; readonly tier?: string };
  readonly energy: OfferEnergy;
  readonly compliance: OfferCompliance;
  readonly security: OfferSecurity;
  /** True when a network to the provider stands already, so that nothing is to be built before the start. */
  readonly peered?: boolean;
  /** True when the image or the node is there already, so that no cold start is to be waited for. */
  readonly warm?: boolean;
  readonly sla: {
    readonly uptimePercent?: number;
    readonly jitterMs?: number;
    readonly coldStartSeconds?: number;
  };
}

/** Figures of one unit; absent where the node does not state them. */
export interface OfferedGpu {
  readonly vendor: string;
  readonly model?: string;
  readonly variant?: string;
  readonly profile?: string;
  readonly memoryGi?: number;
  readonly architecture?: string;
  readonly tier?: string;
  readonly cores?: number;
  readonly clockHz?: number;
  readonly computeCapability?: string;
  readonly fp32Tflops?: number;
  readonly interconnect?: "nvlink" | "infinity-fabric" | "xe-link" | "pcie";
  readonly interconnectGBps?: number;
  readonly topology?: "all-to-all" | "nvswitch" | "ring" | "mesh";
  readonly multiGpuEfficiency?: number;
  readonly sharing: OfferSharing;
  /** Units that share one device. */
  readonly replicas: number;
  readonly scores: Readonly<Partial<Record<"training" | "inference" | "hpc" | "graphics", number>>>;
}

export interface OfferPlace {
  readonly region?: string;
  readonly zone?: string;
  /** ISO 3166-1 alpha-2, lower case. */
  readonly country?: string;
  readonly continent?: string;
  /** `eu`, `us`, `asia`, ... lower case. */
  readonly groups: readonly string[];
}

export interface OfferEnergy {
  /** Of one unit. */
  readonly watts?: number;
  readonly pue?: number;
  /** gCO2e/kWh. */
  readonly carbonIntensity?: number;
  readonly renewablePercent?: number;
  /** A best, F worst. */
  readonly efficiencyRating?: "A" | "B" | "C" | "D" | "E" | "F";
  readonly greenCertified?: boolean;
}

export interface OfferCompliance {
  readonly certifications: readonly string[];
  readonly dataResidency: readonly string[];
  readonly gdpr?: boolean;
  readonly hipaa?: boolean;
  readonly encryptionAtRest?: boolean;
  readonly encryptionInTransit?: boolean;
  readonly auditLogging?: boolean;
}

export interface OfferSecurity {
  readonly networkIsolation?: "public" | "private";
  readonly vpnAccess?: boolean;
  readonly bastionHost?: boolean;
  readonly intrusionDetection?: boolean;
  readonly vulnerabilityScanning?: boolean;
}

export type Objective = "performance" | "cost" | "latency" | "energy" | "balanced";

/** Money in one currency. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** Units of one common currency that one unit of each currency is worth: `{ EUR: 1, USD: 0.92 }`. */
export type CurrencyRates = Readonly<Record<string, number>>;

/** What a decision is made on: what can be had at one moment, and what currencies are worth. */
export interface Snapshot {
  readonly offers: readonly Offer[];
  readonly currencyRates: CurrencyRates;
  /** What is expected to be asked: offers that are equal otherwise go by how much room they leave for it. */
  readonly forecast?: Forecast;
}

/** A kind of task that is expected to be asked, as far as it matters where it has room. */
export interface ForecastShape {
  /** Of the node, in millicores. */
  readonly cpuMilli: number;
  /** Devices of each task, and thousandths of each of them; none where it asks CPU alone. */
  readonly devices: number;
  readonly deviceMilli: number;
  /** Share of the demand; all shapes that were asked sum to one. */
  readonly frequency: number;
}

/** Shapes by the conditions that they set on offers, and offers by which of these they meet. */
export interface ForecastClasses {
  readonly shapes: readonly ForecastShape[];
  /** For each shape the bit of its set of conditions. */
  readonly bits: readonly number[];
  /** The bits of all sets that the offer meets, whether or not it is in use. */
  readonly classOf: (offer: Offer) => number;
}

/** Room for tasks of one size with several devices, on offers that meet one of these sets of conditions. */
export interface ForecastReserve {
  readonly cpuMilli: number;
  readonly devices: number;
  readonly bits: number;
  /** How likely it is that all room of this size will be needed. */
  readonly chance: number;
}

/**
 * What is expected to be asked next, and what is scarce for it, made now and then from what was asked so far and from what
 * was free at that moment; the same forecast and the same offers give the same decision.
 */
export interface Forecast {
  readonly classes: ForecastClasses;
  /** Positions of shapes, in the orders in which they might arrive. */
  readonly sequences: readonly (readonly number[])[];
  /** What is kept together for tasks with several devices. */
  readonly reserves: readonly ForecastReserve[];
  /** For each class of offers: what an idle thousandth is worth to demand that cannot go everywhere. */
  readonly pressures: ReadonlyMap<number, number>;
}
