import type { FlavorFacts } from "./flavor-facts.ts";

/** Whether a name is that of a region that is known. */
export type IsRegion = (name: string) => boolean;

/** The Flavor was made by a hub like this one, which keeps region and zone apart. */
export const isOurs = ({ additional }: Pick<FlavorFacts, "additional">): boolean =>
  additional?.resource !== undefined;

/**
 * The Flavor with region and zone the right way round. FLUIDOS's own resource manager swaps them, and another version may
 * not: what the two names themselves say wins, then who made the Flavor.
 */
export function unswapped(facts: FlavorFacts, isRegion: IsRegion = () => false): FlavorFacts {
  const { "location.fluidos.eu/region": region, "location.fluidos.eu/zone": zone, ...others } = facts.values;
  if (region === undefined && zone === undefined) return facts;
  if (!isSwapped(region, zone, isRegion) || isOurs(facts)) return facts;
  const values = {
    ...others,
    ...(zone === undefined ? {} : { "location.fluidos.eu/region": zone }),
    ...(region === undefined ? {} : { "location.fluidos.eu/zone": region }),
  };
  return { ...facts, values };
}

/** `eu-west-1a` is a zone of `eu-west-1`, whichever is told as which. */
function isSwapped(region: string | undefined, zone: string | undefined, isRegion: IsRegion): boolean {
  if (region !== undefined && zone !== undefined && region !== zone) {
    if (zone.startsWith(region)) return false;
    if (region.startsWith(zone)) return true;
  }
  const [first, second] = [region, zone].map((name) => name !== undefined && isRegion(name));
  return first === second || second === true;
}
