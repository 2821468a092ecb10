import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classesOf } from "../../../src/allocation/packing/classes.ts";
import { createDemandBook } from "../../../src/allocation/packing/demand.ts";
import { createForecaster } from "../../../src/allocation/packing/forecaster.ts";
import { createWatch } from "../../../src/allocation/packing/reserve.ts";
import { roomOf } from "../../../src/allocation/packing/room.ts";
import type { Requirement } from "../../../src/allocation/requirement.ts";
import type { ForecastReserve, Offer, Snapshot } from "../../../src/allocation/types.ts";
import { offer, RATES, requirement } from "./builders.ts";

const DEVICE = 1000;
const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one);
const asks = (count: number, cpu: number): Requirement =>
  requirement({ gpu: { count }, cpu, memoryGi: 1, tasks: 1 });

/** With so many of its GPUs free. */
const node = (name: string, free: number, cpu: number): Offer =>
  offer(name, {
    total: 8,
    free,
    devices: [...times(free, DEVICE), ...times(8 - free, 0)],
    cpu,
    memoryGi: 512,
  });

const pool = (count: number, cpu = 96): readonly Offer[] =>
  Array.from({ length: count }, (_, at) => node(`n${at}`, 8, cpu));

function watchOn(offers: readonly Offer[], expected: readonly Requirement[]) {
  const book = createDemandBook();
  for (const one of expected) book.note(one);
  const classes = classesOf(book.shapes(), RATES);
  const rooms = offers.map((each) => roomOf(each, classes.classOf(each)));
  return createWatch(classes, offers, rooms, expected.length);
}

function chanceOf(reserves: readonly ForecastReserve[], devices: number, cpu: number): number {
  return reserves.find((one) => one.devices === devices && one.cpuMilli === cpu * 1000)?.chance ?? 0;
}

describe("how likely it is that all room for tasks with several GPUs is needed", () => {
  // 100 empty nodes expect 41 tasks of eight GPUs and 471 of one.
  const expected = [...times(92, asks(1, 8)), ...times(8, asks(8, 64))];
  const busy = (whole: number): readonly Offer[] =>
    pool(100).map((each, at) => (at < whole ? each : node(`n${at}`, 7, 60)));

  test.each<[string, readonly Offer[], (chance: number) => boolean]>([
    ["none is kept while there is far more than that", pool(400), (chance) => chance < 0.01],
    ["where more is needed than there is it is kept", busy(8), (chance) => chance > 0.8],
    ["room of which the CPU is gone is no room", pool(400, 40), (chance) => chance > 0.9],
  ])("%s", (_, offers, isRight) => {
    expect(chanceOf(watchOn(offers, expected).look(offers), 8, 64)).toSatisfy(isRight);
  });

  test("the less room the likelier", () => {
    const chances = [400, 200, 100, 60, 30, 10].map((whole) => {
      const offers = [
        ...pool(whole),
        ...Array.from({ length: 400 - whole }, (_, at) => node(`b${at}`, 7, 60)),
      ];
      return chanceOf(watchOn(offers, expected).look(offers), 8, 64);
    });
    expect(chances).toEqual(chances.toSorted((left, right) => left - right));
    expect(chances[0]).toBeLessThan(chances[5] ?? 0);
  });

  test("tasks that are larger need the room of smaller ones too", () => {
    const offers = busy(20);
    const larger = [...times(92, asks(1, 8)), ...times(4, asks(8, 64)), ...times(4, asks(8, 90))];
    const smaller = [...times(92, asks(1, 8)), ...times(4, asks(8, 64)), ...times(4, asks(1, 90))];
    expect(chanceOf(watchOn(offers, larger).look(offers), 8, 64)).toBeGreaterThan(
      chanceOf(watchOn(offers, smaller).look(offers), 8, 64),
    );
  });

  test("the last of the largest rooms is kept for who was never seen", () => {
    const offers = [node("large", 8, 128), ...pool(20)];
    const [first] = watchOn(offers, times(40, asks(1, 8))).look(offers);
    expect(first).toMatchObject({ devices: 8, cpuMilli: 115_200 });
    expect(first?.chance).toBeGreaterThan(0.3);
  });

  test("is the same whether the watch saw all that happened before or looks for the first time", () => {
    const offersArb = fc.array(
      fc.record({ at: fc.nat(9), free: fc.nat(8), cpu: fc.constantFrom(16, 60, 96, 128) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(fc.array(offersArb, { minLength: 1, maxLength: 8 }), (news) => {
        const looks = news.map((told) => told.map(({ at, free, cpu }) => node(`n${at}`, free, cpu)));
        const [start = []] = looks;
        const watch = watchOn(start, expected);
        const seen = looks.map((offers) => watch.look(offers));
        expect(seen.at(-1)).toEqual(watchOn(start, expected).look(looks.at(-1) ?? []));
      }),
      { numRuns: 100 },
    );
  });
});

describe("a forecast", () => {
  test("is changed in what it keeps together as soon as the room is gone, and shares what it draws", () => {
    const forecaster = createForecaster(createDemandBook());
    for (const one of [...times(600, asks(1, 8)), ...times(8, asks(8, 64))]) forecaster.note(one);
    const told = (offers: readonly Offer[]) =>
      forecaster.foresee<Snapshot>({ offers, currencyRates: RATES }).forecast;
    const before = told(pool(400));
    const scarce = [...pool(2), ...Array.from({ length: 398 }, (_, at) => node(`b${at}`, 7, 60))];
    const after = Array.from({ length: 16 }, () => told(scarce)).at(-1);
    expect(after).not.toBe(before);
    expect(after?.sequences).toBe(before?.sequences);
    expect(chanceOf(after?.reserves ?? [], 8, 64)).toBeGreaterThan(chanceOf(before?.reserves ?? [], 8, 64));
    expect(Array.from({ length: 32 }, () => told(scarce)).at(-1)).toBe(after);
  });
});
