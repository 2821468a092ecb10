import { exchange } from "./currency.ts";
import type { Requirement } from "./requirement.ts";
import type { CurrencyRates, Money } from "./types.ts";

/** Sums of floating-point rates may end a hair above a bound that they meet exactly. */
const TOLERANCE = 1e-9;

/** Upper bounds of what a whole placement takes in an hour, in the requirement's currency and gCO2e. */
export interface HourlyBounds {
  readonly maxHourly?: number;
  readonly maxTotal?: number;
  readonly maxCarbon?: number;
}

/** A bound in a currency that the table lacks is met by nothing: it becomes a bound below zero. */
export function hourlyBounds(requirement: Requirement, rates: CurrencyRates): HourlyBounds {
  const { maxHourly, maxTotal, energy } = requirement.constraints;
  const inCurrency = ({ amount, currency }: Money): number => {
    const factor = exchange(rates, currency, requirement.currency);
    return factor === undefined ? -1 : amount * factor;
  };
  const hours = requirement.runtimeHours;
  return {
    ...(maxHourly && { maxHourly: inCurrency(maxHourly) }),
    // A total bounds nothing as long as nobody knows how long it runs.
    ...(maxTotal && hours !== undefined && hours > 0 && { maxTotal: inCurrency(maxTotal) / hours }),
    ...(energy?.maxCarbonPerHour !== undefined && {
      maxCarbon: energy.maxCarbonPerHour,
    }),
  };
}

/** True when the sum stays within the bound; an absent bound bounds nothing, an unknown sum is within none. */
export function within(sum: number | undefined, bound: number | undefined): boolean {
  return bound === undefined || (sum !== undefined && sum <= bound * (1 + TOLERANCE));
}
