import { describe, expect, it } from "vitest";
import { openLedger, record } from "../../../../src/allocation/ledger.ts";
import type { Seat } from "../../../../src/hub/intents/movable.ts";
import type { Moving } from "../../../../src/hub/intents/pass.ts";
import { type FormerPlace, isWhole } from "../../../../src/hub/intents/returning.ts";
import { type Asking, type Outcome, type Pass, takeTurn } from "../../../../src/hub/intents/turn.ts";
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

  it("goes where it did not start only if there is no other place", () => {
    const shuns = new Set(["alpha/a"]);
    const nodeOf = (outcome: Outcome) =>
      outcome.result === "placed" ? outcome.decision.placements[0]?.node : outcome.result;
    expect(nodeOf(takeTurn(passWith({}), asking(1, { shuns })))).toBe("b");
    expect(nodeOf(takeTurn(passWith({ b: 8 }), asking(1, { shuns })))).toBe("a");
    const both = new Set(["alpha/a", "alpha/b"]);
    expect(nodeOf(takeTurn(passWith({ b: 8 }), asking(1, { shuns: both })))).toBe("a");
    expect(nodeOf(takeTurn(passWith({ b: 8 }), asking(1, { avoids: shuns })))).toBe("waits");
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

  it("displaces nobody where it does not go", () => {
    const pass = passWith({ a: 8, b: 8 }, { holders: [holder("low", "a", 8)] });
    expect(takeTurn(pass, asking(4, { priority: 5, avoids: new Set(["alpha/a"]) })).result).toBe("waits");
    const kept = passWith({ a: 8, b: 8 }, { holders: [holder("low", "a", 8)], kept: new Set(["alpha/a"]) });
    expect(takeTurn(kept, asking(4, { priority: 5 })).result).toBe("waits");
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

describe("the turn of one for whom others may move", () => {
  const seat = (uid: string, id: string, units: number, priority = 0): Seat => ({
    ...holder(uid, id, units, priority),
    requirement: requirement({ gpu: { count: units } }),
    cost: units,
    view: { key: `team/${uid}` } as Seat["view"],
  });
  const moving = (seats: readonly Seat[], parts: Partial<Moving> = {}): Moving => ({
    rules: { maxMoves: 1, worseBy: 0.1, tries: 16 },
    afterMs: MINUTE,
    seats: () => seats,
    plans: 1,
    tried: new Map(),
    againAfterMs: MINUTE,
    ...parts,
  });
  const scene = (parts: Partial<Moving> = {}, pass: Partial<Pass> = {}, priority = 0) => {
    const small = seat("small", "b", 2, priority);
    return passWith({ a: 6, b: 2 }, { holders: [small], moving: moving([small], parts), ...pass });
  };
  const late = { waitedMs: MINUTE };

  it("moves one to where there is room, and keeps the place that it leaves", () => {
    const pass = scene();
    const outcome = takeTurn(pass, asking(8, late));
    expect(outcome).toMatchObject({
      result: "moves",
      reason: "waits for 1 interruptible to move off alpha/b",
      moves: [{ seat: { uid: "small" }, decision: { placements: [{ offer: "a" }], decidedBy: "moved" } }],
    });
    expect([...pass.kept]).toEqual(["alpha/b"]);
    // It holds both places until the old one is clean.
    expect(pass.ledger.offers.map(({ free }) => free)).toEqual([0, 6]);
    expect(pass.holders).toEqual([]);
  });

  it("moves rather than displaces, where both would do", () => {
    expect(takeTurn(scene(), asking(8, { ...late, priority: 5 })).result).toBe("moves");
    expect(takeTurn(scene({ plans: 0 }), asking(8, { ...late, priority: 5 })).result).toBe("preempts");
  });

  const left: readonly (readonly [string, Pass, ReturnType<typeof asking>])[] = [
    ["has not waited for long", scene(), asking(8)],
    ["asks what no pool would have", scene(), asking(9, late)],
    ["has a lower priority", scene({}, {}, 1), asking(8, late)],
    ["flees from there", scene(), asking(8, { ...late, avoids: new Set(["alpha/b"]) })],
    ["would get a node that is kept for another", scene({}, { kept: new Set(["alpha/b"]) }), asking(8, late)],
    [
      "finds the room for the mover kept for another",
      scene({}, { kept: new Set(["alpha/a"]) }),
      asking(8, late),
    ],
    ["comes after others for whom it was looked", scene({ plans: 0 }), asking(8, late)],
    ["was tried a moment ago", scene({ tried: new Map([["8", NOW - 1]]) }), asking(8, late)],
    ["finds the mover displaced meanwhile", scene({}, { holders: [] }), asking(8, late)],
  ];
  it.each(left)("moves nobody for one that %s", (_, pass, one) => {
    expect(takeTurn(pass, one).result).toBe("waits");
  });
});

describe("the turn of one that was suspended", () => {
  const place = (units: Record<string, number>, parts: Partial<FormerPlace> = {}): FormerPlace => ({
    units: new Map(Object.entries(units)),
    relaxed: undefined,
    bound: undefined,
    ...parts,
  });
  const placedOn = (outcome: Outcome): readonly string[] =>
    outcome.result === "placed" ? outcome.decision.placements.map(({ offer: id }) => id) : [outcome.result];
  const bound = "its volumes are on b of alpha";

  it("is for the place that it had, whatever would be better now", () => {
    expect(placedOn(takeTurn(passWith({}), asking(2)))).toEqual(["a"]);
    expect(placedOn(takeTurn(passWith({}), asking(2, { place: place({ b: 2 }) })))).toEqual(["b"]);
  });

  it("gives each node the tasks that it had", () => {
    const tasks = requirement({ gpu: { count: 2 }, tasks: 3 });
    const before = place({ a: 2, b: 4 });
    const outcome = takeTurn(passWith({}), asking(2, { place: before, requirement: tasks }));
    expect(outcome.result === "placed" && isWhole(before, outcome.decision)).toBe(true);
  });

  it("takes another place where its own is taken", () => {
    expect(placedOn(takeTurn(passWith({ b: 7 }), asking(2, { place: place({ b: 2 }) })))).toEqual(["a"]);
  });

  it("waits for its own where its volumes are", () => {
    const outcome = takeTurn(passWith({ b: 7 }), asking(2, { place: place({ b: 2 }, { bound }) }));
    expect(outcome.result === "waits" && outcome.reason).toContain(
      "its volumes are on b of alpha: no offer fits",
    );
  });

  it("displaces there, and nowhere else, where its volumes are", () => {
    const holders = [holder("other", "a", 8, -9), holder("there", "b", 8)];
    const pass = passWith({ a: 8, b: 8 }, { holders });
    const outcome = takeTurn(pass, asking(2, { priority: 5, place: place({ b: 2 }, { bound }) }));
    expect(outcome.result === "preempts" && outcome.victims.map(({ uid }) => uid)).toEqual(["there"]);
  });

  it("keeps only its own node once it starves there", () => {
    const pass = passWith({ b: 7 });
    takeTurn(pass, asking(2, { waitedMs: 31 * MINUTE, place: place({ b: 2 }, { bound }) }));
    expect([...pass.kept]).toEqual(["alpha/b"]);
  });

  it("goes back on the terms on which it was placed", () => {
    const negotiation = { fallbacks: ["spot" as const], autoAcceptThreshold: 1 };
    const spot = openLedger(snapshot(offer("s", { interruptible: true })));
    const ask = (relaxed: string | undefined): Outcome =>
      takeTurn(passWith({}, { ledger: spot }), {
        ...asking(1, { patienceMs: MINUTE, place: place({ s: 1 }, { relaxed }) }),
        requirement: requirement({ gpu: { count: 1 }, negotiation }),
      });
    expect(ask(undefined).result).toBe("waits");
    expect(ask("spot")).toMatchObject({ result: "placed", relaxed: "spot" });
  });
});
