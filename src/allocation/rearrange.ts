import { type Asker, bestPlan, type Place, unitsOf } from "./asker.ts";
import { isBetter, restore, type Score, type Seating, scoreOf, seat } from "./seating.ts";

/** Places that are looked at for somebody who is in the way. */
const LOOKS = 24;
/** How often it is somebody in the way of one who was in the way. */
const FURTHER = 0.5;
/** How often it is somebody who is not in the way. */
const ELSEWHERE = 0.1;
/** How often somebody takes less of a place than it could: without that, the best places are always filled up. */
const RESTRAINT = 0.05;

/** How often places are taken by their price, where there are prices. */
const PRICED = 0.5;

export interface Search {
  /** What bounds the time it takes. */
  readonly rounds: number;
  /** Others who are taken out together with the one who wants a better place, at most. */
  readonly others: number;
  /** The same start and the same seed have the same end. */
  readonly seed?: number;
  /** The askers as they see their places at several prices. */
  readonly priced?: readonly (readonly Asker[])[];
}

/**
 * Improves a seating (a large neighbourhood search): round by round somebody who has less than its best is taken out with
 * some of those in its way, and of those in their way, and all are put back in another order. What is not worse is kept.
 */
export function rearrange(seating: Seating, { rounds, others, seed = 1, priced = [] }: Search): Score {
  const chance = chanceFrom(seed);
  let score = scoreOf(seating);
  let plans = seating.plans.slice();
  for (let round = 0; round < rounds; round += 1) {
    const index = discontent(seating, chance);
    if (index === undefined) break;
    const seen = chance() < PRICED ? priced[Math.floor(chance() * priced.length)] : undefined;
    const askers = seen ?? seating.askers;
    reseat(seating, askers, inTheWay(seating, askers, index, others, chance), chance);
    const next = scoreOf(seating);
    if (isBetter(score, next)) restore(seating, plans);
    else [score, plans] = [next, seating.plans.slice()];
  }
  return score;
}

/** At least 0, below 1; the same numbers for the same seed (mulberry32). */
type Chance = () => number;

function chanceFrom(seed: number): Chance {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Somebody who has no place, or a worse one than alone; undefined: everybody has its best. */
function discontent({ askers, plans, ideals }: Seating, chance: Chance): number | undefined {
  const out: number[] = [];
  const missing: number[] = [];
  for (let index = 0; index < plans.length; index += 1) {
    const [plan, ideal] = [plans[index], ideals[index]];
    if (ideal === undefined || askers[index]?.isMovable !== true) continue;
    if (plan === undefined) out.push(index);
    else if (plan.loss > ideal) missing.push(index);
  }
  const from = missing.length === 0 || (out.length > 0 && chance() < 0.5) ? out : missing;
  return from[Math.floor(chance() * from.length)];
}

/**
 * The one who asked, then guests of places that it would rather have, those at its best places more likely, and guests of
 * places where these may go; now and then somebody else.
 */
function inTheWay(
  seating: Seating,
  askers: readonly Asker[],
  index: number,
  others: number,
  chance: Chance,
): readonly number[] {
  const found = [index];
  const wanted = Math.min(2 + Math.floor(chance() * others), askers.length);
  const add = (other: number): void => {
    if (found.length < wanted && askers[other]?.isMovable === true && !found.includes(other))
      found.push(other);
  };
  for (let look = 0; look < LOOKS && found.length < wanted; look += 1) {
    if (chance() < ELSEWHERE) {
      add(Math.floor(chance() * askers.length));
      continue;
    }
    const who = chance() < FURTHER ? (found[Math.floor(chance() * found.length)] ?? index) : index;
    const node = who === index ? wantedNode(seating, index, chance) : goodPlace(askers[who], chance)?.nodeAt;
    for (const guest of seating.guests[node ?? -1] ?? []) add(guest);
  }
  return found;
}

/** One of its places, the first ones more likely. */
const goodPlace = (asker: Asker | undefined, chance: Chance): Place | undefined =>
  asker?.places[Math.floor(asker.places.length * chance() * chance())];

/** The node of a place that is not worse than what it has; of several tasks, which may be anywhere, of any place. */
function wantedNode({ askers, plans }: Seating, index: number, chance: Chance): number | undefined {
  const place = goodPlace(askers[index], chance);
  const has = askers[index]?.problem.tasks === 1 ? plans[index]?.loss : undefined;
  return place === undefined || place.loss > (has ?? Number.POSITIVE_INFINITY) ? undefined : place.nodeAt;
}

/** Takes them out and puts them back, in one of four orders; then whoever has no place may try again. */
function reseat(seating: Seating, askers: readonly Asker[], group: readonly number[], chance: Chance): void {
  for (const index of group) seat(seating, index, undefined);
  const restraint = (tasks: number): number => (chance() < RESTRAINT ? Math.floor(tasks * chance()) : tasks);
  for (const index of inSomeOrder(seating, group, chance)) {
    const asker = askers[index];
    if (asker) seat(seating, index, bestPlan(asker, seating.room, restraint));
  }
  for (const [index, asker] of seating.askers.entries()) {
    if (seating.plans[index] === undefined && seating.ideals[index] !== undefined && asker.isMovable)
      seat(seating, index, bestPlan(asker, seating.room));
  }
}

/** The large first, the small first, those with the fewest places first, or by chance after the one who asked. */
function inSomeOrder({ askers }: Seating, group: readonly number[], chance: Chance): readonly number[] {
  const way = Math.floor(chance() * 4);
  const keyOf = (index: number, at: number): number => {
    const asker = askers[index];
    if (asker === undefined || way === 3) return at === 0 ? -1 : chance();
    if (way === 2) return asker.places.length;
    return way === 1 ? unitsOf(asker) : -unitsOf(asker);
  };
  return group
    .map((index, at) => ({ index, key: keyOf(index, at) }))
    .sort((left, right) => left.key - right.key)
    .map(({ index }) => index);
}
