import type { Gpu } from "../fluidos-types.ts";
import { canonical, isAmount, times } from "./amounts.ts";
import { forkGpu } from "./gpu-fields.ts";

type Annotations = Readonly<Record<string, string>>;

/** Which annotation each field comes from; `memory` and `cores` are for all GPUs together. */
const texts: Readonly<Record<string, string>> = {
  model: "gpu.fluidos.eu/model",
  vendor: "gpu.fluidos.eu/vendor",
  tier: "gpu.fluidos.eu/tier",
  architecture: "gpu.fluidos.eu/architecture",
  compute_capability: "gpu.fluidos.eu/compute-capability",
  sharing_strategy: "gpu.fluidos.eu/sharing-strategy",
  interconnect: "gpu.fluidos.eu/interconnect",
  topology: "gpu.fluidos.eu/topology",
  multi_gpu_efficiency: "gpu.fluidos.eu/multi-gpu-efficiency",
  network_tier: "network.fluidos.eu/tier",
  provider: "provider.fluidos.eu/name",
  region: "location.fluidos.eu/region",
  zone: "location.fluidos.eu/zone",
};
const integers: Readonly<Record<string, string>> = {
  count: "gpu.fluidos.eu/count",
  network_latency_ms: "network.fluidos.eu/latency-ms",
};
const floats: Readonly<Record<string, string>> = {
  fp32_tflops: "gpu.fluidos.eu/fp32-tflops",
  hourly_rate: "cost.fluidos.eu/hourly-rate",
  training_score: "workload.fluidos.eu/training-score",
  inference_score: "workload.fluidos.eu/inference-score",
  hpc_score: "workload.fluidos.eu/hpc-score",
  graphics_score: "workload.fluidos.eu/graphics-score",
};
const booleans: Readonly<Record<string, string>> = {
  multi_instance: "nvidia.fluidos.eu/mig-capable",
  shared: "gpu.fluidos.eu/sharing-capable",
  interruptible: "gpu.fluidos.eu/interruptible",
  dedicated: "gpu.fluidos.eu/dedicated",
  pre_emptible: "provider.fluidos.eu/preemptible",
};
const quantities: Readonly<Record<string, string>> = {
  clock_speed: "gpu.fluidos.eu/clock-speed",
  interconnect_bandwidth: "gpu.fluidos.eu/interconnect-bandwidth-gbps",
  network_bandwidth: "network.fluidos.eu/bandwidth-gbps",
};
const totals: Readonly<Record<string, string>> = {
  memory: "gpu.fluidos.eu/memory-per-gpu",
  cores: "gpu.fluidos.eu/cores",
};

const TRUE = ["1", "t", "T", "true", "TRUE", "True"];

/** An annotation that no quantity can be read from; the real reader panics. */
export class BadAnnotation extends Error {}

/** How a GPU is read from the annotations of its node. Throws a BadAnnotation, unless `strict` is false. */
export function gpuFromAnnotations(
  annotations: Annotations,
  { strict, swapped }: { readonly strict: boolean; readonly swapped: boolean },
): Gpu {
  const amount = (key: string): string => {
    const value = annotations[key] ?? "0";
    if (isAmount(value)) return canonical(value);
    if (strict) throw new BadAnnotation(`cannot parse ${key}: ${JSON.stringify(value)}`);
    return "0";
  };
  const read = (
    fields: Readonly<Record<string, string>>,
    as: (key: string) => unknown,
  ): [string, unknown][] => Object.entries(fields).map(([field, key]) => [field, as(key)]);
  const count = integer(annotations[integers.count ?? ""]);
  const gpu: Record<string, unknown> = Object.fromEntries([
    ...read(texts, (key) => annotations[key]),
    ...read(integers, (key) => integer(annotations[key])),
    ...read(floats, (key) => float(annotations[key])),
    ...read(booleans, (key) => TRUE.includes(annotations[key] ?? "")),
    ...read(quantities, amount),
    ...read(totals, (key) => times(amount(key), count)),
  ]);
  const { region, zone } = gpu;
  return forkGpu(swapped ? { ...gpu, region: zone, zone: region } : gpu);
}

const integer = (text: string | undefined): number => (/^[+-]?\d+$/.test(text ?? "") ? Number(text) : 0);

const float = (text: string | undefined): number => {
  const value = Number(text);
  return text === undefined || text.trim() === "" || Number.isNaN(value) ? 0 : value;
};
