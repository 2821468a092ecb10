import type fc from "fast-check";
import { expect } from "vitest";
import { decide } from "../../../src/allocation/decide.ts";
import type { Decision } from "../../../src/allocation/decision.ts";
import { openLedger, reserve } from "../../../src/allocation/ledger.ts";
import type { Requirement } from "../../../src/allocation/requirement.ts";
import type { Snapshot } from "../../../src/allocation/types.ts";
import { offersArb } from "./arbitraries.ts";
import { bruteFits } from "./brute-force.ts";
import { RATES } from "./builders.ts";
import { lossOf, offerOf } from "./property-support.ts";

/** Few offers, so that not everybody can have what it wants; all of them tell their price. */
export const scarceArb: fc.Arbitrary<Snapshot> = offersArb.map((offers) => ({
  offers: offers.slice(0, 5).map((one) => ({ ...one, unitRate: one.unitRate ?? 7 })),
  currencyRates: RATES,
}));

export function oneAtATime(snapshot: Snapshot, all: readonly Requirement[]): readonly Decision[] {
  let ledger = openLedger(snapshot);
  return all.map((asked) => {
    const decision = decide(ledger, asked);
    if (decision.placed) ledger = reserve(ledger, decision.placements);
    return decision;
  });
}

export function assertAsAsked(pool: Snapshot, asked: Requirement | undefined, decision: Decision): void {
  if (!asked || !decision.placed) return;
  expect(decision.placements.reduce((sum, { tasks }) => sum + tasks, 0)).toBe(asked.tasks);
  for (const placement of decision.placements) expect(bruteFits(offerOf(pool, placement), asked)).toBe(true);
  const { maxHourly, energy } = asked.constraints;
  if (maxHourly) expect(decision.rate?.amount).toBeLessThanOrEqual(maxHourly.amount + 1e-6);
  if (energy?.maxCarbonPerHour && asked.objective === "energy")
    expect(decision.value).toBeLessThanOrEqual(energy.maxCarbonPerHour + 1e-6);
}

export const placedOf = (decisions: readonly Decision[]): number =>
  decisions.filter(({ placed }) => placed).length;
export const lossesOf = (decisions: readonly Decision[]): number =>
  decisions.reduce((sum, decision) => sum + (decision.placed ? lossOf(decision) : 0), 0);
