import type { OfferPlace } from "../../allocation/types.ts";
import type { LookupLeaf, LookupTree } from "../../mapping/schema.ts";

/** What is known of a region or country. */
export type KnownPlace = Pick<OfferPlace, "country" | "continent" | "groups">;

/** Says where regions are. */
export interface Regions {
  /** By region, and by who runs it where regions of that name lie in several countries. */
  find(region: string, operator: string | undefined): KnownPlace | undefined;
  /** Continent and groups of a country (ISO 3166-1 alpha-2, lower case) that some region lies in. */
  country(code: string): KnownPlace | undefined;
}

/** Reads the mapping tables' lookup `regions`: operator, region, {country, continent, groups}. */
export function createRegions(tree: LookupTree | undefined): Regions {
  const byName = new Map<string, Map<string, KnownPlace>>();
  const countries = new Map<string, KnownPlace>();
  for (const [operator, regions] of subtrees(tree)) {
    for (const [region, facts] of subtrees(regions)) {
      const place = placeOf(facts);
      byName.set(region, (byName.get(region) ?? new Map<string, KnownPlace>()).set(operator, place));
      if (place.country !== undefined && !countries.has(place.country)) countries.set(place.country, place);
    }
  }
  return {
    find: (region, operator) => {
      const places = byName.get(region);
      const own = operator === undefined ? undefined : places?.get(operator);
      if (own !== undefined || places === undefined) return own;
      const found = new Set([...places.values()].map(({ country }) => country));
      return found.size === 1 ? places.values().next().value : undefined;
    },
    country: (code) => countries.get(code),
  };
}

function placeOf(facts: LookupTree): KnownPlace {
  const text = (leaf: LookupTree | LookupLeaf | undefined) => (typeof leaf === "string" ? leaf : undefined);
  const country = text(facts.country);
  const continent = text(facts.continent);
  return {
    ...(country === undefined ? {} : { country }),
    ...(continent === undefined ? {} : { continent }),
    groups: Array.isArray(facts.groups) ? facts.groups.map(String) : [],
  };
}

function subtrees(tree: LookupTree | undefined): [string, LookupTree][] {
  return Object.entries(tree ?? {}).filter(
    (entry): entry is [string, LookupTree] => typeof entry[1] === "object" && !Array.isArray(entry[1]),
  );
}
