import { formatQuantity, quantityOf } from "../units/quantity.ts";
import type { Values } from "../vocabulary/annotations.ts";
import { FLAVOR_API_VERSION, type Flavor, type FlavorGpu } from "./flavor.ts";
import { ANY_PART, type FlavorFacts } from "./flavor-facts.ts";

const GIB = 2 ** 30;

/** Builds the Flavor of a node, field by field as FLUIDOS's own resource manager would, region and zone put right. */
export function buildFlavor(facts: FlavorFacts): Flavor {
  return {
    apiVersion: FLAVOR_API_VERSION,
    kind: "Flavor",
    metadata: {
      name: facts.name,
      namespace: facts.namespace,
      ...(facts.labels === undefined ? {} : { labels: facts.labels }),
      ...(facts.annotations === undefined ? {} : { annotations: facts.annotations }),
    },
    spec: {
      providerID: facts.providerID ?? facts.owner.nodeID,
      flavorType: {
        typeIdentifier: "K8Slice",
        typeData: {
          characteristics: {
            architecture: facts.architecture,
            cpu: decimal(facts.cpu),
            memory: binary(facts.memoryBytes),
            pods: decimal(facts.pods),
            gpu: flavorGpu(facts.values),
            storage: binary(facts.storageBytes ?? 0),
          },
          properties: facts.additional === undefined ? {} : { additionalProperties: facts.additional },
          policies: { partitionability: facts.partitionability ?? ANY_PART },
        },
      },
      owner: facts.owner,
      price: facts.price,
      availability: facts.available,
      networkPropertyType: "networkProperty",
      ...(facts.location === undefined ? {} : { location: facts.location }),
    },
  };
}

const decimal = (number: number | undefined): string => formatQuantity(quantityOf(number ?? 0, 10));
const binary = (number: number | undefined): string => formatQuantity(quantityOf(Math.floor(number ?? 0), 2));

/** The GPU block. Memory and cores are told for all GPUs together: without a count they are zero, as FLUIDOS has it. */
export function flavorGpu(values: Values): FlavorGpu {
  const count = values["gpu.fluidos.eu/count"] ?? 0;
  const efficiency = values["gpu.fluidos.eu/multi-gpu-efficiency"];
  return {
    vendor: values["gpu.fluidos.eu/vendor"] ?? "",
    model: values["gpu.fluidos.eu/model"] ?? "",
    cores: decimal((values["gpu.fluidos.eu/cores"] ?? 0) * count),
    memory: binary((values["gpu.fluidos.eu/memory-per-gpu"] ?? 0) * count * GIB),
    clock_speed: decimal(values["gpu.fluidos.eu/clock-speed"]),
    network_bandwidth: decimal(values["network.fluidos.eu/bandwidth-gbps"]),
    interconnect_bandwidth: decimal(values["gpu.fluidos.eu/interconnect-bandwidth-gbps"]),
    ...withoutZeros({
      count,
      ...texts(values),
      ...flags(values),
      ...numbers(values),
      multi_gpu_efficiency: efficiency === undefined ? "" : String(efficiency),
    }),
  };
}

const texts = (values: Values) => ({
  tier: values["gpu.fluidos.eu/tier"],
  sharing_strategy: values["gpu.fluidos.eu/sharing-strategy"],
  network_tier: values["network.fluidos.eu/tier"],
  architecture: values["gpu.fluidos.eu/architecture"],
  interconnect: values["gpu.fluidos.eu/interconnect"],
  compute_capability: values["gpu.fluidos.eu/compute-capability"],
  topology: values["gpu.fluidos.eu/topology"],
  region: values["location.fluidos.eu/region"],
  zone: values["location.fluidos.eu/zone"],
  provider: values["provider.fluidos.eu/name"],
});

const flags = (values: Values) => ({
  multi_instance: values["nvidia.fluidos.eu/mig-capable"],
  shared: values["gpu.fluidos.eu/sharing-capable"],
  dedicated: values["gpu.fluidos.eu/dedicated"],
  interruptible: values["gpu.fluidos.eu/interruptible"],
  pre_emptible: values["provider.fluidos.eu/preemptible"],
});

/** The latency is a whole number there. */
const numbers = (values: Values) => ({
  network_latency_ms: Math.round(values["network.fluidos.eu/latency-ms"] ?? 0),
  training_score: values["workload.fluidos.eu/training-score"],
  inference_score: values["workload.fluidos.eu/inference-score"],
  hpc_score: values["workload.fluidos.eu/hpc-score"],
  graphics_score: values["workload.fluidos.eu/graphics-score"],
  fp32_tflops: values["gpu.fluidos.eu/fp32-tflops"],
  hourly_rate: values["cost.fluidos.eu/hourly-rate"],
});

type NonZero<T> = { [K in keyof T]?: Exclude<T[K], false | undefined> };

/** What Go's `omitempty` leaves: neither 0 nor false nor "". */
function withoutZeros<T extends object>(fields: T): NonZero<T> {
  const left = Object.entries(fields).filter(([, value]) => Boolean(value));
  return Object.fromEntries(left) as NonZero<T>;
}
