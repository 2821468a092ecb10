import { nodeKey } from "./capacity.ts";
import { exchange } from "./currency.ts";
import { decide } from "./decide.ts";
import type { Decision, Placed, Placement } from "./decision.ts";
import { type Ledger, record, release, reserve } from "./ledger.ts";
import { ledgerOn } from "./ledger-part.ts";
import type { Seated, Seeker } from "./mover-sites.ts";
import { type Movers, moversOf } from "./movers.ts";
import { isHigherBetter } from "./objective.ts";
import type { Requirement } from "./requirement.ts";
import type { CurrencyRates, Money, Offer } from "./types.ts";

export type { Seated } from "./mover-sites.ts";

/** Who goes where. */
export interface Move {
  readonly uid: string;
  readonly decision: Placed;
}

/** What makes room for somebody who has none. */
export interface MovePlan {
  readonly moves: readonly Move[];
  /** The seeker's place, once the movers are gone from it. */
  readonly decision: Placed;
}

export interface MoveRules {
  /** So many are moved for one seeker, at most. */
  readonly maxMoves: number;
  /** The share by which a mover's place may be worse by its own objective, or dearer. */
  readonly worseBy: number;
  /** New places that are looked for, at most: what bounds the time it takes. */
  readonly tries: number;
}

/** Which offers the seeker, and which the movers, may have at all; absent: all. */
export interface MoveLimits {
  readonly forSeeker?: (offer: Offer) => boolean;
  readonly forMovers?: (offer: Offer) => boolean;
}

const everywhere = (): boolean => true;

/**
 * The fewest moves that make room for a requirement which has none, and of these the ones that lose least; undefined
 * where none were found. A mover goes only where there is room while it still holds its old place, so that it never
 * waits for somebody else to leave; its new place meets all that it asks. With one move for one task a plan is found
 * whenever there is one, and tries last; with several the search is bounded.
 *
 * @example
 * const plan = planMoves(ledger, requirement, seated, rules);
 * if (plan) ledger = moved(ledger, seated, plan);
 */
export function planMoves(
  ledger: Ledger,
  requirement: Requirement,
  seated: readonly Seated[],
  rules: MoveRules,
  { forSeeker = everywhere, forMovers = everywhere }: MoveLimits = {},
): MovePlan | undefined {
  const seeker: Seeker = { requirement, isOpen: forSeeker };
  const ofSize = moversOf(ledger, seeker, seated);
  const search: Search = { ledger, seeker, rules, forMovers, refuges: new Map(), tries: rules.tries };
  for (let size = 1; size <= rules.maxMoves; size += 1) {
    for (const movers of ofSize(size)) {
      if (search.tries <= 0) return undefined;
      if (!movers.seats.every((seat) => hasRefuge(search, seat))) continue;
      const plan = planFor(search, movers);
      if (plan !== undefined) return plan;
    }
  }
  return undefined;
}

/** The ledger once everybody has moved and the seeker is seated. */
export function moved(ledger: Ledger, seated: readonly Seated[], { moves, decision }: MovePlan): Ledger {
  const movers = new Set(moves.map(({ uid }) => uid));
  const left = seated.filter(({ uid }) => movers.has(uid)).flatMap(({ placements }) => placements);
  const taken = [...moves.flatMap((move) => move.decision.placements), ...decision.placements];
  return reserve(release(ledger, left), taken);
}

/** Values that differ by less, as a share, are the same but for the order in which they were summed. */
const PRECISION = 1e-9;

interface Search {
  readonly ledger: Ledger;
  readonly seeker: Seeker;
  readonly rules: MoveRules;
  readonly forMovers: (offer: Offer) => boolean;
  /** By uid: whether it has another place at all, where the seeker takes none of the room that there is. */
  readonly refuges: Map<string, boolean>;
  tries: number;
}

function planFor(search: Search, { seats, freed }: Movers): MovePlan | undefined {
  for (const decision of placesFor(search, freed)) {
    // The seeker's place counts as taken although the movers still hold theirs.
    const moves = refugesFor(search, seats, record(search.ledger, decision.placements));
    if (moves !== undefined) return { moves, decision };
  }
  return undefined;
}

function hasRefuge(search: Search, seat: Seated): boolean {
  const known = search.refuges.get(seat.uid);
  if (known !== undefined) return known;
  const has = refugeOf(search, seat, search.ledger) !== undefined;
  search.refuges.set(seat.uid, has);
  return has;
}

/** What the seeker may have of what is freed: for one task each offer that fits, the best first. */
function placesFor({ ledger, seeker }: Search, freed: readonly Offer[]): readonly Placed[] {
  const { requirement, isOpen } = seeker;
  const { currencyRates, forecast } = ledger;
  let left = freed.filter(isOpen);
  const places: Placed[] = [];
  while (left.length > 0) {
    const decision = decide({ offers: left, currencyRates, ...(forecast && { forecast }) }, requirement);
    if (!decision.placed) break;
    places.push(decision);
    const used = new Set(decision.placements.map(({ offer }) => offer));
    if (requirement.tasks > 1) break;
    left = left.filter(({ id }) => !used.has(id));
  }
  return places;
}

/** A place for each mover, those with the most units first. */
function refugesFor(search: Search, seats: readonly Seated[], rest: Ledger): readonly Move[] | undefined {
  const moves: Move[] = [];
  let left = rest;
  for (const seat of seats.toSorted((one, other) => unitsOf(other) - unitsOf(one))) {
    const decision = refugeOf(search, seat, left);
    if (decision === undefined) return undefined;
    moves.push({ uid: seat.uid, decision });
    left = reserve(left, decision.placements);
  }
  return moves;
}

const unitsOf = ({ placements }: Seated): number => placements.reduce((sum, { units }) => sum + units, 0);

/** The best place that a mover may have of what is left; undefined: none that is good enough. */
function refugeOf(search: Search, seat: Seated, left: Ledger): Placed | undefined {
  const { ledger, rules, forMovers } = search;
  search.tries -= 1;
  const present = presentOf(ledger, seat);
  const bounded = boundedBy(seat.requirement, present, rules.worseBy, ledger.currencyRates);
  const decision = decideAmong(left, bounded, forMovers);
  if (!decision.placed || !isGoodEnough(decision, present, rules.worseBy)) return undefined;
  return { ...decision, decidedBy: "moved" };
}

/** The decision on these offers alone. Of a single task the best of all will do where it is one of these: no other is better. */
function decideAmong(ledger: Ledger, requirement: Requirement, isOpen: (offer: Offer) => boolean): Decision {
  if (isOpen === everywhere) return decide(ledger, requirement);
  if (requirement.tasks === 1) {
    const decision = decide(ledger, requirement);
    if (!decision.placed || isAmong(ledger, decision.placements, isOpen)) return decision;
  }
  return decide({ ...ledger, offers: ledger.offers.filter(isOpen) }, requirement);
}

const isAmong = (
  { index, offers }: Ledger,
  placements: readonly Placement[],
  isOpen: (offer: Offer) => boolean,
): boolean =>
  placements.every(({ offer: id }) => {
    const offer = offers[index.byId.get(id) ?? -1];
    return offer !== undefined && isOpen(offer);
  });

/** What its present place is worth by what it asks now; not placed where it would not be put there any more. */
function presentOf(ledger: Ledger, { requirement, placements }: Seated): Decision {
  const part = release(ledgerOn(ledger, new Set(placements.map(nodeKey))), placements);
  const own = unitsByOffer(placements);
  const offers = part.offers.flatMap((offer) => {
    const units = own.get(offer.id);
    return units === undefined ? [] : [{ ...offer, free: Math.min(offer.free, units) }];
  });
  return decide({ offers, currencyRates: ledger.currencyRates }, requirement);
}

function unitsByOffer(placements: readonly Placement[]): ReadonlyMap<string, number> {
  const units = new Map<string, number>();
  for (const one of placements) units.set(one.offer, (units.get(one.offer) ?? 0) + one.units);
  return units;
}

/** Nobody pays much more for others, whatever its objective is. */
function boundedBy(
  requirement: Requirement,
  present: Decision,
  worseBy: number,
  rates: CurrencyRates,
): Requirement {
  const rate = present.placed ? present.rate : undefined;
  if (rate === undefined) return requirement;
  const most: Money = { ...rate, amount: rate.amount * (1 + worseBy) };
  const { maxHourly } = requirement.constraints;
  const asked = maxHourly && maxHourly.amount * (exchange(rates, maxHourly.currency, most.currency) ?? 0);
  if (asked !== undefined && asked <= most.amount) return requirement;
  return { ...requirement, constraints: { ...requirement.constraints, maxHourly: most } };
}

function isGoodEnough({ value, objective }: Placed, present: Decision, worseBy: number): boolean {
  if (!present.placed || present.value === undefined) return true;
  if (value === undefined) return false;
  const allowed = Math.abs(present.value) * (worseBy + PRECISION);
  return isHigherBetter(objective) ? value >= present.value - allowed : value <= present.value + allowed;
}
