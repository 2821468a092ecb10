import { describe, expect, it } from "vitest";
import { requirementOf } from "../../../../src/hub/intents/requirement.ts";
import { parseIntentResource } from "../../../../src/intent/parse.ts";
import { minimal } from "../../../support/intents.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

function read(spec: Record<string, unknown>, workload: Record<string, unknown> = {}) {
  const parsed = parseIntentResource(minimal(spec, workload));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return requirementOf(parsed.intent.spec, {
    resolveModel: (name) =>
      name === "h100"
        ? { known: true, model: "nvidia-h100", reference: { memoryGi: 80 } }
        : { known: false, nearest: ["nvidia-h100"] },
    now: NOW,
    currency: "EUR",
    currencyRates: { EUR: 1, USD: 0.9 },
  });
}
function requirement(spec: Record<string, unknown>, workload: Record<string, unknown> = {}) {
  const result = read(spec, workload);
  if (!result.ok) throw new Error("no requirement");
  return result.requirement;
}
const gpu = (fields: object) => requirement({}, { resources: { gpu: fields } }).gpu;
const constraints = (fields: object) => requirement({ constraints: fields }).constraints;

describe("what an Intent asks, for the allocator", () => {
  it("is one whole GPU of any kind where it says nothing", () => {
    expect(requirement({})).toEqual({
      gpu: { count: 1 },
      cpu: 0,
      memoryGi: 0,
      tasks: 1,
      objective: "cost",
      kind: "inference",
      currency: "EUR",
      priority: 0,
      constraints: {},
    });
  });

  it.each([
    ["a model by its alias", { model: "h100" }, { model: "nvidia-h100", reference: { memoryGi: 80 } }],
    ["any model", { model: "any" }, {}],
    ["a maker, in any spelling", { vendor: "nvidia" }, { vendor: "nvidia" }],
    ["any maker, which is more than none", { vendor: "Any" }, { vendor: "any" }],
    ["memory", { memoryMin: "40Gi", memoryMax: "80Gi" }, { memoryGiMin: 40, memoryGiMax: 80 }],
    ["a clock", { clockSpeedMin: "1.5G" }, { clockHzMin: 1.5e9 }],
    [
      "a link",
      { interconnect: "NvLink", topology: "AllToAll" },
      { interconnect: "nvlink", topology: "all-to-all" },
    ],
    [
      "a class",
      { tier: "Premium", architecture: "ada-lovelace" },
      { tier: "premium", architecture: "ada-lovelace" },
    ],
    ["zero of something, which is nothing", { coresMin: 0, fp32TFlops: 0 }, {}],
    ["a slice", { multiInstance: true }, { multiInstance: true }],
    ["spot nodes", { interruptible: true }, { interruptible: true }],
  ])("reads of the GPU %s", (_, fields, expected) => {
    expect(gpu(fields)).toEqual({ count: 1, ...expected });
  });

  it.each([
    ["money", { maxHourlyCost: "10 USD" }, { maxHourly: { amount: 10, currency: "USD" } }],
    ["bandwidth", { performance: { minNetworkBandwidth: "10G" } }, { sla: { minBandwidthGbps: 10 } }],
    ["a cold start", { performance: { maxColdStartTime: "90s" } }, { sla: { maxColdStartSeconds: 90 } }],
    ["carbon", { energy: { maxCarbonFootprint: "50g CO2/h" } }, { energy: { maxCarbonPerHour: 50 } }],
    [
      "a public network, which is no condition",
      { security: { networkIsolation: "Public" } },
      { security: {} },
    ],
    [
      "a private network",
      { security: { networkIsolation: "Private" } },
      { security: { networkIsolation: "private" } },
    ],
    [
      "the other spelling of HIPAA",
      { compliance: { hippaCompliant: true } },
      { compliance: { hipaa: true } },
    ],
    ["providers", { providers: ["aws"] }, { providers: ["aws"] }],
  ])("reads of the constraints %s", (_, fields, expected) => {
    expect(constraints(fields)).toEqual(expected);
  });

  it("takes preemptible for spot nodes too", () => {
    expect(requirement({ constraints: { preEmptible: true } }).gpu.interruptible).toBe(true);
  });

  it("tells a deadline in seconds from now, and how long a batch may run", () => {
    const deadline = { constraints: { deadline: "2026-01-01T02:00:00Z" } };
    const asked = requirement(deadline, { type: "Batch", batch: { timeout: "90m", parallelTasks: 3 } });
    expect(asked).toMatchObject({ constraints: { deadlineSeconds: 7200 }, runtimeHours: 1.5, tasks: 3 });
  });

  it("compares rates in the currency of its own bound", () => {
    expect(requirement({ constraints: { maxHourlyCost: "10 USD" } }).currency).toBe("USD");
  });

  it("gives up in the order that was named, and nothing where it shall fail", () => {
    const negotiation = (fallbackStrategy: string) =>
      requirement({ constraints: { negotiation: { fallbackStrategy } } }).negotiation?.fallbacks;
    expect(negotiation("lower_tier,spot,queue")).toEqual(["lower-tier", "spot", "queue"]);
    expect(negotiation("fail")).toEqual([]);
  });

  it.each([
    ["AMD", false],
    ["NVIDIA", true],
    ["Any", true],
  ])("takes a model of NVIDIA's with vendor %s: %s", (vendor, ok) => {
    const result = read({}, { resources: { gpu: { model: "h100", vendor } } });
    expect(result.ok).toBe(ok);
    expect(result.ok ? [] : result.problems).toMatchObject(
      ok ? [] : [{ path: "spec.workload.resources.gpu.vendor", message: expect.stringContaining("(h100)") }],
    );
  });

  it("tells an unknown model with its path and the nearest known one", () => {
    expect(read({}, { resources: { gpu: { model: "h1000" } } })).toMatchObject({
      ok: false,
      problems: [
        {
          path: "spec.workload.resources.gpu.model",
          message: expect.stringContaining("did you mean nvidia-h100?"),
        },
      ],
    });
  });
});

describe("amounts in a currency of which nobody knows the worth", () => {
  it.each(["maxHourlyCost", "maxTotalCost"])("are refused in %s, with those that are known", (field) => {
    const { ok, problems } = read({ constraints: { [field]: "10 QQQ" } }) as Extract<
      ReturnType<typeof read>,
      { ok: false }
    >;
    expect(ok).toBe(false);
    expect(problems).toMatchObject([
      { path: `spec.constraints.${field}`, message: "is in QQQ, which has no rate here; known are EUR, USD" },
    ]);
  });

  it("are told beside whatever else is wrong", () => {
    const result = read(
      { constraints: { maxHourlyCost: "10 QQQ" } },
      { resources: { gpu: { model: "h1000" } } },
    );
    expect(result.ok ? [] : result.problems.map(({ path }) => path)).toEqual([
      "spec.workload.resources.gpu.model",
      "spec.constraints.maxHourlyCost",
    ]);
  });
});
