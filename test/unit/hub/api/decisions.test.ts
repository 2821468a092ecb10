import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { ReasonCode } from "../../../../src/allocation/reasons.ts";
import type { Offer } from "../../../../src/allocation/types.ts";
import { ApiError } from "../../../../src/hub/api/api-error.ts";
import { differenceOf, mergePatch } from "../../../../src/hub/api/intents/merge-patch.ts";
import { requireHardLimits, requireQuota, type Share } from "../../../../src/hub/api/intents/quota.ts";
import { refusalCode, suggestionForm } from "../../../../src/hub/api/intents/refusal.ts";
import { someOfEachKind } from "../../../../src/hub/api/intents/suggestions.ts";
import { pageOf } from "../../../../src/hub/api/page.ts";
import { createRows, inCurrency, isAskedFor } from "../../../../src/hub/api/resources/rows.ts";
import { hardLimits } from "../../../../src/hub/api/tenants/capsule-quotas.ts";
import { offersOf } from "../../../../src/hub/inventory/offers.ts";
import { nodeRecord, offerOptions } from "../builders.ts";

const RATES = { EUR: 1, USD: 0.5 };
const offer = (parts: Partial<Offer> = {}): Offer => {
  const [made] = offersOf(nodeRecord(), [], offerOptions()).offers;
  return { ...(made as Offer), ...parts };
};

describe("the code of a refusal", () => {
  const rejected = (...codes: ReasonCode[]) => codes.map((code) => ({ code, count: 1, failing: 1 }));
  test.each([
    [["gpu-model"], "GPU_MODEL_UNAVAILABLE"],
    [["gpu-model", "gpu-memory"], "GPU_MEMORY_INSUFFICIENT"],
    [["gpu-model", "gpu-count"], "GPU_COUNT_INSUFFICIENT"],
    [["gpu-memory", "location", "gpu-model"], "REGION_UNAVAILABLE"],
    [["location", "max-hourly-cost"], "COST_LIMIT_EXCEEDED"],
    [["gpu-model", "gdpr"], "INSUFFICIENT_RESOURCES"],
    [[], "INSUFFICIENT_RESOURCES"],
  ] as const)(
    "is, of offers rejected for %j, by what rejected those that came furthest: %s",
    (codes, code) => {
      expect(refusalCode({ failure: { code: "no-offer-fits" }, rejected: rejected(...codes) })).toBe(code);
    },
  );

  it("is about money where every offer fits and all together cost too much", () => {
    const failure = { code: "max-hourly-cost", has: 9, needs: 5 } as const;
    expect(refusalCode({ failure, rejected: [] })).toBe("COST_LIMIT_EXCEEDED");
  });
});

test.each([
  [
    { amount: 1.2, currency: "EUR" },
    -0.204,
    { cost_difference: "+1.20 EUR/hour", performance_impact: "-20%" },
  ],
  [{ amount: -3, currency: "EUR" }, 0.5, { cost_difference: "-3 EUR/hour", performance_impact: "+50%" }],
  [undefined, undefined, {}],
])("a difference of %j and %j is told as %j", (costDifference, performanceDifference, told) => {
  const suggestion = {
    alternative: "x",
    ...(costDifference && { costDifference }),
    ...(performanceDifference !== undefined && { performanceDifference }),
  } as Parameters<typeof suggestionForm>[0];
  expect(suggestionForm(suggestion)).toEqual({ alternative: "x", ...told });
});

describe("a quota", () => {
  const share = (gpus: number, model?: string, amount?: number): Share => ({
    gpus,
    model,
    rate: amount === undefined ? undefined : { amount, currency: "USD" },
    namespace: "team-a",
    units: undefined,
  });
  const exceeded = (quota: Parameters<typeof requireQuota>[0], has: Share[], asked: Share): string => {
    try {
      requireQuota(quota, has, asked, RATES);
      return "";
    } catch (error) {
      const { name, used, limit } = (error as ApiError).details.quota ?? {};
      return `${name} ${used}/${limit}`;
    }
  };
  test.each([
    ["nothing is limited", {}, [share(100)], share(100), ""],
    ["it is just reached", { gpus: 4 }, [share(3)], share(1), ""],
    ["GPUs are too many", { gpus: 4 }, [share(3)], share(2), "gpus 3/4"],
    ["Intents are too many", { intents: 1 }, [share(0)], share(0), "intents 1/1"],
    [
      "of a model are too many",
      { gpusByModel: { h100: 2 } },
      [share(2, "h100")],
      share(1, "h100"),
      "gpusByModel.h100 2/2",
    ],
    ["of another model are many", { gpusByModel: { h100: 2 } }, [share(9, "a100")], share(2, "h100"), ""],
    [
      "it costs too much in the quota's currency",
      { hourlyRate: { amount: 5, currency: "EUR" } },
      [share(1, "x", 8)],
      share(1, "x", 4),
      "hourlyRate 4 EUR/5 EUR",
    ],
    [
      "the cost is not known",
      { hourlyRate: { amount: 5, currency: "EUR" } },
      [share(1, "x", 10)],
      share(1),
      "",
    ],
  ])("where %s", (_, quota, has, asked, told) => {
    expect(exceeded(quota, has, asked)).toBe(told);
  });
});

describe("a ResourceQuota of a tenant", () => {
  const H100 = "requests.nvidia.com/gpu";
  const share = (units: Share["units"], namespace = "a", model = "nvidia-h100"): Share => ({
    gpus: 2,
    model,
    rate: undefined,
    namespace,
    units,
  });
  const two = share({ "nvidia.com/gpu": 2 });
  const quotas = (hard: Record<string, string | number>, more: object = {}) => ({
    items: [{ hard, ...more }],
  });

  test.each([
    ["is just reached", quotas({ [H100]: "4" }), [two], two, ""],
    ["is exceeded", quotas({ [H100]: 3 }), [two], two, `${H100} 2/3`],
    ["is that of the whole tenant", quotas({ [H100]: "3" }), [share(two.units, "b")], two, `${H100} 2/3`],
    [
      "is that of each namespace",
      { scope: "Namespace", ...quotas({ [H100]: "3" }) },
      [share(two.units, "b")],
      two,
      "",
    ],
    ["is of another resource", quotas({ "requests.nvidia.com/mig-1g.10gb": "0" }), [], two, ""],
    ["forbids a resource", quotas({ [H100]: "0" }), [], two, `${H100} 0/0`],
    ["counts what waits", quotas({ [H100]: "3" }), [share(undefined)], two, `${H100} 2/3`],
    [
      "does not count what waits for another vendor's",
      quotas({ [H100]: "3" }),
      [share(undefined, "a", "amd-mi300x")],
      two,
      "",
    ],
    [
      "does not count what asks for another vendor",
      quotas({ [H100]: "3" }),
      [{ ...share(undefined), model: undefined, vendor: "amd" }],
      two,
      "",
    ],
    ["holds for some pods alone", quotas({ [H100]: "0" }, { scopes: ["Terminating"] }), [], two, ""],
    [
      "bounds Intents",
      quotas({ "count/intents.flare.clastix.io": "1" }),
      [two],
      two,
      "count/intents.flare.clastix.io 1/1",
    ],
    ["bounds other things", quotas({ "requests.cpu": "0", "limits.memory": "0", pods: "0" }), [], two, ""],
    ["makes no sense", quotas({ [H100]: "many" }), [], two, ""],
    ["is absent", undefined, [two], two, ""],
  ])("that %s", (_, written, has, asked, told) => {
    let exceeded = "";
    try {
      requireHardLimits(hardLimits(written), has, asked);
    } catch (error) {
      const { name, used, limit } = (error as ApiError).details.quota ?? {};
      exceeded = `${name} ${used}/${limit}`;
    }
    expect(exceeded).toBe(told);
  });
});

describe("a merge patch", () => {
  test.each([
    [
      { a: 1, b: 2 },
      { b: null, c: 3 },
      { a: 1, c: 3 },
    ],
    [{ a: { b: 1, c: 2 } }, { a: { c: null } }, { a: { b: 1 } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
    [{ a: 1 }, "x", "x"],
  ])("of %j by %j gives %j", (document, patch, expected) => {
    expect(mergePatch(document, patch)).toEqual(expected);
  });

  it("made of the difference of two documents makes one of the other", () => {
    const { document } = fc.letrec<{ document: object; value: unknown }>((tie) => ({
      document: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value")) as fc.Arbitrary<object>,
      value: fc.oneof({ maxDepth: 3 }, fc.nat(2), fc.array(fc.nat(2), { maxLength: 2 }), tie("document")),
    }));
    fc.assert(
      fc.property(document, document, (from, to) => {
        expect(mergePatch(from, differenceOf(from, to))).toEqual(to);
      }),
    );
  });

  it("does not reach the prototype of anything", () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__":{"evil":true}}'));
    expect(({} as { evil?: boolean }).evil).toBeUndefined();
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
  });
});

describe("pages", () => {
  it("show everything once and in order, whatever the size of a page", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 })),
        fc.integer({ min: 1, max: 7 }),
        (keys, limit) => {
          const entries = keys.toSorted((left, right) => (left < right ? -1 : 1));
          const seen: string[] = [];
          let cursor: string | undefined;
          do {
            const { page, next } = pageOf(entries, (key) => key, { limit, cursor });
            seen.push(...page);
            cursor = next.next_cursor;
          } while (cursor !== undefined);
          expect(seen).toEqual(entries);
        },
      ),
    );
  });

  it("refuse a cursor that is none", () => {
    expect(() => pageOf([], String, { limit: 1, cursor: "%" })).toThrow(ApiError);
  });
});

describe("rows of resources", () => {
  it("put equal offers of a provider together and tell what is free, where, and in how large pieces", () => {
    const rows = createRows()([
      offer({ id: "1", node: "n1", free: 3, total: 8 }),
      offer({ id: "2", node: "n2", free: 5, total: 8 }),
      offer({ id: "3", node: "n3", free: 1, total: 8, unitRate: 4 }),
    ]);
    const shown = rows.map(({ free, total, nodes, largestFree, rate }) => [
      free,
      total,
      nodes,
      largestFree,
      rate?.amount,
    ]);
    expect(shown).toHaveLength(2);
    expect(shown).toEqual(
      expect.arrayContaining([
        [1, 8, 1, 1, 4],
        [8, 16, 2, 5, 10],
      ]),
    );
    expect(new Set(rows.map(({ key }) => key)).size).toBe(2);
  });

  it("are carried on from look to look as if they were worked out anew", () => {
    const kind = fc.record({
      model: fc.constantFrom("nvidia-h100", "nvidia-l4"),
      free: fc.nat(8),
      unitRate: fc.constantFrom(1, 2),
    });
    const changes = fc.array(fc.array(fc.tuple(fc.nat(5), fc.option(kind)), { maxLength: 4 }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(changes, (looks) => {
        const carried = createRows();
        const offers = new Map<number, Offer>();
        for (const look of looks) {
          for (const [node, made] of look) {
            if (made === null) offers.delete(node);
            else
              offers.set(
                node,
                offer({ id: String(node), ...made, gpu: { ...offer().gpu, model: made.model } }),
              );
          }
          const told = [...offers.values()];
          expect(carried(told)).toEqual(createRows()(told));
        }
      }),
    );
  });

  it("tell rates in the currency that is asked for, and none that cannot be told in it", () => {
    const rows = createRows()([
      offer({ unitRate: 4, currency: "USD" }),
      offer({ id: "2", unitRate: 4, currency: "XYZ" }),
    ]);
    const rates = inCurrency(rows, "EUR", RATES).map(({ rate }) => rate);
    expect(rates).toHaveLength(2);
    expect(rates).toEqual(expect.arrayContaining([{ amount: 2, currency: "EUR" }, undefined]));
  });

  it("are above any bound where nobody tells their rate", () => {
    const { unitRate: _, currency: __, ...free } = offer();
    const [row] = createRows()([free as Offer]);
    expect(row && isAskedFor(row, { maxRate: 1e9 })).toBe(false);
  });
});

describe("offers that suggestions are worked out on", () => {
  it("are all of them while they are few", async () => {
    const offers = [offer(), offer({ id: "2" })];
    expect(await someOfEachKind(offers, 1)).toBe(offers);
  });

  it("are some of each kind where they are many, the emptiest ones, and never more than can be looked at", async () => {
    const many = Array.from({ length: 5000 }, (_, index) =>
      offer({ id: String(index), node: `n${index}`, free: index % 9, unitRate: index % 5 }),
    );
    const some = await someOfEachKind(many, 4);
    expect(some.length).toBeLessThanOrEqual(1000);
    expect(new Set(some.map(({ unitRate }) => unitRate)).size).toBe(5);
    expect(some.filter(({ unitRate }) => unitRate === 0).map(({ free }) => free)).toEqual([8, 8, 8, 8]);
  });
});
