import type { CurrencyRates } from "./types.ts";

/** What one unit of `from` is worth in `to`; undefined when the table lacks one of them. */
export function exchange(rates: CurrencyRates, from: string, to: string): number | undefined {
  if (from === to) return 1;
  const numerator = Object.hasOwn(rates, from) ? rates[from] : undefined;
  const denominator = Object.hasOwn(rates, to) ? rates[to] : undefined;
  if (numerator === undefined || denominator === undefined) return undefined;
  const factor = numerator / denominator;
  return Number.isFinite(factor) && factor > 0 ? factor : undefined;
}
