/** What balanced gives up of one for the other: Intents at half load, under weights from all cost to all performance. */
import { decide } from "../../src/allocation/decide.ts";
import type { Decision } from "../../src/allocation/decision.ts";
import { openLedger, reserve } from "../../src/allocation/ledger.ts";
import { DEFAULT_WEIGHTS } from "../../src/allocation/objective.ts";
import type { BalancedWeights, Requirement } from "../../src/allocation/requirement.ts";
import { drawInstance, gpusAsked, type Market } from "./instance.ts";

/** What a GPU costs and gives on average; carbon and latency beside it. */
export interface FrontPoint {
  readonly name: string;
  readonly eurPerGpu: number;
  /** TFLOPS that the work feels. */
  readonly tflopsPerGpu: number;
  readonly gramsPerGpu: number;
  readonly latencyMs: number;
}

const HALF = 0.5;
const STEPS = 10;

export function frontOf(market: Market, seed: number, size: number): readonly FrontPoint[] {
  const { snapshot, requirements } = drawInstance(
    market,
    "balanced",
    seed,
    size,
    (all, gpus) => gpusAsked(all) >= gpus * HALF,
  );
  const point = (name: string, change: Partial<Requirement>): FrontPoint => {
    let ledger = openLedger(snapshot);
    const decisions = requirements.map((requirement) => {
      const decision = decide(ledger, { ...requirement, ...change });
      if (decision.placed) ledger = reserve(ledger, decision.placements);
      return decision;
    });
    return { name, ...meansOf(decisions, requirements) };
  };
  const mixes = Array.from({ length: STEPS + 1 }, (_, step): FrontPoint => {
    const performance = step / STEPS;
    const weights: BalancedWeights = { performance, cost: 1 - performance, latency: 0, energy: 0 };
    return point(`${step * 10} % performance`, { weights });
  });
  return [
    point("cost alone", { objective: "cost" }),
    ...mixes,
    point("performance alone", { objective: "performance" }),
    point("default weights", { weights: DEFAULT_WEIGHTS }),
  ];
}

/** Each task counts as many times as it has GPUs. */
function meansOf(
  decisions: readonly Decision[],
  requirements: readonly Requirement[],
): Omit<FrontPoint, "name"> {
  const sums = { gpus: 0, eur: 0, tflops: 0, grams: 0, latency: 0 };
  for (const [index, decision] of decisions.entries()) {
    if (!decision.placed) continue;
    const count = requirements[index]?.gpu.count ?? 1;
    for (const [at, { terms }] of decision.why.entries()) {
      const offer = decision.why[at]?.offer;
      const tasks = decision.placements.find((placement) => placement.offer === offer)?.tasks ?? 0;
      sums.gpus += tasks * count;
      sums.eur += tasks * (terms.rate ?? 0);
      sums.tflops += tasks * (terms.performance ?? 0);
      sums.grams += tasks * (terms.carbon ?? 0);
      sums.latency += tasks * count * (terms.latencyMs ?? 0);
    }
  }
  return {
    eurPerGpu: sums.eur / sums.gpus,
    tflopsPerGpu: sums.tflops / sums.gpus,
    gramsPerGpu: sums.grams / sums.gpus,
    latencyMs: sums.latency / sums.gpus,
  };
}
