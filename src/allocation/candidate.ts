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

/** The offers as candidates, best first. */
export function candidatesOf(
  offers: readonly Offer[],
  requirement: Requirement,
  rates: CurrencyRates,
): readonly Candidate[] {
  const rankOne = ranker(requirement, rates);
  return offers
    .map((offer) => ({
      ...rankOne(offer),
      room: unitCapacity(offer, requirement),
      nodeRoom: nodeCapacity(offer, requirement),
      node: nodeKey(offer),
      zone: zoneKey(offer),
      carbon: taskCarbon(offer, requirement) ?? Number.POSITIVE_INFINITY,
      nodeRate: nodeRate(offer, requirement, rates) ?? Number.POSITIVE_INFINITY,
    }))
    .sort(compareRanked);
}
