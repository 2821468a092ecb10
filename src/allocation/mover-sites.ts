import {
  availableKi,
  availableMilli,
  coresOf,
  DEVICE_MILLI,
  gibibytesOf,
  neededKi,
  neededMilli,
  nodeCapacity,
  nodeKey,
  unitCapacity,
} from "./capacity.ts";
import type { OfferCheck } from "./check.ts";
import type { Placement } from "./decision.ts";
import type { Ledger } from "./ledger.ts";
import { checksOf, fitsWhenFree } from "./match.ts";
import type { Requirement } from "./requirement.ts";
import type { Offer } from "./types.ts";

/** Somebody who has a place and may be moved to another. */
export interface Seated {
  readonly uid: string;
  readonly requirement: Requirement;
  readonly placements: readonly Placement[];
  /** What is lost when it begins anew, such as GPU hours of work: of two who would do, the one with less is moved. */
  readonly cost: number;
}

/** Who looks for a place, and which offers it may have at all. */
export interface Seeker {
  readonly requirement: Requirement;
  readonly isOpen: (offer: Offer) => boolean;
}

/** A node on which the seeker could be, and who of the seated is there. */
export interface Site {
  readonly key: string;
  readonly provider: string;
  readonly node: string;
  /** What the seeker could have there if nobody used it: as it is free now, and as it is told. */
  readonly offers: readonly { readonly now: Offer; readonly told: Offer }[];
  readonly seats: readonly Seated[];
}

type OpenSite = Site & { readonly seats: Seated[] };

/** The nodes on which the seeker could be and somebody is seated, by their keys. */
export function sitesOf(
  ledger: Ledger,
  seeker: Seeker,
  seated: readonly Seated[],
): ReadonlyMap<string, Site> {
  const checks = checksOf(seeker.requirement, ledger.currencyRates);
  const sites = new Map<string, OpenSite | undefined>();
  // By position of an offer, which is found without making up the key of its node.
  const known: (OpenSite | undefined)[] = [];
  const siteOf = (placement: Placement): OpenSite | undefined => {
    const position = ledger.index.byId.get(placement.offer) ?? -1;
    if (position in known) return known[position];
    const key = nodeKey(placement);
    const site = sites.has(key) ? sites.get(key) : openSite(ledger, seeker, checks, placement);
    sites.set(key, site);
    // An offer that is away has no position, but its node may have others.
    if (position >= 0) known[position] = site;
    return site;
  };
  for (const seat of seated) {
    for (const placement of seat.placements) {
      const site = siteOf(placement);
      if (site !== undefined && site.seats.at(-1) !== seat) site.seats.push(seat);
    }
  }
  return new Map([...sites].flatMap(([key, site]) => (site ? [[key, site]] : [])));
}

/** The node of a placement, nobody seated there yet; undefined where the seeker cannot be. */
function openSite(
  { index, offers, told }: Ledger,
  { isOpen }: Seeker,
  checks: readonly OfferCheck[],
  { provider, node }: Placement,
): OpenSite | undefined {
  const key = nodeKey({ provider, node });
  const open = (index.byNode.get(key) ?? []).flatMap((position) => {
    const [now, own] = [offers[position], told[position]];
    return now && own && isOpen(now) && fitsWhenFree(checks, now) ? [{ now, told: own }] : [];
  });
  return open.length === 0 ? undefined : { key, provider, node, offers: open, seats: [] };
}

/**
 * How many of the seeker's tasks the site carries once these have gone, at most: a look at sums, which spares working out
 * what is free there.
 */
export function tasksOn(site: Site, seats: readonly Seated[], requirement: Requirement): number {
  const [first] = site.offers;
  if (first === undefined) return 0;
  let milli = availableMilli(first.now.cpu);
  let kibi = availableKi(first.now.memoryGi);
  for (const { placements } of seats) {
    for (const placement of placements) {
      if (placement.node !== site.node || placement.provider !== site.provider) continue;
      // Who held all of it leaves more than it took.
      if (placement.exclusive || first.told.soldOnce) return tasksWhenFree(site, requirement);
      milli += neededMilli(placement.cpu);
      kibi += neededKi(placement.memoryGi);
    }
  }
  const most = nodeCapacity({ cpu: coresOf(milli), memoryGi: gibibytesOf(kibi) }, requirement);
  if (most === 0) return 0;
  let units = 0;
  for (const { now } of site.offers) units += unitCapacity(unitsWithout(now, seats), requirement);
  return Math.min(units, most);
}

function tasksWhenFree({ offers }: Site, requirement: Requirement): number {
  const units = offers.reduce((sum, { told }) => sum + unitCapacity(told, requirement), 0);
  return Math.min(units, ...offers.map(({ told }) => nodeCapacity(told, requirement)));
}

/** What is free of the offer's units and devices without them. */
function unitsWithout(offer: Offer, seats: readonly Seated[]): Pick<Offer, "free" | "devices"> {
  const gone = seats.flatMap(({ placements }) => placements.filter((one) => one.offer === offer.id));
  if (offer.devices === undefined) return { free: gone.reduce((sum, { units }) => sum + units, offer.free) };
  const devices = [...offer.devices];
  for (const { device, milli } of gone.flatMap((one) => one.devices ?? []))
    devices[device] = (devices[device] ?? 0) + milli;
  return { free: devices.filter((milli) => milli >= DEVICE_MILLI).length, devices };
}
