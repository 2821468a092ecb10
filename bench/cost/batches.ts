/** How near to the optimum decisions come: one Intent alone, and a queue of Intents, on instances that can be solved exactly. */
import { decide } from "../../src/allocation/decide.ts";
import { decideTogether } from "../../src/allocation/decide-together.ts";
import type { Decision } from "../../src/allocation/decision.ts";
import { improveTurns } from "../../src/allocation/improve-turns.ts";
import { openLedger, reserve } from "../../src/allocation/ledger.ts";
import { isHigherBetter } from "../../src/allocation/objective.ts";
import type { Exact, Optimum } from "./exact.ts";
import { drawInstance, type Instance, type Market } from "./instance.ts";
import type { ObjectiveName } from "./mix.ts";

/** Intents and offers: ample room, just enough, too little. */
export const SIZES = [
  { intents: 50, offers: 200 },
  { intents: 50, offers: 60 },
  { intents: 30, offers: 20 },
] as const;

/** What came out beside the optimum. */
export interface Distance {
  /** Intents that the optimum places and this does not. */
  readonly missed: number;
  /** Share by which the sum of the objective is worse; absent where another number of Intents is placed. */
  readonly gap?: number;
}

export interface Batch {
  readonly size: (typeof SIZES)[number];
  readonly proved: boolean;
  readonly oneByOne: Distance;
  /** As the hub does it: whoever is placed in its turn stays placed, and pays at most a tenth more. */
  readonly inTurn: Distance;
  readonly together: Distance;
  readonly milliseconds: number;
}

const SECONDS = 60;

export function batchOf(
  market: Market,
  objective: ObjectiveName,
  seed: number,
  size: (typeof SIZES)[number],
  exact: Exact,
): Batch {
  const instance = drawInstance(market, objective, seed, size.offers, (all) => all.length >= size.intents);
  const { snapshot, requirements } = instance;
  const optimum = exact.solve(snapshot, requirements, { seconds: SECONDS });
  const distance = (decisions: readonly Decision[]) => distanceOf(decisions, optimum, objective);
  const alone = oneByOne(instance);
  const turns = requirements.flatMap((requirement, at) => {
    const decision = alone[at];
    return decision ? [{ requirement, decision }] : [];
  });
  const started = process.cpuUsage();
  const together = decideTogether(snapshot, requirements);
  const { user, system } = process.cpuUsage(started);
  return {
    size,
    proved: optimum.proved,
    oneByOne: distance(alone),
    inTurn: distance(improveTurns(snapshot, turns)),
    together: distance(together),
    milliseconds: (user + system) / 1000,
  };
}

function oneByOne({ snapshot, requirements }: Instance): readonly Decision[] {
  let ledger = openLedger(snapshot);
  return requirements.map((requirement) => {
    const decision = decide(ledger, requirement);
    if (decision.placed) ledger = reserve(ledger, decision.placements);
    return decision;
  });
}

function distanceOf(decisions: readonly Decision[], optimum: Optimum, objective: ObjectiveName): Distance {
  const placed = decisions.filter((decision) => decision.placed);
  const sign = isHigherBetter(objective) ? -1 : 1;
  const loss = placed.reduce((sum, { value }) => sum + sign * (value ?? Number.NaN), 0);
  const missed = optimum.placed - placed.length;
  return missed === 0 ? { missed, gap: (loss - optimum.loss) / Math.abs(optimum.loss) } : { missed };
}

/** Intents decided alone on the whole market, and how far the worst is off the optimum. */
export interface Singles {
  readonly decisions: number;
  readonly worstSingleTask: number;
  /** Of several tasks under a bound on money, of which the allocator says itself that they may not be the best. */
  readonly worstSeveralTasks: number;
  /** Optimum and allocator differ on whether there is a place. */
  readonly differing: number;
}

export function singlesOf(
  market: Market,
  objective: ObjectiveName,
  seed: number,
  count: number,
  exact: Exact,
): Singles {
  const { snapshot, requirements } = drawInstance(market, objective, seed, 200, (all) => all.length >= count);
  const worst = { single: 0, several: 0, differing: 0 };
  for (const requirement of requirements) {
    const optimum = exact.solve(snapshot, [requirement], { seconds: SECONDS });
    const { gap = 0, missed } = distanceOf([decide(snapshot, requirement)], optimum, objective);
    if (missed !== 0) worst.differing += 1;
    else if (optimum.placed === 0) continue;
    else if (requirement.tasks === 1) worst.single = Math.max(worst.single, gap);
    else worst.several = Math.max(worst.several, gap);
  }
  return {
    decisions: requirements.length,
    worstSingleTask: worst.single,
    worstSeveralTasks: worst.several,
    differing: worst.differing,
  };
}
