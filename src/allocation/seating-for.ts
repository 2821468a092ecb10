import { type Asker, askerOf, bestPlan } from "./asker.ts";
import { checksOf } from "./match.ts";
import type { Requirement } from "./requirement.ts";
import { roomOf } from "./room.ts";
import { emptySeating, type Seating } from "./seating.ts";
import { survey } from "./survey.ts";
import type { Offer, Snapshot } from "./types.ts";
import { weightsOf } from "./weights.ts";

/** A seating of these requirements on these offers in which nobody has a place yet. */
export function seatingFor(snapshot: Snapshot, requirements: readonly Requirement[]): Seating {
  const { offers, currencyRates } = snapshot;
  const room = roomOf(offers);
  const positions = new Map(offers.map((offer, at) => [offer, at]));
  const position = (offer: Offer): number => positions.get(offer) ?? 0;
  const tasks = requirements.reduce((sum, one) => sum + one.tasks, 0);
  const askers = requirements.map((requirement): Asker => {
    const { fitting } = survey(offers, checksOf(requirement, currencyRates));
    return askerOf(requirement, { offers: fitting, position, tasks }, room, currencyRates);
  });
  const ideals = askers.map((asker) => bestPlan(asker, room)?.loss);
  return emptySeating(askers, room, { ideals, weights: weightsOf(askers, ideals, currencyRates) });
}
