/** Ways to place one Intent after the other: the allocator's own, and two that know the conditions but not the objective. */
import { hourlyBounds } from "../../src/allocation/bounds.ts";
import { type Candidate, candidatesOf } from "../../src/allocation/candidate.ts";
import { decide } from "../../src/allocation/decide.ts";
import type { Decision, Placement } from "../../src/allocation/decision.ts";
import { checksOf } from "../../src/allocation/match.ts";
import { objectiveValue, placementsOf } from "../../src/allocation/placements.ts";
import { type Requirement, strategyOf } from "../../src/allocation/requirement.ts";
import { solve } from "../../src/allocation/solve.ts";
import { survey } from "../../src/allocation/survey.ts";
import type { Offer, Snapshot } from "../../src/allocation/types.ts";
import type { Random } from "./random.ts";

export interface Chosen {
  readonly placements: readonly Placement[];
  /** The objective's value, as a decision tells it. */
  readonly value: number;
}

export type Policy = (snapshot: Snapshot, requirement: Requirement) => Chosen | undefined;

/** What the hub does. */
export const ours: Policy = (snapshot, requirement) => chosenOf(decide(snapshot, requirement));

export const chosenOf = (decision: Decision): Chosen | undefined =>
  decision.placed ? { placements: decision.placements, value: decision.value ?? Number.NaN } : undefined;

/** The first offers that match, in the order of the list: what FLUIDOS does with its Flavors. */
export const firstMatch =
  (order: ReadonlyMap<string, number>): Policy =>
  (snapshot, requirement) =>
    blind(snapshot, requirement, ({ id }) => order.get(id) ?? 0);

/** Any offers that match. */
export const anyMatch =
  (random: Random): Policy =>
  (snapshot, requirement) =>
    blind(snapshot, requirement, () => random.next());

/**
 * As the allocator, with a number of the offer in place of the objective: the same care for strategies, bounds and room,
 * so that what is measured is the objective alone.
 */
function blind(
  snapshot: Snapshot,
  requirement: Requirement,
  numberOf: (offer: Offer) => number,
): Chosen | undefined {
  const rates = snapshot.currencyRates;
  const { fitting } = survey(snapshot.offers, checksOf(requirement, rates));
  const known = new Map<Offer, Candidate>();
  const numbered = candidatesOf(fitting, requirement, rates).map((candidate): Candidate => {
    known.set(candidate.offer, candidate);
    return { ...candidate, loss: numberOf(candidate.offer), second: 0, fabric: 0 };
  });
  const solution = solve(
    numbered.sort((left, right) => left.loss - right.loss),
    {
      tasks: requirement.tasks,
      strategy: strategyOf(requirement),
      dedicated: false,
      bounds: hourlyBounds(requirement, rates),
    },
  );
  if (!solution.solved) return undefined;
  const shares = solution.shares.map(({ candidate, tasks }) => ({
    candidate: known.get(candidate.offer) ?? candidate,
    tasks,
  }));
  return {
    placements: placementsOf(shares, requirement),
    value: objectiveValue(shares, requirement) ?? Number.NaN,
  };
}
