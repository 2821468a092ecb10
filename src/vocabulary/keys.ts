import type { ValueType } from "./value-types.ts";

/** One row of the vocabulary. */
export interface Key {
  readonly key: string;
  readonly type: ValueType;
  /** What a reader must know: unit, whose it is, what it is not. */
  readonly meaning: string;
  /** A node without it is published all the same, and the key is reported as missing. */
  readonly required?: true;
  /** Other spellings in use; published beside the canonical key unless switched off, and accepted when reading. */
  readonly aliases?: readonly string[];
  /** The key under `characteristics.gpu` of a FLUIDOS Flavor. */
  readonly fluidos?: string;
}

const slug = {
  kind: "text",
  pattern: /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
  says: "lower case letters, digits and hyphens",
} as const;
const modelName = {
  kind: "text",
  pattern: /^[a-z0-9]+(?:-[a-z0-9.]+)+$/,
  says: "vendor and model in lower case with hyphens, such as nvidia-h100",
} as const;
const variantName = {
  kind: "text",
  pattern: /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/,
  says: "form factor and memory in lower case, such as sxm5-80gb",
} as const;
const version = {
  kind: "text",
  pattern: /^[0-9]+(?:\.[0-9]+)*(?:[-+_.a-z0-9]*)$/i,
  says: "a version, such as 550.54.15",
} as const;
const words = {
  kind: "text",
  pattern: /^[^\p{Cc}]{1,253}$/u,
  says: "1 to 253 printable characters",
} as const;
const yesNo = { kind: "boolean" } as const;
const score = { kind: "decimal", min: 0, max: 1, digits: 2 } as const;
const percent = { kind: "decimal", min: 0, max: 100, digits: 4 } as const;

/** The vocabulary, row by row: the single source of what the agent writes and every reader understands. */
export const KEYS = [
  {
    key: "gpu.fluidos.eu/vendor",
    type: { kind: "enum", values: ["nvidia", "amd", "intel", "qualcomm", "apple", "custom"] },
    meaning: "Who makes the GPUs.",
    required: true,
    fluidos: "vendor",
  },
  {
    key: "gpu.fluidos.eu/model",
    type: modelName,
    meaning:
      "The model without form factor and memory size: `nvidia-h100`, `nvidia-rtx-a6000`, `amd-mi300x`. Compared for equality.",
    required: true,
    fluidos: "model",
  },
  {
    key: "gpu.fluidos.eu/count",
    type: { kind: "integer", min: 1, max: 100_000 },
    meaning: "Physical GPUs, or slices where the node is cut into equal slices. Not multiplied by sharing.",
    required: true,
    fluidos: "count",
  },
  {
    key: "gpu.fluidos.eu/memory-per-gpu",
    type: { kind: "gibibytes", max: 4096 },
    meaning: "Memory of one GPU (or slice), nominal, in whole `Gi`. FLUIDOS multiplies it by count.",
    required: true,
    aliases: ["gpu.fluidos.eu/memory"],
    fluidos: "memory",
  },
  {
    key: "gpu.fluidos.eu/tier",
    type: { kind: "enum", values: ["premium", "standard", "gaming", "inference", "budget"] },
    meaning: "Class of the card.",
    required: true,
    fluidos: "tier",
  },
  {
    key: "gpu.fluidos.eu/architecture",
    type: slug,
    meaning: "`hopper`, `ada-lovelace`, `ampere`, `cdna3`, `xe-hpc` ...",
    fluidos: "architecture",
  },
  {
    key: "gpu.fluidos.eu/cores",
    type: { kind: "integer", min: 1, max: 1_000_000 },
    meaning: "CUDA cores or stream processors of one GPU. FLUIDOS multiplies it by count.",
    fluidos: "cores",
  },
  {
    key: "gpu.fluidos.eu/compute-capability",
    type: { kind: "text", pattern: /^[0-9]{1,2}\.[0-9]{1,2}$/, says: "major.minor, such as 9.0" },
    meaning: "CUDA compute capability. NVIDIA only.",
    aliases: ["gpu.fluidos.eu/compute_capability"],
    fluidos: "compute_capability",
  },
  {
    key: "gpu.fluidos.eu/clock-speed",
    type: { kind: "hertz", max: 1e11 },
    meaning: "Boost clock as a quantity in Hz, such as `1.98G`.",
    aliases: ["gpu.fluidos.eu/clock_speed"],
    fluidos: "clock_speed",
  },
  {
    key: "gpu.fluidos.eu/fp32-tflops",
    type: { kind: "decimal", min: 0.01, max: 100_000, digits: 2 },
    meaning: "FP32 TFLOPS of one GPU (vector, not tensor).",
    aliases: ["gpu.fluidos.eu/fp32_tflops"],
    fluidos: "fp32_tflops",
  },
  {
    key: "gpu.fluidos.eu/interconnect",
    type: { kind: "enum", values: ["nvlink", "infinity-fabric", "xe-link", "pcie"] },
    meaning: "The best link between GPUs of the node that is certain; a bridge that no label shows is not.",
    fluidos: "interconnect",
  },
  {
    key: "gpu.fluidos.eu/interconnect-bandwidth-gbps",
    type: { kind: "decimal", min: 0.1, max: 100_000, digits: 1 },
    meaning:
      "Bandwidth of that link for one GPU in GB/s, both directions summed. GB/s despite the key's name, as all documented values are.",
    aliases: ["gpu.fluidos.eu/interconnect_bandwidth"],
    fluidos: "interconnect_bandwidth",
  },
  {
    key: "gpu.fluidos.eu/topology",
    type: { kind: "enum", values: ["all-to-all", "nvswitch", "ring", "mesh"] },
    meaning: "How the GPUs of the node are wired to each other.",
    fluidos: "topology",
  },
  {
    key: "gpu.fluidos.eu/multi-gpu-efficiency",
    type: score,
    meaning: "Share of perfect scaling that several GPUs of the node reach together, by interconnect.",
    aliases: ["gpu.fluidos.eu/multi_gpu_efficiency"],
    fluidos: "multi_gpu_efficiency",
  },
  {
    key: "gpu.fluidos.eu/sharing-capable",
    type: yesNo,
    meaning:
      "The GPU can be shared in hardware (MIG, partitions) or is set up to be shared: an ability, not a state.",
    aliases: ["gpu.fluidos.eu/shared"],
    fluidos: "shared",
  },
  {
    key: "gpu.fluidos.eu/sharing-strategy",
    type: { kind: "enum", values: ["none", "mig", "time-slicing", "mps", "sriov"] },
    meaning: "How sharing is in force now: a state. Hardware partitions of AMD count as `mig`.",
    aliases: ["gpu.fluidos.eu/sharing_strategy"],
    fluidos: "sharing_strategy",
  },
  { key: "gpu.fluidos.eu/dedicated", type: yesNo, meaning: "Whole GPUs can be had.", fluidos: "dedicated" },
  {
    key: "gpu.fluidos.eu/interruptible",
    type: yesNo,
    meaning: "The node may be taken away (spot).",
    fluidos: "interruptible",
  },
  {
    key: "nvidia.fluidos.eu/mig-capable",
    type: yesNo,
    meaning: "A GPU of the node can be cut into MIG slices (an ability).",
    aliases: ["nvidia.fluidos.eu/mig_capable", "gpu.fluidos.eu/multi_instance"],
    fluidos: "multi_instance",
  },
  {
    key: "workload.fluidos.eu/training-score",
    type: score,
    meaning: "Fitness for training, 0 to 1, computed from the specs (docs/scores.md).",
    aliases: ["gpu.fluidos.eu/training_score"],
    fluidos: "training_score",
  },
  {
    key: "workload.fluidos.eu/inference-score",
    type: score,
    meaning: "Fitness for inference, 0 to 1, computed from the specs.",
    aliases: ["gpu.fluidos.eu/inference_score"],
    fluidos: "inference_score",
  },
  {
    key: "workload.fluidos.eu/hpc-score",
    type: score,
    meaning: "Fitness for double-precision computing, 0 to 1, computed from the specs.",
    aliases: ["gpu.fluidos.eu/hpc_score"],
    fluidos: "hpc_score",
  },
  {
    key: "workload.fluidos.eu/graphics-score",
    type: score,
    meaning: "Fitness for rendering, 0 to 1, computed from the specs.",
    aliases: ["gpu.fluidos.eu/graphics_score"],
    fluidos: "graphics_score",
  },
  {
    key: "location.fluidos.eu/region",
    type: slug,
    meaning: "Region of the node.",
    required: true,
    fluidos: "region",
  },
  { key: "location.fluidos.eu/zone", type: slug, meaning: "Zone of the node.", fluidos: "zone" },
  {
    key: "cost.fluidos.eu/hourly-rate",
    type: { kind: "decimal", min: 0, max: 1_000_000, digits: 4 },
    meaning: "Price of all GPUs of the node for an hour; a part of the node costs its share.",
    required: true,
    aliases: ["cost.fluidos.eu/hourly_rate"],
    fluidos: "hourly_rate",
  },
  {
    key: "cost.fluidos.eu/currency",
    type: { kind: "text", pattern: /^[A-Z]{3}$/, says: "an ISO 4217 code, such as EUR" },
    meaning: "Currency of the hourly rate (ISO 4217).",
    required: true,
  },
  {
    key: "network.fluidos.eu/bandwidth-gbps",
    type: { kind: "decimal", min: 0.001, max: 100_000, digits: 3 },
    meaning: "Gbit/s of the node's network cards.",
    aliases: ["network.fluidos.eu/bandwidth"],
    fluidos: "network_bandwidth",
  },
  {
    key: "network.fluidos.eu/latency-ms",
    type: { kind: "decimal", min: 0, max: 60_000, digits: 3 },
    meaning: "Network latency to the node in milliseconds.",
    fluidos: "network_latency_ms",
  },
  {
    key: "network.fluidos.eu/tier",
    type: { kind: "enum", values: ["premium", "standard", "basic"] },
    meaning: "Class of the network.",
    fluidos: "network_tier",
  },
  { key: "provider.fluidos.eu/name", type: words, meaning: "Who provides the node.", fluidos: "provider" },
  {
    key: "provider.fluidos.eu/preemptible",
    type: yesNo,
    meaning: "The provider may preempt the node.",
    fluidos: "pre_emptible",
  },
  {
    key: "nvidia.fluidos.eu/cuda-version",
    type: version,
    meaning: "Highest CUDA version that the driver supports (not an installed toolkit).",
    aliases: ["nvidia.fluidos.eu/cuda_version"],
  },
  {
    key: "nvidia.fluidos.eu/driver-version",
    type: version,
    meaning: "NVIDIA driver.",
    aliases: ["nvidia.fluidos.eu/driver_version"],
  },
  {
    key: "nvidia.fluidos.eu/mps-capable",
    type: yesNo,
    meaning: "MPS sharing is configured on the node.",
    aliases: ["nvidia.fluidos.eu/mps_capable"],
  },
  {
    key: "amd.fluidos.eu/rocm-version",
    type: version,
    meaning: "ROCm.",
    aliases: ["amd.fluidos.eu/rocm_version"],
  },
  {
    key: "amd.fluidos.eu/driver-version",
    type: version,
    meaning: "The amdgpu kernel module.",
    aliases: ["amd.fluidos.eu/driver_version"],
  },
  {
    key: "amd.fluidos.eu/gfx-architecture",
    type: { kind: "text", pattern: /^gfx[0-9a-f]{3,4}$/, says: "an LLVM target, such as gfx942" },
    meaning: "LLVM target of the GPU, such as `gfx942`.",
    aliases: ["amd.fluidos.eu/gfx_architecture"],
  },
  {
    key: "amd.fluidos.eu/sriov-capable",
    type: yesNo,
    meaning: "The GPU can be split by SR-IOV, or is such a virtual function.",
    aliases: ["amd.fluidos.eu/sriov_capable"],
  },
  {
    key: "gpu.fluidos.eu/variant",
    type: variantName,
    meaning: "What the model name leaves out: form factor and memory, such as `sxm5-80gb`, `vgpu-24q`.",
  },
  {
    key: "gpu.fluidos.eu/devices",
    type: { kind: "devices" },
    meaning:
      "JSON array, one entry per group of equal allocatable devices; the core keys describe the largest group.",
  },
  {
    key: "energy.fluidos.eu/tdp-watts",
    type: { kind: "decimal", min: 1, max: 100_000, digits: 1 },
    meaning: "Thermal design power of one GPU in W.",
  },
  {
    key: "energy.fluidos.eu/pue",
    type: { kind: "decimal", min: 1, max: 10, digits: 3 },
    meaning: "Power usage effectiveness of the data centre.",
  },
  {
    key: "energy.fluidos.eu/carbon-intensity",
    type: { kind: "decimal", min: 0, max: 5000, digits: 2 },
    meaning: "Grid carbon intensity in gCO2e per kWh.",
  },
  {
    key: "energy.fluidos.eu/renewable-percent",
    type: percent,
    meaning: "Share of carbon-free energy in percent.",
  },
  {
    key: "energy.fluidos.eu/efficiency-rating",
    type: { kind: "enum", values: ["A", "B", "C", "D", "E", "F"] },
    meaning: "Energy rating of the site.",
  },
  {
    key: "energy.fluidos.eu/green-certified",
    type: yesNo,
    meaning: "The site holds a green-energy certificate.",
  },
  {
    key: "compliance.fluidos.eu/certifications",
    type: { kind: "list" },
    meaning: "Certificates, such as `iso27001,soc2`.",
  },
  {
    key: "compliance.fluidos.eu/data-residency",
    type: { kind: "list" },
    meaning: "Where data stays: countries or groups, such as `de,eu`.",
  },
  { key: "compliance.fluidos.eu/gdpr", type: yesNo, meaning: "GDPR is complied with." },
  { key: "compliance.fluidos.eu/hipaa", type: yesNo, meaning: "HIPAA is complied with." },
  { key: "compliance.fluidos.eu/encryption-at-rest", type: yesNo, meaning: "Data at rest is encrypted." },
  {
    key: "compliance.fluidos.eu/encryption-in-transit",
    type: yesNo,
    meaning: "Data in transit is encrypted.",
  },
  { key: "compliance.fluidos.eu/audit-logging", type: yesNo, meaning: "Access is logged for audit." },
  {
    key: "security.fluidos.eu/network-isolation",
    type: { kind: "enum", values: ["public", "private"] },
    meaning: "Whether the node's network is private.",
  },
  { key: "security.fluidos.eu/vpn-access", type: yesNo, meaning: "Reachable by VPN." },
  { key: "security.fluidos.eu/bastion-host", type: yesNo, meaning: "Reachable through a bastion host." },
  { key: "security.fluidos.eu/intrusion-detection", type: yesNo, meaning: "Intrusion detection runs." },
  { key: "security.fluidos.eu/vulnerability-scanning", type: yesNo, meaning: "Vulnerability scanning runs." },
  { key: "sla.fluidos.eu/uptime-percent", type: percent, meaning: "Promised uptime in percent." },
  {
    key: "sla.fluidos.eu/jitter-ms",
    type: { kind: "decimal", min: 0, max: 60_000, digits: 3 },
    meaning: "Network jitter in milliseconds.",
  },
  {
    key: "sla.fluidos.eu/cold-start-seconds",
    type: { kind: "decimal", min: 0, max: 86_400, digits: 1 },
    meaning: "Time from placement to a started container.",
  },
  {
    key: "agent.fluidos.eu/mappings",
    type: words,
    meaning: "Version and content hash of the mapping tables that produced the annotations.",
  },
  {
    key: "agent.fluidos.eu/inferred",
    type: { kind: "list" },
    meaning: "Canonical keys whose values come from a catalogue or a default, not from the node itself.",
  },
] as const satisfies readonly Key[];

/** A canonical key of the vocabulary. */
export type KeyName = (typeof KEYS)[number]["key"];

/** The label that marks a published node, for selection. */
export const GPU_NODE_LABEL = "node.fluidos.eu/gpu";
/** The label that FLUIDOS itself selects on; published where a site asks for it. */
export const FLUIDOS_RESOURCES_LABEL = "node-role.fluidos.eu/resources";

const rows: readonly Key[] = KEYS;
const byName = new Map(rows.map((row) => [row.key, row]));
const canonicalOf = new Map(
  rows.flatMap((row) => [row.key, ...(row.aliases ?? [])].map((name) => [name, row.key])),
);

/** The row of a canonical key. */
export function findKey(key: string): Key | undefined {
  return byName.get(key);
}

/** Canonical key of any spelling; undefined for keys outside the vocabulary. */
export function canonicalKey(spelling: string): KeyName | undefined {
  return canonicalOf.get(spelling) as KeyName | undefined;
}

/** Keys that the reference requires on every GPU node. */
export const REQUIRED_KEYS: readonly KeyName[] = KEYS.filter((row) => "required" in row).map(
  (row) => row.key,
);

/** All keys, canonical and aliases, that an agent may write. */
export function allSpellings(): readonly string[] {
  return [...canonicalOf.keys()].sort();
}
