import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createExact } from "../../../bench/cost/exact.ts";
import type { Requirement } from "../../../src/allocation/requirement.ts";
import { OBJECTIVES, requirementArb } from "../allocation/arbitraries.ts";
import { bruteTogether } from "../allocation/together-brute-force.ts";
import { scarceArb } from "../allocation/together-support.ts";

/** What the bench asks for: one or two tasks, nowhere alone on a node, not spread. */
const askedArb = requirementArb.map((asked): Requirement => {
  const { energy: _, maxHourly: __, ...constraints } = asked.constraints;
  const { dedicated: ___, ...gpu } = asked.gpu;
  const strategy = asked.strategy === "distributed" ? "flexible" : asked.strategy;
  return { ...asked, constraints, gpu, tasks: Math.min(2, asked.tasks), ...(strategy && { strategy }) };
});

describe("the exact solver of the bench", () => {
  test("finds what brute force finds", async () => {
    const exact = await createExact();
    const alike = fc.constantFrom(...OBJECTIVES).chain((objective) =>
      fc.tuple(
        scarceArb,
        fc.array(
          askedArb.map((asked) => ({ ...asked, objective })),
          { minLength: 1, maxLength: 4 },
        ),
      ),
    );
    fc.assert(
      fc.property(alike, ([pool, all]) => {
        const best = bruteTogether(pool.offers, all);
        const optimum = exact.solve(pool, all, { seconds: 10 });
        expect(optimum.proved).toBe(true);
        expect(optimum.placed).toBe(best.placed);
        expect(optimum.loss).toBeCloseTo(0 - best.good, 4);
        const bound = exact.solve(pool, all, { seconds: 10, relaxed: true });
        expect(bound.placed).toBeGreaterThanOrEqual(best.placed);
      }),
      { numRuns: 30 },
    );
  });
});
