/** Offers and Intents of one seed. */
import type { Requirement } from "../../src/allocation/requirement.ts";
import type { CurrencyRates, Offer, Snapshot } from "../../src/allocation/types.ts";
import type { ResolveModel } from "../../src/hub/intents/models.ts";
import { drawRequirement, type ObjectiveName } from "./mix.ts";
import { type Random, randomOf } from "./random.ts";

export interface Market {
  readonly offers: readonly Offer[];
  readonly currencyRates: CurrencyRates;
  readonly resolveModel: ResolveModel;
}

export interface Instance {
  readonly snapshot: Snapshot;
  readonly requirements: readonly Requirement[];
  readonly random: Random;
}

/** Offers that tell what the objective asks: without it nobody can say what is best. */
export function tellingOffers(offers: readonly Offer[], objective: ObjectiveName): readonly Offer[] {
  return offers.filter(({ gpu, energy }) => {
    const { training, inference, hpc } = gpu.scores;
    const hasPerformance =
      gpu.fp32Tflops !== undefined && training !== undefined && inference !== undefined && hpc !== undefined;
    const hasCarbon = energy.carbonIntensity !== undefined && energy.watts !== undefined;
    if (objective === "performance") return hasPerformance;
    if (objective === "energy") return hasCarbon;
    return objective !== "balanced" || (hasPerformance && hasCarbon);
  });
}

/** So many offers of the market, and Intents until `enough` of them are there. */
export function drawInstance(
  market: Market,
  objective: ObjectiveName,
  seed: number,
  size: number,
  enough: (requirements: readonly Requirement[], gpus: number) => boolean,
): Instance {
  const random = randomOf(seed);
  const offers = random.shuffle(tellingOffers(market.offers, objective)).slice(0, size);
  const gpus = offers.reduce((sum, { free }) => sum + free, 0);
  const requirements: Requirement[] = [];
  while (!enough(requirements, gpus))
    requirements.push(drawRequirement(random, objective, market.resolveModel));
  return { snapshot: { offers, currencyRates: market.currencyRates }, requirements, random };
}

/** GPUs that they ask for in all. */
export const gpusAsked = (requirements: readonly Requirement[]): number =>
  requirements.reduce((sum, { tasks, gpu }) => sum + tasks * gpu.count, 0);
