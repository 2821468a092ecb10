import { describe, expect, test } from "vitest";
import { relax, rungsOf } from "../../../src/allocation/relax.ts";
import type { Negotiation, Requirement } from "../../../src/allocation/requirement.ts";
import type { Offer } from "../../../src/allocation/types.ts";
import { offer, requirement, snapshot } from "./builders.ts";

const h100 = offer("h100", { gpu: { model: "nvidia-h100", fp32Tflops: 67 }, free: 0, unitRate: 5 });
const a100 = offer("a100", { unitRate: 2 });
const spot = offer("spot", {
  interruptible: true,
  gpu: { model: "nvidia-h100", fp32Tflops: 67 },
  unitRate: 1,
});
const slice = offer("slice", { gpu: { sharing: "mig", model: "nvidia-h100", memoryGi: 20 }, unitRate: 0.5 });

const asking = (
  negotiation: Partial<Negotiation>,
  parts: Parameters<typeof requirement>[0] = { gpu: { model: "nvidia-h100" } },
): Requirement => requirement({ ...parts, negotiation });

const outcome = (asked: Requirement, ...offers: readonly Offer[]): string => {
  const relaxed = relax(snapshot(...offers), asked);
  return relaxed.outcome === "placed" ? (relaxed.decision.placements[0]?.offer ?? "") : relaxed.outcome;
};

describe("the ladder", () => {
  test.each([
    ["waits by default", requirement({ gpu: { model: "nvidia-h100" } }), "queue"],
    ["takes spot nodes", asking({ fallbacks: ["spot"] }), "spot"],
    ["takes shares", asking({ fallbacks: ["shared"] }), "slice"],
    ["takes the first fallback that fits", asking({ fallbacks: ["shared", "spot"] }), "slice"],
    ["waits where the order says so", asking({ fallbacks: ["queue", "spot"] }), "queue"],
    ["gives up where no fallback fits", asking({ fallbacks: ["lower-tier"] }), "none"],
    [
      "takes a slower GPU within the flexibility",
      asking({ fallbacks: ["lower-tier"], resourceFlexibility: 0.8 }),
      "a100",
    ],
    ["waits after fallbacks that do not fit", asking({ fallbacks: ["lower-tier", "queue"] }), "queue"],
  ])("%s", (_, asked, expected) => {
    expect(outcome(asked, h100, a100, spot, slice)).toBe(expected);
  });

  test("gives up one thing on top of the other", () => {
    const spotSlice = { ...slice, interruptible: true };
    expect(outcome(asking({ fallbacks: ["spot", "shared"] }), h100, spotSlice)).toBe("slice");
  });

  test("never shares what must be dedicated", () => {
    const asked = asking({ fallbacks: ["shared"] }, { gpu: { dedicated: true } });
    expect(rungsOf(asked, [])).toEqual([]);
  });

  test("measures lower tiers by the catalogue where no offer has the model", () => {
    const gpu = { model: "nvidia-h100", reference: { memoryGi: 80, fp32Tflops: 24 } };
    expect(outcome(asking({ fallbacks: ["lower-tier"], resourceFlexibility: 0.1 }, { gpu }), a100)).toBe(
      "none",
    );
    expect(outcome(asking({ fallbacks: ["lower-tier"], resourceFlexibility: 0.2 }, { gpu }), a100)).toBe(
      "a100",
    );
  });

  test.each([
    ["the maker of the named model", {}, "nvidia"],
    ["the maker that is asked for", { vendor: "amd" }, "amd"],
    ["no maker where any will do", { vendor: "any" }, "any"],
  ])("holds a lower tier to %s", (_, gpu, vendor) => {
    const rungs = rungsOf(asking({ fallbacks: ["lower-tier"] }, { gpu: { model: "nvidia-a100", ...gpu } }), [
      a100,
    ]);
    expect(rungs.map((rung) => rung !== "queue" && rung.requirement.gpu.vendor)).toContain(vendor);
  });

  test("has no lower tier for a model of which nothing is known", () => {
    expect(rungsOf(asking({ fallbacks: ["lower-tier"] }, { gpu: { model: "unknown" } }), [a100])).toEqual([]);
  });

  test("stretches the price no further than it may", () => {
    const parts = {
      constraints: { maxHourly: { amount: 1.8, currency: "EUR" } },
      gpu: { interruptible: false },
    };
    const bounded = (priceFlexibility: number) => asking({ fallbacks: ["spot"], priceFlexibility }, parts);
    expect(outcome(bounded(0.1), a100)).toBe("none");
    expect(outcome(bounded(0.15), a100)).toBe("a100");
  });

  test("asks for consent when the concession is above the threshold", () => {
    const parts = { constraints: { maxHourly: { amount: 1.8, currency: "EUR" } } };
    const negotiation = { fallbacks: ["spot"], priceFlexibility: 0.15 } as const;
    const consents = [0.05, 0.12].map((autoAcceptThreshold) =>
      relax(snapshot(a100), asking({ ...negotiation, autoAcceptThreshold }, parts)),
    );
    expect(consents).toMatchObject([{ needsConsent: true }, { needsConsent: false }]);
    expect(consents[0]).toMatchObject({
      concession: expect.closeTo(0.2 / 1.8, 9),
      rung: { stretched: true },
    });
  });

  test("counts what is missing of the resources as a concession", () => {
    const gpu = { memoryGiMin: 100 };
    const relaxed = relax(snapshot(a100), asking({ fallbacks: ["spot"], resourceFlexibility: 0.3 }, { gpu }));
    expect(relaxed).toMatchObject({ concession: expect.closeTo(0.2, 9), needsConsent: true });
  });

  test("takes what was allowed by name without asking", () => {
    expect(relax(snapshot(spot), asking({ fallbacks: ["spot"] }))).toMatchObject({
      concession: 0,
      needsConsent: false,
    });
  });
});
