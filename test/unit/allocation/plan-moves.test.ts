import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../../../src/allocation/decide.ts";
import type { Placement } from "../../../src/allocation/decision.ts";
import { type Ledger, openLedger, record, release, reserve } from "../../../src/allocation/ledger.ts";
import {
  type MovePlan,
  type MoveRules,
  moved,
  planMoves,
  type Seated,
} from "../../../src/allocation/plan-moves.ts";
import type { Requirement } from "../../../src/allocation/requirement.ts";
import type { Offer, Snapshot } from "../../../src/allocation/types.ts";
import { OBJECTIVES, requirementArb, singleArb } from "./arbitraries.ts";
import { bruteFits, bruteGood, bruteRate } from "./brute-force.ts";
import { offer, requirement, snapshot } from "./builders.ts";
import { assertAsAsked, scarceArb } from "./together-support.ts";

const RULES: MoveRules = { maxMoves: 1, worseBy: 0.1, tries: 10_000 };

/** Somebody on one offer, with so many GPUs. */
function seat(uid: string, id: string, count: number, parts: Partial<Seated> = {}): Seated {
  const placement: Placement = {
    offer: id,
    provider: "alpha",
    node: id,
    resource: "nvidia.com/gpu",
    tasks: 1,
    units: count,
    cpu: 1,
    memoryGi: 1,
    exclusive: false,
  };
  return { uid, requirement: requirement({ gpu: { count } }), placements: [placement], cost: 0, ...parts };
}
const holding = (pool: Snapshot, seated: readonly Seated[]): Ledger =>
  record(
    openLedger(pool),
    seated.flatMap(({ placements }) => placements),
  );
const movesOf = (plan: MovePlan | undefined) =>
  plan?.moves.map(({ uid, decision }) => [uid, decision.placements.map(({ offer: id }) => id).join()]);

describe("moves that make room", () => {
  const pool = snapshot(offer("a"), offer("b"));
  const eight = requirement({ gpu: { count: 8 } });

  test("free a whole node of one small task, which goes to where there is room", () => {
    const seated = [seat("big", "a", 6, { cost: 6 }), seat("small", "b", 1, { cost: 1 })];
    const plan = planMoves(holding(pool, seated), eight, seated, RULES);
    expect(movesOf(plan)).toEqual([["small", "a"]]);
    expect(plan?.moves[0]?.decision.decidedBy).toBe("moved");
    expect(plan?.decision.placements).toMatchObject([{ offer: "b", units: 8 }]);
  });

  test("interrupt who loses least, of those who would do", () => {
    const seated = [seat("old", "a", 1, { cost: 9 }), seat("young", "b", 1, { cost: 2 })];
    expect(movesOf(planMoves(holding(pool, seated), eight, seated, RULES))).toEqual([["young", "a"]]);
  });

  test("are as few as will do, and no more than are allowed", () => {
    const seated = [seat("one", "b", 1), seat("two", "b", 1), seat("big", "a", 4, { cost: 5 })];
    const ledger = holding(pool, seated);
    const plan = (all: readonly Seated[], maxMoves: number) =>
      movesOf(planMoves(ledger, eight, all, { ...RULES, maxMoves }));
    expect(plan(seated, 2)).toEqual([["big", "b"]]);
    expect(plan(seated.slice(0, 2), 1)).toBeUndefined();
    expect(plan(seated.slice(0, 2), 2)).toEqual([
      ["one", "a"],
      ["two", "a"],
    ]);
  });

  test("are none where a mover would have to wait for another to leave", () => {
    const full = [seat("big", "a", 7), seat("wide", "b", 2)];
    expect(planMoves(holding(pool, full), eight, full, { ...RULES, maxMoves: 2 })).toBeUndefined();
  });

  test("leave the mover what it asked, and no place that is much worse or dearer", () => {
    const dear = (unitRate: number) => snapshot(offer("a", { unitRate }), offer("b"));
    const plan = (unitRate: number, parts: Partial<Seated> = {}) => {
      const seated = [seat("small", "b", 1, parts)];
      const ledger = holding(dear(unitRate), [seat("big", "a", 6), ...seated]);
      return movesOf(planMoves(ledger, eight, seated, RULES));
    };
    expect(plan(2.2)).toEqual([["small", "a"]]);
    expect(plan(2.3)).toBeUndefined();
    const fast = { requirement: requirement({ objective: "performance" as const }) };
    expect(plan(2.2, fast)).toEqual([["small", "a"]]);
    expect(plan(2.3, fast)).toBeUndefined();
    const bound = {
      requirement: requirement({ constraints: { maxHourly: { amount: 2.1, currency: "EUR" } } }),
    };
    expect(plan(2.2, bound)).toBeUndefined();
  });

  test("keep off what is closed to the seeker, or to movers", () => {
    const seated = [seat("small", "b", 1)];
    const ledger = holding(pool, [seat("big", "a", 6), ...seated]);
    const not = (id: string) => (one: Offer) => one.id !== id;
    expect(planMoves(ledger, eight, seated, RULES, { forSeeker: not("b") })).toBeUndefined();
    expect(planMoves(ledger, eight, seated, RULES, { forMovers: not("a") })).toBeUndefined();
  });

  test("make room for several tasks on different nodes", () => {
    const three = snapshot(offer("a"), offer("b"), offer("c", { gpu: { model: "nvidia-t4" } }));
    const seated = [seat("one", "a", 1), seat("two", "b", 1)];
    const pair = requirement({ gpu: { count: 8, model: "nvidia-a100" }, tasks: 2 });
    const plan = planMoves(holding(three, seated), pair, seated, { ...RULES, maxMoves: 2 });
    expect(movesOf(plan)).toEqual([
      ["one", "c"],
      ["two", "c"],
    ]);
    expect(planMoves(holding(three, seated), pair, seated, RULES)).toBeUndefined();
  });

  test("make room for several tasks by those whose going helps, however many cheaper ones there are", () => {
    const nodes = Array.from({ length: 12 }, (_, at) => offer(`n${at}`));
    const t4 = offer("t", { gpu: { model: "nvidia-t4" } });
    const cheap = nodes.map(({ id }, at) => seat(`cheap${at}`, id, 1, { cost: 1 }));
    const heavy = nodes.map(({ id }, at) => seat(`heavy${at}`, id, 6, { cost: 50 }));
    const ledger = holding(snapshot(...nodes, offer("a"), offer("b"), t4), [
      ...cheap,
      ...heavy,
      seat("dear", "a", 1, { cost: 9 }),
    ]);
    const pair = requirement({ gpu: { count: 8, model: "nvidia-a100" }, tasks: 2 });
    const seated = [...cheap, seat("dear", "a", 1, { cost: 9 })];
    expect(movesOf(planMoves(ledger, pair, seated, RULES))?.[0]?.[0]).toBe("dear");
  });

  test("are looked for a bounded number of times, however many sets for several tasks might do", () => {
    const nodes = Array.from({ length: 20 }, (_, at) => offer(`n${at}`, { place: { zone: `zone-${at}` } }));
    const seated = nodes.map(({ id }, at) => seat(`s${at}`, id, 1));
    const pair = requirement({ gpu: { count: 8 }, tasks: 2, strategy: "colocated" });
    let looks = 0;
    const forSeeker = (): boolean => {
      looks += 1;
      return true;
    };
    const rules = { ...RULES, maxMoves: 3 };
    expect(
      planMoves(holding(snapshot(...nodes), seated), pair, seated, rules, { forSeeker }),
    ).toBeUndefined();
    // Once for the sites, once for what is missing, and for each of the sets that are tried.
    expect(looks / nodes.length).toBeLessThanOrEqual(10);
  });

  test("put shares of devices together", () => {
    const devices = (id: string, ...milli: number[]) =>
      offer(id, { devices: milli, total: milli.length, free: milli.filter((each) => each === 1000).length });
    const told = snapshot(devices("a", 1000, 1000));
    const share = requirement({ gpu: { count: 1, milli: 400, shared: true } });
    const on = (uid: string, device: number): Seated => ({
      ...seat(uid, "a", 0),
      requirement: share,
      placements: seat(uid, "a", 0).placements.map((one) => ({ ...one, devices: [{ device, milli: 400 }] })),
    });
    const seated = [on("first", 0), on("second", 1)];
    const ledger = holding(told, seated);
    const plan = planMoves(ledger, requirement(), seated, RULES);
    expect(plan?.moves.map(({ uid }) => uid)).toEqual(["first"]);
    expect(plan && moved(ledger, seated, plan).offers[0]?.devices).toEqual([0, 200]);
  });
});

/** Seats everybody somewhere, not where it is best: so does what came and went over time. */
function seatAll(pool: Snapshot, guests: readonly (readonly [Requirement, number])[]) {
  let ledger = openLedger(pool);
  const seated: Seated[] = [];
  for (const [at, [asked, choice]] of guests.entries()) {
    const places = ledger.offers.flatMap((one) => {
      const decision = decide({ ...pool, offers: [one] }, asked);
      return decision.placed ? [decision.placements] : [];
    });
    const placements = places[choice % Math.max(1, places.length)] ?? [];
    ledger = reserve(ledger, placements);
    if (placements.length > 0)
      seated.push({ uid: `u${at}`, requirement: asked, placements, cost: (at * 7) % 3 });
  }
  return { ledger, seated };
}

/** Mostly without conditions: among few nodes these leave nothing to choose. */
const easyArb = fc
  .record({
    objective: fc.constantFrom(...OBJECTIVES),
    count: fc.integer({ min: 1, max: 3 }),
    cpu: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ count, ...rest }) => requirement({ ...rest, gpu: { count } }));
const guestArb = fc.oneof({ weight: 4, arbitrary: easyArb }, { weight: 1, arbitrary: singleArb });
const guestsArb = fc.array(fc.tuple(guestArb, fc.nat(20)), { minLength: 4, maxLength: 9, size: "max" });
const likeArb = fc.array(
  fc.record({
    total: fc.integer({ min: 3, max: 8 }),
    unitRate: fc.constantFrom(2, 2.1, 3),
    cpu: fc.constantFrom(6, 16),
  }),
  { minLength: 3, maxLength: 5, size: "max" },
);
const poolArb: fc.Arbitrary<Snapshot> = fc.oneof(
  likeArb.map((nodes) =>
    snapshot(...nodes.map(({ total, ...rest }, at) => offer(`n${at}`, { ...rest, total, free: total }))),
  ),
  scarceArb,
);

/** A pool with somebody on it, and somebody who has no place there for its size. */
const sceneArb = (asker: fc.Arbitrary<Requirement>) =>
  fc
    .tuple(poolArb, guestsArb, asker, fc.integer({ min: 1, max: 8 }))
    .map(([pool, guests, asked, count]) => ({
      pool,
      asked: plain({ ...asked, gpu: { ...asked.gpu, count } }),
      ...seatAll(
        pool,
        guests.map(([guest, choice]) => [plain(guest), choice]),
      ),
    }))
    .filter(({ ledger, asked }) => {
      const decision = decide(ledger, asked);
      return !decision.placed && decision.couldFit;
    });

/** Dedicated nodes are paid as a whole, which brute force does not follow. */
const plain = (asked: Requirement): Requirement => ({ ...asked, gpu: { ...asked.gpu, dedicated: false } });

describe("whatever there is", () => {
  test("room is made for the asker, every mover has all that it asks, and nobody is over capacity", () => {
    let found = 0;
    fc.assert(
      fc.property(
        sceneArb(
          fc.oneof(
            requirementArb,
            easyArb,
            easyArb.map((asked) => ({ ...asked, tasks: 2 })),
          ),
        ),
        fc.integer({ min: 1, max: 3 }),
        ({ pool, asked, ledger, seated }, maxMoves) => {
          const plan = planMoves(ledger, asked, seated, { ...RULES, worseBy: 1, maxMoves });
          if (plan === undefined) return;
          found += 1;
          expect(plan.moves.length).toBeLessThanOrEqual(maxMoves);
          assertAsAsked(pool, asked, plan.decision);
          // A mover is seated while it holds its old place; reserve throws where there is no room.
          let during = ledger;
          for (const { uid, decision } of plan.moves) {
            const mover = seated.find((one) => one.uid === uid);
            assertAsAsked(pool, mover?.requirement, decision);
            during = reserve(during, decision.placements);
          }
          const after = moved(ledger, seated, plan);
          expect(after.offers.every(({ free, cpu, memoryGi }) => Math.min(free, cpu, memoryGi) >= 0)).toBe(
            true,
          );
          // Undone, everything is as it was.
          const movers = seated.filter(({ uid }) => plan.moves.some((move) => move.uid === uid));
          const placed = [...plan.moves.map(({ decision }) => decision), plan.decision];
          const back = reserve(
            release(
              after,
              placed.flatMap(({ placements }) => placements),
            ),
            movers.flatMap(({ placements }) => placements),
          );
          expect(back.offers).toEqual(ledger.offers);
        },
      ),
      { numRuns: 200, seed: 11 },
    );
    expect(found).toBeGreaterThan(20);
  });

  test("the plan does not depend on the order of offers, nor on that of those who are seated", () => {
    fc.assert(
      fc.property(sceneArb(guestArb), ({ pool, asked, ledger, seated }) => {
        const rules = { ...RULES, maxMoves: 2 };
        const reversed = holding({ ...pool, offers: pool.offers.toReversed() }, seated);
        const plan = planMoves(ledger, asked, seated, rules);
        expect(planMoves(reversed, asked, seated.toReversed(), rules)).toEqual(plan);
      }),
      { numRuns: 100 },
    );
  });

  test("one move for one task is found whenever there is one, and none that loses less", () => {
    let found = 0;
    fc.assert(
      fc.property(sceneArb(guestArb), ({ asked, ledger, seated }) => {
        const plan = planMoves(ledger, asked, seated, RULES);
        const least = bruteLeast(ledger, asked, seated);
        expect(plan && seated.find(({ uid }) => uid === plan.moves[0]?.uid)?.cost).toBe(least);
        if (plan) found += 1;
      }),
      { numRuns: 250, seed: 5 },
    );
    expect(found).toBeGreaterThan(20);
  });
});

/** What the cheapest single move costs: every mover, every place of the asker, every new place. */
function bruteLeast(ledger: Ledger, asked: Requirement, seated: readonly Seated[]): number | undefined {
  const costs = seated
    .filter((one) => {
      const freed = release(ledger, one.placements);
      return freed.offers.some((place) => {
        if (!bruteFits(place, asked)) return false;
        const taken = record(ledger, [placementOn(place, asked)]);
        return taken.offers.some(
          (refuge) => bruteFits(refuge, one.requirement) && isGoodEnough(refuge, one, ledger),
        );
      });
    })
    .map(({ cost }) => cost);
  return costs.length === 0 ? undefined : Math.min(...costs);
}

const placementOn = (
  { id, provider, node, resource }: Offer,
  { gpu, cpu, memoryGi }: Requirement,
): Placement => ({
  offer: id,
  provider,
  node,
  resource,
  tasks: 1,
  units: gpu.count,
  cpu,
  memoryGi,
  exclusive: false,
});

function isGoodEnough(refuge: Offer, { requirement: asked, placements }: Seated, { told }: Ledger): boolean {
  const present = told.find(({ id }) => id === placements[0]?.offer);
  if (present === undefined) return false;
  const rate = (one: Offer) => bruteRate(one, asked) ?? Number.POSITIVE_INFINITY;
  const before = bruteGood(present, asked);
  return (
    rate(refuge) <= rate(present) * 1.1 + 1e-9 &&
    bruteGood(refuge, asked) >= before - Math.abs(before) * 0.1 - 1e-9
  );
}
