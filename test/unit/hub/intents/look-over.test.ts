import { describe, expect, it } from "vitest";
import { decide } from "../../../../src/allocation/decide.ts";
import { openLedger, reserve } from "../../../../src/allocation/ledger.ts";
import type { Requirement } from "../../../../src/allocation/requirement.ts";
import type { Offer } from "../../../../src/allocation/types.ts";
import type { IntentView } from "../../../../src/hub/intents/intent-view.ts";
import { lookOver, type Taken } from "../../../../src/hub/intents/look-over.ts";
import type { Seat } from "../../../../src/hub/intents/movable.ts";
import { type Asking, type Pass, takeTurn } from "../../../../src/hub/intents/turn.ts";
import { offer, requirement, snapshot } from "../../allocation/builders.ts";

/** The one is a tenth cheaper; only it is an A100. */
const cheap = offer("a", { free: 1, total: 1, unitRate: 2 });
const dear = offer("t", { free: 1, total: 1, unitRate: 2.2, gpu: { model: "nvidia-t4" } });
const any = requirement();
const picky = requirement({ gpu: { model: "nvidia-a100" } });

function passOn(...offers: readonly Offer[]): Pass {
  return {
    ledger: openLedger(snapshot(...offers)),
    now: 0,
    leaving: [],
    holders: [],
    kept: new Set(),
    starvesAfterMs: 1000,
    refused: new Map(),
    suggestions: 0,
  };
}

function take(pass: Pass, asked: Requirement, name: string, parts: Partial<Asking> = {}): Taken {
  const asking: Asking = {
    key: `team/${name}`,
    uid: name,
    tenant: "team",
    priority: 0,
    since: 0,
    gpus: 1,
    requirement: asked,
    avoids: new Set(),
    patienceMs: 0,
    ...parts,
  };
  const view = { key: asking.key } as IntentView;
  return { view, asking, outcome: takeTurn(pass, asking) };
}

const placesOf = (taken: readonly Taken[]) =>
  taken.map(({ outcome }) => outcome.result === "placed" && outcome.decision.placements[0]?.offer);

describe("turns that were taken", () => {
  it("never bring two to what is sold once, nor move its buyer", () => {
    const sold = offer("a", { free: 4, total: 4, unitRate: 2, soldOnce: true });
    const pass = passOn(sold, dear);
    const start = pass.ledger;
    const taken = [take(pass, any, "first"), take(pass, picky, "second"), take(pass, any, "third")];
    expect(placesOf(lookOver(pass, start, taken))).toEqual(["a", false, "t"]);
  });

  it("are exchanged so that another one has a place, and the ledger says so", () => {
    const pass = passOn(cheap, dear);
    const start = pass.ledger;
    const taken = [take(pass, any, "first"), take(pass, picky, "second")];
    expect(placesOf(taken)).toEqual(["a", false]);
    const after = lookOver(pass, start, taken);
    expect(placesOf(after)).toEqual(["t", "a"]);
    expect(after[0]?.outcome).toMatchObject({ decision: { decidedBy: "together" } });
    const placements = after.flatMap(({ outcome }) =>
      outcome.result === "placed" ? outcome.decision.placements : [],
    );
    expect(pass.ledger.offers).toEqual(reserve(start, placements).offers);
    expect(pass.refused.size).toBe(0);
  });

  it("stay as they are where nothing is to be won", () => {
    const pass = passOn(cheap, dear);
    const start = pass.ledger;
    const taken = [take(pass, any, "first"), take(pass, any, "second")];
    const { ledger } = pass;
    expect(lookOver(pass, start, taken)).toBe(taken);
    expect(pass.ledger).toBe(ledger);
  });

  it("tell two apart that were refused with the same words", () => {
    const more = offer("b", { free: 1, total: 1, unitRate: 2.2, gpu: { model: "nvidia-t4" } });
    const pass = passOn(cheap, dear, more);
    const start = pass.ledger;
    const taken = [take(pass, any, "first"), take(pass, picky, "second"), take(pass, picky, "third")];
    const [first, second, third] = placesOf(lookOver(pass, start, taken));
    expect(first).toBe("b");
    expect(new Set([second, third])).toEqual(new Set(["a", false]));
  });

  it("leave those where they are who flee, go back, or took less than they asked", () => {
    for (const parts of [{ avoids: new Set(["beta"]) }, { relaxed: "spot" }]) {
      const pass = passOn(cheap, dear);
      const start = pass.ledger;
      const first = take(pass, any, "first", "avoids" in parts ? parts : {});
      const outcome = "relaxed" in parts ? { ...first.outcome, relaxed: "spot" } : first.outcome;
      const taken = [{ ...first, outcome } as Taken, take(pass, picky, "second"), take(pass, picky, "third")];
      expect(placesOf(lookOver(pass, start, taken))).toEqual(["a", false, false]);
    }
  });

  it("leave the room alone that others moved to", () => {
    const pass = passOn(
      cheap,
      dear,
      offer("c", { free: 1, total: 1, unitRate: 2.2, gpu: { model: "nvidia-t4" } }),
    );
    const start = pass.ledger;
    const first = take(pass, any, "first");
    const decision = decide(pass.ledger, requirement({ gpu: { model: "nvidia-t4" } }));
    if (!decision.placed) throw new Error("there is room");
    pass.ledger = reserve(pass.ledger, decision.placements);
    const moves = [{ seat: {} as Seat, decision }];
    const moving = {
      ...take(pass, requirement({ gpu: { count: 9 } }), "large"),
      outcome: { result: "moves", reason: "", decision, moves, offers: [] },
    } as Taken;
    const after = lookOver(pass, start, [first, moving, take(pass, picky, "second")]);
    expect(placesOf(after)).toEqual(["t", false, "a"]);
    expect(decision.placements[0]?.offer).toBe("c");
    expect(pass.ledger.offers.map(({ free }) => free)).toEqual([0, 0, 0]);
  });

  it("do not go to a node that is kept for one that starves", () => {
    const pass = passOn(cheap, dear);
    const start = pass.ledger;
    const taken = [take(pass, any, "first"), take(pass, picky, "second")];
    pass.kept.add("alpha/t");
    expect(placesOf(lookOver(pass, start, taken))).toEqual(["a", false]);
  });
});
