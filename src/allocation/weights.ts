import type { Asker } from "./asker.ts";
import type { CurrencyRates } from "./types.ts";

/**
 * What one unit of each asker's loss counts. Losses of one objective add up in their own unit, costs through the
 * currency table. Each objective counts in the mean of what its askers would have alone, so that euros and grams can be
 * weighed against each other: a tenth dearer is as bad as a tenth more carbon.
 */
export function weightsOf(
  askers: readonly Asker[],
  ideals: readonly (number | undefined)[],
  rates: CurrencyRates,
): readonly number[] {
  const inCommon = ({ requirement: { objective, currency } }: Asker): number =>
    objective === "cost" ? (rates[currency] ?? 1) : 1;
  const means = new Map<string, { sum: number; count: number }>();
  for (const [index, asker] of askers.entries()) {
    const ideal = ideals[index];
    if (ideal === undefined || !Number.isFinite(ideal)) continue;
    const { objective } = asker.requirement;
    const { sum, count } = means.get(objective) ?? { sum: 0, count: 0 };
    means.set(objective, { sum: sum + Math.abs(ideal) * inCommon(asker), count: count + 1 });
  }
  return askers.map((asker) => {
    const { sum, count } = means.get(asker.requirement.objective) ?? { sum: 0, count: 0 };
    return sum > 0 ? (inCommon(asker) * count) / sum : inCommon(asker);
  });
}
