import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLots, type Lot, type Lots } from "../../../src/allocation/lots.ts";
import type { Offer } from "../../../src/allocation/types.ts";
import { offer } from "./builders.ts";

const LENGTH = 8;
const DEVICE = 1000;

/** All of an offer that is no name. */
interface State {
  readonly rate: number;
  readonly free: number;
  readonly cpu: number;
  readonly isIdle: boolean;
  readonly devices: readonly number[] | undefined;
}

const stateArb: fc.Arbitrary<State> = fc.record({
  rate: fc.constantFrom(1, 2),
  free: fc.constantFrom(1, 2),
  cpu: fc.constantFrom(8, 16),
  isIdle: fc.constantFrom(true, true, false),
  devices: fc.constantFrom(undefined, undefined, [500, DEVICE], [DEVICE, 500], [0, DEVICE]),
});
const stepArb = fc.record({ place: fc.nat(LENGTH - 1), state: stateArb });

const toldOf = (place: number, { rate, devices }: State): Offer =>
  offer(`n${place}`, { unitRate: rate, total: 2, ...(devices && { devices: [DEVICE, DEVICE] }) });

const offerOf = (told: Offer, { free, cpu, isIdle, devices }: State): Offer => ({
  ...told,
  free,
  cpu,
  nodeIdle: isIdle,
  ...(devices && { devices }),
});

function take(lots: Lots, { place, state }: { readonly place: number; readonly state: State }): void {
  const told = toldOf(place, state);
  lots.renew(place, offerOf(told, state), told);
}

/** The lots that were touched, also those that nobody is in any more; the last one that was touched first. */
function all(lots: Lots): readonly Lot[] {
  const found: Lot[] = [];
  for (let lot = lots.latest(); lot !== undefined; lot = lot.before) found.push(lot);
  return found;
}

const occupied = (lots: Lots): readonly Lot[] => all(lots).filter(({ members }) => members.length > 0);

/** In the words of the test: offers are alike where all but their names is the same, in whatever order their devices come. */
const alike = ({ devices, ...state }: State): string =>
  JSON.stringify({ ...state, devices: devices?.toSorted((left, right) => left - right) });

function byState(states: ReadonlyMap<number, State>): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  for (const [place, state] of states) groups.set(alike(state), [...(groups.get(alike(state)) ?? []), place]);
  return groups;
}

describe("lots", () => {
  test("hold the offers that are the same but for their names, whatever they were before", () => {
    fc.assert(
      fc.property(fc.array(stepArb, { maxLength: 60, size: "max" }), (steps) => {
        const lots = createLots(LENGTH);
        const states = new Map<number, State>();
        for (const { place, state } of steps) {
          states.set(place, state);
          take(lots, { place, state });
          const expected = byState(states);
          const members = occupied(lots).map((lot) => lot.members.join());
          expect(members.toSorted()).toEqual(
            [...expected.values()].map((each) => each.toSorted((left, right) => left - right).join()).sort(),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  test("have slots of their own, below the number of offers", () => {
    fc.assert(
      fc.property(fc.array(stepArb, { maxLength: 60, size: "max" }), (steps) => {
        const lots = createLots(LENGTH);
        for (const step of steps) {
          take(lots, step);
          const slots = all(lots).map(({ slot }) => slot);
          expect(new Set(slots).size).toBe(slots.length);
          expect(Math.max(...slots)).toBeLessThan(LENGTH);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("show whoever looks back every lot that somebody came to or left, the last one first", () => {
    fc.assert(
      fc.property(fc.array(stepArb, { maxLength: 60, size: "max" }), (steps) => {
        const lots = createLots(LENGTH);
        for (const step of steps) {
          const before = new Map(all(lots).map((lot) => [lot, lot.members.join()]));
          const clock = lots.clock();
          take(lots, step);
          const times = all(lots).map(({ touched }) => touched);
          expect(times).toEqual(times.toSorted((left, right) => right - left));
          const old = all(lots).filter(({ touched }) => touched <= clock);
          expect(old.map((lot) => before.get(lot))).toEqual(old.map(({ members }) => members.join()));
        }
      }),
      { numRuns: 200 },
    );
  });

  test("tell kinds apart by what lasts alone", () => {
    const lots = createLots(3);
    const told = [offer("a"), offer("b", { free: 2, cpu: 4 }), offer("c", { unitRate: 9 })];
    for (const [place, each] of told.entries()) lots.renew(place, each, each);
    const kinds = new Map(occupied(lots).map(({ members: [place], kind }) => [place, kind]));
    expect(kinds.get(0)).toBe(kinds.get(1));
    expect(kinds.get(2)).not.toBe(kinds.get(0));
    expect(kinds.get(0)?.size).toBe(2);
  });
});
