import { type Asker, unitsOf } from "./asker.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./decision.ts";
import { apart } from "./devices.ts";
import { openLedger, reserve } from "./ledger.ts";
import { pricedAskers } from "./prices.ts";
import { compareNames } from "./rank.ts";
import { rearrange } from "./rearrange.ts";
import type { Requirement } from "./requirement.ts";
import { seatedThere } from "./seated-record.ts";
import { isBetter, restore, type Seating, seatInOrder } from "./seating.ts";
import { seatingFor } from "./seating-for.ts";
import type { Snapshot } from "./types.ts";

export interface TogetherOptions {
  /** Rounds of the search for each start and priority: what bounds the time it takes. */
  readonly rounds?: number;
}

const ROUNDS = 3000;
/** Who is taken out together with somebody, at most. */
const OTHERS = 12;
/** Few have few ways to be arranged: the rounds for each pair of them. */
const ROUNDS_OF_PAIR = 50;

/**
 * Decides several requirements together. Those of higher priority first, for whom the lower ones do not exist. Among
 * equals as many as can be get a place, then the sum of their values is the best that is found: losses in different
 * units count as shares of what the askers of the same objective would have alone.
 *
 * The decisions come in the order of the requirements. All of them can be reserved, in any order.
 *
 * @example
 * const decisions = decideTogether(ledger, requirements);
 */
export function decideTogether(
  snapshot: Snapshot,
  requirements: readonly Requirement[],
  options: TogetherOptions = {},
): readonly Decision[] {
  const decisions: Decision[] = [];
  let ledger = openLedger(snapshot);
  for (const level of levelsOf(requirements)) {
    const asked = level.flatMap((index) => requirements[index] ?? []);
    for (const [at, decision] of decideLevel(ledger, asked, options).entries()) {
      decisions[level[at] ?? 0] = decision;
      if (decision.placed) ledger = reserve(ledger, decision.placements);
    }
  }
  return decisions;
}

/** Positions of the requirements by priority, the highest first; among equals not in the order in which they came. */
function levelsOf(requirements: readonly Requirement[]): readonly (readonly number[])[] {
  const names = requirements.map((requirement) => JSON.stringify(requirement));
  const levels = new Map<number, number[]>();
  for (const [index, { priority }] of requirements.entries()) {
    const level = levels.get(priority);
    if (level) level.push(index);
    else levels.set(priority, [index]);
  }
  return [...levels]
    .sort(([left], [right]) => right - left)
    .map(([, level]) => level.sort((left, right) => compareNames(names[left] ?? "", names[right] ?? "")));
}

function decideLevel(
  snapshot: Snapshot,
  requirements: readonly Requirement[],
  { rounds = ROUNDS }: TogetherOptions,
): readonly Decision[] {
  const seating = seatingFor(snapshot, requirements);
  seatAll(seating, Math.min(rounds, ROUNDS_OF_PAIR * requirements.length ** 2));
  return recordsOf(snapshot, seating);
}

/**
 * The best that is found from three starts: who has the fewest places first, the small first, the large first. A short
 * search before them tells at what prices room is in demand.
 */
function seatAll(seating: Seating, rounds: number): void {
  const indices = [...seating.askers.keys()];
  const sortedBy = (key: (asker: Asker) => number): readonly number[] => {
    const keys = seating.askers.map(key);
    return indices.toSorted((left, right) => (keys[left] ?? 0) - (keys[right] ?? 0));
  };
  const empty = seating.plans.slice();
  const starts = [({ places }: Asker) => places.length, unitsOf, (asker: Asker) => -unitsOf(asker)].map(
    sortedBy,
  );
  seatInOrder(seating, starts[0] ?? []);
  let best = {
    score: rearrange(seating, { rounds: rounds / 4, others: OTHERS }),
    plans: seating.plans.slice(),
  };
  const search = (seed: number, priced: ReturnType<typeof pricedAskers>): void => {
    const score = rearrange(seating, { rounds, others: OTHERS, seed, priced });
    if (isBetter(score, best.score)) best = { score, plans: seating.plans.slice() };
  };
  const priced = pricedAskers(seating);
  for (const [at, start] of starts.entries()) {
    restore(seating, empty);
    seatInOrder(seating, start);
    search(at + 2, priced);
  }
  // Once more from the best of them: what is in demand there is priced anew.
  restore(seating, best.plans);
  search(starts.length + 2, pricedAskers(seating));
  restore(seating, best.plans);
}

/** The decisions of those with a place as if they were alone; of the others when those have theirs. */
function recordsOf(snapshot: Snapshot, { askers, plans }: Seating): readonly Decision[] {
  const onTheirOwn = apart(snapshot.offers, []);
  const seated = askers.map(({ requirement }, index) => {
    const plan = plans[index];
    const decision = plan && seatedThere(snapshot, requirement, plan);
    return decision?.placed ? { ...decision, placements: onTheirOwn(decision.placements) } : decision;
  });
  const taken = seated.flatMap((decision) => (decision?.placed ? decision.placements : []));
  let left = reserve(openLedger(snapshot), taken);
  return askers.map(({ requirement }, index) => {
    const known = seated[index];
    if (known !== undefined) return known;
    const decision = decide(left, requirement);
    if (decision.placed) left = reserve(left, decision.placements);
    return decision;
  });
}
