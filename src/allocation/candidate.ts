import { nodeCapacity, nodeKey, unitCapacity, zoneKey } from "./capacity.ts";
import { nodeRate, taskCarbon } from "./figures.ts";
import { compareRanked, type Ranked, ranker } from "./rank.ts";
import type { Requirement } from "./requirement.ts";
import type { CurrencyRates, Offer } from "./types.ts";

/** An offer that fits, with what is needed to place several tasks. */
export interface Candidate extends Ranked {
  /** Tasks that its free units carry. */
  readonly room: number;
  /** Tasks that its node's CPU and memory carry. */
  readonly nodeRoom: number;
  readonly node: string;
  readonly zone: string;
  /** gCO2e per hour of one task; Infinity where not known. */
  readonly carbon: number;
  /** Rate of the node as a whole, for dedicated use. */
  readonly nodeRate: number;
}

/**
 * The offers as candidates, best first. With `limit` only so many of them, found without sorting: for a single task,
 * which needs no more than the best and its alternatives.
 */
export function candidatesOf(
  offers: readonly Offer[],
  requirement: Requirement,
  rates: CurrencyRates,
  limit = Number.POSITIVE_INFINITY,
): readonly Candidate[] {
  const rankOne = ranker(requirement, rates);
  const ranked =
    limit < offers.length ? best(offers, rankOne, limit) : offers.map(rankOne).sort(compareRanked);
  return ranked.map((one) => candidateOf(one, requirement, rates));
}

function best(offers: readonly Offer[], rankOne: (offer: Offer) => Ranked, limit: number): readonly Ranked[] {
  const kept: Ranked[] = [];
  for (const offer of offers) {
    const ranked = rankOne(offer);
    const worst = kept[limit - 1];
    if (worst !== undefined && compareRanked(ranked, worst) >= 0) continue;
    const before = kept.findIndex((one) => compareRanked(ranked, one) < 0);
    kept.splice(before < 0 ? kept.length : before, 0, ranked);
    kept.length = Math.min(kept.length, limit);
  }
  return kept;
}

// Written out: a spread of the ranked object costs more than all else here, for every offer of every decision.
function candidateOf(ranked: Ranked, requirement: Requirement, rates: CurrencyRates): Candidate {
  const { offer, loss, second, fabric, rate } = ranked;
  return {
    offer,
    loss,
    second,
    fabric,
    rate,
    room: unitCapacity(offer, requirement),
    nodeRoom: nodeCapacity(offer, requirement),
    node: nodeKey(offer),
    zone: zoneKey(offer),
    carbon: taskCarbon(offer, requirement) ?? Number.POSITIVE_INFINITY,
    nodeRate: nodeRate(offer, requirement, rates) ?? Number.POSITIVE_INFINITY,
  };
}
