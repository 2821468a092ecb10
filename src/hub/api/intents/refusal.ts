import type { NotPlaced } from "../../../allocation/decision.ts";
import { REASON_CODES, type ReasonCode } from "../../../allocation/reasons.ts";
import type { Suggestion } from "../../../allocation/suggest.ts";
import type { Offer } from "../../../allocation/types.ts";
import { formatRate } from "../../../units/money.ts";
import { explain, rounded } from "../../intents/explain.ts";
import { ApiError, type ErrorSuggestion } from "../api-error.ts";
import type { ErrorCode } from "../error-codes.ts";

const CODES: Readonly<Partial<Record<ReasonCode, ErrorCode>>> = {
  "gpu-model": "GPU_MODEL_UNAVAILABLE",
  "gpu-variant": "GPU_MODEL_UNAVAILABLE",
  "gpu-vendor": "GPU_MODEL_UNAVAILABLE",
  "gpu-memory": "GPU_MEMORY_INSUFFICIENT",
  "gpu-memory-max": "GPU_MEMORY_INSUFFICIENT",
  "gpu-count": "GPU_COUNT_INSUFFICIENT",
  "gpu-free": "GPU_COUNT_INSUFFICIENT",
  location: "REGION_UNAVAILABLE",
  "availability-zone": "REGION_UNAVAILABLE",
  "max-hourly-cost": "COST_LIMIT_EXCEEDED",
  "max-total-cost": "COST_LIMIT_EXCEEDED",
};

/**
 * The code of a decision that found no place: conditions are tried in one order for every offer, so the one that
 * rejected the offers which came furthest is what stands in the way.
 */
export function refusalCode({ failure, rejected }: Pick<NotPlaced, "failure" | "rejected">): ErrorCode {
  if (failure.code === "max-hourly-cost" || failure.code === "max-total-cost") return "COST_LIMIT_EXCEEDED";
  if (failure.code !== "no-offer-fits") return "INSUFFICIENT_RESOURCES";
  const last = rejected
    .filter(({ count }) => count > 0)
    .map(({ code }) => code)
    .sort((left, right) => REASON_CODES.indexOf(right) - REASON_CODES.indexOf(left))[0];
  return (last === undefined ? undefined : CODES[last]) ?? "INSUFFICIENT_RESOURCES";
}

/** The answer to a request that has no place and would not be given one by waiting. */
export function refusal(
  decision: NotPlaced,
  offers: readonly Offer[],
  suggestions: readonly Suggestion[],
): ApiError {
  return new ApiError(refusalCode(decision), explain(decision, offers), {
    suggestions: suggestions.map(suggestionForm),
  });
}

/** A suggestion as clients see it; differences that cannot be told are left out. */
export function suggestionForm({
  alternative,
  costDifference,
  performanceDifference,
}: Suggestion): ErrorSuggestion {
  return {
    alternative,
    ...(costDifference === undefined ? {} : { cost_difference: signedRate(costDifference) }),
    ...(performanceDifference === undefined
      ? {}
      : { performance_impact: signedPercent(performanceDifference) }),
  };
}

/** `+1.20 EUR/hour`. */
function signedRate(money: Suggestion["costDifference"] & object): string {
  const { amount, currency } = rounded(money);
  const sign = amount < 0 ? "-" : "+";
  return sign + formatRate({ amount: Math.abs(amount), currency });
}

function signedPercent(share: number): string {
  const percent = Math.round(share * 100);
  return `${percent < 0 ? "" : "+"}${percent}%`;
}
