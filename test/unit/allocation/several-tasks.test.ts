import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../../../src/allocation/decide.ts";
import { isHigherBetter } from "../../../src/allocation/objective.ts";
import { type Requirement, strategyOf } from "../../../src/allocation/requirement.ts";
import type { Offer, Snapshot } from "../../../src/allocation/types.ts";
import { requirementArb, snapshotArb } from "./arbitraries.ts";
import { bruteFits, bruteGood, bruteRate } from "./brute-force.ts";
import { lossOf, RUNS, totals } from "./property-support.ts";

describe("a decision for several tasks", () => {
  /** Every way to put the tasks, which are alike, on the offers that fit. */
  function* assignments(offers: readonly Offer[], tasks: number, from = 0): Generator<readonly Offer[]> {
    if (tasks === 0) yield [];
    for (let index = from; tasks > 0 && index < offers.length; index += 1) {
      const offer = offers[index];
      if (offer) for (const rest of assignments(offers, tasks - 1, index)) yield [offer, ...rest];
    }
  }

  function bestOf(snapshot: Snapshot, asked: Requirement): number | undefined {
    const fitting = snapshot.offers.filter((offer) => bruteFits(offer, asked));
    let best: number | undefined;
    for (const chosen of assignments(fitting, asked.tasks)) {
      if (!isAllowed(chosen, asked)) continue;
      const good = chosen.reduce((sum, offer) => sum + bruteGood(offer, asked), 0);
      if (best === undefined || good > best) best = good;
    }
    return best;
  }

  function isAllowed(chosen: readonly Offer[], asked: Requirement): boolean {
    const node = ({ provider, node }: Offer) => `${provider}/${node}`;
    const onOffer = totals(chosen.map(({ id }) => [id, asked.gpu.count]));
    const onNode = totals(chosen.map((offer) => [node(offer), 1]));
    const places = new Set(chosen.map(({ provider, place }) => `${provider}/${place.zone}`));
    const rate = chosen.reduce((sum, offer) => sum + (bruteRate(offer, asked) ?? 1e9), 0);
    const { maxHourly } = asked.constraints;
    return (
      chosen.every(
        (offer) =>
          (onOffer.get(offer.id) ?? 0) <= offer.free &&
          (onNode.get(node(offer)) ?? 0) * asked.cpu <= offer.cpu &&
          (onNode.get(node(offer)) ?? 0) * asked.memoryGi <= offer.memoryGi,
      ) &&
      (strategyOf(asked) !== "colocated" || places.size === 1) &&
      (strategyOf(asked) !== "distributed" || onNode.size > 1) &&
      (maxHourly === undefined || rate <= maxHourly.amount + 1e-9)
    );
  }

  /** Three tasks, without the two conditions for which the search is not complete. */
  const threeArb = requirementArb.map((asked): Requirement => {
    const { energy: _, ...constraints } = asked.constraints;
    const { dedicated: __, ...gpu } = asked.gpu;
    return { ...asked, tasks: 3, gpu, constraints };
  });

  test("is found whenever there is one, within its bound, and is the best where it says so", () => {
    fc.assert(
      fc.property(snapshotArb, threeArb, (snapshot, asked) => {
        const decision = decide(snapshot, asked);
        const best = bestOf(snapshot, asked);
        expect(decision.placed).toBe(best !== undefined);
        if (!decision.placed || best === undefined || !Number.isFinite(best)) return;
        const isMean = asked.objective === "latency" || asked.objective === "balanced";
        const optimum = -best / (isMean ? 3 : 1);
        const sign = isHigherBetter(asked.objective) ? -1 : 1;
        expect(sign * (decision.bound ?? Number.NaN)).toBeLessThanOrEqual(optimum + 1e-6);
        expect(lossOf(decision)).toBeGreaterThanOrEqual(optimum - 1e-6);
        if (decision.optimal) expect(lossOf(decision)).toBeCloseTo(optimum, 6);
      }),
      RUNS,
    );
  });

  test("is the best one where no bound on the whole binds", () => {
    fc.assert(
      fc.property(snapshotArb, threeArb, (snapshot, asked) => {
        const { maxHourly: _, ...constraints } = asked.constraints;
        const decision = decide(snapshot, { ...asked, constraints });
        if (decision.placed && decision.strategy !== "distributed") expect(decision.optimal).toBe(true);
      }),
      RUNS,
    );
  });
});
