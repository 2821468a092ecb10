import type { DecidedBy, Decision, NotPlaced, Placed, Placement } from "../../allocation/decision.ts";
import { sayRejected } from "../../allocation/reason-words.ts";
import type { Offer } from "../../allocation/types.ts";
import { formatRate } from "../../units/money.ts";

const DECIDED: Readonly<Record<DecidedBy, string>> = {
  "only-one": "nothing else fits",
  objective: "best by the objective",
  "second-term": "equal by the objective, better by its second term",
  fabric: "equal, with the faster link between GPUs",
  rate: "equal, and cheaper",
  packing: "equal, and it leaves the most room for what is usually asked",
  name: "equal in everything; the first by name",
  together: "the best for all who were decided at the same time",
  moved: "the best that was free, so that somebody else gets the place that it had",
};

/** What was decided and why, in one sentence or two. */
export function explain(decision: Decision, offers: readonly Offer[]): string {
  return decision.placed ? explainPlaced(decision, offers) : explainNotPlaced(decision);
}

function explainPlaced(decision: Placed, offers: readonly Offer[]): string {
  const rate = decision.rate === undefined ? "an unknown rate" : formatRate(rounded(decision.rate));
  const places = decision.placements.map((placement) => describePlacement(placement, offers)).join(" and ");
  return `${places} at ${rate}: ${DECIDED[decision.decidedBy]} (${decision.objective}), ${countOf(decision)}`;
}

/** `2x nvidia-h100 on hgx-1 of milan`. */
export function describePlacement(placement: Placement, offers: readonly Offer[]): string {
  const offer = offers.find(({ id }) => id === placement.offer);
  return `${placement.units}x ${modelOf(offer) ?? placement.resource} on ${placement.node} of ${placement.provider}`;
}

/** `nvidia-h100 sxm5-80gb`, with the slice where it is one. */
export function modelOf(offer: Offer | undefined): string | undefined {
  if (offer?.gpu.model === undefined) return undefined;
  return [offer.gpu.model, offer.gpu.profile].filter((part) => part !== undefined).join(" ");
}

function explainNotPlaced(decision: NotPlaced): string {
  const { considered, fitting, couldFit } = decision;
  if (considered === 0) return sayFailure(decision);
  const reasons = sayRejected(decision.rejected);
  const told =
    reasons === "" ? `${fitting} of ${considered} offers fit` : `of ${considered} offers ${reasons}`;
  const outlook = couldFit ? "it fits once others leave" : "it would not fit if all were free";
  return `${sayFailure(decision)}: ${told}; ${outlook}`;
}

const countOf = ({ considered, fitting }: Decision): string =>
  `${considered} offers considered, ${fitting} fit`;

/** `gpu-model 3, gpu-free 1`: the first reason of each rejected offer. */
export function rejections({ rejected }: Pick<Decision, "rejected">): string {
  return rejected
    .filter(({ count }) => count > 0)
    .toSorted((left, right) => right.count - left.count)
    .map(({ code, count }) => `${code} ${count}`)
    .join(", ");
}

/** Why the tasks as a whole have no place, in words. */
export function sayFailure({ failure, considered }: NotPlaced): string {
  switch (failure.code) {
    case "no-offer-fits":
      return considered === 0 ? "there are no offers at all" : "no offer fits";
    case "capacity":
      return `only ${failure.has} of ${failure.needs} tasks have a place at the same time`;
    case "distribution":
      return `the tasks can be spread over ${failure.has} node only, not ${failure.needs}`;
    case "carbon":
      return `the least carbon found is ${failure.has.toFixed(0)} g/h, above the bound of ${failure.needs.toFixed(0)}`;
    case "max-hourly-cost":
    case "max-total-cost":
      return `the lowest rate found is ${failure.has.toFixed(2)} an hour, above the bound of ${failure.needs.toFixed(2)}`;
  }
}

/** Rates are sums of fractions; nobody is charged less than a hundredth of a cent. */
export const rounded = <T extends { readonly amount: number }>(money: T): T => ({
  ...money,
  amount: Math.round(money.amount * 1e4) / 1e4,
});
