import * as z from "zod";
import type { Decision, Placement } from "../../../allocation/decision.ts";
import type { Money, Offer } from "../../../allocation/types.ts";
import { formatMoney, formatRate } from "../../../units/money.ts";
import { modelOf, rejections, rounded } from "../../intents/explain.ts";
import { given } from "../../inventory/given.ts";
import type { Assessment } from "./assess.ts";

const alternative = z.object({
  provider: z.string(),
  model: z.string().optional(),
  rate: z.string().optional(),
});

/** How it would be decided, as a dry run tells it. */
export const decisionSchema = z
  .object({
    outcome: z.enum(["placed", "relaxed", "queued"]),
    considered: z.int(),
    fitting: z.int(),
    rejected: z.string().optional(),
    placement: z.array(alternative.extend({ gpus: z.int() })).optional(),
    alternatives: z.array(alternative).optional(),
    suggestions: z
      .array(
        z.object({
          alternative: z.string(),
          cost_difference: z.string().optional(),
          performance_impact: z.string().optional(),
        }),
      )
      .optional(),
  })
  .describe("How it would be decided; told on a dry run.");

/** The facts of a decision in that form, whatever its outcome. */
export function decisionForm<O extends Assessment["outcome"]>(
  { decision, outcome }: { readonly decision: Decision; readonly outcome: O },
  offers: readonly Offer[],
) {
  const rejected = rejections(decision);
  return {
    outcome,
    considered: decision.considered,
    fitting: decision.fitting,
    ...(rejected === "" ? {} : { rejected }),
    ...placedForm(decision, offers),
  };
}

function placedForm(decision: Decision, offers: readonly Offer[]) {
  if (!decision.placed) return {};
  const form = ({ offer, provider }: Placement, rate: Money | undefined) => ({
    provider,
    ...given({
      model: modelOf(offers.find(({ id }) => id === offer)),
      rate: rate && formatMoney(rounded(rate)),
    }),
  });
  return {
    placement: decision.placements.map((each) => ({ ...form(each, each.rate), gpus: each.units })),
    alternatives: decision.alternatives.flatMap(({ placements, rate }) =>
      placements.slice(0, 1).map((first) => form(first, rate)),
    ),
  };
}

/** What an hour of it would cost; undefined where nobody tells it, or it has no place. */
export const estimatedCost = (decision: Decision): string | undefined =>
  decision.placed && decision.rate !== undefined ? formatRate(rounded(decision.rate)) : undefined;
