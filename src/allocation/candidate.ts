import { nodeCapacity, nodeKey, unitCapacity, zoneKey } from "./capacity.ts";
import { nodeRate, taskCarbon } from "./figures.ts";
import { lossFor } from "./packing/outlook.ts";
import { compareRanked, type Ranked, ranker } from "./rank.ts";
import type { Requirement } from "./requirement.ts";
import type { CurrencyRates, Forecast, Offer } from "./types.ts";

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

interface RankOptions {
  readonly limit?: number;
  readonly forecast?: Forecast | undefined;
}

/**
 * The offers as candidates, best first. With `limit` only so many of them, found without sorting: for a single task,
 * which needs no more than the best and its alternatives.
 */
export function candidatesOf(
  offers: readonly Offer[],
  requirement: Requirement,
  rates: CurrencyRates,
  { limit = Number.POSITIVE_INFINITY, forecast }: RankOptions = {},
): readonly Candidate[] {
  const rankWith = ranker(requirement, rates);
  const lossOf = forecast && lossFor(forecast, requirement);
  const rankOne = (offer: Offer): Ranked => rankWith(offer, lossOf?.(offer));
  const ranked =
    limit < offers.length ? bestOf(offers.map(rankOne), limit) : offers.map(rankOne).sort(compareRanked);
  return ranked.map((one) => candidateOf(one, requirement, rates));
}

/** The best of them in their order, found without sorting. */
export function bestOf(all: Iterable<Ranked | undefined>, limit: number): readonly Ranked[] {
  const kept: Ranked[] = [];
  for (const ranked of all) {
    if (ranked === undefined) continue;
    const worst = kept[limit - 1];
    if (worst !== undefined && compareRanked(ranked, worst) >= 0) continue;
    const before = kept.findIndex((one) => compareRanked(ranked, one) < 0);
    kept.splice(before < 0 ? kept.length : before, 0, ranked);
    kept.length = Math.min(kept.length, limit);
  }
  return kept;
}

// Written out: a spread of the ranked object costs more than all else here, for every offer of every decision.
export function candidateOf(ranked: Ranked, requirement: Requirement, rates: CurrencyRates): Candidate {
  const { offer, loss, second, fabric, rate, packing, deviceFree } = ranked;
  return {
    offer,
    loss,
    second,
    fabric,
    rate,
    packing,
    deviceFree,
    room: unitCapacity(offer, requirement),
    nodeRoom: nodeCapacity(offer, requirement),
    node: nodeKey(offer),
    zone: zoneKey(offer),
    carbon: taskCarbon(offer, requirement) ?? Number.POSITIVE_INFINITY,
    nodeRate: nodeRate(offer, requirement, rates) ?? Number.POSITIVE_INFINITY,
  };
}
