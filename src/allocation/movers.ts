import { availableKi, availableMilli, DEVICE_MILLI, neededKi, neededMilli, nodeKey } from "./capacity.ts";
import { decide } from "./decide.ts";
import type { Placement } from "./decision.ts";
import { type Ledger, release } from "./ledger.ts";
import { ledgerOn } from "./ledger-part.ts";
import { checksOf, fitsWhenFree } from "./match.ts";
import { compareNames, compareNumbers } from "./rank.ts";
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

/** Those whose going leaves a place for the seeker; none of them is there for nothing. */
export interface Movers {
  readonly seats: readonly Seated[];
  /** Where that is: what is free there once they are gone. */
  readonly freed: readonly Offer[];
}

/** Nodes on which the seeker could be, and who of the seated is there, the cheapest first. */
interface Site {
  readonly nodes: ReadonlySet<string>;
  readonly offers: readonly Offer[];
  readonly seats: readonly Seated[];
}

/** Of those on one site so many are combined; more only matter one by one. */
const MOST_COMBINED = 10;

/**
 * Sets of so many seated ones whose going leaves a place, the cheapest first. A single task goes to a node that all of
 * them were on; several tasks may gain from movers on different nodes. Found as they are asked for: most often the first
 * will do. To be asked for the smaller sets first, since a set that holds a smaller one moves somebody for nothing.
 */
export function moversOf(
  ledger: Ledger,
  seeker: Seeker,
  seated: readonly Seated[],
): (size: number) => Generator<Movers, void> {
  const sites = sitesOf(ledger, seeker, seated);
  const isEnough = enoughFor(ledger, seeker);
  const known = new Map<Site, (readonly Seated[])[]>(sites.map((site) => [site, []]));
  return function* (size) {
    for (const { site, seats } of setsOf(sites, size, seeker.requirement)) {
      const smaller = known.get(site) ?? [];
      if (smaller.some((set) => set.every((one) => seats.includes(one)))) continue;
      const freed = freedBy(ledger, site, seats);
      if (!isEnough(freed)) continue;
      smaller.push(seats);
      yield { seats, freed };
    }
  };
}

interface MoverSet {
  readonly site: Site;
  readonly seats: readonly Seated[];
  readonly cost: number;
  readonly names: string;
}

function setsOf(sites: readonly Site[], size: number, requirement: Requirement): readonly MoverSet[] {
  return sites
    .flatMap((site) => {
      const seats = size === 1 ? site.seats : site.seats.slice(0, MOST_COMBINED);
      return combinations(seats, size)
        .filter((set) => mayDo(site, set, requirement))
        .map((set) => ({
          site,
          seats: set,
          cost: set.reduce((sum, { cost }) => sum + cost, 0),
          names: set.map(({ uid }) => uid).join(" "),
        }));
    })
    .sort(
      (left, right) =>
        compareNumbers(left.cost, right.cost) ||
        compareNames(left.names, right.names) ||
        compareNames([...left.site.nodes].join(), [...right.site.nodes].join()),
    );
}

/** A look at sums alone, which spares working out what would be free: false where it cannot be enough. */
function mayDo(
  { offers, nodes }: Site,
  seats: readonly Seated[],
  { tasks, gpu, cpu, memoryGi }: Requirement,
): boolean {
  // Whoever holds a node for itself leaves more than it took.
  if (tasks > 1 || seats.some(({ placements }) => placements.some(({ exclusive }) => exclusive))) return true;
  let [milli, milliCores, kibi] = [0, 0, 0];
  for (const { placements } of seats) {
    for (const placement of placements) {
      if (!nodes.has(nodeKey(placement))) continue;
      milli += milliOf(placement);
      milliCores += neededMilli(placement.cpu);
      kibi += neededKi(placement.memoryGi);
    }
  }
  const needed = gpu.count * (gpu.milli ?? DEVICE_MILLI);
  return offers.some(
    (offer) =>
      freeMilli(offer) + milli >= needed &&
      availableMilli(offer.cpu) + milliCores >= neededMilli(cpu) &&
      availableKi(offer.memoryGi) + kibi >= neededKi(memoryGi),
  );
}

const freeMilli = ({ free, devices }: Offer): number =>
  devices?.reduce((sum, milli) => sum + milli, 0) ?? free * DEVICE_MILLI;

const milliOf = ({ units, devices }: Placement): number =>
  devices?.reduce((sum, { milli }) => sum + milli, 0) ?? units * DEVICE_MILLI;

/** Whether the seeker has a place among these offers. */
function enoughFor(
  { currencyRates }: Ledger,
  { requirement, isOpen }: Seeker,
): (offers: readonly Offer[]) => boolean {
  const checks = checksOf(requirement, currencyRates);
  if (requirement.tasks === 1)
    return (offers) => offers.some((offer) => isOpen(offer) && checks.every((check) => check.passes(offer)));
  return (offers) => decide({ offers: offers.filter(isOpen), currencyRates }, requirement).placed;
}

/** For a single task each node by itself; for several all nodes together. */
function sitesOf(
  ledger: Ledger,
  { requirement, isOpen }: Seeker,
  seated: readonly Seated[],
): readonly Site[] {
  const checks = checksOf(requirement, ledger.currencyRates);
  const sites = [...seatsByNode(seated)].flatMap(([node, seats]): Site[] => {
    const offers = (ledger.index.byNode.get(node) ?? []).flatMap((position) => {
      const offer = ledger.offers[position];
      return offer !== undefined && isOpen(offer) && fitsWhenFree(checks, offer) ? [offer] : [];
    });
    return offers.length === 0 ? [] : [{ nodes: new Set([node]), offers, seats: seats.toSorted(byCost) }];
  });
  if (requirement.tasks === 1 || sites.length === 0) return sites;
  const all = [...new Set(sites.flatMap(({ seats }) => seats))].sort(byCost);
  const nodes = new Set(ledger.index.byNode.keys());
  return [{ nodes, offers: ledger.offers, seats: all.slice(0, MOST_COMBINED) }];
}

const byCost = (left: Seated, right: Seated): number =>
  compareNumbers(left.cost, right.cost) || compareNames(left.uid, right.uid);

function seatsByNode(seated: readonly Seated[]): ReadonlyMap<string, readonly Seated[]> {
  const byNode = new Map<string, Seated[]>();
  for (const seat of seated) {
    for (const node of new Set(seat.placements.map(nodeKey))) {
      const seats = byNode.get(node);
      if (seats) seats.push(seat);
      else byNode.set(node, [seat]);
    }
  }
  return byNode;
}

/** What is free on the site once they are gone. */
function freedBy(ledger: Ledger, { nodes }: Site, seats: readonly Seated[]): readonly Offer[] {
  const here = seats.flatMap(({ placements }) => placements.filter((one) => nodes.has(nodeKey(one))));
  const part = nodes.size === ledger.index.byNode.size ? ledger : ledgerOn(ledger, nodes);
  return release(part, here).offers;
}

/** All ways to take so many of them, in their order. */
function combinations<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [[]];
  return items.flatMap((item, at) =>
    combinations(items.slice(at + 1), size - 1).map((rest) => [item, ...rest]),
  );
}
