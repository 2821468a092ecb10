import fc from "fast-check";
import type { Requirement } from "../../../src/allocation/requirement.ts";
import type { Objective, Offer, Snapshot } from "../../../src/allocation/types.ts";
import { offer, RATES, requirement } from "./builders.ts";

export const OBJECTIVES: readonly Objective[] = ["performance", "cost", "latency", "energy", "balanced"];

const MODELS = [
  { model: "nvidia-h100", memoryGi: 80, fp32Tflops: 67, watts: 700 },
  { model: "nvidia-a100", memoryGi: 40, fp32Tflops: 19.5, watts: 400 },
  { model: "nvidia-t4", memoryGi: 16, fp32Tflops: 8, watts: 70 },
] as const;

/** Groups of a few nodes in a few zones of a few providers, so that they meet each other often. */
const group = fc.record({
  provider: fc.constantFrom("p1", "p2", "p3"),
  node: fc.constantFrom("n1", "n2", "n3"),
  model: fc.constantFrom(...MODELS),
  sharing: fc.constantFrom("none", "none", "none", "mig", "time-slicing"),
  total: fc.integer({ min: 1, max: 8 }),
  used: fc.constantFrom(0, 0, 0, 1, 2, 8),
  rate: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined, freq: 8 }),
  currency: fc.constantFrom("EUR", "USD"),
  interruptible: fc.constantFrom(false, false, false, true),
  latencyMs: fc.constantFrom(1, 10, 10, 80),
  carbonIntensity: fc.constantFrom(20, 300),
  efficiency: fc.constantFrom(0.5, 0.9),
});

/** CPU and memory of each node are the same in all of its groups, as the inventory tells them. */
const nodeSizes = fc.array(
  fc.record({ cpu: fc.integer({ min: 2, max: 16 }), memoryGi: fc.integer({ min: 4, max: 32 }) }),
  {
    minLength: 9,
    maxLength: 9,
  },
);

export const offersArb: fc.Arbitrary<readonly Offer[]> = fc
  .tuple(fc.array(group, { maxLength: 14, size: "max" }), nodeSizes)
  .map(([groups, sizes]) =>
    groups.map((one, index) => {
      const position = (Number(one.provider.slice(1)) - 1) * 3 + Number(one.node.slice(1)) - 1;
      const size = sizes[position] ?? { cpu: 1, memoryGi: 1 };
      const { watts, ...gpu } = one.model;
      const { unitRate: _, ...built } = offer(`${one.provider}/${one.node}/${index}`, {
        provider: one.provider,
        node: one.node,
        total: one.total,
        free: Math.max(0, one.total - one.used),
        nodeGpus: 32,
        nodeIdle: one.used === 0,
        ...size,
        currency: one.currency,
        interruptible: one.interruptible,
        gpu: { ...gpu, sharing: one.sharing, multiGpuEfficiency: one.efficiency },
        place: {
          zone: `${one.provider}-${one.node === "n1" ? "a" : "b"}`,
          country: one.provider === "p1" ? "de" : "us",
        },
        network: { latencyMs: one.latencyMs },
        energy: { watts, carbonIntensity: one.carbonIntensity },
      });
      return one.rate === undefined ? built : { ...built, unitRate: one.rate };
    }),
  );

export const snapshotArb: fc.Arbitrary<Snapshot> = offersArb.map((offers) => ({
  offers,
  currencyRates: RATES,
}));

/** A condition that most requirements do not have: too many at once, and nothing would ever fit. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

export const requirementArb: fc.Arbitrary<Requirement> = fc
  .record({
    objective: fc.constantFrom(...OBJECTIVES),
    tasks: fc.constantFrom(1, 1, 2, 3, 6),
    strategy: fc.constantFrom(undefined, undefined, "colocated", "distributed", "flexible"),
    communication: maybe(fc.constantFrom("all-reduce", "pipeline", "independent")),
    count: fc.constantFrom(1, 1, 1, 2, 4),
    cpu: fc.integer({ min: 0, max: 4 }),
    memoryGi: fc.integer({ min: 0, max: 8 }),
    model: maybe(fc.constantFrom("nvidia-h100", "nvidia-a100")),
    memoryGiMin: maybe(fc.constantFrom(16, 40, 80)),
    flags: fc.constantFrom(
      {},
      {},
      { shared: true },
      { multiInstance: true },
      { dedicated: true },
      { interruptible: true },
    ),
    maxHourly: fc.oneof(fc.constant(undefined), fc.integer({ min: 2, max: 80 })),
    location: maybe(fc.constantFrom("de", "us")),
    maxLatencyMs: maybe(fc.constantFrom(5, 50)),
    maxCarbonPerHour: maybe(fc.constantFrom(100, 300, 1000)),
  })
  .map(
    ({ count, model, memoryGiMin, flags, maxHourly, location, maxLatencyMs, maxCarbonPerHour, ...rest }) => {
      const { strategy, communication, ...plain } = rest;
      return requirement({
        ...plain,
        ...(strategy && { strategy }),
        ...(communication && { communication }),
        gpu: { count, ...flags, ...(model && { model }), ...(memoryGiMin && { memoryGiMin }) },
        constraints: {
          ...(maxHourly && { maxHourly: { amount: maxHourly, currency: "EUR" } }),
          ...(location && { location }),
          ...(maxLatencyMs && { maxLatencyMs }),
          ...(maxCarbonPerHour && { energy: { maxCarbonPerHour } }),
        },
      });
    },
  );

export const singleArb: fc.Arbitrary<Requirement> = requirementArb.map((asked) => ({ ...asked, tasks: 1 }));
