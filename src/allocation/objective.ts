import { exchange } from "./currency.ts";
import { startSeconds, taskCarbon, taskPerformance, taskRate } from "./figures.ts";
import type { BalancedWeights, Requirement } from "./requirement.ts";
import type { CurrencyRates, Objective, Offer } from "./types.ts";

/** What one task gets from an offer, in natural units; absent where the offer does not tell it. */
export interface Terms {
  /** Score x TFLOPS x GPUs x efficiency: TFLOPS that the work feels. */
  readonly performance?: number;
  /** Per hour, in the requirement's currency. */
  readonly rate?: number;
  readonly latencyMs?: number;
  readonly startSeconds: number;
  /** gCO2e per hour. */
  readonly carbon?: number;
  readonly renewablePercent?: number;
}

/** The default weights of `balanced`. */
export const DEFAULT_WEIGHTS: BalancedWeights = { performance: 0.4, cost: 0.4, latency: 0.1, energy: 0.1 };

/** Of one GPU: TFLOPS that the work feels, EUR per hour, ms, gCO2e per hour. */
interface Halfway {
  readonly performance: number;
  readonly cost: number;
  readonly latencyMs: number;
  readonly carbon: number;
}

/**
 * Where each normalised term of `balanced` is one half: a mid-range data-centre GPU. Fixed, not taken from the offers
 * at hand: a term must not change because somebody else's offer came or went.
 */
export const HALFWAY: Halfway = {
  performance: 15,
  cost: 1.5,
  latencyMs: 30,
  // 300 W x PUE 1.3 x 250 g/kWh.
  carbon: 100,
};
const HALFWAY_CURRENCY = "EUR";

/** What one task gets from the offer. */
export function termsOf(offer: Offer, requirement: Requirement, rates: CurrencyRates): Terms {
  const performance = taskPerformance(offer, requirement);
  const rate = taskRate(offer, requirement, rates);
  const carbon = taskCarbon(offer, requirement);
  const { latencyMs } = offer.network;
  const { renewablePercent } = offer.energy;
  return {
    ...(performance !== undefined && { performance }),
    ...(rate !== undefined && { rate }),
    ...(latencyMs !== undefined && { latencyMs }),
    startSeconds: startSeconds(offer),
    ...(carbon !== undefined && { carbon }),
    ...(renewablePercent !== undefined && { renewablePercent }),
  };
}

/** True where a higher value of the objective is the better one. */
export const isHigherBetter = (objective: Objective): boolean =>
  objective === "performance" || objective === "balanced";

/** True where the objective of several tasks is told as their mean, not as their sum. */
export const isMean = (objective: Objective): boolean => objective === "latency" || objective === "balanced";

/** The objective's value of one task in its natural unit; undefined where the offer does not tell it. */
export type Evaluate = (offer: Offer) => number | undefined;

/** Prepares the objective for many offers. */
export function evaluatorOf(requirement: Requirement, rates: CurrencyRates): Evaluate {
  switch (requirement.objective) {
    case "performance":
      return (offer) => taskPerformance(offer, requirement);
    case "cost":
      return (offer) => taskRate(offer, requirement, rates);
    case "latency":
      return (offer) => offer.network.latencyMs;
    case "energy":
      return (offer) => taskCarbon(offer, requirement);
    case "balanced":
      return balancedOf(requirement, rates);
  }
}

/** Weighted mean of four terms between 0 and 1, 1 the best; what an offer does not tell counts 0. */
function balancedOf(requirement: Requirement, rates: CurrencyRates): Evaluate {
  const weights = { ...DEFAULT_WEIGHTS, ...requirement.weights };
  const sum = weights.performance + weights.cost + weights.latency + weights.energy;
  const halves = halvesOf(requirement, rates);
  return (offer) => {
    const performance = taskPerformance(offer, requirement) ?? 0;
    const terms =
      weights.performance * (performance / (performance + halves.performance)) +
      weights.cost * falling(taskRate(offer, requirement, rates), halves.cost) +
      weights.latency * falling(offer.network.latencyMs, HALFWAY.latencyMs) +
      weights.energy * falling(taskCarbon(offer, requirement), halves.carbon);
    return sum > 0 ? terms / sum : 0;
  };
}

/** The halfway points for the GPUs of one task, the cost in the asked currency where the table knows it. */
function halvesOf(requirement: Requirement, rates: CurrencyRates): Halfway {
  const gpus = Math.max(1, requirement.gpu.count);
  const factor = exchange(rates, HALFWAY_CURRENCY, requirement.currency) ?? 1;
  return {
    performance: HALFWAY.performance * gpus,
    cost: HALFWAY.cost * gpus * factor,
    latencyMs: HALFWAY.latencyMs,
    carbon: HALFWAY.carbon * gpus,
  };
}

/** 1 at nothing, one half at `half`, towards 0 beyond. */
const falling = (value: number | undefined, half: number): number =>
  value === undefined ? 0 : half / (half + value);
