import { type Asker, bestPlan, type Plan } from "./asker.ts";
import { type Room, takeRoom } from "./room.ts";

/** Who has which plan, and what that leaves. Changed in place. */
export interface Seating {
  readonly askers: readonly Asker[];
  readonly room: Room;
  readonly plans: (Plan | undefined)[];
  /** By position of the node: who has tasks there. */
  readonly guests: readonly Set<number>[];
  /** The loss of each asker's best plan if it were alone; undefined: none. */
  readonly ideals: readonly (number | undefined)[];
  /** What one unit of each asker's loss counts, so that losses in different units add up. */
  readonly weights: readonly number[];
  /** The most loss that each asker was promised; above it, or without a place, the seating is broken. Absent: nothing. */
  readonly limits: (number | undefined)[];
}

/** How good a seating is, the first part first. Lower is better. */
export interface Score {
  /** Who lost what was promised. */
  readonly broken: number;
  readonly unplaced: number;
  /** Whose objective is not told where they are. */
  readonly untold: number;
  readonly loss: number;
}

/** A seating without anybody, and without promises. */
export function emptySeating(
  askers: readonly Asker[],
  room: Room,
  rules: Pick<Seating, "ideals" | "weights">,
): Seating {
  const guests = Array.from(room.milli, () => new Set<number>());
  return { askers, room, plans: askers.map(() => undefined), limits: [], guests, ...rules };
}

/** Gives an asker another plan, or none. */
export function seat(seating: Seating, index: number, plan: Plan | undefined): void {
  const before = seating.plans[index];
  const size = seating.askers[index]?.size;
  if (before === plan || size === undefined) return;
  for (const { candidate, tasks } of before?.shares ?? []) {
    takeRoom(seating.room, candidate.offerAt, size, -tasks);
    seating.guests[candidate.nodeAt]?.delete(index);
  }
  for (const { candidate, tasks } of plan?.shares ?? []) {
    takeRoom(seating.room, candidate.offerAt, size, tasks);
    seating.guests[candidate.nodeAt]?.add(index);
  }
  seating.plans[index] = plan;
}

/** One asker after the other, each to the best that is left. */
export function seatInOrder(seating: Seating, order: readonly number[]): void {
  for (const index of order) {
    const asker = seating.askers[index];
    if (asker) seat(seating, index, bestPlan(asker, seating.room));
  }
}

/** Back to plans that were there before. */
export function restore(seating: Seating, plans: readonly (Plan | undefined)[]): void {
  const changed = plans.flatMap((plan, index) => (plan === seating.plans[index] ? [] : [index]));
  for (const index of changed) seat(seating, index, undefined);
  for (const index of changed) seat(seating, index, plans[index]);
}

export function scoreOf({ plans, weights, limits }: Seating): Score {
  let [broken, unplaced, untold, loss] = [0, 0, 0, 0];
  for (let index = 0; index < plans.length; index += 1) {
    const plan = plans[index];
    const limit = limits[index];
    if (limit !== undefined && (plan === undefined || plan.loss > limit)) broken += 1;
    if (plan === undefined) unplaced += 1;
    else if (!Number.isFinite(plan.loss)) untold += 1;
    else loss += plan.loss * (weights[index] ?? 1);
  }
  return { broken, unplaced, untold, loss };
}

/** Sums that differ by less differ by the order of their terms alone. */
const PRECISION = 1e-9;

export function isBetter(left: Score, right: Score): boolean {
  if (left.broken !== right.broken) return left.broken < right.broken;
  if (left.unplaced !== right.unplaced) return left.unplaced < right.unplaced;
  if (left.untold !== right.untold) return left.untold < right.untold;
  return left.loss < right.loss - PRECISION * (1 + Math.abs(right.loss));
}
