import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../../../src/allocation/decide.ts";
import type { Placement } from "../../../src/allocation/decision.ts";
import { openLedger, release, reserve } from "../../../src/allocation/ledger.ts";
import { createDemandBook } from "../../../src/allocation/packing/demand.ts";
import { foresight } from "../../../src/allocation/packing/forecast.ts";
import { createForecaster } from "../../../src/allocation/packing/forecaster.ts";
import type { Requirement } from "../../../src/allocation/requirement.ts";
import type { Offer, Snapshot } from "../../../src/allocation/types.ts";
import { offer, RATES, requirement } from "./builders.ts";

const DEVICE = 1000;

/** A node that gives out shares of its GPUs. */
function node(name: string, devices: readonly number[], parts: Partial<Offer> = {}): Offer {
  return offer(name, {
    total: devices.length,
    free: devices.filter((free) => free === DEVICE).length,
    devices,
    cpu: 64,
    memoryGi: 256,
    ...parts,
  });
}

const asks = (gpu: Partial<Requirement["gpu"]>, parts: Partial<Requirement> = {}): Requirement =>
  requirement({ cpu: 8, memoryGi: 16, ...parts, gpu: { count: 1, ...gpu } });

function snapshotOf(offers: readonly Offer[], expected: readonly Requirement[]): Snapshot {
  const book = createDemandBook();
  for (const one of expected) book.note(one);
  const snapshot = { offers, currencyRates: RATES };
  const forecast = foresight(book.shapes(), snapshot)?.forecast;
  return forecast === undefined ? snapshot : { ...snapshot, forecast };
}

function placeOf(snapshot: Snapshot, asked: Requirement): string {
  const decision = decide(snapshot, asked);
  return decision.placed ? `${decision.placements[0]?.node} (${decision.decidedBy})` : "none";
}

const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one);

describe("of equal offers", () => {
  test.each<[string, readonly Requirement[], string]>([
    ["without a forecast the first by name is taken", [], "a (name)"],
    [
      "a share goes where no other work would have room",
      [...times(4, asks({ milli: 600, shared: true })), ...times(4, asks({}))],
      "b (packing)",
    ],
  ])("%s", (_, expected, place) => {
    const offers = [node("a", [DEVICE, DEVICE]), node("b", [400, DEVICE]), node("c", [DEVICE, DEVICE])];
    expect(placeOf(snapshotOf(offers, expected), asks({ milli: 400, shared: true }))).toBe(place);
  });

  test("a model that others need is left to them", () => {
    const t4 = { ...offer("a").gpu, model: "nvidia-t4" };
    const offers = [node("a", [DEVICE, DEVICE], { gpu: t4 }), node("b", [DEVICE, DEVICE])];
    const expected = [...times(5, asks({ model: "nvidia-t4" })), ...times(5, asks({}))];
    expect(placeOf(snapshotOf(offers, expected), asks({}))).toBe("b (packing)");
    expect(placeOf(snapshotOf(offers, expected), asks({ model: "nvidia-t4" }))).toBe("a (only-one)");
  });

  test("whole nodes are kept for who needs all of their GPUs", () => {
    const offers = [node("a", times(8, DEVICE)), node("b", [0, 0, 0, ...times(5, DEVICE)])];
    const expected = [...times(4, asks({ count: 8 }, { cpu: 32 })), ...times(6, asks({}))];
    expect(placeOf(snapshotOf(offers, expected), asks({}))).toBe("b (packing)");
  });

  test("what needs only CPU goes where GPUs do not need it", () => {
    const offers = [node("a", times(4, DEVICE), { cpu: 32 }), node("b", times(4, DEVICE), { cpu: 128 })];
    const snapshot = snapshotOf(offers, times(8, asks({}, { cpu: 8 })));
    expect(placeOf(snapshot, asks({ count: 0 }, { cpu: 16 }))).toBe("b (packing)");
  });
});

const askArb: fc.Arbitrary<Requirement> = fc
  .record({
    count: fc.constantFrom(0, 1, 1, 1, 2, 4),
    milli: fc.constantFrom(undefined, undefined, 160, 320, 470, 650, 810),
    model: fc.constantFrom(undefined, undefined, undefined, ["nvidia-t4"], ["nvidia-t4", "nvidia-a100"]),
    cpu: fc.constantFrom(1, 4, 11.4, 30),
    memoryGi: fc.constantFrom(1, 24, 48),
  })
  .map(({ count, milli, model, cpu, memoryGi }) =>
    asks(
      {
        count: milli === undefined ? count : 1,
        ...(milli !== undefined && { milli, shared: true }),
        ...(model !== undefined && { models: model }),
      },
      { cpu, memoryGi },
    ),
  );

const poolArb: fc.Arbitrary<readonly Offer[]> = fc
  .array(
    fc.record({
      gpus: fc.constantFrom(1, 2, 4, 8),
      model: fc.constantFrom("nvidia-t4", "nvidia-a100"),
      cpu: fc.constantFrom(16, 64, 96),
      memoryGi: fc.constantFrom(64, 256),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((nodes) =>
    nodes.map(({ gpus, model, cpu, memoryGi }, index) =>
      node(`n${index}`, times(gpus, DEVICE), { cpu, memoryGi, gpu: { ...offer("x").gpu, model } }),
    ),
  );

/** Decides on one requirement after the other, as the hub does, and calls back before each reservation. */
function play(
  pool: readonly Offer[],
  asked: readonly Requirement[],
  before: (snapshot: Snapshot, requirement: Requirement) => void = () => undefined,
) {
  const forecaster = createForecaster(createDemandBook());
  let ledger = openLedger({ offers: pool, currencyRates: RATES });
  const placed: ReturnType<typeof decide>[] = [];
  for (const requirement of asked) {
    forecaster.note(requirement);
    ledger = forecaster.foresee(ledger);
    before(ledger, requirement);
    const decision = decide(ledger, requirement);
    if (decision.placed) ledger = reserve(ledger, decision.placements);
    placed.push(decision);
  }
  return { ledger, placed };
}

/** Adds the placements to what is taken; none of it may be more than the offers had. */
function expectRoom(
  pool: readonly Offer[],
  taken: Map<string, number>,
  { gpu }: Requirement,
  placements: readonly Placement[],
): void {
  const take = (key: string, amount: number): number => {
    const sum = (taken.get(key) ?? 0) + amount;
    taken.set(key, sum);
    return sum;
  };
  for (const { offer: id, cpu, memoryGi, devices = [] } of placements) {
    const told = pool.find((one) => one.id === id);
    expect(take(`cpu ${id}`, cpu)).toBeLessThanOrEqual((told?.cpu ?? 0) + 1e-9);
    expect(take(`memory ${id}`, memoryGi)).toBeLessThanOrEqual((told?.memoryGi ?? 0) + 1e-9);
    if (gpu.models !== undefined) expect(gpu.models).toContain(told?.gpu.model);
    expect(devices).toHaveLength(gpu.count);
    for (const { device, milli } of devices)
      expect(take(`${device} ${id}`, milli)).toBeLessThanOrEqual(told?.devices?.[device] ?? 0);
  }
}

describe("decisions one after the other", () => {
  const cases = fc.tuple(poolArb, fc.array(askArb, { minLength: 1, maxLength: 60, size: "max" }));

  test("from a ledger are those that looking at every offer gives", () => {
    fc.assert(
      fc.property(cases, ([pool, asked]) => {
        play(pool, asked, (ledger, requirement) => {
          const { offers, currencyRates, forecast } = ledger;
          const plain = { offers, currencyRates, ...(forecast && { forecast }) };
          expect(decide(ledger, requirement)).toEqual(decide(plain, requirement));
        });
      }),
      { numRuns: 60 },
    );
  });

  test("never give out more of a device, a CPU or a memory than there is, and explain themselves with counts that add up", () => {
    fc.assert(
      fc.property(cases, ([pool, asked]) => {
        const { placed } = play(pool, asked);
        const taken = new Map<string, number>();
        for (const [index, decision] of placed.entries()) {
          const sum = decision.rejected.reduce((total, { count }) => total + count, 0);
          expect(decision.fitting + sum).toBe(decision.considered);
          const asks = asked[index];
          if (decision.placed && asks !== undefined) expectRoom(pool, taken, asks, decision.placements);
        }
      }),
      { numRuns: 100 },
    );
  });

  test.each([100, 200, 300])(
    "leave the largest nodes whole for a task that nobody has seen before, as the %ith",
    (first) => {
      // Three of 60 nodes have CPU enough, and would suit the others too: these ask more for each GPU than the rest has.
      const pool = Array.from({ length: 60 }, (_, at) =>
        node(`n${at}`, times(8, DEVICE), { cpu: at % 20 === 5 ? 128 : 96, memoryGi: 512 }),
      );
      const asked = Array.from({ length: 380 }, (_, at) => {
        if (at === first || at === first + 70) return asks({ count: 8 }, { cpu: 120 });
        if (at % 3 === 0) return asks({ milli: 500, shared: true }, { cpu: 3 });
        return asks({}, { cpu: at % 3 === 1 ? 12 : 14 });
      });
      const { placed } = play(pool, asked);
      expect(placed.findIndex((decision) => !decision.placed)).toBe(-1);
    },
  );

  test("are the same whenever they are made again", () => {
    fc.assert(
      fc.property(cases, ([pool, asked]) => {
        expect(play(pool, asked).placed).toEqual(play(pool.toReversed(), asked).placed);
      }),
      { numRuns: 40 },
    );
  });

  test("are taken back to exactly what was there, in any order", () => {
    fc.assert(
      fc.property(cases, fc.infiniteStream(fc.nat()), ([pool, asked], keys) => {
        const { ledger, placed } = play(pool, asked);
        const back = placed
          .flatMap((decision) => (decision.placed ? [{ decision, key: keys.next().value ?? 0 }] : []))
          .sort((left, right) => left.key - right.key)
          .reduce((left, { decision }) => release(left, decision.placements), ledger);
        expect(back.offers).toEqual(pool);
      }),
      { numRuns: 60 },
    );
  });
});

describe("the demand", () => {
  test("is bounded, and what is asked now counts more than what was asked long ago", () => {
    const book = createDemandBook();
    for (let index = 0; index < 2_000; index += 1) book.note(asks({}, { cpu: 1 + index / 1000 }));
    expect(book.shapes().length).toBeLessThanOrEqual(512);
    const old = asks({}, { cpu: 100 });
    const recent = asks({}, { cpu: 200 });
    const fading = createDemandBook();
    for (const one of times(100, old)) fading.note(one);
    for (const one of times(40_000, asks({}))) fading.note(one);
    for (const one of times(100, recent)) fading.note(one);
    const frequency = (cpu: number): number =>
      fading.shapes().find(({ cpuMilli }) => cpuMilli === cpu * 1000)?.frequency ?? 0;
    expect(frequency(200)).toBeGreaterThan(3 * frequency(100));
    expect(fading.shapes().reduce((sum, { frequency: one }) => sum + one, 0)).toBeCloseTo(1);
  });

  test("makes no forecast as long as nobody asked for a GPU", () => {
    const forecaster = createForecaster(createDemandBook());
    const ledger = openLedger({ offers: [node("a", [DEVICE])], currencyRates: RATES });
    expect(forecaster.foresee(ledger)).toBe(ledger);
    forecaster.note(asks({}));
    const seen = forecaster.foresee(ledger);
    expect(seen.forecast).toBeDefined();
    expect(forecaster.foresee(seen)).toBe(seen);
  });
});
