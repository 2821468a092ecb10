import type { Offer } from "../../allocation/types.ts";
import type { FlavorFacts } from "../../fluidos/flavor-facts.ts";
import { given } from "../../hub/inventory/given.ts";
import type { Regions } from "../../hub/inventory/regions.ts";

const GIB = 2 ** 30;

/**
 * The offer that a Flavor of the hub tells of, as far as it tells it: nothing of energy, compliance and security, which
 * Flavors have no place for. Undefined for a Flavor without GPUs.
 */
export function offerOfFlavor(facts: FlavorFacts, regions: Regions): Offer | undefined {
  const { values, additional = {}, available, name } = facts;
  const model = values["gpu.fluidos.eu/model"];
  if (model === undefined) return undefined;
  const devices = values["gpu.fluidos.eu/count"] ?? 1;
  const total = Number(additional.total ?? devices);
  // Flavors of other makers tell only whether something is free.
  const free = Number(additional.free ?? (available ? total : 0));
  const provider = additional.provider ?? values["provider.fluidos.eu/name"] ?? facts.owner.domain;
  const operator = values["provider.fluidos.eu/name"];
  const node = additional.node ?? name;
  const resource = additional.resource ?? "nvidia.com/gpu";
  return {
    id: `${provider}/${node}/${resource}`,
    provider,
    ...(operator === undefined || operator === provider ? {} : { operator }),
    node,
    resource,
    gpu: gpuOf(facts, total / Math.max(1, devices)),
    total,
    free,
    nodeGpus: total,
    nodeIdle: free === total,
    cpu: facts.cpu,
    memoryGi: facts.memoryBytes / GIB,
    ...rateOf(facts, total),
    interruptible: values["gpu.fluidos.eu/interruptible"] === true,
    place: placeOf(facts, regions, operator),
    network: given({
      latencyMs: values["network.fluidos.eu/latency-ms"],
      bandwidthGbps: values["network.fluidos.eu/bandwidth-gbps"],
      tier: values["network.fluidos.eu/tier"],
    }),
    energy: {},
    compliance: { certifications: [], dataResidency: [] },
    security: {},
    sla: {},
  };
}

function gpuOf({ values, additional = {} }: FlavorFacts, replicas: number): Offer["gpu"] {
  return {
    vendor: values["gpu.fluidos.eu/vendor"] ?? "",
    sharing: (values["gpu.fluidos.eu/sharing-strategy"] ?? "none") as Offer["gpu"]["sharing"],
    replicas: Math.max(1, Math.round(replicas)),
    scores: given({
      training: values["workload.fluidos.eu/training-score"],
      inference: values["workload.fluidos.eu/inference-score"],
      hpc: values["workload.fluidos.eu/hpc-score"],
      graphics: values["workload.fluidos.eu/graphics-score"],
    }),
    ...given({
      model: values["gpu.fluidos.eu/model"],
      variant: additional.variant,
      profile: additional.profile,
      memoryGi: values["gpu.fluidos.eu/memory-per-gpu"],
      architecture: values["gpu.fluidos.eu/architecture"],
      tier: values["gpu.fluidos.eu/tier"],
      cores: values["gpu.fluidos.eu/cores"],
      clockHz: values["gpu.fluidos.eu/clock-speed"],
      computeCapability: values["gpu.fluidos.eu/compute-capability"],
      fp32Tflops: values["gpu.fluidos.eu/fp32-tflops"],
      interconnect: values["gpu.fluidos.eu/interconnect"] as Offer["gpu"]["interconnect"],
      interconnectGBps: values["gpu.fluidos.eu/interconnect-bandwidth-gbps"],
      topology: values["gpu.fluidos.eu/topology"] as Offer["gpu"]["topology"],
      multiGpuEfficiency: values["gpu.fluidos.eu/multi-gpu-efficiency"],
    }),
  };
}

/** A Flavor has the price of all its units. */
function rateOf({ price }: FlavorFacts, total: number): Pick<Offer, "unitRate" | "currency"> {
  const amount = price.amount === "" ? Number.NaN : Number(price.amount);
  if (!Number.isFinite(amount) || total <= 0) return {};
  return { unitRate: Math.round((amount / total) * 1e4) / 1e4, currency: price.currency };
}

function placeOf(
  { values, location = {} }: FlavorFacts,
  regions: Regions,
  operator: string | undefined,
): Offer["place"] {
  const region = values["location.fluidos.eu/region"];
  const country = location.country?.toLowerCase();
  const known =
    (region === undefined ? undefined : regions.find(region, operator)) ??
    (country === undefined ? undefined : regions.country(country));
  return {
    groups: known?.groups ?? [],
    ...given({
      region,
      zone: values["location.fluidos.eu/zone"],
      country: country ?? known?.country,
      continent: known?.continent,
    }),
  };
}
