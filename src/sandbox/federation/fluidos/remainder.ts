import type { Characteristics, Contract, Flavor, Gpu, SliceConfiguration } from "../fluidos-types.ts";
import { FLAVORS } from "../kinds.ts";
import { FLUIDOS, type ProviderSite, type World } from "../world.ts";
import { minus, portion } from "./amounts.ts";
import { forkGpu } from "./gpu-fields.ts";
import { flavorName } from "./names.ts";

/**
 * Takes the sold Flavor off the market and offers what is left of it as a new one. Throws where the configuration
 * names GPUs of a Flavor that has none, as the real controller panics there.
 */
export function takeOffMarket(world: World, provider: ProviderSite, flavor: Flavor, sold: Contract): void {
  const cluster = provider.cluster.as("rear-manager");
  cluster.update(FLAVORS, { ...flavor, spec: { ...flavor.spec, availability: false } });
  const { configuration } = sold.spec;
  if (configuration === undefined) return;
  const { typeData } = flavor.spec.flavorType;
  const left = remainderOf(provider, typeData.characteristics, configuration.data);
  const { ownerReferences } = flavor.metadata;
  const flavorType = { ...flavor.spec.flavorType, typeData: { ...typeData, characteristics: left } };
  cluster.create(FLAVORS, {
    metadata: {
      name: flavorName(provider.identity.domain, world.random),
      namespace: FLUIDOS,
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
    spec: { ...flavor.spec, availability: true, flavorType },
  });
}

/** What is left of a slice when a part of it was sold. */
export function remainderOf(
  provider: Pick<ProviderSite, "has" | "dialect">,
  whole: Characteristics,
  part: SliceConfiguration,
): Characteristics {
  const gpu = remainingGpu(provider, whole.gpu, part.gpu);
  return {
    architecture: whole.architecture,
    cpu: minus(whole.cpu, part.cpu),
    memory: minus(whole.memory, part.memory),
    pods: minus(whole.pods, part.pods),
    ...(gpu === undefined ? {} : { gpu }),
    ...(whole.storage === undefined ? {} : { storage: minus(whole.storage, part.storage ?? "0") }),
  };
}

function remainingGpu(
  { has, dialect }: Pick<ProviderSite, "has" | "dialect">,
  whole: Gpu | undefined,
  part: Gpu | undefined,
): Gpu | undefined {
  if (part === undefined) return whole;
  if (whole === undefined) {
    if (has("remainderKeepsGpus")) throw new Error("invalid memory address or nil pointer dereference");
    return undefined;
  }
  if (dialect === "upstream")
    return {
      ...whole,
      cores: minus(whole.cores, part.cores ?? "0"),
      memory: minus(whole.memory, part.memory ?? "0"),
    };
  return has("remainderKeepsGpus") ? forkGpu({ ...whole, count: 0 }) : withoutSold(whole, part);
}

/** As it should be: the GPUs that were not sold, and their share of what counts for all of them together. */
function withoutSold(whole: Gpu, part: Gpu): Gpu {
  const count = Number(whole.count ?? 0);
  const left = Math.max(0, count - Number(part.count ?? 0));
  return forkGpu({
    ...whole,
    count: left,
    cores: portion(whole.cores, left, count),
    memory: portion(whole.memory, left, count),
  });
}
