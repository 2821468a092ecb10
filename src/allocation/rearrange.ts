import { bestPlan, unitsOf } from "./asker.ts";
import { isBetter, restore, type Score, type Seating, scoreOf, seat } from "./seating.ts";

/** Others who are taken out together with the one who wants a better place, at most. */
const OTHERS = 6;
/** Places that are looked at for somebody who is in the way. */
const LOOKS = 24;
/** How often it is somebody who is not in the way. */
const ELSEWHERE = 0.1;
/** How often somebody takes less of a place than it could: without that, the best places are always filled up. */
const RESTRAINT = 0.05;

/**
 * Improves a seating in so many rounds (a large neighbourhood search): somebody who has less than its best is taken out
 * with some of those in its way, and all are put back in another order. What is not worse is kept. Chance comes from a
 * seed, so that the same seating ends the same way.
 */
export function rearrange(seating: Seating, rounds: number, seed = 1): Score {
  const chance = chanceFrom(seed);
  let score = scoreOf(seating);
  let plans = seating.plans.slice();
  for (let round = 0; round < rounds; round += 1) {
    const index = discontent(seating, chance);
    if (index === undefined) break;
    reseat(seating, [index, ...inTheWay(seating, index, chance)], chance);
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
 * Guests of places that it would rather have, those at its best places more likely; now and then somebody else, who may
 * be in the way of those.
 */
function inTheWay(seating: Seating, index: number, chance: Chance): Set<number> {
  const { askers, guests } = seating;
  const found = new Set<number>();
  const wanted = Math.min(1 + Math.floor(chance() * OTHERS), askers.length - 1);
  const add = (other: number): void => {
    if (other !== index && found.size < wanted && askers[other]?.isMovable === true) found.add(other);
  };
  for (let look = 0; look < LOOKS && found.size < wanted; look += 1) {
    if (chance() < ELSEWHERE) add(Math.floor(chance() * askers.length));
    else for (const guest of guests[wantedNode(seating, index, chance) ?? -1] ?? []) add(guest);
  }
  return found;
}

/** The node of a place that is not worse than what it has; of several tasks, which may be anywhere, of any place. */
function wantedNode({ askers, plans }: Seating, index: number, chance: Chance): number | undefined {
  const { places = [], problem } = askers[index] ?? {};
  const place = places[Math.floor(places.length * chance() * chance())];
  const has = problem?.tasks === 1 ? plans[index]?.loss : undefined;
  return place === undefined || place.loss > (has ?? Number.POSITIVE_INFINITY) ? undefined : place.nodeAt;
}

/** Takes them out and puts them back, in one of four orders; then whoever has no place may try again. */
function reseat(seating: Seating, group: readonly number[], chance: Chance): void {
  for (const index of group) seat(seating, index, undefined);
  const restraint = (tasks: number): number => (chance() < RESTRAINT ? Math.floor(tasks * chance()) : tasks);
  for (const index of inSomeOrder(seating, group, chance)) {
    const asker = seating.askers[index];
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
