/** What a check found: a number in the unit of its field, a name, or a list of names. */
export type Fact = number | string | boolean | readonly string[];

/**
 * Why an offer does not fit, in the order in which checks are made. The last four pass by themselves when others
 * leave; all the others stay until the offer or the Intent changes.
 */
export const REASON_CODES = [
  "gpu-model",
  "gpu-variant",
  "gpu-vendor",
  "gpu-sharing",
  "gpu-count",
  "gpu-memory",
  "gpu-memory-max",
  "gpu-cores",
  "gpu-cores-max",
  "gpu-clock",
  "compute-capability",
  "fp32-tflops",
  "multi-gpu-efficiency",
  "architecture",
  "tier",
  "interconnect",
  "topology",
  "interruptible",
  "location",
  "availability-zone",
  "provider",
  "latency",
  "deadline",
  "renewable",
  "pue",
  "energy-rating",
  "green-certified",
  "carbon",
  "certification",
  "data-residency",
  "gdpr",
  "hipaa",
  "encryption-at-rest",
  "encryption-in-transit",
  "audit-logging",
  "network-isolation",
  "vpn-access",
  "bastion-host",
  "intrusion-detection",
  "vulnerability-scanning",
  "bandwidth",
  "jitter",
  "uptime",
  "cold-start",
  "max-hourly-cost",
  "max-total-cost",
  "node-busy",
  "gpu-free",
  "cpu",
  "memory",
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

/** What a suggestion may change: the condition behind a reason, the number of tasks, how they are spread. */
export type SuggestionCode = ReasonCode | "tasks" | "strategy";

/** One reason: what was needed, and what the offer has; `has` is absent where the offer does not say. */
export interface Reason {
  readonly code: ReasonCode;
  readonly has?: Fact;
  readonly needs: Fact;
}

const TRANSIENT: ReadonlySet<ReasonCode> = new Set(["node-busy", "gpu-free", "cpu", "memory"]);

/** True for a reason that goes away when others leave. */
export function isTransient(code: ReasonCode): boolean {
  return TRANSIENT.has(code);
}

/** One condition of a requirement, ready to be tried on many offers. */
export interface Check<Subject> {
  readonly code: ReasonCode;
  readonly needs: Fact;
  /** What the offer has; undefined where it does not say. */
  readonly has: (offer: Subject) => Fact | undefined;
  /** Allocates nothing: it runs for every offer of every decision. */
  readonly passes: (offer: Subject) => boolean;
}
