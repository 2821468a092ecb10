/** A ledger answers from what it worked out before; whatever happened to it, the answer is that of looking at every offer. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../../../src/allocation/decide.ts";
import type { Placement } from "../../../src/allocation/decision.ts";
import {
  type Ledger,
  observe,
  openLedger,
  record,
  release,
  reserve,
} from "../../../src/allocation/ledger.ts";
import { createDemandBook } from "../../../src/allocation/packing/demand.ts";
import { foresight } from "../../../src/allocation/packing/forecast.ts";
import type { Requirement } from "../../../src/allocation/requirement.ts";
import type { Offer } from "../../../src/allocation/types.ts";
import { offer, RATES, requirement } from "./builders.ts";

const DEVICE = 1000;

interface Node {
  readonly gpus: number;
  readonly model: string;
  readonly cpu: number;
  readonly rate: number;
  readonly tellsDevices: boolean;
}

const nodeArb: fc.Arbitrary<Node> = fc.record({
  gpus: fc.constantFrom(1, 2, 4, 8),
  model: fc.constantFrom("nvidia-t4", "nvidia-a100"),
  cpu: fc.constantFrom(16, 64, 96),
  rate: fc.constantFrom(1, 1, 2.5),
  tellsDevices: fc.boolean(),
});

const offerOf = ({ gpus, model, cpu, rate, tellsDevices }: Node, at: number): Offer =>
  offer(`n${at}`, {
    total: gpus,
    free: gpus,
    ...(tellsDevices && { devices: Array.from({ length: gpus }, () => DEVICE) }),
    cpu,
    memoryGi: 128,
    unitRate: rate,
    gpu: { ...offer("x").gpu, model },
  });

const askArb: fc.Arbitrary<Requirement> = fc
  .record({
    gpu: fc.constantFrom<Partial<Requirement["gpu"]>>(
      { count: 0 },
      {},
      {},
      { count: 2 },
      { count: 4 },
      { milli: 320, shared: true },
      { milli: 650, shared: true },
      { models: ["nvidia-t4"] },
      { dedicated: true },
    ),
    cpu: fc.constantFrom(1, 11.4, 30),
    objective: fc.constantFrom("cost", "cost", "performance", "balanced"),
  })
  .map(({ gpu, ...parts }) => requirement({ memoryGi: 8, ...parts, gpu: { count: 1, ...gpu } }));

const stepArb = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant("reserve" as const), ask: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("release" as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("record" as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("tell" as const), at: fc.nat(), node: nodeArb }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("come" as const), node: nodeArb }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("go" as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("foresee" as const), from: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("return" as const), to: fc.nat() }) },
);
type Step = typeof stepArb extends fc.Arbitrary<infer T> ? T : never;

interface State {
  readonly ledger: Ledger;
  readonly held: readonly (readonly Placement[])[];
}

const pick = <T>(all: readonly T[], at: number): T | undefined => all[at % all.length];

/** What becomes of a ledger; a state that was before may come back, as when a plan is given up. */
function next(state: State, before: readonly State[], asks: readonly Requirement[], step: Step): State {
  const { ledger, held } = state;
  switch (step.does) {
    case "reserve": {
      const decision = decide(ledger, pick(asks, step.ask) ?? requirement());
      if (!decision.placed) return state;
      return { ledger: reserve(ledger, decision.placements), held: [...held, decision.placements] };
    }
    case "release": {
      const placements = pick(held, step.which);
      if (placements === undefined) return state;
      return { ledger: release(ledger, placements), held: held.filter((one) => one !== placements) };
    }
    case "record": {
      // Held twice, as after a restart from states of different age: more than there is.
      const placements = pick(held, step.which)?.map((one) => ({ ...one }));
      if (placements === undefined) return state;
      return { ledger: record(ledger, placements), held: [...held, placements] };
    }
    case "tell": {
      const at = step.at % Math.max(1, ledger.told.length);
      const told = ledger.told.map((one, place) =>
        place === at ? { ...offerOf(step.node, 0), id: one.id, node: one.node } : one,
      );
      return { ledger: observe(ledger, told, RATES), held };
    }
    case "come": {
      const told = [offerOf(step.node, 100 + before.length), ...ledger.told];
      return { ledger: observe(ledger, told, RATES), held };
    }
    case "go":
      return {
        ledger: observe(
          ledger,
          ledger.told.filter((_, at) => at !== step.at % ledger.told.length),
          RATES,
        ),
        held,
      };
    case "foresee": {
      const book = createDemandBook();
      for (const one of asks.slice(step.from % asks.length)) book.note(one);
      const forecast = foresight(book.shapes(), ledger)?.forecast;
      return forecast === undefined ? state : { ledger: { ...ledger, forecast }, held };
    }
    case "return":
      return pick(before, step.to) ?? state;
  }
}

describe("a ledger answers what looking at every offer answers", () => {
  test("after reservations, releases, news from the providers, new forecasts and steps back", () => {
    fc.assert(
      fc.property(
        fc.array(nodeArb, { minLength: 1, maxLength: 6 }),
        fc.array(askArb, { minLength: 1, maxLength: 5 }),
        fc.array(stepArb, { maxLength: 40, size: "max" }),
        (nodes, asks, steps) => {
          const before: State[] = [];
          let state: State = {
            ledger: openLedger({ offers: nodes.map(offerOf), currencyRates: RATES }),
            held: [],
          };
          for (const [at, step] of steps.entries()) {
            before.push(state);
            state = next(state, before, asks, step);
            const { offers, currencyRates, forecast } = state.ledger;
            const plain = { offers, currencyRates, ...(forecast && { forecast }) };
            // Not every question every time: what is asked seldom has more to catch up with.
            for (const [number, ask] of asks.entries())
              if (at % (number + 1) === 0) expect(decide(state.ledger, ask)).toEqual(decide(plain, ask));
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test("where a snapshot made from the ledger has other offers", () => {
    const ledger = openLedger({ offers: [offer("a", { free: 1 }), offer("b")], currencyRates: RATES });
    const ask = requirement({ gpu: { count: 2 } });
    expect(decide(ledger, ask).fitting).toBe(1);
    const emptied = { ...ledger, offers: ledger.offers.map((one) => ({ ...one, free: one.total })) };
    expect(decide(emptied, ask).fitting).toBe(2);
    expect(decide({ ...ledger, offers: ledger.offers.slice(0, 1) }, ask).fitting).toBe(0);
    expect(decide(ledger, ask).fitting).toBe(1);
  });
});

test("a change of what one node tells leaves the answers for all others standing", () => {
  const offers = ["a", "b", "c"].map((name) => offer(name));
  const ledger = openLedger({ offers, currencyRates: RATES });
  const told = [offers[0], offer("b", { unitRate: 0.1 }), offers[2]].filter((one) => one !== undefined);
  const observed = observe(ledger, told, RATES);
  expect(observed.index).toBe(ledger.index);
  expect(observed.offers).toEqual(told);
  expect(observe(ledger, told.slice(1), RATES).index).not.toBe(ledger.index);
});
