import type { Decision, Placement } from "../../../src/allocation/decision.ts";
import { isHigherBetter } from "../../../src/allocation/objective.ts";
import type { Offer, Snapshot } from "../../../src/allocation/types.ts";

export const RUNS = { numRuns: 200 };

/** Sums by key. */
export const totals = (items: readonly [string, number][]): ReadonlyMap<string, number> =>
  items.reduce(
    (sums, [key, amount]) => sums.set(key, (sums.get(key) ?? 0) + amount),
    new Map<string, number>(),
  );

/** Loss of a decision's value: lower is better, unknown is worst. */
export function lossOf(decision: Decision): number {
  if (!decision.placed) return Number.POSITIVE_INFINITY;
  if (decision.value === undefined) return Number.MAX_VALUE;
  return isHigherBetter(decision.objective) ? -decision.value : decision.value;
}

/** The offer of a placement. */
export function offerOf({ offers }: Snapshot, { offer: id }: Placement): Offer {
  const found = offers.find((offer) => offer.id === id);
  if (!found) throw new Error(`unknown offer ${id}`);
  return found;
}
