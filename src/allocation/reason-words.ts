import type { ReasonCode } from "./reasons.ts";

/** What is said of offers that fail a condition, after their number: `3 of another model`. */
export const REASON_WORDS: Readonly<Record<ReasonCode, string>> = {
  "gpu-model": "of another model",
  "gpu-variant": "of another variant of the model",
  "gpu-vendor": "of another vendor",
  "gpu-sharing": "shared otherwise than asked",
  "gpu-count": "with fewer GPUs on one node than it needs",
  "gpu-memory": "with less GPU memory",
  "gpu-memory-max": "with more GPU memory than it wants",
  "gpu-cores": "with fewer cores",
  "gpu-cores-max": "with more cores than it wants",
  "gpu-clock": "with a lower clock",
  "compute-capability": "of a lower compute capability",
  "fp32-tflops": "with fewer TFLOPS",
  "multi-gpu-efficiency": "of a lower efficiency over several GPUs",
  architecture: "of another architecture",
  tier: "of another tier",
  interconnect: "with another interconnect",
  topology: "of another topology",
  interruptible: "that may be taken away at any time",
  location: "elsewhere",
  "availability-zone": "in another zone",
  provider: "of another provider",
  latency: "too far away by latency",
  deadline: "that would not be done by the deadline",
  renewable: "not wholly on renewable energy",
  pue: "of a higher PUE",
  "energy-rating": "of a lower energy rating",
  "green-certified": "without a green certificate",
  carbon: "that emit more carbon",
  certification: "without a certification that it needs",
  "data-residency": "that do not keep data where it has to be",
  gdpr: "not stated to meet the GDPR",
  hipaa: "not stated to meet HIPAA",
  "encryption-at-rest": "not stated to encrypt at rest",
  "encryption-in-transit": "not stated to encrypt in transit",
  "audit-logging": "not stated to keep audit logs",
  "network-isolation": "not stated to isolate networks",
  "vpn-access": "without VPN access",
  "bastion-host": "without a bastion host",
  "intrusion-detection": "without intrusion detection",
  "vulnerability-scanning": "without vulnerability scanning",
  bandwidth: "with less bandwidth",
  jitter: "with more jitter",
  uptime: "of a lower uptime",
  "cold-start": "that start more slowly",
  "max-hourly-cost": "above its hourly bound or of unknown rate",
  "max-total-cost": "above its total bound or of unknown rate",
  "node-busy": "on nodes that others use",
  "gpu-free": "without enough GPUs free now",
  cpu: "without enough CPU free now",
  memory: "without enough memory free now",
};

/** `10 of another model, 1 without enough GPUs free now`: each offer by its first reason, the most frequent first. */
export const sayRejected = (
  rejected: readonly { readonly code: ReasonCode; readonly count: number }[],
): string =>
  rejected
    .filter(({ count }) => count > 0)
    .toSorted((left, right) => right.count - left.count)
    .map(({ code, count }) => `${count} ${REASON_WORDS[code]}`)
    .join(", ");
