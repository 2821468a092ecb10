import { describe, expect, it } from "vitest";
import { openLedger, record } from "../../../../src/allocation/ledger.ts";
import { type Asking, type Pass, takeTurn } from "../../../../src/hub/intents/turn.ts";
import { offer, requirement, snapshot } from "../../allocation/builders.ts";

const MINUTE = 60_000;
const NOW = 100 * MINUTE;

const placement = (id: string, units: number) => ({
  offer: id,
  provider: "alpha",
  node: id,
  resource: "nvidia.com/gpu",
  tasks: 1,
  units,
  cpu: 1,
  memoryGi: 1,
  exclusive: false,
});
/** A pass over two nodes of eight GPUs each, on which somebody holds what is given. */
function passWith(held: Record<string, number>, parts: Partial<Pass> = {}): Pass {
  const placements = Object.entries(held).map(([id, units]) => placement(id, units));
  return {
    ledger: record(openLedger(snapshot(offer("a"), offer("b"))), placements),
    now: NOW,
    leaving: [],
    holders: [],
    kept: new Set(),
    starvesAfterMs: 30 * MINUTE,
    refused: new Map(),
    suggestions: 0,
    ...parts,
  };
}
function asking(gpus: number, parts: Partial<Asking> & { readonly waitedMs?: number } = {}): Asking {
  const { waitedMs = 0, priority = 0, ...rest } = parts;
  return {
    key: `team/${gpus}`,
    uid: String(gpus),
    tenant: "team",
    priority,
    since: NOW - waitedMs,
    gpus,
    requirement: requirement({ gpu: { count: gpus }, priority }),
    avoids: new Set(),
    patienceMs: 0,
    ...rest,
  };
}
const holder = (uid: string, id: string, units: number, priority = 0) => ({
  uid,
  priority,
  since: 0,
  placements: [placement(id, units)],
});

describe("an Intent's turn", () => {
  it("takes what it gets off what is left for others", () => {
    const pass = passWith({ a: 8 });
    expect(takeTurn(pass, asking(8)).result).toBe("placed");
    expect(takeTurn(pass, asking(1)).result).toBe("waits");
  });

  it("lets a small one past a large one, but not onto a node that is kept for one that starves", () => {
    const fresh = passWith({ a: 4, b: 8 });
    expect(takeTurn(fresh, asking(8)).result).toBe("waits");
    expect(takeTurn(fresh, asking(1)).result).toBe("placed");
    const starving = passWith({ a: 4, b: 8 });
    expect(takeTurn(starving, asking(8, { waitedMs: 31 * MINUTE })).result).toBe("waits");
    expect(takeTurn(starving, asking(1)).result).toBe("waits");
  });

  it("does not go back to where it was lost", () => {
    const outcome = takeTurn(passWith({}), asking(1, { avoids: new Set(["alpha/a"]) }));
    expect(outcome.result === "placed" && outcome.decision.placements[0]?.node).toBe("b");
    expect(takeTurn(passWith({}), asking(1, { avoids: new Set(["alpha"]) })).result).toBe("waits");
  });

  it("displaces as few as will do, those of the lowest priority", () => {
    const holders = [holder("low", "a", 8, 1), holder("lower", "b", 4, 0), holder("lowest", "b", 4, -1)];
    const pass = passWith({ a: 8, b: 8 }, { holders });
    const outcome = takeTurn(pass, asking(4, { priority: 5 }));
    expect(outcome.result === "preempts" && outcome.victims.map(({ uid }) => uid)).toEqual(["lowest"]);
  });

  it("displaces nobody of its own priority", () => {
    const pass = passWith({ a: 8, b: 8 }, { holders: [holder("equal", "a", 8, 5)] });
    expect(takeTurn(pass, asking(4, { priority: 5 })).result).toBe("waits");
  });

  it("displaces nobody for GPUs that come back by themselves, and keeps these", () => {
    const pass = passWith({ a: 8, b: 8 }, { leaving: [placement("a", 8)], holders: [holder("low", "b", 8)] });
    const outcome = takeTurn(pass, asking(4, { priority: 5 }));
    expect(outcome.result === "preempts" && outcome.victims).toEqual([]);
    expect([...pass.kept]).toEqual(["alpha/a"]);
  });

  it("gives up what it may, once its patience is over", () => {
    const negotiation = { fallbacks: ["spot" as const], autoAcceptThreshold: 1 };
    const spot = openLedger(snapshot(offer("s", { interruptible: true })));
    const ask = (waitedMs: number) =>
      takeTurn(passWith({}, { ledger: spot }), {
        ...asking(1, { waitedMs, patienceMs: MINUTE }),
        requirement: requirement({ gpu: { count: 1 }, negotiation }),
      });
    expect(ask(0).result).toBe("waits");
    const later = ask(2 * MINUTE);
    expect(later.result === "placed" && later.relaxed).toBe("spot");
  });
});
