import { describe, expect, test } from "vitest";
import { DEFAULT_WEIGHTS } from "../../../src/allocation/objective.ts";
import { rank } from "../../../src/allocation/rank.ts";
import { type KindFacts, strategyOf, workloadKindOf } from "../../../src/allocation/requirement.ts";
import type { Offer } from "../../../src/allocation/types.ts";
import { offer, RATES, requirement } from "./builders.ts";

type Asked = Parameters<typeof requirement>[0];

const order = (asked: Asked, offers: readonly Offer[]): readonly string[] =>
  rank(requirement(asked), offers, RATES).map(({ offer: { id } }) => id);

describe("performance", () => {
  test("is score x TFLOPS x GPUs x efficiency", () => {
    const asked = requirement({ objective: "performance", kind: "training", gpu: { count: 4 } });
    expect(rank(asked, [offer("a")], RATES)[0]?.value).toBeCloseTo(0.8 * 19.5 * 4 * 0.9, 10);
  });

  test.each([
    ["all-reduce", 0.9],
    ["pipeline", 0.95],
    ["independent", 1],
  ] as const)("of %s work feels the link between GPUs: %d", (communication, efficiency) => {
    const asked = requirement({ objective: "performance", communication, gpu: { count: 2 } });
    expect(rank(asked, [offer("a")], RATES)[0]?.value).toBeCloseTo(0.8 * 19.5 * 2 * efficiency, 10);
  });

  test("of one GPU knows no loss, and an efficiency that is not told is a poor one", () => {
    const { multiGpuEfficiency: _, ...gpu } = offer("a").gpu;
    const untold: Offer = { ...offer("a"), gpu };
    const values = [1, 2].map(
      (count) => rank(requirement({ objective: "performance", gpu: { count } }), [untold], RATES)[0]?.value,
    );
    expect(values).toEqual([0.8 * 19.5, 0.8 * 19.5 * 2 * 0.5]);
  });

  test("depends on the kind of work", () => {
    const trains = offer("trains", { gpu: { scores: { training: 0.9, inference: 0.1 } } });
    const infers = offer("infers", { gpu: { scores: { training: 0.1, inference: 0.9 } } });
    expect(order({ objective: "performance", kind: "training" }, [infers, trains])[0]).toBe("trains");
    expect(order({ objective: "performance", kind: "inference" }, [infers, trains])[0]).toBe("infers");
  });

  test("that is not told comes last", () => {
    const silent = offer("a", { gpu: { scores: {} }, unitRate: 0 });
    expect(order({ objective: "performance" }, [silent, offer("b")])).toEqual(["b", "a"]);
  });
});

describe("the other objectives", () => {
  test("cost compares in one currency", () => {
    const euros = offer("euros", { unitRate: 1.95 });
    const dollars = offer("dollars", { unitRate: 2.1, currency: "USD" });
    expect(order({ objective: "cost" }, [euros, dollars])).toEqual(["dollars", "euros"]);
  });

  test("a rate that is not known, or in an unknown currency, comes last", () => {
    const { unitRate: _, ...untold } = offer("untold");
    const foreign = offer("foreign", { unitRate: 0.01, currency: "XXX" });
    expect(order({ objective: "cost" }, [untold, foreign, offer("z", { unitRate: 99 })])[0]).toBe("z");
  });

  test("latency, then the start: peered first, then warm", () => {
    const near = offer("near", { network: { latencyMs: 1 } });
    const peered = offer("peered", { peered: true });
    const warm = offer("warm", { warm: true });
    const both = offer("both", { peered: true, warm: true });
    const expected = ["near", "both", "peered", "warm", "cold"];
    expect(order({ objective: "latency" }, [offer("cold"), warm, peered, both, near])).toEqual(expected);
  });

  test("energy is watts x PUE x intensity, then the renewable share", () => {
    const thrifty = offer("thrifty", { energy: { watts: 70 } });
    const green = offer("green", { energy: { renewablePercent: 90 } });
    expect(order({ objective: "energy" }, [offer("a"), green, thrifty])).toEqual(["thrifty", "green", "a"]);
    const asked = requirement({ objective: "energy", gpu: { count: 2 } });
    expect(rank(asked, [offer("a")], RATES)[0]?.value).toBeCloseTo(0.4 * 2 * 1.2 * 300, 10);
  });
});

describe("balanced", () => {
  const fast = offer("fast", { unitRate: 8, gpu: { fp32Tflops: 67 } });
  const cheap = offer("cheap", { unitRate: 0.3, gpu: { fp32Tflops: 8 } });

  test("weighs as told, by proportions", () => {
    const weights = (performance: number, cost: number) => ({ performance, cost, latency: 0, energy: 0 });
    const balanced = (performance: number, cost: number) =>
      order({ objective: "balanced", weights: weights(performance, cost) }, [fast, cheap])[0];
    expect(balanced(1, 0)).toBe("fast");
    expect(balanced(0, 1)).toBe("cheap");
    expect(balanced(9, 1)).toBe(balanced(0.9, 0.1));
  });

  test("is a number from 0 to 1 that other offers do not change", () => {
    const asked = requirement({ objective: "balanced" });
    const [alone] = rank(asked, [fast], RATES);
    const together = rank(asked, [fast, cheap], RATES).find((one) => one.offer.id === "fast");
    expect(together?.value).toBe(alone?.value);
    expect(alone?.value).toBeGreaterThan(0);
    expect(alone?.value).toBeLessThan(1);
  });

  test("has default weights that add up to 1", () => {
    const { performance, cost, latency, energy } = DEFAULT_WEIGHTS;
    expect(performance + cost + latency + energy).toBeCloseTo(1, 12);
  });

  test("does not depend on the currency it is told in", () => {
    const values = ["EUR", "USD"].map(
      (currency) => rank(requirement({ objective: "balanced", currency }), [fast], RATES)[0]?.value,
    );
    expect(values[0]).toBeCloseTo(values[1] ?? 0, 12);
  });
});

describe("the order of equals", () => {
  const slow = offer("a-pcie", { gpu: { interconnectGBps: 64, topology: "ring" } });
  const quick = offer("b-nvlink", { unitRate: 2 });

  test("is by the link where GPUs talk to each other", () => {
    expect(order({ communication: "all-reduce", gpu: { count: 2 } }, [slow, quick])[0]).toBe("b-nvlink");
    expect(order({ communication: "independent", gpu: { count: 2 } }, [slow, quick])[0]).toBe("a-pcie");
    expect(order({ communication: "all-reduce" }, [slow, quick])[0]).toBe("a-pcie");
  });

  test("is by topology where links are equal", () => {
    const ring = offer("a", { gpu: { topology: "ring" } });
    expect(order({ communication: "pipeline", gpu: { count: 2 } }, [ring, offer("b")])).toEqual(["b", "a"]);
  });

  test("is by rate, then by name", () => {
    const offers = [offer("c", { unitRate: 1 }), offer("b"), offer("a")];
    expect(order({ objective: "performance" }, offers)).toEqual(["c", "a", "b"]);
  });
});

describe("what follows from the Intent", () => {
  const cases: readonly [KindFacts, string][] = [
    [{ type: "service" }, "inference"],
    [{ type: "batch" }, "training"],
    [{ type: "batch", communication: "independent" }, "hpc"],
    [{ type: "service", communication: "all-reduce" }, "training"],
    [{ type: "batch", communication: "pipeline" }, "training"],
    [{ type: "service", tier: "gaming" }, "graphics"],
  ];

  test.each(cases)("%o is the kind %s", (facts, kind) => {
    expect(workloadKindOf(facts)).toBe(kind);
  });

  test.each([
    [{ tasks: 4 }, "flexible"],
    [{ tasks: 4, communication: "all-reduce" }, "colocated"],
    [{ tasks: 1, communication: "all-reduce" }, "flexible"],
    [{ tasks: 4, communication: "all-reduce", strategy: "distributed" }, "distributed"],
    [{ tasks: 4, communication: "pipeline" }, "flexible"],
  ] as const)("%o is placed %s", (parts, strategy) => {
    expect(strategyOf(requirement(parts))).toBe(strategy);
  });
});
