import type { Plan } from "./asker.ts";
import { decide } from "./decide.ts";
import type { Alternative, Decision, Placed, Placement } from "./decision.ts";
import { objectiveValue, placementsOf, rateOf } from "./placements.ts";
import { rank } from "./rank.ts";
import type { Requirement } from "./requirement.ts";
import type { Snapshot } from "./types.ts";

/** The decision on a plan: that of the requirement alone where it is the same. */
export function seatedThere(snapshot: Snapshot, requirement: Requirement, plan: Plan): Decision {
  const alone = decide(snapshot, requirement);
  return alone.placed ? seatedElsewhere(snapshot, requirement, alone, plan) : alone;
}

/** The place that somebody got for the sake of others; the one that it would have had is the first alternative. */
export function seatedElsewhere(
  { currencyRates }: Snapshot,
  requirement: Requirement,
  alone: Placed,
  { shares }: Plan,
): Placed {
  const placements = placementsOf(shares, requirement);
  if (isSame(placements, alone.placements)) return alone;
  const { rate: _, value: __, ...rest } = alone;
  const offers = shares.map(({ candidate }) => candidate.offer);
  return {
    ...rest,
    placements,
    ...given(rateOf(shares, requirement), objectiveValue(shares, requirement)),
    optimal: false,
    decidedBy: "together",
    why: rank(requirement, offers, currencyRates).map(({ offer, ...why }) => ({ offer: offer.id, ...why })),
    alternatives: [answerOf(alone), ...alone.alternatives].slice(0, Math.max(1, alone.alternatives.length)),
  };
}

const isSame = (left: readonly Placement[], right: readonly Placement[]): boolean =>
  left.length === right.length &&
  left.every(({ offer, tasks }, at) => right[at]?.offer === offer && right[at]?.tasks === tasks);

const answerOf = ({ placements, rate, value }: Placed): Alternative => ({
  placements,
  ...given(rate, value),
});

const given = (rate: Placed["rate"], value: Placed["value"]): Pick<Placed, "rate" | "value"> => ({
  ...(rate && { rate }),
  ...(value !== undefined && { value }),
});
