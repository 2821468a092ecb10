import { describe, expect, it } from "vitest";
import { roundName } from "../../../../src/fluidos/discovery.ts";
import { parsePeeringCandidate } from "../../../../src/fluidos/peering-candidate.ts";
import { createCandidateInventory } from "../../../../src/hub/engines/fluidos/candidate-inventory.ts";
import { fluidosSection } from "../../../../src/hub/engines/fluidos/config.ts";
import type { ConsumerView } from "../../../../src/hub/engines/fluidos/consumer-view.ts";
import { createOfferPool, type PooledNode } from "../../../../src/hub/inventory/offer-pool.ts";
import { createReservations } from "../../../../src/hub/inventory/reservations.ts";
import { candidateObject } from "../../fluidos/samples.ts";
import { offerOptions } from "../builders.ts";

const NOW = Date.parse("2026-11-25T12:00:00Z");
const NAMES = ["one", "two", "three"];

/** An inventory over candidates that a test changes, and all that it has told the pool. */
function inventory() {
  const candidates = new Map(NAMES.map((name) => [name, candidate(name)]));
  const view: Partial<ConsumerView> = {
    synced: () => true,
    candidates: () => [...candidates.values()],
    contracts: () => [],
    allocations: () => [],
    knownClusters: () => [{ name: "k", address: "172.18.0.4:30001", expiresAt: undefined }],
  };
  const reservations = createReservations();
  const pool = createOfferPool(reservations);
  const told: ReadonlyMap<string, PooledNode | undefined>[] = [];
  let closed: string | undefined;
  const made = createCandidateInventory({
    provider: "alpha",
    view: view as ConsumerView,
    pool: {
      ...pool,
      update: (provider, nodes) => {
        told.push(nodes);
        pool.update(provider, nodes);
      },
    },
    reservations,
    offerOptions: () => offerOptions({ closed }),
    config: fluidosSection.parse({}),
    now: () => NOW,
    defer: (work) => work(),
  });
  return {
    ...made,
    candidates,
    pool,
    last: () => told.at(-1) ?? new Map(),
    pause: (why: string) => {
      closed = why;
    },
  };
}

const candidate = (name: string, parts: Parameters<typeof candidateObject>[0] = {}) =>
  parsePeeringCandidate(
    candidateObject({
      flavor: name,
      ...parts,
      spec: { interestedSolverIDs: [roundName(NOW)], ...parts.spec },
    }),
  );

describe("the inventory of candidates", () => {
  it("makes the offers anew of those alone that stand otherwise", () => {
    const all = inventory();
    all.refresh();
    const before = all.last();
    expect(new Set(before.keys())).toEqual(new Set(NAMES));
    all.candidates.set("two", candidate("two", { spec: { available: false } }));
    all.refresh();
    const after = all.last();
    expect(NAMES.map((name) => after.get(name) === before.get(name))).toEqual([true, false, true]);
    expect(all.pool.available("alpha", "two")[0]?.free).toBe(0);
  });

  it("makes all of them anew where what is said of all offers has changed", () => {
    const all = inventory();
    all.refresh();
    all.pause("provider alpha is paused");
    all.refresh();
    expect(all.pool.offers().map(({ free }) => free)).toEqual([0, 0, 0]);
  });

  it("knows of a Flavor that came alone, and forgets one that has gone", () => {
    const all = inventory();
    all.refresh();
    all.candidates.set("four", candidate("four"));
    all.refreshNow("four");
    expect(all.pool.size("alpha")).toBe(4);
    all.candidates.delete("four");
    all.refresh();
    expect(all.pool.size("alpha")).toBe(3);
  });
});
