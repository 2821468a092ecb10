/** What the objective is worth over load: Intents come one after the other until they ask for all GPUs. */
import { decideTogether } from "../../src/allocation/decide-together.ts";
import { openLedger, reserve } from "../../src/allocation/ledger.ts";
import { isHigherBetter } from "../../src/allocation/objective.ts";
import type { Requirement } from "../../src/allocation/requirement.ts";
import type { Exact } from "./exact.ts";
import { drawInstance, gpusAsked, type Instance, type Market } from "./instance.ts";
import type { ObjectiveName } from "./mix.ts";
import { anyMatch, type Chosen, chosenOf, firstMatch, ours, type Policy } from "./policies.ts";

/** GPUs that were asked for so far, as a share of all. */
export const LOADS = [0.05, 0.1, 0.25, 0.5, 0.75, 1] as const;
/** Intents that are decided together. */
const TOGETHER = 50;

/** At one load. Shares: 0.2 is a fifth better; a gap of 0.01 is a hundredth worse than the bound. */
export interface Point {
  readonly load: number;
  readonly placed: number;
  readonly placedFirst: number;
  readonly placedTogether: number;
  /** Better than first-match and than random, over the Intents that both have placed. */
  readonly overFirst: number;
  readonly overRandom: number;
  /** Off a bound that no arrangement of the same Intents can pass. */
  readonly gap: number;
  readonly gapTogether: number;
  /** The objective of one GPU on average: ours, first-match, random, bound. */
  readonly each: readonly [number, number, number, number];
}

export function curveOf(
  market: Market,
  objective: ObjectiveName,
  seed: number,
  size: number,
  exact: Exact,
): readonly Point[] {
  const instance = drawInstance(market, objective, seed, size, (all, gpus) => gpusAsked(all) >= gpus);
  const { snapshot, requirements, random } = instance;
  const order = new Map(random.shuffle(snapshot.offers).map(({ id }, at) => [id, at]));
  const gpus = snapshot.offers.reduce((sum, { free }) => sum + free, 0);
  const counts = LOADS.map((load) => countUntil(requirements, load * gpus));
  const runs = {
    ours: oneByOne(instance, ours),
    first: oneByOne(instance, firstMatch(order)),
    random: oneByOne(instance, anyMatch(random)),
    together: inBatches(instance, counts),
  };
  return LOADS.map((load, step) => {
    const count = counts[step] ?? 0;
    const cut = (chosen: readonly (Chosen | undefined)[]) => chosen.slice(0, count);
    const sign = isHigherBetter(objective) ? -1 : 1;
    const boundOf = (chosen: readonly (Chosen | undefined)[]): number => {
      const placed = requirements.filter((_, at) => chosen[at] !== undefined);
      return placed.length === 0
        ? 0
        : exact.solve(snapshot, placed, { all: true, relaxed: true, seconds: 60 }).loss * sign;
    };
    const [mine, first, any, together] = [runs.ours, runs.first, runs.random, runs.together].map(cut);
    const bound = boundOf(mine ?? []);
    return {
      load,
      placed: shareOf(mine),
      placedFirst: shareOf(first),
      placedTogether: shareOf(together),
      overFirst: better(mine, first, sign),
      overRandom: better(mine, any, sign),
      gap: gapOf(sum(mine), bound),
      gapTogether: gapOf(sum(together), boundOf(together ?? [])),
      each: [
        perGpu(mine, requirements),
        perGpu(first, requirements),
        perGpu(any, requirements),
        bound / gpusOf(mine, requirements),
      ],
    };
  });
}

type Run = readonly (Chosen | undefined)[];

const shareOf = (run: Run = []): number => run.filter((chosen) => chosen !== undefined).length / run.length;
const sum = (run: Run = []): number => run.reduce((total, chosen) => total + (chosen?.value ?? 0), 0);
const gapOf = (value: number, bound: number): number => Math.abs(value - bound) / Math.abs(bound);
const gpusOf = (run: Run = [], requirements: readonly Requirement[]): number =>
  gpusAsked(requirements.filter((_, at) => run[at] !== undefined));
const perGpu = (run: Run = [], requirements: readonly Requirement[]): number =>
  sum(run) / gpusOf(run, requirements);

/** How much better one is, over what both have placed. */
function better(mine: Run = [], other: Run = [], sign: number): number {
  const both = mine.map((chosen, at) => (chosen && other[at] ? [chosen.value, other[at].value] : [0, 0]));
  const [own, others] = both.reduce(([left = 0, right = 0], [a = 0, b = 0]) => [left + a, right + b], [0, 0]);
  return sign > 0 ? 1 - (own ?? 0) / (others ?? 1) : (own ?? 0) / (others ?? 1) - 1;
}

function oneByOne({ snapshot, requirements }: Instance, policy: Policy): Run {
  let ledger = openLedger(snapshot);
  return requirements.map((requirement) => {
    const chosen = policy(ledger, requirement);
    if (chosen) ledger = reserve(ledger, chosen.placements);
    return chosen;
  });
}

/** As many together as come in a row, up to each load by itself; what is placed stays. */
function inBatches({ snapshot, requirements }: Instance, counts: readonly number[]): Run {
  let ledger = openLedger(snapshot);
  const chosen: (Chosen | undefined)[] = [];
  for (const count of counts) {
    while (chosen.length < count) {
      const batch = requirements.slice(chosen.length, Math.min(count, chosen.length + TOGETHER));
      for (const decision of decideTogether(ledger, batch)) {
        chosen.push(chosenOf(decision));
        if (decision.placed) ledger = reserve(ledger, decision.placements);
      }
    }
  }
  return chosen;
}

function countUntil(requirements: readonly Requirement[], gpus: number): number {
  let asked = 0;
  const index = requirements.findIndex((requirement) => {
    asked += gpusAsked([requirement]);
    return asked > gpus;
  });
  return index < 0 ? requirements.length : Math.max(1, index);
}
