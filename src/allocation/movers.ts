import { nodeKey } from "./capacity.ts";
import { decide } from "./decide.ts";
import { type Ledger, release } from "./ledger.ts";
import { ledgerOn } from "./ledger-part.ts";
import { checksOf } from "./match.ts";
import { type Seated, type Seeker, type Site, sitesOf, tasksOn } from "./mover-sites.ts";
import { compareNames, compareNumbers } from "./rank.ts";
import type { Offer } from "./types.ts";

/** Those whose going leaves a place for the seeker; none of them is there for nothing. */
export interface Movers {
  readonly seats: readonly Seated[];
  /** Where that is: what is free there once they are gone. */
  readonly freed: readonly Offer[];
}

/** Where sets are looked for. */
interface Scope {
  readonly node: string;
  readonly seats: readonly Seated[];
  /** Whether a set could do at all, without working out what would be free. */
  readonly mayDo: (seats: readonly Seated[]) => boolean;
}

/** What is free once they have gone; undefined where the seeker has no place there. */
type FreedBy = (seats: readonly Seated[], scope: Scope) => readonly Offer[] | undefined;

/** Of those in one scope so many are combined; more only matter one by one. */
const MOST_COMBINED = 10;
/** Pairs and threes that are looked at, those of the scopes with the cheapest seats: what bounds the time in large pools. */
const MOST_SETS = 20_000;
/** Sets that are tried for several tasks: each takes as long as a decision on the whole pool. */
const MOST_TRIED = 8;

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
  const isSingle = seeker.requirement.tasks === 1;
  const scopes = isSingle ? scopesOf(seeker, sites) : [scopeOver(ledger, seeker, sites)];
  const freedBy = isSingle ? freedOnNode(ledger, seeker) : freedInPool(ledger, seeker);
  const known = new Map<Scope, (readonly Seated[])[]>(scopes.map((scope) => [scope, []]));
  return function* (size) {
    for (const { scope, seats } of setsOf(scopes, size)) {
      const smaller = known.get(scope) ?? [];
      if (smaller.some((set) => set.every((one) => seats.includes(one)))) continue;
      const freed = freedBy(seats, scope);
      if (freed === undefined) continue;
      smaller.push(seats);
      yield { seats, freed };
    }
  };
}

/** A single task goes to one node. */
const scopesOf = ({ requirement }: Seeker, sites: ReadonlyMap<string, Site>): readonly Scope[] =>
  [...sites.values()].map((site) => ({
    node: site.key,
    seats: site.seats,
    mayDo: (seats) => tasksOn(site, seats, requirement) > 0,
  }));

/** Several tasks may be anywhere: of all who are seated, those by whose going the most have room, then the cheapest. */
function scopeOver(ledger: Ledger, { requirement, isOpen }: Seeker, sites: ReadonlyMap<string, Site>): Scope {
  const had = new Map([...sites.values()].map((site) => [site, tasksOn(site, [], requirement)]));
  const gainOf = (seats: readonly Seated[]): number => {
    let gain = 0;
    for (const key of new Set(seats.flatMap(({ placements }) => placements.map(nodeKey)))) {
      const site = sites.get(key);
      if (site) gain += tasksOn(site, seats, requirement) - (had.get(site) ?? 0);
    }
    return gain;
  };
  const all = [...new Set([...sites.values()].flatMap(({ seats }) => seats))].map((seat) => ({
    seat,
    gain: gainOf([seat]),
  }));
  const helpful = all.filter(({ gain }) => gain > 0);
  const seats = (helpful.length < MOST_COMBINED ? all : helpful)
    .sort((left, right) => right.gain - left.gain || compareSeats([left.seat], [right.seat]))
    .slice(0, MOST_COMBINED)
    .map(({ seat }) => seat);
  const { offers, currencyRates } = ledger;
  const decision = decide({ offers: offers.filter(isOpen), currencyRates }, requirement);
  const isShort = !decision.placed && decision.failure.code === "capacity";
  const missing = isShort ? decision.failure.needs - decision.failure.has : 1;
  return { node: "", seats, mayDo: (set) => gainOf(set) >= missing };
}

interface MoverSet {
  readonly scope: Scope;
  readonly seats: readonly Seated[];
  readonly cost: number;
}

function setsOf(scopes: readonly Scope[], size: number): readonly MoverSet[] {
  const sets = size === 1 ? singlesOf(scopes) : combinedOf(scopes, size);
  return sets.sort(
    (left, right) =>
      compareNumbers(left.cost, right.cost) ||
      compareSeats(left.seats, right.seats) ||
      compareNames(left.scope.node, right.scope.node),
  );
}

const singlesOf = (scopes: readonly Scope[]): MoverSet[] =>
  scopes.flatMap((scope) =>
    scope.seats.flatMap((seat) => {
      const seats = [seat];
      return scope.mayDo(seats) ? [{ scope, seats, cost: seat.cost }] : [];
    }),
  );

function combinedOf(scopes: readonly Scope[], size: number): MoverSet[] {
  const sets: MoverSet[] = [];
  let looks = 0;
  for (const { scope, cheapest } of cheapestFirst(scopes, size)) {
    if (looks >= MOST_SETS) break;
    looks += 1;
    if (!scope.mayDo(cheapest)) continue;
    for (const seats of combinations(cheapest, size)) {
      looks += 1;
      if (scope.mayDo(seats)) sets.push({ scope, seats, cost: costOf(seats) });
    }
  }
  return sets;
}

/** Scopes with so many seats, by what their cheapest ones cost together. */
const cheapestFirst = (scopes: readonly Scope[], size: number) =>
  scopes
    .filter(({ seats }) => seats.length >= size)
    .map((scope) => ({
      scope,
      cheapest: scope.seats.toSorted((one, other) => compareSeats([one], [other])).slice(0, MOST_COMBINED),
    }))
    .map((entry) => ({ ...entry, cost: costOf(entry.cheapest.slice(0, size)) }))
    .sort(
      (left, right) =>
        compareNumbers(left.cost, right.cost) || compareNames(left.scope.node, right.scope.node),
    );

const costOf = (seats: readonly Seated[]): number => seats.reduce((sum, { cost }) => sum + cost, 0);

/** The cheaper first, then by name. */
function compareSeats(left: readonly Seated[], right: readonly Seated[]): number {
  for (const [at, one] of left.entries()) {
    const other = right[at];
    const order = other ? compareNumbers(one.cost, other.cost) || compareNames(one.uid, other.uid) : 1;
    if (order !== 0) return order;
  }
  return 0;
}

function freedOnNode(ledger: Ledger, { requirement, isOpen }: Seeker): FreedBy {
  const checks = checksOf(requirement, ledger.currencyRates);
  const fits = (offer: Offer): boolean => isOpen(offer) && checks.every((check) => check.passes(offer));
  return (seats, { node }) => {
    const here = seats.flatMap(({ placements }) => placements.filter((one) => nodeKey(one) === node));
    const { offers } = release(ledgerOn(ledger, new Set([node])), here);
    return offers.some(fits) ? offers : undefined;
  };
}

function freedInPool(ledger: Ledger, { requirement, isOpen }: Seeker): FreedBy {
  const { currencyRates } = ledger;
  let left = MOST_TRIED;
  return (seats) => {
    if (left <= 0) return undefined;
    left -= 1;
    const gone = seats.flatMap(({ placements }) => placements);
    const offers = release(ledger, gone).offers.filter(isOpen);
    return decide({ offers, currencyRates }, requirement).placed ? offers : undefined;
  };
}

/** All ways to take so many of them, in their order. */
function combinations<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [[]];
  return items.flatMap((item, at) =>
    combinations(items.slice(at + 1), size - 1).map((rest) => [item, ...rest]),
  );
}
