import { nodeCapacity } from "./capacity.ts";
import { exchange } from "./currency.ts";
import type { Communication, Requirement } from "./requirement.ts";
import type { CurrencyRates, Offer } from "./types.ts";

/** Efficiency assumed of several GPUs on a node that does not tell it: that of a poor PCIe box. */
const UNTOLD_EFFICIENCY = 0.5;
/** Seconds until a start, assumed where they are not told: building a network, pulling an image. */
const PEERING_SECONDS = 30;
const COLD_START_SECONDS = 60;
/** How much of the loss of several GPUs a pattern feels; without a pattern the full loss counts. */
const FELT: Readonly<Record<Communication, number>> = { "all-reduce": 1, pipeline: 0.5, independent: 0 };

/** Rate of one task in the requirement's currency; a dedicated one pays for the whole node, shared by its tasks. */
export function taskRate(offer: Offer, requirement: Requirement, rates: CurrencyRates): number | undefined {
  if (requirement.gpu.dedicated) {
    const node = nodeRate(offer, requirement, rates);
    return node === undefined ? undefined : node / tasksOfNode(offer, requirement);
  }
  const unit = unitRate(offer, requirement.currency, rates);
  return unit === undefined ? undefined : unit * requirement.gpu.count;
}

/** How many of the tasks the whole node can carry at most, over all of its groups. */
function tasksOfNode(offer: Offer, requirement: Requirement): number {
  const byGpus = Math.floor(offer.nodeGpus / Math.max(1, requirement.gpu.count));
  return Math.max(1, Math.min(requirement.tasks, byGpus, nodeCapacity(offer, requirement)));
}

/** Least rate that a placement with this offer in it costs: the bound that holds however many tasks go there. */
export function leastRate(offer: Offer, requirement: Requirement, rates: CurrencyRates): number | undefined {
  return requirement.gpu.dedicated
    ? nodeRate(offer, requirement, rates)
    : taskRate(offer, requirement, rates);
}

/** Rate of the node as a whole, from the share of one whole GPU. */
export function nodeRate(offer: Offer, requirement: Requirement, rates: CurrencyRates): number | undefined {
  const unit = unitRate(offer, requirement.currency, rates);
  return unit === undefined ? undefined : unit * offer.nodeGpus;
}

function unitRate(offer: Offer, currency: string, rates: CurrencyRates): number | undefined {
  if (offer.unitRate === undefined || offer.currency === undefined) return undefined;
  const factor = exchange(rates, offer.currency, currency);
  return factor === undefined ? undefined : offer.unitRate * factor;
}

/** Score x FP32 TFLOPS x GPUs x efficiency of one task; undefined where score or TFLOPS are not told. */
export function taskPerformance(offer: Offer, requirement: Requirement): number | undefined {
  const score = offer.gpu.scores[requirement.kind];
  const tflops = offer.gpu.fp32Tflops;
  if (score === undefined || tflops === undefined) return undefined;
  return score * tflops * requirement.gpu.count * efficiency(offer, requirement);
}

/** Share of perfect scaling of one task's GPUs; pipelines feel half of the loss, independent work none. */
export function efficiency(offer: Offer, requirement: Requirement): number {
  if (requirement.gpu.count <= 1) return 1;
  const felt = requirement.communication === undefined ? 1 : FELT[requirement.communication];
  return 1 - felt * (1 - (offer.gpu.multiGpuEfficiency ?? UNTOLD_EFFICIENCY));
}

/** gCO2e per hour of one task: kW of its units x PUE x carbon intensity; undefined where one is not told. */
export function taskCarbon(offer: Offer, requirement: Requirement): number | undefined {
  const { watts, pue, carbonIntensity } = offer.energy;
  if (watts === undefined || pue === undefined || carbonIntensity === undefined) return undefined;
  return (watts / 1000) * requirement.gpu.count * pue * carbonIntensity;
}

/** Seconds until the container is expected to run: no peering to build when peered, no cold start when warm. */
export function startSeconds(offer: Offer): number {
  const peering = offer.peered ? 0 : PEERING_SECONDS;
  return peering + (offer.warm ? 0 : (offer.sla.coldStartSeconds ?? COLD_START_SECONDS));
}
