import { describe, expect, test } from "vitest";
import { decide } from "../../../src/allocation/decide.ts";
import type { Decision, NotPlaced, Placed } from "../../../src/allocation/decision.ts";
import type { Offer } from "../../../src/allocation/types.ts";
import { offer, RATES, requirement, snapshot } from "./builders.ts";

type Asked = Parameters<typeof requirement>[0];

const decided = (asked: Asked, ...offers: readonly Offer[]): Decision =>
  decide(snapshot(...offers), requirement(asked));

function placed(asked: Asked, ...offers: readonly Offer[]): Placed {
  const decision = decided(asked, ...offers);
  if (!decision.placed) throw new Error(`not placed: ${JSON.stringify(decision)}`);
  return decision;
}

function refused(asked: Asked, ...offers: readonly Offer[]): NotPlaced {
  const decision = decided(asked, ...offers);
  if (decision.placed) throw new Error(`placed: ${JSON.stringify(decision)}`);
  return decision;
}

const tasksByOffer = ({ placements }: Placed) =>
  Object.fromEntries(placements.map((placement) => [placement.offer, placement.tasks]));

describe("a single task", () => {
  const dear = offer("dear", { unitRate: 4 });
  const cheap = offer("cheap", { unitRate: 1 });

  test("goes to the best offer and takes its share of it", () => {
    const decision = placed({ gpu: { count: 2 }, cpu: 4, memoryGi: 16 }, dear, cheap);
    expect(decision.placements).toEqual([
      {
        offer: "cheap",
        provider: "alpha",
        node: "cheap",
        resource: "nvidia.com/gpu",
        tasks: 1,
        units: 2,
        cpu: 4,
        memoryGi: 16,
        exclusive: false,
        rate: { amount: 2, currency: "EUR" },
      },
    ]);
    expect(decision).toMatchObject({
      rate: { amount: 2, currency: "EUR" },
      value: 2,
      bound: 2,
      optimal: true,
    });
  });

  test("is told in the asked currency", () => {
    expect(placed({ currency: "USD" }, cheap).rate).toEqual({ amount: 1 / 0.9, currency: "USD" });
  });

  test("has no rate where the offer has none, and goes there all the same", () => {
    const { unitRate: _, ...free } = offer("free");
    const decision = placed({}, free);
    expect(decision).not.toHaveProperty("rate");
    expect(decision.placements[0]).not.toHaveProperty("rate");
  });

  test("tells the next best ones and what set the first apart", () => {
    const offers = [
      dear,
      cheap,
      offer("b", { unitRate: 2 }),
      offer("c", { unitRate: 3 }),
      offer("d", { unitRate: 5 }),
    ];
    const decision = placed({}, ...offers);
    expect(decision.alternatives.map(({ placements, value }) => [placements[0]?.offer, value])).toEqual([
      ["b", 2],
      ["c", 3],
      ["dear", 4],
    ]);
    expect(decision.decidedBy).toBe("objective");
    expect(placed({}, offer("a"), offer("b")).decidedBy).toBe("name");
    expect(placed({}, cheap).decidedBy).toBe("only-one");
    expect(placed({ objective: "performance" }, dear, cheap).decidedBy).toBe("rate");
  });

  test("tells the terms of the chosen offer", () => {
    const [why] = placed({ objective: "energy" }, cheap).why;
    expect(why).toMatchObject({ offer: "cheap", value: 0.4 * 1.2 * 300 });
    expect(why?.terms).toMatchObject({ rate: 1, latencyMs: 10, startSeconds: 50, renewablePercent: 60 });
  });

  test("that is dedicated holds and pays for the whole node", () => {
    const decision = placed({ gpu: { dedicated: true } }, offer("a", { unitRate: 2 }));
    expect(decision.placements).toMatchObject([{ units: 1, exclusive: true, rate: { amount: 16 } }]);
    expect(decision.rate?.amount).toBe(16);
  });

  test("that is dedicated prefers a small node to one whose GPU is cheaper", () => {
    const small = offer("small", { total: 1, free: 1, nodeGpus: 1, unitRate: 3 });
    expect(tasksByOffer(placed({ gpu: { dedicated: true } }, offer("big", { unitRate: 2 }), small))).toEqual({
      small: 1,
    });
  });
});

describe("a refusal", () => {
  test("counts each offer once under its first reason, and every reason that holds", () => {
    const decision = refused(
      { gpu: { model: "nvidia-h100", memoryGiMin: 90 }, constraints: { location: "fr" } },
      offer("a"),
      offer("b", { gpu: { model: "nvidia-h100" } }),
      offer("c", { gpu: { model: "nvidia-h100", memoryGi: 94 } }),
    );
    expect(decision).toMatchObject({ considered: 3, fitting: 0, failure: { code: "no-offer-fits" } });
    expect(decision.rejected).toEqual([
      { code: "gpu-model", count: 1, failing: 1 },
      { code: "gpu-memory", count: 1, failing: 2 },
      { code: "location", count: 1, failing: 3 },
    ]);
  });

  test.each([
    ["busy now", { gpu: { count: 4 } }, true],
    ["larger than any node", { gpu: { count: 9 } }, false],
    ["of another model", { gpu: { model: "nvidia-h100" } }, false],
    ["too many tasks for now", { gpu: { count: 2 }, tasks: 3 }, true],
    ["too many tasks for ever", { gpu: { count: 2 }, tasks: 5 }, false],
    ["dedicated, and the node is in use", { gpu: { count: 2, dedicated: true } }, true],
    ["short of CPU", { cpu: 1000 }, true],
  ])("of what is %s says whether waiting helps", (_, asked, couldFit) => {
    expect(refused(asked, offer("a", { free: 3, nodeIdle: false })).couldFit).toBe(couldFit);
  });

  test("says how many tasks had a place", () => {
    expect(refused({ tasks: 20 }, offer("a"), offer("b")).failure).toEqual({
      code: "capacity",
      has: 16,
      needs: 20,
    });
  });

  test("of an empty pool says so", () => {
    expect(refused({})).toMatchObject({ considered: 0, rejected: [], failure: { code: "no-offer-fits" } });
  });
});

describe("several tasks", () => {
  const zone = (id: string, provider: string, name: string, unitRate: number, free: number) =>
    offer(id, { provider, place: { zone: name }, unitRate, free });
  const a1 = zone("a1", "alpha", "a", 1, 2);
  const a2 = zone("a2", "alpha", "a", 5, 8);
  const b1 = zone("b1", "beta", "b", 2, 2);
  const b2 = zone("b2", "beta", "b", 3, 8);

  test("that are flexible take the best offers, each as far as it goes", () => {
    const decision = placed({ tasks: 5 }, a1, a2, b1, b2);
    expect(tasksByOffer(decision)).toEqual({ a1: 2, b1: 2, b2: 1 });
    expect(decision).toMatchObject({ value: 9, optimal: true, strategy: "flexible" });
  });

  test("that are colocated stay in the zone that is best for all of them", () => {
    const decision = placed({ tasks: 4, strategy: "colocated" }, a1, a2, b1, b2);
    expect(tasksByOffer(decision)).toEqual({ b1: 2, b2: 2 });
    expect(decision).toMatchObject({ value: 10, optimal: true });
  });

  test("that are colocated do not straddle two zones of one provider, nor two providers", () => {
    const failure = { code: "capacity", has: 2, needs: 3 };
    const other = zone("a3", "alpha", "other", 1, 2);
    expect(refused({ tasks: 3, strategy: "colocated" }, a1, other).failure).toEqual(failure);
    const namesake = zone("b3", "beta", "a", 1, 2);
    expect(refused({ tasks: 3, strategy: "colocated" }, a1, namesake).failure).toEqual(failure);
  });

  test("of an all-reduce are colocated unless told otherwise", () => {
    expect(placed({ tasks: 4, communication: "all-reduce" }, a1, b1, b2).strategy).toBe("colocated");
    const flexible = { tasks: 4, communication: "all-reduce", strategy: "flexible" } as const;
    expect(tasksByOffer(placed(flexible, a1, b1, b2))).toEqual({ a1: 2, b1: 2 });
  });

  test("without a zone stay in the region, without a region with the provider", () => {
    const bare = (id: string, provider: string) => ({
      ...zone(id, provider, "", 1, 2),
      place: { groups: [] },
    });
    const asked = { tasks: 4, strategy: "colocated" } as const;
    expect(placed(asked, bare("a", "alpha"), bare("b", "alpha")).placements).toHaveLength(2);
    expect(refused(asked, bare("a", "alpha"), bare("b", "beta")).failure).toMatchObject({ code: "capacity" });
  });

  test("that are distributed go to as many providers as there are, then zones, then nodes", () => {
    const c1 = zone("c1", "beta", "c", 9, 8);
    expect(tasksByOffer(placed({ tasks: 2, strategy: "distributed" }, a1, a2, b1, b2))).toEqual({
      a1: 1,
      b1: 1,
    });
    expect(tasksByOffer(placed({ tasks: 4, strategy: "distributed" }, a1, a2, b1, b2, c1))).toEqual({
      a1: 1,
      a2: 1,
      b1: 1,
      c1: 1,
    });
  });

  test("that are distributed fill one provider when the others are full", () => {
    expect(tasksByOffer(placed({ tasks: 6, strategy: "distributed" }, a1, b1, b2))).toMatchObject({ a1: 2 });
  });

  test("that are distributed do not share one single node", () => {
    expect(refused({ tasks: 2, strategy: "distributed" }, b2).failure).toEqual({
      code: "distribution",
      has: 1,
      needs: 2,
    });
  });

  test("share the CPU and memory of a node over all of its groups", () => {
    const groups = ["x", "y"].map((id) => offer(id, { node: "n", cpu: 5, memoryGi: 100 }));
    expect(placed({ tasks: 5 }, ...groups).placements).toMatchObject([{ tasks: 5 }]);
    expect(refused({ tasks: 6 }, ...groups).failure).toEqual({ code: "capacity", has: 5, needs: 6 });
    expect(refused({ tasks: 6, cpu: 0, memoryGi: 20 }, ...groups).failure).toMatchObject({ has: 5 });
  });

  test("of one dedicated Intent share nodes and pay for each node once", () => {
    const decision = placed({ tasks: 10, gpu: { dedicated: true } }, offer("a"), offer("b"), offer("c"));
    expect(tasksByOffer(decision)).toEqual({ a: 8, b: 2 });
    expect(decision.rate?.amount).toBe(32);
  });
});

describe("a bound on the whole Intent", () => {
  const fast = offer("fast", { unitRate: 4, gpu: { fp32Tflops: 60 } });
  const mid = offer("mid", { unitRate: 2, gpu: { fp32Tflops: 25 } });
  const slow = offer("slow", { unitRate: 1, gpu: { fp32Tflops: 8 } });
  const hourly = (amount: number) => ({ constraints: { maxHourly: { amount, currency: "EUR" } } });

  test("mixes offers to stay within the money", () => {
    const decision = placed({ tasks: 4, objective: "performance", ...hourly(10) }, fast, mid, slow);
    expect(tasksByOffer(decision)).toEqual({ fast: 2, slow: 2 });
    expect(decision.rate?.amount).toBeLessThanOrEqual(10);
    expect(decision.value).toBeLessThanOrEqual((decision.bound ?? 0) + 1e-9);
  });

  test("is met by the cheapest to the cent", () => {
    expect(
      tasksByOffer(placed({ tasks: 4, objective: "performance", ...hourly(4) }, fast, mid, slow)),
    ).toEqual({
      slow: 4,
    });
  });

  test("that even the cheapest breaks is told with both numbers", () => {
    const failure = { code: "max-hourly-cost", has: 4, needs: 3.5 };
    expect(refused({ tasks: 4, ...hourly(3.5) }, fast, mid, slow).failure).toEqual(failure);
  });

  test("counts a total over the time that it runs", () => {
    const asked = { tasks: 4, runtimeHours: 5, constraints: { maxTotal: { amount: 19, currency: "EUR" } } };
    expect(refused(asked, slow).failure).toEqual({ code: "max-total-cost", has: 4, needs: 3.8 });
  });

  test("on carbon holds for all tasks", () => {
    const asked = { tasks: 2, constraints: { energy: { maxCarbonPerHour: 200 } } };
    expect(refused(asked, slow).failure).toEqual({ code: "carbon", has: 288, needs: 200 });
  });

  test("holds in each zone of colocated tasks", () => {
    const dearZone = offer("z1", { place: { zone: "z1" }, unitRate: 3, gpu: { fp32Tflops: 60 } });
    const cheapZone = offer("z2", { place: { zone: "z2" }, unitRate: 1, gpu: { fp32Tflops: 8 } });
    const asked = { tasks: 3, objective: "performance", strategy: "colocated", ...hourly(5) } as const;
    expect(tasksByOffer(placed(asked, dearZone, cheapZone))).toEqual({ z2: 3 });
  });

  test("leaves distributed tasks distributed", () => {
    const far = offer("far", { provider: "beta", unitRate: 3 });
    const asked = { tasks: 2, objective: "performance", strategy: "distributed", ...hourly(4) } as const;
    expect(Object.keys(tasksByOffer(placed(asked, fast, slow, far)))).toEqual(["slow", "far"]);
  });
});

test("an even spread gives way where the money does not reach for it", () => {
  const dear = offer("dear", { provider: "beta", unitRate: 3.5 });
  const offers = [offer("a"), offer("b"), dear];
  const asked = {
    tasks: 2,
    strategy: "distributed",
    constraints: { maxHourly: { amount: 4, currency: "EUR" } },
  } as const;
  expect(tasksByOffer(placed(asked, ...offers))).toEqual({ a: 1, b: 1 });
  expect(refused(asked, offer("a"), dear).failure).toEqual({ code: "max-hourly-cost", has: 5.5, needs: 4 });
});

test("a currency table that lacks a currency leaves its offers without a rate", () => {
  const decision = decide({ offers: [offer("a", { currency: "CHF" })], currencyRates: RATES }, requirement());
  expect(decision.placed && decision.rate).toBeUndefined();
});
