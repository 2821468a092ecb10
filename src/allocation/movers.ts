import { nodeKey } from "./capacity.ts";
import type { OfferCheck } from "./check.ts";
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

/** A part of the pool in which movers are looked for. */
interface Site {
  readonly ledger: Ledger;
  /** The cheapest first. */
  readonly seats: readonly Seated[];
}

/** Of those on one node, or of all for several tasks, so many are combined; more only matter one by one. */
const MOST_COMBINED = 10;

/**
 * Every set of so many seated ones whose going leaves a place, the cheapest first. Of a task that has room once they are
 * gone each of them was on the node that it goes to; several tasks may gain from movers on different nodes. Lazy, because
 * most often the first will do.
 */
export function moversBySize(
  ledger: Ledger,
  seeker: Seeker,
  seated: readonly Seated[],
): (size: number) => readonly Movers[] {
  const sites = sitesOf(ledger, seeker, seated);
  const isEnough = enoughFor(seeker, ledger);
  /** Sets that are known to do, by site: a larger one that holds such a set moves somebody for nothing. */
  const known = sites.map((): (readonly Seated[])[] => []);
  return (size) =>
    sites
      .flatMap((site, at) =>
        combinations(size === 1 ? site.seats : site.seats.slice(0, MOST_COMBINED), size).flatMap((seats) => {
          if (known[at]?.some((set) => set.every((one) => seats.includes(one)))) return [];
          const freed = freedBy(site.ledger, seats);
          if (!isEnough(freed)) return [];
          known[at]?.push(seats);
          return [{ seats, freed }];
        }),
      )
      .sort(
        (left, right) =>
          compareNumbers(costOf(left.seats), costOf(right.seats)) ||
          compareNames(namesOf(left.seats), namesOf(right.seats)) ||
          compareNames(left.freed[0]?.id ?? "", right.freed[0]?.id ?? ""),
      );
}

const costOf = (seats: readonly Seated[]): number => seats.reduce((sum, { cost }) => sum + cost, 0);
const namesOf = (seats: readonly Seated[]): string => seats.map(({ uid }) => uid).join(" ");

/** Whether the seeker has a place among these offers. */
function enoughFor(
  { requirement, isOpen }: Seeker,
  { currencyRates }: Ledger,
): (offers: readonly Offer[]) => boolean {
  const checks = checksOf(requirement, currencyRates);
  const fits = (offer: Offer): boolean => isOpen(offer) && checks.every((check) => check.passes(offer));
  if (requirement.tasks === 1) return (offers) => offers.some(fits);
  return (offers) => decide({ offers: offers.filter(isOpen), currencyRates }, requirement).placed;
}

function sitesOf(ledger: Ledger, seeker: Seeker, seated: readonly Seated[]): readonly Site[] {
  const checks = checksOf(seeker.requirement, ledger.currencyRates);
  const couldBe = (offer: Offer): boolean => seeker.isOpen(offer) && fitsWhenFree(checks, offer);
  const nodes = [...seatsByNode(seated)].filter(([node]) =>
    (ledger.index.byNode.get(node) ?? []).some((position) => {
      const offer = ledger.offers[position];
      return offer !== undefined && couldBe(offer);
    }),
  );
  const sites = nodes.flatMap(([node, seats]): Site[] => {
    const part = ledgerOn(ledger, new Set([node]));
    const all = freedBy(part, seats);
    return all.some((offer) => couldBe(offer) && passes(checks, offer))
      ? [{ ledger: part, seats: seats.toSorted(byCost) }]
      : [];
  });
  if (seeker.requirement.tasks === 1) return sites;
  const all = new Set(sites.flatMap(({ seats }) => seats));
  return all.size === 0 ? [] : [{ ledger, seats: [...all].sort(byCost).slice(0, MOST_COMBINED) }];
}

const passes = (checks: readonly OfferCheck[], offer: Offer): boolean =>
  checks.every((check) => check.passes(offer));

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

/** What is free in this part of the pool once they are gone. */
function freedBy(ledger: Ledger, seats: readonly Seated[]): readonly Offer[] {
  const isHere = (placement: Placement): boolean => ledger.index.byNode.has(nodeKey(placement));
  return release(
    ledger,
    seats.flatMap(({ placements }) => placements.filter(isHere)),
  ).offers;
}

/** All ways to take so many of them, in their order. */
function combinations<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [[]];
  return items.flatMap((item, at) =>
    combinations(items.slice(at + 1), size - 1).map((rest) => [item, ...rest]),
  );
}
