import type { Decision } from "../../../src/allocation/decision.ts";
import { isHigherBetter } from "../../../src/allocation/objective.ts";

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
