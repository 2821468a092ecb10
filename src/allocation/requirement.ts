import type { Money, Objective, OfferCompliance, OfferEnergy, OfferedGpu, OfferSecurity } from "./types.ts";

/** What kind of work an Offer's workload score is read for. */
export type WorkloadKind = "training" | "inference" | "hpc" | "graphics";
export type Strategy = "colocated" | "distributed" | "flexible";
export type Communication = "all-reduce" | "pipeline" | "independent";
/** What may be given up when nothing fits; `queue` gives up nothing and waits. */
export type Fallback = "queue" | "lower-tier" | "shared" | "spot";

/**
 * What an Intent asks, in plain terms: canonical lower-case names, GiB, cores, Hz, hours. An absent field is no condition.
 * Every bound holds for one task, except the money and carbon bounds, which hold for the whole Intent.
 */
export interface Requirement {
  readonly gpu: GpuRequirement;
  /** Cores of each task. */
  readonly cpu: number;
  /** Memory of each task in GiB. */
  readonly memoryGi: number;
  /** Replicas or parallel tasks, at least 1: placed all or none. */
  readonly tasks: number;
  /** Absent: colocated for an all-reduce over several tasks, else flexible. */
  readonly strategy?: Strategy;
  readonly communication?: Communication;
  readonly objective: Objective;
  /** For the objective `balanced`; absent ones keep their default. */
  readonly weights?: Partial<BalancedWeights>;
  readonly kind: WorkloadKind;
  /** Currency that rates are compared and told in, ISO 4217. */
  readonly currency: string;
  /** How long it runs at most: turns a total into a rate, and meets the deadline. */
  readonly runtimeHours?: number;
  readonly constraints: Constraints;
  readonly negotiation?: Negotiation;
  /** Order in the queue; the allocator itself does not read it. */
  readonly priority: number;
}

export interface GpuRequirement {
  /** Canonical model such as `nvidia-a100`, any variant of it unless `variant` is given. */
  readonly model?: string;
  /** Any of these models will do. */
  readonly models?: readonly string[];
  readonly variant?: string;
  /** Lower-case name of the maker. `any`: no condition, also where something else would imply one. */
  readonly vendor?: string;
  /** GPUs, or shares of a GPU, of each task, all in one group of equal devices on one node. */
  readonly count: number;
  /** Of a single GPU only so many thousandths: from 1 to 999, with `count` 1 and `shared`. */
  readonly milli?: number;
  readonly memoryGiMin?: number;
  readonly memoryGiMax?: number;
  readonly coresMin?: number;
  readonly coresMax?: number;
  readonly clockHzMin?: number;
  readonly computeCapabilityMin?: string;
  readonly fp32TflopsMin?: number;
  readonly multiGpuEfficiencyMin?: number;
  readonly architecture?: string;
  readonly tier?: string;
  readonly interconnect?: NonNullable<OfferedGpu["interconnect"]>;
  readonly topology?: NonNullable<OfferedGpu["topology"]>;
  /** A share of a GPU will do. */
  readonly shared?: boolean;
  /** A hardware partition of a GPU is asked. */
  readonly multiInstance?: boolean;
  /** Nobody else on the GPUs of the node: whole GPUs of an idle node, which is then held as a whole. */
  readonly dedicated?: boolean;
  /** Spot nodes are allowed too. */
  readonly interruptible?: boolean;
  /** Figures of the named model from the catalogue: what `lower-tier` is measured against. */
  readonly reference?: { readonly memoryGi?: number; readonly fp32Tflops?: number };
}

export interface Constraints {
  readonly maxHourly?: Money;
  /** Upper bound of rate x `runtimeHours`. */
  readonly maxTotal?: Money;
  /** Region, country, continent or group (`eu-west-1`, `de`, `europe`, `eu`). */
  readonly location?: string;
  readonly availabilityZone?: string;
  readonly maxLatencyMs?: number;
  /** Names of providers or of who runs them; empty is no condition. */
  readonly providers?: readonly string[];
  /** Seconds from now until the work must have ended. */
  readonly deadlineSeconds?: number;
  readonly energy?: EnergyConstraints;
  readonly compliance?: Partial<OfferCompliance>;
  readonly security?: OfferSecurity;
  readonly sla?: SlaConstraints;
}

export interface EnergyConstraints {
  /** gCO2e per hour of the whole Intent. */
  readonly maxCarbonPerHour?: number;
  readonly renewableOnly?: boolean;
  /** The worst rating that will do. */
  readonly ratingMin?: NonNullable<OfferEnergy["efficiencyRating"]>;
  readonly maxPue?: number;
  readonly greenCertifiedOnly?: boolean;
}

export interface SlaConstraints {
  readonly minUptimePercent?: number;
  readonly maxJitterMs?: number;
  readonly maxColdStartSeconds?: number;
  readonly minBandwidthGbps?: number;
}

export interface Negotiation {
  /** In the order in which they are tried; what follows `queue` is not reached. */
  readonly fallbacks: readonly Fallback[];
  /** Share by which a money bound may rise: 0.15. */
  readonly priceFlexibility: number;
  /** Share by which a minimum of resources may fall: 0.3. */
  readonly resourceFlexibility: number;
  /** A relaxed offer whose price or resources differ by no more than this share is taken without asking. */
  readonly autoAcceptThreshold: number;
}

/** Weights of the objective `balanced`; only their proportions count. */
export interface BalancedWeights {
  readonly performance: number;
  readonly cost: number;
  readonly latency: number;
  readonly energy: number;
}

/** What tells the kind of a workload when nobody said it. */
export interface KindFacts {
  readonly type: "service" | "batch";
  readonly communication?: Communication;
  readonly tier?: string;
}

/**
 * The kind of work, for the score: GPUs that talk to each other train; a gaming card draws; a service infers;
 * a batch of independent tasks computes; any other batch trains.
 */
export function workloadKindOf(facts: KindFacts): WorkloadKind {
  if (facts.communication === "all-reduce" || facts.communication === "pipeline") return "training";
  if (facts.tier === "gaming") return "graphics";
  if (facts.type === "service") return "inference";
  return facts.communication === "independent" ? "hpc" : "training";
}

/** The strategy in force: an all-reduce over several tasks stays together unless told otherwise. */
export function strategyOf(requirement: Requirement): Strategy {
  if (requirement.tasks === 1) return "flexible";
  return requirement.strategy ?? (requirement.communication === "all-reduce" ? "colocated" : "flexible");
}
