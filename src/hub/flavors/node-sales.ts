import type { SeenFlavor } from "./seen-flavor.ts";

/** The Flavors that tell of one device group of a node. Whichever of them is sold, its GPUs are. */
export interface GroupSales {
  readonly resource: string;
  /** The Flavor of a resource manager for the node. It has room for one group, the first. */
  readonly managed: SeenFlavor | undefined;
  /** What FLUIDOS made of the rest of one that was sold: with all of its GPUs, whatever was sold of them. */
  readonly leftovers: readonly SeenFlavor[];
  /** Names of all of them, the hub's own too. */
  readonly names: readonly string[];
  readonly isSold: boolean;
  /** FLUIDOS itself tells of the group, or does so as soon as the hub filled its Flavor: the hub has none of its own. */
  readonly isCovered: boolean;
}

/**
 * How things stand with the Flavors of a node, by its device groups in their order. A Flavor of a group that the node
 * does not have (any more) counts for the first: until it is released, who bought it may use the node's GPUs.
 */
export function salesOf(
  resources: readonly string[],
  flavors: readonly SeenFlavor[],
  isSold: (flavor: string) => boolean,
): readonly GroupSales[] {
  const wasSold = ({ name, offMarket }: SeenFlavor): boolean => isSold(name) || offMarket !== undefined;
  const ordered = flavors.toSorted(
    (left, right) => Number(wasSold(right)) - Number(wasSold(left)) || byAge(left, right),
  );
  const isForks = ordered.some(({ manager }) => manager === "fork");
  return resources.map((resource, index) => {
    const members = ordered.filter((flavor) => groupOf(flavor, resources) === index);
    const [managed] = members.filter(({ manager }) => manager !== undefined);
    return {
      resource,
      managed,
      leftovers: members.filter((flavor) => flavor !== managed && !flavor.isOurs),
      names: members.map(({ name }) => name),
      isSold: members.some(({ name }) => isSold(name)),
      isCovered: isForks || managed !== undefined,
    };
  });
}

/** What is left of a Flavor is younger, but not by whole seconds; there is no other trace of which was made of which. */
const byAge = (left: SeenFlavor, right: SeenFlavor): number =>
  left.createdAt.localeCompare(right.createdAt) || left.name.localeCompare(right.name);

function groupOf({ resource, manager }: SeenFlavor, resources: readonly string[]): number {
  const index = resource === undefined || manager !== undefined ? 0 : resources.indexOf(resource);
  return Math.max(0, index);
}
