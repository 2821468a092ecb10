import { fitsAt, type Plan, planAt } from "./asker.ts";
import { nodeKey } from "./capacity.ts";
import type { Decision, Placement } from "./decision.ts";
import { apart } from "./devices.ts";
import { rearrange } from "./rearrange.ts";
import type { Requirement } from "./requirement.ts";
import { seatedElsewhere, seatedThere } from "./seated-record.ts";
import { isBetter, type Seating, scoreOf, seat } from "./seating.ts";
import { seatingFor } from "./seating-for.ts";
import type { Snapshot } from "./types.ts";

/** A decision that was made in its turn. */
export interface Turn {
  readonly requirement: Requirement;
  readonly decision: Decision;
}

export interface TurnRules {
  /** The share of its value by which somebody may get a worse place than in its turn, for the sake of others. */
  readonly worseBy: number;
  /** Rounds of the search: what bounds the time it takes. */
  readonly rounds: number;
}

/** Nobody's place gets worse by more than a tenth because others were decided in the same moment. */
export const TURN_RULES: TurnRules = { worseBy: 0.1, rounds: 450 };

/** Who is taken out together with somebody, at most: few, since few rounds are all that there is time for. */
const OTHERS = 6;

/**
 * Looks over decisions of equal priority that were made one after the other on a snapshot, before anybody is told. Who
 * has a place keeps having one, not worse than was allowed. Within that as many more as can be get a place, then the sum
 * of the values gets as good as is found. Only the nodes that were decided on, and those of their alternatives, are
 * looked at, so that it takes no longer in a large pool. What did not change comes back as it was.
 */
export function improveTurns(
  snapshot: Snapshot,
  turns: readonly Turn[],
  { worseBy, rounds }: TurnRules = TURN_RULES,
): readonly Decision[] {
  const decisions = turns.map(({ decision }) => decision);
  const seating = seatingFor(
    nearby(snapshot, decisions),
    turns.map(({ requirement }) => requirement),
  );
  const before = asDecided(seating, decisions);
  if (before === undefined) return decisions;
  for (const [index, plan] of before.entries()) {
    if (plan) seating.limits[index] = plan.loss + Math.abs(plan.loss) * worseBy;
  }
  const score = scoreOf(seating);
  if (!isBetter(rearrange(seating, { rounds, others: OTHERS }), score)) return decisions;
  backWherePossible(seating, before);
  const next = turns.map(({ requirement, decision }, index) => {
    const plan = seating.plans[index];
    if (plan === undefined || plan === before[index]) return decision;
    return decision.placed
      ? seatedElsewhere(snapshot, requirement, decision, plan)
      : seatedThere(snapshot, requirement, plan);
  });
  const stays = next.filter((decision, index) => decision === decisions[index]);
  const onTheirOwn = apart(snapshot.offers, placementsIn(stays));
  return next.map((decision, index) =>
    decision.placed && decision !== decisions[index]
      ? { ...decision, placements: onTheirOwn(decision.placements) }
      : decision,
  );
}

const placementsIn = (decisions: readonly Decision[]): readonly Placement[] =>
  decisions.flatMap((decision) => (decision.placed ? decision.placements : []));

/** The offers of the nodes that were decided on or told as alternatives. */
function nearby({ offers, ...snapshot }: Snapshot, decisions: readonly Decision[]): Snapshot {
  const nodes = new Set(
    decisions.flatMap((decision) => {
      if (!decision.placed) return [];
      const others = decision.alternatives.flatMap(({ placements }) => placements);
      return [...decision.placements, ...others].map(nodeKey);
    }),
  );
  return { ...snapshot, offers: offers.filter((offer) => nodes.has(nodeKey(offer))) };
}

/** Seats everybody as decided; undefined where a decision was made on something else than the snapshot. */
function asDecided(
  seating: Seating,
  decisions: readonly Decision[],
): readonly (Plan | undefined)[] | undefined {
  for (const [index, decision] of decisions.entries()) {
    if (!decision.placed) continue;
    const asker = seating.askers[index];
    const plan = asker && planAt(asker, tasksByOffer(decision.placements));
    if (asker === undefined || plan === undefined || !fitsAt(asker, plan, seating.room)) return undefined;
    seat(seating, index, plan);
  }
  return seating.plans.slice();
}

const tasksByOffer = (placements: readonly Placement[]): ReadonlyMap<string, number> =>
  new Map(placements.map(({ offer, tasks }) => [offer, tasks]));

/** Whoever was moved and need not be goes back. */
function backWherePossible(seating: Seating, before: readonly (Plan | undefined)[]): void {
  for (const [index, plan] of before.entries()) {
    const now = seating.plans[index];
    const asker = seating.askers[index];
    if (asker === undefined || plan === undefined || plan === now) continue;
    const score = scoreOf(seating);
    seat(seating, index, undefined);
    const fits = fitsAt(asker, plan, seating.room);
    seat(seating, index, fits ? plan : now);
    if (isBetter(score, scoreOf(seating))) seat(seating, index, now);
  }
}
