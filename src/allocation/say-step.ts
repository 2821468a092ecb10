import type { SuggestionCode } from "./reasons.ts";
import type { Constraints, GpuRequirement, Requirement } from "./requirement.ts";
import type { Money } from "./types.ts";

/** Says in words what the changed requirement asks instead of the first one. */
export function sayStep(code: SuggestionCode, asked: Requirement, changed: Requirement): string {
  return (SAYINGS[code] ?? dropped(code))(asked, changed);
}

/** The fields of the GPU that a sentence can show. */
type Shown = Exclude<
  keyof GpuRequirement,
  "models" | "milli" | "reference" | "shared" | "multiInstance" | "dedicated" | "interruptible"
>;

type Say = (asked: Requirement, changed: Requirement) => string;

/** What a condition is on, where its code does not say it in words. */
const SUBJECTS: Readonly<Partial<Record<SuggestionCode, string>>> = {
  "availability-zone": "the availability zone",
  deadline: "the deadline",
  renewable: "renewable energy",
  "energy-rating": "the energy rating",
  "green-certified": "a green certificate",
  carbon: "carbon emissions",
  certification: "certifications",
  "data-residency": "where data is kept",
  gdpr: "GDPR",
  hipaa: "HIPAA",
  "vpn-access": "VPN access",
  "bastion-host": "a bastion host",
};

/** As all of them it goes on from `it would fit with`. */
const dropped =
  (code: SuggestionCode): Say =>
  () =>
    `no condition on ${SUBJECTS[code] ?? code.replaceAll("-", " ")}`;

const gpuField =
  (what: string, field: Shown, unit = ""): Say =>
  (asked, changed) =>
    `${what} ${show(changed.gpu[field], unit)} instead of ${show(asked.gpu[field], unit)}`;

const show = (value: string | number | undefined, unit: string): string =>
  value === undefined ? "any" : `${value}${unit}`;

/** `uptime of at least 99% instead of 99.9%`. */
const bound =
  (what: string, read: (constraints: Constraints) => number | undefined, unit = ""): Say =>
  (asked, changed) =>
    `${what} ${show(read(changed.constraints), unit)} instead of ${show(read(asked.constraints), unit)}`;

const money = (value: Money | undefined): string =>
  value === undefined ? "no bound" : `${value.amount.toFixed(2)} ${value.currency}`;

const gpus = (count: number): string => (count === 1 ? "1 GPU" : `${count} GPUs`);

const fewerGpus: Say = (asked, changed) =>
  `${gpus(changed.gpu.count)} per task instead of ${asked.gpu.count}`;

const SAYINGS: Readonly<Partial<Record<SuggestionCode, Say>>> = {
  "gpu-model": gpuField("GPU model", "model"),
  "gpu-variant": gpuField("GPU variant", "variant"),
  "gpu-vendor": gpuField("GPU vendor", "vendor"),
  "gpu-sharing": (asked) =>
    asked.gpu.multiInstance
      ? "a whole GPU instead of a MIG slice"
      : "a share of a GPU instead of a whole one",
  "gpu-count": fewerGpus,
  "gpu-free": fewerGpus,
  "gpu-memory": gpuField("GPU memory of at least", "memoryGiMin", "Gi"),
  "gpu-memory-max": gpuField("GPU memory of at most", "memoryGiMax", "Gi"),
  "gpu-cores": gpuField("at least as many GPU cores as", "coresMin"),
  "gpu-cores-max": gpuField("at most as many GPU cores as", "coresMax"),
  "gpu-clock": gpuField("GPU clock of at least", "clockHzMin", " Hz"),
  "compute-capability": gpuField("compute capability of at least", "computeCapabilityMin"),
  "fp32-tflops": gpuField("FP32 TFLOPS of at least", "fp32TflopsMin"),
  "multi-gpu-efficiency": gpuField("multi-GPU efficiency of at least", "multiGpuEfficiencyMin"),
  architecture: gpuField("architecture", "architecture"),
  tier: gpuField("tier", "tier"),
  interconnect: gpuField("interconnect", "interconnect"),
  topology: gpuField("topology", "topology"),
  interruptible: () => "spot nodes allowed too",
  location: (asked, changed) =>
    `location ${show(changed.constraints.location, "")} instead of ${show(asked.constraints.location, "")}`,
  provider: (_, changed) => `providers ${changed.constraints.providers?.join(", ") ?? "any"}`,
  latency: bound("network latency of at most", ({ maxLatencyMs }) => maxLatencyMs, " ms"),
  pue: bound("PUE of at most", ({ energy }) => energy?.maxPue),
  bandwidth: bound("network bandwidth of at least", ({ sla }) => sla?.minBandwidthGbps, " Gbit/s"),
  jitter: bound("jitter of at most", ({ sla }) => sla?.maxJitterMs, " ms"),
  uptime: bound("uptime of at least", ({ sla }) => sla?.minUptimePercent, "%"),
  "cold-start": bound("a cold start of at most", ({ sla }) => sla?.maxColdStartSeconds, " s"),
  "max-hourly-cost": (asked, changed) =>
    `up to ${money(changed.constraints.maxHourly)} an hour instead of ${money(asked.constraints.maxHourly)}`,
  "max-total-cost": (asked, changed) =>
    `up to ${money(changed.constraints.maxTotal)} in all instead of ${money(asked.constraints.maxTotal)}`,
  "node-busy": () => "GPUs of a node that others use too, instead of a dedicated one",
  cpu: (asked, changed) => `${changed.cpu} CPU cores per task instead of ${asked.cpu}`,
  memory: (asked, changed) => `${changed.memoryGi}Gi of memory per task instead of ${asked.memoryGi}Gi`,
  tasks: (asked, changed) => `${changed.tasks} tasks at once instead of ${asked.tasks}`,
  strategy: () => "tasks wherever they fit, instead of the asked deployment strategy",
};
