import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../../../src/allocation/decide.ts";
import type { Placement } from "../../../src/allocation/decision.ts";
import { type Ledger, openLedger, release, reserve } from "../../../src/allocation/ledger.ts";
import { isHigherBetter } from "../../../src/allocation/objective.ts";
import { relax } from "../../../src/allocation/relax.ts";
import { type Requirement, strategyOf } from "../../../src/allocation/requirement.ts";
import { suggest } from "../../../src/allocation/suggest.ts";
import type { Offer, Snapshot } from "../../../src/allocation/types.ts";
import { offersArb, requirementArb, singleArb, snapshotArb } from "./arbitraries.ts";
import { bruteCarbon, bruteFits, bruteGood, bruteRate } from "./brute-force.ts";
import { RATES } from "./builders.ts";
import { lossOf, offerOf, RUNS, totals } from "./property-support.ts";

function assertWithinCapacity(snapshot: Snapshot, placements: readonly Placement[]): void {
  const units = totals(placements.map(({ offer, units }) => [offer, units]));
  const cpu = totals(placements.map(({ provider, node, cpu }) => [`${provider}/${node}`, cpu]));
  const memory = totals(placements.map(({ provider, node, memoryGi }) => [`${provider}/${node}`, memoryGi]));
  for (const placement of placements) {
    const offer = offerOf(snapshot, placement);
    const node = `${offer.provider}/${offer.node}`;
    expect(units.get(offer.id)).toBeLessThanOrEqual(offer.free);
    expect(cpu.get(node)).toBeLessThanOrEqual(offer.cpu);
    expect(memory.get(node)).toBeLessThanOrEqual(offer.memoryGi);
  }
}

function assertWholeBounds(snapshot: Snapshot, asked: Requirement, placements: readonly Placement[]): void {
  const { maxHourly, energy } = asked.constraints;
  const nodes = new Map(
    placements.map((one) => [`${one.provider}/${one.node}`, bruteRate(offerOf(snapshot, one), asked)]),
  );
  const perTask = placements.map(
    (one) => (bruteRate(offerOf(snapshot, one), asked) ?? Number.NaN) * one.tasks,
  );
  const rates = asked.gpu.dedicated ? [...nodes.values()].map((rate) => rate ?? Number.NaN) : perTask;
  const rate = rates.reduce((sum, one) => sum + one, 0);
  const carbon = placements.reduce(
    (sum, one) => sum + (bruteCarbon(offerOf(snapshot, one), asked) ?? Number.NaN) * one.tasks,
    0,
  );
  if (maxHourly) expect(rate).toBeLessThanOrEqual(maxHourly.amount + 1e-6);
  if (energy?.maxCarbonPerHour) expect(carbon).toBeLessThanOrEqual(energy.maxCarbonPerHour + 1e-6);
}

function assertStrategy(snapshot: Snapshot, asked: Requirement, placements: readonly Placement[]): void {
  const distinct = (read: (offer: Offer) => string) =>
    new Set(placements.map((one) => read(offerOf(snapshot, one)))).size;
  const strategy = strategyOf(asked);
  if (strategy === "colocated")
    expect(distinct(({ provider, place }) => `${provider}/${place.zone}`)).toBe(1);
  if (strategy === "distributed")
    expect(distinct(({ provider, node }) => `${provider}/${node}`)).toBeGreaterThan(1);
}

describe("a decision", () => {
  test("places all tasks, never over capacity, never against a condition", () => {
    fc.assert(
      fc.property(snapshotArb, requirementArb, (snapshot, asked) => {
        const decision = decide(snapshot, asked);
        if (!decision.placed) return;
        const { placements } = decision;
        expect(placements.reduce((sum, { tasks }) => sum + tasks, 0)).toBe(asked.tasks);
        for (const placement of placements) {
          expect(placement.tasks).toBeGreaterThan(0);
          expect(placement.units).toBe(placement.tasks * asked.gpu.count);
          expect(bruteFits(offerOf(snapshot, placement), asked)).toBe(true);
        }
        assertWithinCapacity(snapshot, placements);
        assertWholeBounds(snapshot, asked, placements);
        assertStrategy(snapshot, asked, placements);
      }),
      RUNS,
    );
  });

  test("is the same in whatever order the offers come", () => {
    fc.assert(
      fc.property(offersArb, requirementArb, fc.infiniteStream(fc.nat()), (offers, asked, keys) => {
        const shuffled = offers
          .map((offer) => ({ offer, key: keys.next().value ?? 0 }))
          .sort((left, right) => left.key - right.key)
          .map(({ offer }) => offer);
        expect(decide({ offers: shuffled, currencyRates: RATES }, asked)).toEqual(
          decide({ offers, currencyRates: RATES }, asked),
        );
      }),
      RUNS,
    );
  });

  test("explains itself with counts that add up", () => {
    fc.assert(
      fc.property(snapshotArb, requirementArb, (snapshot, asked) => {
        const { considered, fitting, rejected } = decide(snapshot, asked);
        expect(considered).toBe(snapshot.offers.length);
        expect(fitting).toBe(snapshot.offers.filter((offer) => bruteFits(offer, asked)).length);
        expect(fitting + rejected.reduce((sum, { count }) => sum + count, 0)).toBe(considered);
        for (const { count, failing } of rejected) {
          expect(failing).toBeGreaterThan(0);
          expect(count).toBeLessThanOrEqual(failing);
        }
      }),
      RUNS,
    );
  });

  test("never tells an alternative that is better, or a bound that is beaten", () => {
    fc.assert(
      fc.property(snapshotArb, singleArb, (snapshot, asked) => {
        const decision = decide(snapshot, asked);
        if (!decision.placed) return;
        const sign = isHigherBetter(asked.objective) ? -1 : 1;
        for (const { value } of decision.alternatives) {
          expect(sign * (value ?? sign * Number.MAX_VALUE)).toBeGreaterThanOrEqual(lossOf(decision));
        }
      }),
      RUNS,
    );
  });
});

describe("a decision for a single task", () => {
  test("is the best of all that fit, as brute force finds it", () => {
    fc.assert(
      fc.property(snapshotArb, singleArb, (snapshot, asked) => {
        const decision = decide(snapshot, asked);
        const fitting = snapshot.offers.filter((offer) => bruteFits(offer, asked));
        expect(decision.placed).toBe(fitting.length > 0);
        if (!decision.placed) return;
        const chosen = decision.placements.map((placement) => offerOf(snapshot, placement));
        const best = Math.max(...fitting.map((offer) => bruteGood(offer, asked)));
        const [good] = chosen.map((offer) => bruteGood(offer, asked));
        if (Number.isFinite(best)) expect(good).toBeCloseTo(best, 9);
        else expect(good).toBe(best);
        expect(decision.optimal).toBe(true);
      }),
      RUNS,
    );
  });

  test("gets no worse by more offers", () => {
    fc.assert(
      fc.property(offersArb, fc.nat({ max: 12 }), singleArb, (offers, kept, asked) => {
        const fewer = decide({ offers: offers.slice(0, kept), currencyRates: RATES }, asked);
        expect(lossOf(decide({ offers, currencyRates: RATES }, asked))).toBeLessThanOrEqual(lossOf(fewer));
      }),
      RUNS,
    );
  });
});

describe("a decision for several tasks", () => {
  test("gets no worse by more offers", () => {
    const unboundArb = requirementArb.map((asked): Requirement => {
      const { maxHourly: _, energy: __, ...constraints } = asked.constraints;
      const { dedicated: ___, ...gpu } = asked.gpu;
      return {
        ...asked,
        gpu,
        constraints,
        ...(asked.strategy === "distributed" && { strategy: "flexible" }),
      };
    });
    fc.assert(
      fc.property(offersArb, fc.nat({ max: 12 }), unboundArb, (offers, kept, asked) => {
        const fewer = lossOf(decide({ offers: offers.slice(0, kept), currencyRates: RATES }, asked));
        const more = lossOf(decide({ offers, currencyRates: RATES }, asked));
        expect(more).toBeLessThanOrEqual(fewer + Math.abs(fewer) * 1e-12);
      }),
      RUNS,
    );
  });
});

describe("the ledger", () => {
  /** Decides and reserves one after the other; requirements that have no place are left out. */
  function reserveAll(opened: Ledger, all: readonly Requirement[]) {
    let ledger = opened;
    const held: (readonly Placement[])[] = [];
    for (const asked of all) {
      const decision = decide(ledger, asked);
      if (!decision.placed) continue;
      ledger = reserve(ledger, decision.placements);
      held.push(decision.placements);
    }
    return { ledger, held };
  }

  /** Amounts that no binary fraction holds exactly. */
  const awkwardArb = requirementArb.map((asked) => ({
    ...asked,
    cpu: asked.cpu / 7,
    memoryGi: asked.memoryGi / 3,
  }));

  test("releases to exactly what was there, in any order", () => {
    fc.assert(
      fc.property(
        snapshotArb,
        fc.array(awkwardArb, { maxLength: 6 }),
        fc.boolean(),
        (snapshot, all, backwards) => {
          const opened = openLedger(snapshot);
          const { ledger, held } = reserveAll(opened, all);
          for (const { free, cpu, memoryGi } of ledger.offers) {
            expect(Math.min(free, cpu, memoryGi)).toBeGreaterThanOrEqual(0);
          }
          const closed = (backwards ? held.toReversed() : held).reduce(release, ledger);
          expect(closed.offers).toEqual(opened.offers);
          expect(closed.uses.every((use) => use === undefined)).toBe(true);
        },
      ),
      RUNS,
    );
  });

  test("is what the others alone make of it when some are released", () => {
    fc.assert(
      fc.property(
        snapshotArb,
        fc.array(fc.tuple(awkwardArb, fc.boolean()), { maxLength: 6 }),
        (snapshot, all) => {
          const opened = openLedger(snapshot);
          const { ledger, held } = reserveAll(
            opened,
            all.map(([asked]) => asked),
          );
          const isKept = (index: number): boolean => all[index]?.[1] === true;
          const left = held.filter((_, index) => !isKept(index)).reduce(release, ledger);
          const alone = held.filter((_, index) => isKept(index)).reduce(reserve, opened);
          expect(left.offers).toEqual(alone.offers);
          expect(left.uses).toEqual(alone.uses);
        },
      ),
      RUNS,
    );
  });
});

describe("when nothing fits", () => {
  test("every suggestion fits when it is tried, and changes something", () => {
    fc.assert(
      fc.property(snapshotArb, requirementArb, (snapshot, asked) => {
        for (const { requirement, rate } of suggest(snapshot, asked)) {
          const decision = decide(snapshot, requirement);
          expect(decision.placed).toBe(true);
          expect({ ...requirement }).not.toEqual(asked);
          const cheapest = decide(snapshot, { ...requirement, objective: "cost" });
          expect(cheapest.placed && cheapest.rate).toEqual(rate);
          // Throws where there is not enough.
          if (decision.placed) reserve(openLedger(snapshot), decision.placements);
        }
      }),
      RUNS,
    );
  });

  test("the ladder never leaves its bounds", () => {
    const fallbacks = fc.shuffledSubarray(["spot", "shared", "lower-tier", "queue"] as const);
    fc.assert(
      fc.property(snapshotArb, requirementArb, fallbacks, (snapshot, asked, order) => {
        const negotiation = {
          fallbacks: order,
          priceFlexibility: 0.15,
          resourceFlexibility: 0.3,
          autoAcceptThreshold: 0.05,
        };
        const relaxed = relax(snapshot, { ...asked, negotiation });
        if (relaxed.outcome !== "placed") return;
        const { maxHourly } = asked.constraints;
        if (maxHourly)
          expect(relaxed.decision.rate?.amount).toBeLessThanOrEqual(maxHourly.amount * 1.15 + 1e-6);
        expect(relaxed.concession).toBeLessThanOrEqual(0.3 + 1e-9);
        for (const placement of relaxed.decision.placements) {
          const { gpu, interruptible } = offerOf(snapshot, placement);
          expect(gpu.memoryGi).toBeGreaterThanOrEqual((asked.gpu.memoryGiMin ?? 0) * 0.7 - 1e-9);
          if (interruptible) expect(asked.gpu.interruptible === true || order.includes("spot")).toBe(true);
        }
      }),
      RUNS,
    );
  });
});
