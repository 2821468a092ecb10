/** Offers of many nodes, as varied as those of some clouds, and a pool of them in which something changes all the time. */
import type { Offer } from "../../src/allocation/types.ts";
import type { Federation } from "../../src/hub/federation.ts";
import { offer } from "../../test/unit/allocation/builders.ts";

const MODELS = [
  ["nvidia-h100", "sxm5-80gb", 80, 4.3],
  ["nvidia-h100", "pcie-80gb", 80, 3.1],
  ["nvidia-h200", "sxm5-141gb", 141, 5.2],
  ["nvidia-a100", "sxm4-80gb", 80, 2.1],
  ["nvidia-a100", "sxm4-40gb", 40, 1.6],
  ["nvidia-l40s", "48gb", 48, 1.3],
  ["nvidia-l4", "24gb", 24, 0.6],
  ["nvidia-t4", "16gb", 16, 0.3],
] as const;
const REGIONS = [
  ["eu-central-1", "de", "europe", ["eu"]],
  ["eu-west-1", "ie", "europe", ["eu"]],
  ["eu-north-1", "se", "europe", ["eu"]],
  ["us-east-1", "us", "north-america", ["us"]],
  ["us-west-2", "us", "north-america", ["us"]],
] as const;
const PROVIDERS = 10;

/** Offers of so many nodes with 8 GPUs each: 10 providers, 8 variants of models, 5 regions. The same at every run. */
export function offersOf(count: number): readonly Offer[] {
  return Array.from({ length: count }, (_, index) => {
    const [model, variant, memoryGi, rate] = MODELS[index % MODELS.length] ?? MODELS[0];
    const [region, country, continent, groups] =
      REGIONS[Math.floor(index / 8) % REGIONS.length] ?? REGIONS[0];
    const provider = `provider-${Math.floor(index / 40) % PROVIDERS}`;
    const node = `node-${String(index).padStart(5, "0")}`;
    return offer(`${provider}/${node}/nvidia.com/gpu`, {
      provider,
      node,
      free: index % 9,
      nodeIdle: index % 9 === 8,
      unitRate: rate,
      gpu: { model, variant, memoryGi },
      place: { region, zone: `${region}a`, country, continent, groups: [...groups] },
    });
  });
}

/** A federation that has these offers; so often something is taken or given back on one node. */
export function changingFederation(start: readonly Offer[], everyMs: number): Federation {
  const listeners = new Set<() => void>();
  let offers = start;
  let turn = 0;
  setInterval(() => {
    // Nodes far from each other, one after the other: 7919 is a prime.
    const changed = (turn++ * 7919) % offers.length;
    offers = offers.map((each, index) =>
      index === changed ? { ...each, free: (each.free + 1) % 9, nodeIdle: each.free === 7 } : each,
    );
    for (const listener of listeners) listener();
  }, everyMs);
  const pool = {
    offers: () => offers,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  // The market asks for nothing else.
  return { pool, isComplete: () => true } as unknown as Federation;
}
