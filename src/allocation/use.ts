import {
  availableKi,
  availableMilli,
  coresOf,
  DEVICE_MILLI,
  gibibytesOf,
  neededKi,
  neededMilli,
  nodeKey,
} from "./capacity.ts";
import type { Placement } from "./decision.ts";
import type { Offer } from "./types.ts";

/** What placements take of one offer, in whole numbers: sums are exact, whatever their order. */
export interface Use {
  readonly offer: string;
  readonly node: string;
  readonly units: number;
  readonly milli: number;
  readonly kibi: number;
  /** Thousandths of each device, by its position in the offer, where the offer tells them. */
  readonly devices?: readonly number[];
  /** Placements, and how many of them hold the node for themselves. */
  readonly holders: number;
  readonly exclusive: number;
}

/** The use with a placement added to it, or taken off. Throws RangeError where less would be left than nothing. */
export function changedUse(use: Use | undefined, placement: Placement, sign: 1 | -1): Use | undefined {
  const next: Use = {
    offer: placement.offer,
    node: nodeKey(placement),
    units: (use?.units ?? 0) + sign * placement.units,
    milli: (use?.milli ?? 0) + sign * neededMilli(placement.cpu),
    kibi: (use?.kibi ?? 0) + sign * neededKi(placement.memoryGi),
    holders: (use?.holders ?? 0) + sign,
    exclusive: (use?.exclusive ?? 0) + (placement.exclusive ? sign : 0),
    ...devicesOf(use, placement, sign),
  };
  const least = Math.min(next.units, next.milli, next.kibi, next.holders, next.exclusive);
  if (Math.min(least, ...(next.devices ?? [])) < 0) {
    throw new RangeError(`more is released on ${placement.offer} than was reserved`);
  }
  return next.holders === 0 ? undefined : next;
}

function devicesOf(use: Use | undefined, { devices: shares }: Placement, sign: 1 | -1): Pick<Use, "devices"> {
  if (shares === undefined) return use?.devices === undefined ? {} : { devices: use.devices };
  const devices = [...(use?.devices ?? [])];
  for (const { device, milli } of shares) {
    while (devices.length <= device) devices.push(0);
    devices[device] = (devices[device] ?? 0) + sign * milli;
  }
  return { devices };
}

/** What a node is used by, over all of its offers. */
export type NodeUse = Pick<Use, "milli" | "kibi" | "holders" | "exclusive">;

export function sumUses(uses: readonly Use[]): NodeUse {
  return uses.reduce(
    (sum, use) => ({
      milli: sum.milli + use.milli,
      kibi: sum.kibi + use.kibi,
      holders: sum.holders + use.holders,
      exclusive: sum.exclusive + use.exclusive,
    }),
    { milli: 0, kibi: 0, holders: 0, exclusive: 0 },
  );
}

/** What is free of an offer that is used so, on a node that is used so. */
export function less(told: Offer, use: Use | undefined, node: NodeUse): Offer {
  if (node.holders === 0) return told;
  const isClosed = node.exclusive > 0 || told.soldOnce === true;
  const free = isClosed ? 0 : Math.max(0, told.free - (use?.units ?? 0));
  const devices = told.devices?.map((milli, device) =>
    isClosed ? 0 : Math.max(0, milli - (use?.devices?.[device] ?? 0)),
  );
  return {
    ...told,
    free: devices?.filter((milli) => milli === DEVICE_MILLI).length ?? free,
    ...(devices && { devices }),
    cpu: coresOf(Math.max(0, availableMilli(told.cpu) - node.milli)),
    memoryGi: gibibytesOf(Math.max(0, availableKi(told.memoryGi) - node.kibi)),
    nodeIdle: false,
  };
}
