import type { OfferPool, PoolChange } from "../inventory/offer-pool.ts";
import { type FlavorTarget, flavorName } from "./node-flavors.ts";

/** Which Flavors there should be, by name. */
export interface FlavorTargets {
  get(name: string): FlavorTarget | undefined;
  /** Takes a change of the pool; returns the names of Flavors to look at: those of the node, before and now. */
  update(change: PoolChange): readonly string[];
}

/** Follows the pool. `isWanted` says whether a provider's nodes get Flavors at all. */
export function createFlavorTargets(pool: OfferPool, isWanted: (provider: string) => boolean): FlavorTargets {
  const targets = new Map<string, FlavorTarget>();
  const namesOf = new Map<string, readonly string[]>();
  const wanted = ({ provider, node }: PoolChange): readonly [string, FlavorTarget][] => {
    if (!isWanted(provider)) return [];
    const offers = pool.node(provider, node)?.offers ?? [];
    return offers.map(({ resource }) => {
      const target = { provider, node, resource };
      return [flavorName(target, offers.length === 1), target];
    });
  };
  return {
    get: (name) => targets.get(name),
    update: (change) => {
      const key = `${change.provider}/${change.node}`;
      const before = namesOf.get(key) ?? [];
      const after = wanted(change);
      for (const name of before) targets.delete(name);
      for (const [name, target] of after) targets.set(name, target);
      const names = after.map(([name]) => name);
      if (names.length === 0) namesOf.delete(key);
      else namesOf.set(key, names);
      return [...new Set([...before, ...names])];
    },
  };
}
