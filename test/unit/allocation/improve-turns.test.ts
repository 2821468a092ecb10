import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../../../src/allocation/decide.ts";
import type { Decision } from "../../../src/allocation/decision.ts";
import { improveTurns } from "../../../src/allocation/improve-turns.ts";
import { openLedger, reserve } from "../../../src/allocation/ledger.ts";
import type { Requirement } from "../../../src/allocation/requirement.ts";
import type { Snapshot } from "../../../src/allocation/types.ts";
import { OBJECTIVES, requirementArb } from "./arbitraries.ts";
import { offer, requirement, snapshot } from "./builders.ts";
import { lossOf } from "./property-support.ts";
import { assertAsAsked, lossesOf, oneAtATime, placedOf, scarceArb } from "./together-support.ts";

const RUNS = { numRuns: 150 };
const RULES = { worseBy: 0.1, rounds: 300 };

function improved(pool: Snapshot, all: readonly Requirement[], rules = RULES): readonly Decision[] {
  const decisions = oneAtATime(pool, all);
  const turns = all.flatMap((asked, index) => {
    const decision = decisions[index];
    return decision ? [{ requirement: asked, decision }] : [];
  });
  return improveTurns(pool, turns, rules);
}

describe("turns that are looked over", () => {
  const a100 = offer("a", { free: 1, total: 1, unitRate: 2 });
  const t4 = offer("t", { free: 1, total: 1, unitRate: 3, gpu: { model: "nvidia-t4", memoryGi: 16 } });
  const any = requirement();
  const picky = requirement({ gpu: { model: "nvidia-a100" } });

  test("leave the only place of one to it, and say what was given up", () => {
    const [first, second] = improved(snapshot(a100, t4), [any, picky], { ...RULES, worseBy: 0.5 });
    expect(first).toMatchObject({
      decidedBy: "together",
      placements: [{ offer: "t" }],
      alternatives: [{ placements: [{ offer: "a" }], value: 2 }],
      why: [{ offer: "t", value: 3 }],
      value: 3,
      optimal: false,
    });
    expect(second).toMatchObject({ placed: true, placements: [{ offer: "a" }], decidedBy: "only-one" });
  });

  test("worsen nobody's place by more than is allowed", () => {
    const placed = (worseBy: number) =>
      improved(snapshot(a100, t4), [any, picky], { ...RULES, worseBy }).map((decision) => decision.placed);
    expect(placed(0.5)).toEqual([true, true]);
    expect(placed(0.4)).toEqual([true, false]);
  });

  test("take nobody's place away, however many others would have one", () => {
    const node = offer("n", { free: 8 });
    const small = requirement({ gpu: { count: 4 } });
    const decisions = improved(snapshot(node), [requirement({ gpu: { count: 8 } }), small, small]);
    expect(decisions.map(({ placed }) => placed)).toEqual([true, false, false]);
  });

  test("put whole GPUs of one offer on devices of their own", () => {
    const told = (id: string, model: string, devices: readonly number[]) =>
      offer(id, { gpu: { model }, total: devices.length, free: devices.length, unitRate: 2, devices });
    const pool = snapshot(
      told("a", "nvidia-a100", [1000, 1000]),
      told("t", "nvidia-t4", [1000, 1000, 1000]),
      told("u", "nvidia-t4", [1000]),
    );
    const picky = requirement({ gpu: { model: "nvidia-a100" } });
    const decisions = improved(pool, [any, any, any, picky, picky]);
    expect(placedOf(decisions)).toBe(5);
    const taken = decisions.flatMap((decision) => (decision.placed ? decision.placements : []));
    const left = reserve(openLedger(pool), taken).offers.map(
      ({ devices }) => devices?.filter(Boolean).length,
    );
    expect(left.reduce((sum: number, count) => sum + (count ?? 0), 0)).toBe(1);
  });

  test("move nobody for nothing", () => {
    const offers = ["a", "b", "c"].map((id) => offer(id, { free: 1, total: 1 }));
    const all = [any, any, any];
    const decisions = oneAtATime(snapshot(...offers), all);
    const turns = decisions.map((decision) => ({ requirement: any, decision }));
    const after = improveTurns(snapshot(...offers), turns, RULES);
    expect(after.every((decision, index) => decision === decisions[index])).toBe(true);
  });

  test("are left as they are where they were decided on something else", () => {
    const decision = decide(snapshot(a100), any);
    const turns = [any, picky].map((asked) => ({ requirement: asked, decision }));
    expect(improveTurns(snapshot(t4), turns, RULES)).toEqual([decision, decision]);
  });

  const alike = fc.constantFrom(...OBJECTIVES).chain((objective) =>
    fc.tuple(
      scarceArb,
      fc.array(
        requirementArb.map((asked) => ({ ...asked, objective })),
        { maxLength: 6 },
      ),
    ),
  );

  test("keep what each has, within what is allowed, and are never worse together", () => {
    fc.assert(
      fc.property(alike, ([pool, all]) => {
        const before = oneAtATime(pool, all);
        const after = improved(pool, all);
        for (const [index, decision] of after.entries()) {
          assertAsAsked(pool, all[index], decision);
          const own = before[index];
          if (!own?.placed) continue;
          expect(decision.placed).toBe(true);
          expect(lossOf(decision)).toBeLessThanOrEqual(lossOf(own) + Math.abs(lossOf(own)) * 0.1 + 1e-9);
        }
        expect(placedOf(after)).toBeGreaterThanOrEqual(placedOf(before));
        if (placedOf(after) === placedOf(before))
          expect(lossesOf(after)).toBeLessThanOrEqual(lossesOf(before) + 1e-9);
        // Throws where there is not enough.
        reserve(
          openLedger(pool),
          after.flatMap((decision) => (decision.placed ? decision.placements : [])),
        );
      }),
      RUNS,
    );
  });
});
