import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  NO_STATE,
  nextPublication,
  type PublicationState,
  sameFields,
} from "../../../src/agent/publication.ts";

const graceMs = 600_000;
const at = (now: number) => ({ now, graceMs });
const ON_NODE = { "annotations/model": "h100", "labels/gpu": "true" };

describe("nextPublication", () => {
  it.each([
    ["nothing is there and nothing wanted", {}, {}, undefined],
    ["everything is there already", ON_NODE, ON_NODE, undefined],
    ["the first values come", {}, ON_NODE, ON_NODE],
    [
      "a value changes",
      ON_NODE,
      { ...ON_NODE, "annotations/model": "h200" },
      { ...ON_NODE, "annotations/model": "h200" },
    ],
    [
      "a value is added",
      ON_NODE,
      { ...ON_NODE, "annotations/tier": "premium" },
      { ...ON_NODE, "annotations/tier": "premium" },
    ],
    ["everything is gone for a moment", ON_NODE, {}, undefined],
    [
      "one key is gone for a moment and another is better",
      ON_NODE,
      { "labels/gpu": "yes" },
      { "annotations/model": "h100", "labels/gpu": "yes" },
    ],
  ])("when %s, applies accordingly", (_name, published, wanted, apply) => {
    expect(nextPublication(published, wanted, NO_STATE, at(1000)).apply).toEqual(apply);
  });

  it("withdraws when the grace period has passed since the keys were first missed, not a moment before", () => {
    const first = nextPublication(ON_NODE, {}, NO_STATE, at(1000));
    expect(first).toMatchObject({ apply: undefined, recheckAt: 1000 + graceMs });
    const before = nextPublication(ON_NODE, {}, first.state, at(999 + graceMs));
    expect(before).toMatchObject({ apply: undefined, recheckAt: 1000 + graceMs });
    expect(nextPublication(ON_NODE, {}, before.state, at(1000 + graceMs))).toEqual({
      apply: {},
      state: NO_STATE,
      recheckAt: undefined,
    });
  });

  it("starts counting anew for a key that came back in between", () => {
    const gone = nextPublication(ON_NODE, {}, NO_STATE, at(0));
    const back = nextPublication(ON_NODE, ON_NODE, gone.state, at(graceMs / 2));
    expect(back.recheckAt).toBeUndefined();
    expect(nextPublication(ON_NODE, {}, back.state, at(graceMs))).toMatchObject({
      apply: undefined,
      recheckAt: 2 * graceMs,
    });
  });

  it("withdraws at once without a grace period", () => {
    expect(nextPublication(ON_NODE, {}, NO_STATE, { now: 0, graceMs: 0 }).apply).toEqual({});
  });

  const fields = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("1", "2"), {
    noNullPrototype: true,
  });
  const steps = fc.array(fc.record({ wanted: fields, waitMs: fc.integer({ min: 0, max: 50 }) }), {
    minLength: 1,
    maxLength: 30,
  });

  it("over any history shows every wanted value, keeps every key for its grace period, and no key longer", () => {
    fc.assert(
      fc.property(fields, steps, (initial, history) => {
        let published: Readonly<Record<string, string>> = initial;
        let state: PublicationState = NO_STATE;
        let now = 0;
        for (const { wanted, waitMs } of history) {
          now += waitMs;
          const missedBefore = new Map(Object.keys(published).map((key) => [key, state.unwantedSince[key]]));
          const next = nextPublication(published, wanted, state, { now, graceMs: 60 });
          const after = next.apply ?? published;
          expect(after).toMatchObject(wanted);
          for (const [key, since] of missedBefore) {
            const due = !Object.hasOwn(wanted, key) && now - (since ?? now) >= 60;
            expect(Object.hasOwn(after, key)).toBe(!due);
          }
          expect(next.apply === undefined).toBe(sameFields(published, after));
          published = after;
          state = next.state;
        }
        // A second look at the same moment has nothing to do.
        const last = history.at(-1)?.wanted ?? {};
        expect(nextPublication(published, last, state, { now, graceMs: 60 }).apply).toBeUndefined();
      }),
    );
  });
});
