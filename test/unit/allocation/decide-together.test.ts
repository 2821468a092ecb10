import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideTogether } from "../../../src/allocation/decide-together.ts";
import { openLedger, reserve } from "../../../src/allocation/ledger.ts";
import type { Requirement } from "../../../src/allocation/requirement.ts";
import { OBJECTIVES, requirementArb, singleArb } from "./arbitraries.ts";
import { offer, requirement, snapshot } from "./builders.ts";
import { bruteTogether } from "./together-brute-force.ts";
import { assertAsAsked, lossesOf, oneAtATime, placedOf, scarceArb } from "./together-support.ts";

const RUNS = { numRuns: 150 };
/** Enough for so few, and quick. */
const QUICK = { rounds: 300 };

describe("decisions made together", () => {
  const a100 = offer("a", { free: 1, total: 1, unitRate: 2 });
  const t4 = offer("t", { free: 1, total: 1, unitRate: 3, gpu: { model: "nvidia-t4", memoryGi: 16 } });

  test("leave the only place of one to it, and say that they did", () => {
    const any = requirement();
    const picky = requirement({ gpu: { model: "nvidia-a100" } });
    const [first, second] = decideTogether(snapshot(a100, t4), [any, picky]);
    expect(first).toMatchObject({
      placed: true,
      decidedBy: "together",
      placements: [{ offer: "t" }],
      alternatives: [{ placements: [{ offer: "a" }] }],
      why: [{ offer: "t", value: 3 }],
      rate: { amount: 3 },
      value: 3,
      optimal: false,
    });
    expect(second).toMatchObject({ placed: true, placements: [{ offer: "a" }] });
  });

  test("give one large place to two small ones", () => {
    const node = offer("n", { free: 8 });
    const large = requirement({ gpu: { count: 8 } });
    const small = requirement({ gpu: { count: 4 } });
    const decisions = decideTogether(snapshot(node), [large, small, small]);
    expect(decisions).toMatchObject([
      { placed: false, failure: { code: "no-offer-fits" } },
      { placed: true },
      { placed: true },
    ]);
  });

  test("give whole GPUs of one offer devices of their own", () => {
    const pool = snapshot(offer("n", { total: 4, free: 3, devices: [1000, 300, 1000, 1000] }));
    const decisions = decideTogether(pool, [requirement(), requirement({ gpu: { count: 2 } })]);
    const taken = decisions.flatMap((decision) => (decision.placed ? decision.placements : []));
    expect(reserve(openLedger(pool), taken).offers[0]?.devices).toEqual([0, 300, 0, 0]);
  });

  test("never take a higher priority its place, nor the better of two places", () => {
    const high = requirement({ priority: 1 });
    const picky = requirement({ gpu: { model: "nvidia-a100" } });
    const [first, second] = decideTogether(snapshot(a100, t4), [picky, high]);
    expect(first?.placed).toBe(false);
    expect(second).toMatchObject({ placed: true, placements: [{ offer: "a" }] });
  });

  test("weigh objectives in different units as shares of what each would have alone", () => {
    // Both want a: the one would pay 2 instead of 1 elsewhere, the other wait 11 ms instead of 10.
    const near = offer("a", { free: 1, total: 1, unitRate: 1, network: { latencyMs: 10 } });
    const far = offer("b", { free: 1, total: 1, unitRate: 2, network: { latencyMs: 11 } });
    const asked = [requirement({ objective: "latency" }), requirement({ objective: "cost" })];
    const [latency, cost] = decideTogether(snapshot(near, far), asked);
    expect(cost).toMatchObject({ placements: [{ offer: "a" }] });
    expect(latency).toMatchObject({ placements: [{ offer: "b" }] });
  });

  test("are those of one at a time where nobody is in anybody's way", () => {
    const offers = [offer("a"), offer("b", { unitRate: 3 })];
    const asked = [requirement(), requirement({ gpu: { count: 2 } })];
    expect(decideTogether(snapshot(...offers), asked)).toEqual(oneAtATime(snapshot(...offers), asked));
  });

  test("place all tasks of each, never over capacity, never against a condition", () => {
    fc.assert(
      fc.property(scarceArb, fc.array(requirementArb, { maxLength: 6 }), (pool, all) => {
        const decisions = decideTogether(pool, all, QUICK);
        expect(decisions).toHaveLength(all.length);
        const taken = decisions.flatMap((decision) => (decision.placed ? decision.placements : []));
        // Throws where there is not enough.
        reserve(openLedger(pool), taken);
        for (const [index, decision] of decisions.entries()) assertAsAsked(pool, all[index], decision);
      }),
      RUNS,
    );
  });

  test("are never worse than one at a time, and the same in whatever order they are asked", () => {
    const alike = fc.constantFrom(...OBJECTIVES).chain((objective) =>
      fc.tuple(
        scarceArb,
        fc.array(
          requirementArb.map((asked) => ({ ...asked, objective })),
          { minLength: 2, maxLength: 6 },
        ),
      ),
    );
    fc.assert(
      fc.property(alike, ([pool, all]) => {
        const [forwards, backwards] = [
          decideTogether(pool, all, QUICK),
          decideTogether(pool, all.toReversed(), QUICK),
        ];
        expect(backwards.toReversed()).toEqual(forwards);
        const alone = oneAtATime(pool, all);
        expect(placedOf(forwards)).toBeGreaterThanOrEqual(placedOf(alone));
        if (placedOf(forwards) === placedOf(alone))
          expect(lossesOf(forwards)).toBeLessThanOrEqual(lossesOf(alone) + 1e-9);
      }),
      RUNS,
    );
  });

  test("of a priority are those that it gets without the lower ones", () => {
    const levelled = fc
      .tuple(requirementArb, fc.constantFrom(0, 5))
      .map(([asked, priority]) => ({ ...asked, priority }));
    fc.assert(
      fc.property(scarceArb, fc.array(levelled, { maxLength: 6 }), (pool, all) => {
        const high = all.filter(({ priority }) => priority === 5);
        const decisions = decideTogether(pool, all, QUICK);
        expect(decisions.filter((_, index) => all[index]?.priority === 5)).toEqual(
          decideTogether(pool, high, QUICK),
        );
      }),
      RUNS,
    );
  });

  test("are as good as brute force, within a hundredth", () => {
    const smallArb = fc
      .oneof(
        singleArb,
        requirementArb.map((asked) => ({ ...asked, tasks: 2 })),
      )
      .map((asked): Requirement => {
        const { maxHourly: _, energy: __, ...constraints } = asked.constraints;
        const { dedicated, ...gpu } = asked.gpu;
        const strategy = asked.strategy === "distributed" ? "flexible" : asked.strategy;
        const isAlone = dedicated === true && asked.tasks === 1;
        return {
          ...asked,
          constraints,
          gpu: { ...gpu, ...(isAlone && { dedicated }) },
          ...(strategy && { strategy }),
        };
      });
    const alike = fc.constantFrom(...OBJECTIVES).chain((objective) =>
      fc.tuple(
        scarceArb,
        fc.array(
          smallArb.map((asked) => ({ ...asked, objective })),
          { minLength: 2, maxLength: 4 },
        ),
      ),
    );
    fc.assert(
      fc.property(alike, ([pool, all]) => {
        const decisions = decideTogether(pool, all, QUICK);
        const best = bruteTogether(pool.offers, all);
        expect(placedOf(decisions)).toBe(best.placed);
        expect(lossesOf(decisions)).toBeLessThanOrEqual(-best.good + 0.01 * Math.abs(best.good) + 1e-9);
        // Nothing is better than brute force, or brute force is none.
        expect(lossesOf(decisions)).toBeGreaterThanOrEqual(-best.good - 1e-6);
      }),
      RUNS,
    );
  });
});
