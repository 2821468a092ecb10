import type { Requirement } from "../../../src/allocation/requirement.ts";
import type { Offer } from "../../../src/allocation/types.ts";
import { RATES } from "./builders.ts";

// Written from the documents alone, on purpose without a function of the allocator: it is what the allocator is held against.

const inEuros = (offer: Offer): number | undefined =>
  offer.unitRate === undefined ? undefined : offer.unitRate * (RATES[offer.currency ?? ""] ?? Number.NaN);

/** Rate of one task in EUR, of a node where it is dedicated. */
export function bruteRate(offer: Offer, { gpu }: Requirement): number | undefined {
  const unit = inEuros(offer);
  return unit === undefined ? undefined : unit * (gpu.dedicated ? offer.nodeGpus : gpu.count);
}

export function bruteCarbon(offer: Offer, { gpu }: Requirement): number | undefined {
  const { watts, pue, carbonIntensity } = offer.energy;
  if (watts === undefined || pue === undefined || carbonIntensity === undefined) return undefined;
  return (watts * gpu.count * pue * carbonIntensity) / 1000;
}

/** Whether one task fits, over the conditions that the generated requirements have. */
export function bruteFits(offer: Offer, asked: Requirement): boolean {
  return (
    hasForm(offer, asked) && hasRoom(offer, asked) && isWhereAsked(offer, asked) && isAffordable(offer, asked)
  );
}

function hasForm({ gpu, nodeIdle, interruptible }: Offer, asked: Requirement): boolean {
  const whole = gpu.sharing === "none";
  const form = asked.gpu.multiInstance ? gpu.sharing === "mig" : asked.gpu.shared || whole;
  const alone = !asked.gpu.dedicated || (whole && nodeIdle);
  return form && alone && (asked.gpu.interruptible || !interruptible);
}

function hasRoom(offer: Offer, { gpu, cpu, memoryGi }: Requirement): boolean {
  return offer.free >= gpu.count && offer.cpu >= cpu && offer.memoryGi >= memoryGi;
}

function isWhereAsked({ gpu, place, network }: Offer, asked: Requirement): boolean {
  const { location, maxLatencyMs } = asked.constraints;
  return (
    (asked.gpu.model === undefined || gpu.model === asked.gpu.model) &&
    (gpu.memoryGi ?? 0) >= (asked.gpu.memoryGiMin ?? 0) &&
    (location === undefined || place.country === location) &&
    (network.latencyMs ?? 1e9) <= (maxLatencyMs ?? 1e9)
  );
}

function isAffordable(offer: Offer, asked: Requirement): boolean {
  const { maxHourly, energy } = asked.constraints;
  const carbon = energy?.maxCarbonPerHour;
  return (
    (maxHourly === undefined || (bruteRate(offer, asked) ?? 1e9) <= maxHourly.amount + 1e-9) &&
    (carbon === undefined || (bruteCarbon(offer, asked) ?? 1e9) <= carbon + 1e-9)
  );
}

const FELT = { "all-reduce": 1, pipeline: 0.5, independent: 0 };

export function brutePerformance(offer: Offer, asked: Requirement): number {
  const { count } = asked.gpu;
  const felt = FELT[asked.communication ?? "all-reduce"];
  const efficiency = count === 1 ? 1 : 1 - felt * (1 - (offer.gpu.multiGpuEfficiency ?? 0.5));
  return (offer.gpu.scores[asked.kind] ?? 0) * (offer.gpu.fp32Tflops ?? 0) * count * efficiency;
}

/** The objective of one task, higher is better. */
export function bruteGood(offer: Offer, asked: Requirement): number {
  const rate = bruteRate(offer, asked) ?? Number.POSITIVE_INFINITY;
  const latency = offer.network.latencyMs ?? Number.POSITIVE_INFINITY;
  const carbon = bruteCarbon(offer, asked) ?? Number.POSITIVE_INFINITY;
  const performance = brutePerformance(offer, asked);
  const { count } = asked.gpu;
  switch (asked.objective) {
    case "performance":
      return performance;
    case "cost":
      return -rate;
    case "latency":
      return -latency;
    case "energy":
      return -carbon;
    case "balanced":
      return (
        0.4 * (performance / (performance + 15 * count)) +
        0.4 * ((1.5 * count) / (1.5 * count + rate)) +
        0.1 * (30 / (30 + latency)) +
        0.1 * ((100 * count) / (100 * count + carbon))
      );
  }
}
