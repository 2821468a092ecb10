import { type HourlyBounds, within } from "./bounds.ts";
import type { Candidate } from "./candidate.ts";
import type { Failure } from "./decision.ts";
import type { Share } from "./plan.ts";

/** What one task takes of the bounds, each bound counted as 1. */
export function loadOf({ rate, carbon }: Candidate, bounds: HourlyBounds): number {
  const money = moneyBound(bounds);
  const byMoney = money === undefined ? 0 : rate / Math.max(money, Number.MIN_VALUE);
  return (
    byMoney + (bounds.maxCarbon === undefined ? 0 : carbon / Math.max(bounds.maxCarbon, Number.MIN_VALUE))
  );
}

/** How many bounds there are on the plan as a whole. */
export const boundCount = (bounds: HourlyBounds): number =>
  (moneyBound(bounds) === undefined ? 0 : 1) + (bounds.maxCarbon === undefined ? 0 : 1);

/** The tighter of the two bounds on money. */
export function moneyBound({ maxHourly, maxTotal }: HourlyBounds): number | undefined {
  if (maxHourly === undefined || maxTotal === undefined) return maxHourly ?? maxTotal;
  return Math.min(maxHourly, maxTotal);
}

/** The first bound that the plan breaks. */
export function breach(
  shares: readonly Share[],
  bounds: HourlyBounds,
  dedicated: boolean,
): Failure | undefined {
  const rate = planRate(shares, dedicated);
  const carbon = sum(shares, (candidate) => candidate.carbon);
  if (!within(rate, bounds.maxHourly))
    return { code: "max-hourly-cost", has: rate, needs: bounds.maxHourly ?? 0 };
  if (!within(rate, bounds.maxTotal))
    return { code: "max-total-cost", has: rate, needs: bounds.maxTotal ?? 0 };
  return within(carbon, bounds.maxCarbon)
    ? undefined
    : { code: "carbon", has: carbon, needs: bounds.maxCarbon ?? 0 };
}

/** Rate of all tasks; a dedicated node is paid once, as a whole. Infinity where one is not known. */
export function planRate(shares: readonly Share[], dedicated: boolean): number {
  if (!dedicated) return sum(shares, (candidate) => candidate.rate);
  const nodes = new Map(shares.map(({ candidate }) => [candidate.node, candidate.nodeRate]));
  return [...nodes.values()].reduce((total, rate) => total + rate, 0);
}

/** The sum of the losses of all tasks. */
export const lossOf = (shares: readonly Share[]): number => sum(shares, (candidate) => candidate.loss);

/** A sum over all tasks. */
export function sum<C extends Candidate>(
  shares: readonly Share<C>[],
  each: (candidate: C) => number,
): number {
  return shares.reduce((total, { candidate, tasks }) => total + each(candidate) * tasks, 0);
}
