import type { Gpu } from "../fluidos-types.ts";

/** How a field of a Flavor's GPU is typed; a quantity is text. */
type FieldType = "string" | "quantity" | "integer" | "float" | "boolean";

/** The GPU of the CLASTIX fork: its 31 fields. Upstream has `model`, `cores` and `memory`. */
export const gpuFields: Readonly<Record<string, FieldType>> = {
  model: "string",
  vendor: "string",
  cores: "quantity",
  memory: "quantity",
  count: "integer",
  tier: "string",
  multi_instance: "boolean",
  shared: "boolean",
  sharing_strategy: "string",
  dedicated: "boolean",
  interruptible: "boolean",
  network_bandwidth: "quantity",
  network_latency_ms: "integer",
  network_tier: "string",
  training_score: "float",
  inference_score: "float",
  hpc_score: "float",
  graphics_score: "float",
  architecture: "string",
  interconnect: "string",
  interconnect_bandwidth: "quantity",
  compute_capability: "string",
  clock_speed: "quantity",
  fp32_tflops: "float",
  topology: "string",
  multi_gpu_efficiency: "string",
  region: "string",
  zone: "string",
  hourly_rate: "float",
  provider: "string",
  pre_emptible: "boolean",
};

const upstreamFields = ["model", "cores", "memory"];

/** Fields that are written even where they say nothing. */
const always = ["model", "vendor"];

const isZero = (value: unknown): boolean =>
  value === undefined || value === "" || value === 0 || value === false;

/** The GPU as the fork writes it into an object: quantities always, of the rest what is not zero, false or empty. */
export function forkGpu(gpu: Gpu): Gpu {
  const entries = Object.entries(gpuFields).flatMap(([name, type]): [string, unknown][] => {
    const value = gpu[name];
    if (type === "quantity") return [[name, isZero(value) ? "0" : value]];
    if (isZero(value)) return always.includes(name) ? [[name, ""]] : [];
    return [[name, value]];
  });
  return Object.fromEntries(entries);
}

/** What upstream knows of a GPU. */
export const upstreamGpu = (gpu: Gpu): Gpu =>
  Object.fromEntries(upstreamFields.map((name) => [name, gpu[name] ?? (name === "model" ? "" : "0")]));
