import { startSeconds, taskRate } from "./figures.ts";
import { evaluatorOf, isHigherBetter, type Terms, termsOf } from "./objective.ts";
import type { Loss } from "./packing/outlook.ts";
import type { Requirement } from "./requirement.ts";
import type { CurrencyRates, Offer } from "./types.ts";

/** An offer with the numbers that decide its place in the order; each is better when lower. */
export interface Ranked {
  readonly offer: Offer;
  /** The objective, turned so that lower is better; Infinity where the offer does not tell it. */
  readonly loss: number;
  /** The objective's own second term: start time for latency, renewable share for energy. */
  readonly second: number;
  /** How badly the GPUs are linked, where the work communicates. */
  readonly fabric: number;
  /** Rate of one task; Infinity where not known. */
  readonly rate: number;
  /** How much less room is left for what is expected to be asked; 0 without a forecast. */
  readonly packing: number;
  /** Free thousandths of the device that a share is best taken from; -1 where there is none to choose. */
  readonly deviceFree: number;
}

const TOPOLOGIES = { nvswitch: 0, "all-to-all": 0, mesh: 1, ring: 2 } as const;
const UNTOLD_TOPOLOGY = 3;
const NO_LOSS: Loss = { steps: 0, free: -1 };

/** Ranks one offer, with what a task on it costs others where there is a forecast. */
export type Rank = (offer: Offer, loss?: Loss) => Ranked;

/** Prepares the ranking of many offers. */
export function ranker(requirement: Requirement, rates: CurrencyRates): Rank {
  const evaluate = evaluatorOf(requirement, rates);
  const sign = isHigherBetter(requirement.objective) ? -1 : 1;
  // Performance that is not told is none; a cost, a latency or an emission that is not told may be any.
  const untold = sign < 0 ? 0 : Number.POSITIVE_INFINITY;
  const communicates = speaks(requirement);
  const isCost = requirement.objective === "cost";
  return (offer, { steps, free } = NO_LOSS) => {
    const value = evaluate(offer);
    const rate = isCost ? value : taskRate(offer, requirement, rates);
    return {
      offer,
      loss: value === undefined ? untold : sign * value,
      second: secondTerm(requirement, offer),
      fabric: communicates ? fabricLoss(offer) : 0,
      rate: rate ?? Number.POSITIVE_INFINITY,
      packing: steps,
      deviceFree: free,
    };
  };
}

const speaks = ({ communication, gpu, tasks }: Requirement): boolean =>
  (communication === "all-reduce" || communication === "pipeline") && gpu.count * tasks > 1;

function secondTerm({ objective }: Requirement, offer: Offer): number {
  if (objective === "latency") return startSeconds(offer);
  return objective === "energy" ? -(offer.energy.renewablePercent ?? 0) : 0;
}

/** Faster links first, then the topology with fewer hops. */
function fabricLoss({ gpu }: Offer): number {
  const hops = gpu.topology === undefined ? UNTOLD_TOPOLOGY : TOPOLOGIES[gpu.topology];
  return hops / 10 - (gpu.interconnectGBps ?? 0);
}

/**
 * The total order: objective, its second term, fabric, rate, packing, then names. Names are compared by code unit, so that the
 * order is the same on every machine.
 */
export function compareRanked(left: Ranked, right: Ranked): number {
  return (
    compareTerms(left, right) ||
    compareNumbers(left.packing, right.packing) ||
    compareNames(left.offer.id, right.offer.id)
  );
}

/** The terms that an offer has by itself. */
export type OwnTerms = Pick<Ranked, "loss" | "second" | "fabric" | "rate">;

/** The order as far as it goes by these terms. */
export function compareTerms(left: OwnTerms, right: OwnTerms): number {
  return (
    compareNumbers(left.loss, right.loss) ||
    compareNumbers(left.second, right.second) ||
    compareNumbers(left.fabric, right.fabric) ||
    compareNumbers(left.rate, right.rate)
  );
}

/** Not a difference: infinite terms are met. */
export function compareNumbers(left: number, right: number): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** By code unit, the same on every machine. */
export function compareNames(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** An offer in its place of the order, with the terms that put it there. */
export interface Explained {
  readonly offer: Offer;
  /** The objective's value for one task in its natural unit; absent where the offer does not tell it. */
  readonly value?: number;
  readonly terms: Terms;
}

/** Orders offers, which must fit, by the objective for one task, best first. */
export function rank(
  requirement: Requirement,
  offers: readonly Offer[],
  rates: CurrencyRates,
): readonly Explained[] {
  const evaluate = evaluatorOf(requirement, rates);
  const rankOne = ranker(requirement, rates);
  return offers
    .map((offer) => rankOne(offer))
    .sort(compareRanked)
    .map(({ offer }) => {
      const value = evaluate(offer);
      const terms = termsOf(offer, requirement, rates);
      return value === undefined ? { offer, terms } : { offer, value, terms };
    });
}
