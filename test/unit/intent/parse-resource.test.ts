import { describe, expect, it } from "vitest";
import { parseIntentResource } from "../../../src/intent/parse.ts";
import { formatProblems, type Problem } from "../../../src/intent/problem.ts";
import type { IntentSpec } from "../../../src/intent/spec-schema.ts";
import { minimal, referenceSpecs, withGpu } from "../../support/intents.ts";

function specOf(object: unknown, currency?: string): IntentSpec {
  const parsed = parseIntentResource(object, currency === undefined ? {} : { currency });
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems));
  return parsed.intent.spec;
}

function problemsOf(object: unknown): readonly Problem[] {
  const parsed = parseIntentResource(object);
  return parsed.ok ? [] : parsed.problems;
}

describe("an Intent that is well", () => {
  it("needs an objective, a type, a name and an image; the rest has defaults", () => {
    expect(specOf(minimal())).toEqual({
      objective: "CostMinimization",
      priority: 0,
      workload: { type: "Service", name: "demo", image: "nginx:1.27", resources: { gpu: { count: 1 } } },
    });
  });

  it("runs by the defaults of a batch when it says nothing of how", () => {
    expect(specOf(minimal({}, { type: "Batch" })).workload.batch).toEqual({
      parallelTasks: 1,
      completionPolicy: "All",
      maxRetries: 3,
      timeout: "1h",
    });
  });

  it.each(Object.entries(referenceSpecs))("may be %s, in the reference's words", (_, spec) => {
    expect(problemsOf({ ...minimal(), spec })).toEqual([]);
  });

  it("comes out in one spelling, whatever it was written in", () => {
    const spec = referenceSpecs["a service with everything that services have"];
    expect(specOf({ ...minimal(), spec })).toMatchSnapshot();
  });

  it("keeps metadata and status", () => {
    const status = { phase: "Running" };
    const parsed = parseIntentResource({ ...minimal(), status });
    expect(parsed).toMatchObject({ ok: true, intent: { metadata: { name: "demo" }, status } });
  });

  it("is the same when parsed again", () => {
    for (const spec of Object.values(referenceSpecs)) {
      const once = specOf({ ...minimal(), spec });
      expect(specOf({ ...minimal(), spec: once })).toEqual(once);
    }
  });
});

describe("the misspellings of the reference", () => {
  it("are read", () => {
    const spec = specOf(minimal({ contraints: { location: "EU", compliance: { hippaCompliant: true } } }));
    expect(spec.constraints).toEqual({ location: "EU", compliance: { hipaaCompliant: true } });
    expect(spec).not.toHaveProperty("contraints");
  });

  it("yield to the right spelling, field by field, whichever comes first", () => {
    const wrong = { contraints: { location: "US", maxHourlyCost: 5 } };
    const right = { constraints: { location: "EU" } };
    for (const both of [
      { ...wrong, ...right },
      { ...right, ...wrong },
    ]) {
      expect(specOf(minimal(both)).constraints).toEqual({ location: "EU", maxHourlyCost: "5 EUR" });
    }
  });

  it("are named as written when something in them is wrong", () => {
    const [problem] = problemsOf(minimal({ contraints: { compliance: { hippaCompliant: "yes" } } }));
    expect(problem?.path).toBe("spec.contraints.compliance.hippaCompliant");
  });
});

describe("values", () => {
  it.each([
    ["memoryMin", "70Gi", "70Gi"],
    ["memoryMin", "70GB", "70Gi"],
    ["memoryMin", 70, "70Gi"],
    ["memoryMin", "70", "70Gi"],
    ["memoryMin", 85_899_345_920, "80Gi"],
    ["clockSpeedMin", "1.5GHz", "1500M"],
    ["clockSpeedMin", "1500 MHz", "1500M"],
    ["computeCapability", "9", "9.0"],
    ["architecture", "AdaLovelace", "ada-lovelace"],
    ["tier", "premium", "Premium"],
    ["interconnect", "NVLink", "NvLink"],
    ["interconnect", "infinity-fabric", "InfinityFabric"],
    ["topology", "nvswitch", "NvSwitch"],
    ["fp32TFlops", "19.5", 19.5],
    ["model", "Any", undefined],
    ["architecture", "any", undefined],
    ["computeCapability", "Any", undefined],
    ["tier", "Any", undefined],
    ["topology", "Any", undefined],
    ["interconnect", "", undefined],
    ["model", null, undefined],
  ] as const)("gpu.%s %j is read as %j", (key, written, read) => {
    expect(specOf(withGpu({ [key]: written })).workload.resources.gpu[key]).toEqual(read);
  });

  it.each([
    ["maxHourlyCost", "10 EUR", "10 EUR"],
    ["maxHourlyCost", 10, "10 EUR"],
    ["maxHourlyCost", "$2.5/hour", "2.50 USD"],
    ["maxLatencyMs", "50ms", 50],
    ["maxLatencyMs", "1s", 1000],
    ["maxLatencyMs", 50, 50],
    ["location", "any", undefined],
  ] as const)("constraints.%s %j is read as %j", (key, written, read) => {
    expect(specOf(minimal({ constraints: { [key]: written } })).constraints?.[key]).toEqual(read);
  });

  it.each([
    ["performance", "minNetworkBandwidth", "10Gbps", "10G"],
    ["performance", "minNetworkBandwidth", 10, "10G"],
    ["performance", "maxColdStartTime", "1m30s", "1m30s"],
    ["energy", "maxCarbonFootprint", "50g CO2/h", "50g CO2/h"],
    ["energy", "maxCarbonFootprint", "0.05 kg", "50g CO2/h"],
    ["energy", "energyEfficiencyRating", "b", "B"],
    ["negotiation", "fallbackStrategy", "lower-tier, Spot,queue", "lower_tier,spot,queue"],
  ])("constraints.%s.%s %j is read as %j", (group, key, written, read) => {
    const { constraints } = specOf(minimal({ constraints: { [group]: { [key]: written } } }));
    expect(constraints).toMatchObject({ [group]: { [key]: read } });
  });

  it.each([
    ["1h", "1h"],
    ["90m", "1h30m"],
    ["2h30m", "2h30m"],
    ["2d", "48h"],
    ["6h0m0s", "6h"],
  ])("a timeout of %j is %j, as Go writes it", (written, read) => {
    expect(specOf(minimal({}, { type: "Batch", batch: { timeout: written } })).workload.batch?.timeout).toBe(
      read,
    );
  });

  it("takes the hub's currency for amounts that name none", () => {
    expect(specOf(minimal({ constraints: { maxTotalCost: 100 } }), "CHF").constraints?.maxTotalCost).toBe(
      "100 CHF",
    );
  });
});

describe("an Intent that is not well", () => {
  it.each([
    [
      "a field one level too high",
      minimal({ maxHourlyCost: "4 EUR" }),
      "spec.maxHourlyCost",
      /^there is no such field here; did you mean spec\.constraints\.maxHourlyCost\?$/,
    ],
    [
      "a field one level too low",
      minimal({}, { resources: { gpu: { count: 1, cpu: 4 } } }),
      "spec.workload.resources.gpu.cpu",
      /^there is no such field here; did you mean spec\.workload\.resources\.cpu\?$/,
    ],
    [
      "a field of GPUs beside them, by a name that is read for it",
      minimal({}, { resources: { gpu: { count: 1 }, clock_speed: "1 GHz" } }),
      "spec.workload.resources.clock_speed",
      /did you mean spec\.workload\.resources\.gpu\.clockSpeedMin\?$/,
    ],
    [
      "a field in the neighbour",
      minimal({}, { deadline: "2030-01-01T00:00:00Z" }),
      "spec.workload.deadline",
      /did you mean spec\.constraints\.deadline\?/,
    ],
    [
      "a field that belongs into the items of a list",
      minimal({}, { protocol: "UDP" }),
      "spec.workload.protocol",
      /did you mean spec\.workload\.ports\[\]\.protocol\?/,
    ],
    [
      "a field of a spec that is not indented",
      { ...minimal(), constraints: {} },
      "constraints",
      /did you mean spec\.constraints\?/,
    ],
    [
      "a name that many fields have",
      minimal({ constraints: { name: "x" } }),
      "spec.constraints.name",
      /there is no such field/,
    ],
    [
      "a field called like what every object has",
      minimal({ constructor: {} }),
      "spec.constructor",
      /known are/,
    ],
    ["no object", "text", "", /expected an object of kind Intent/],
    ["another kind", { ...minimal(), kind: "Pod" }, "kind", /is "Pod", expected Intent/],
    [
      "another version",
      { ...minimal(), apiVersion: "v1" },
      "apiVersion",
      /expected flare.clastix.io\/v1alpha1/,
    ],
    ["a spec that is not indented", { ...minimal(), objective: "x" }, "objective", /no such field/],
    ["no spec", { ...minimal(), spec: undefined }, "spec.objective", /is required/],
    [
      "a text for the workload",
      minimal({ workload: "nginx" }),
      "spec.workload",
      /is "nginx", expected an object/,
    ],
    ["a text for a list", minimal({}, { env: "A=b" }), "spec.workload.env", /is "A=b", expected a list/],
    [
      "a mistyped field",
      withGpu({ memorymin: "1Gi" }),
      "spec.workload.resources.gpu.memorymin",
      /did you mean memoryMin\?/,
    ],
    [
      "a mistyped value",
      minimal({ objective: "CostMinimisation" }),
      "spec.objective",
      /did you mean CostMinimization\?/,
    ],
    [
      "half a value",
      minimal({ objective: "Performance" }),
      "spec.objective",
      /did you mean PerformanceMaximization\?/,
    ],
    [
      "an unknown field",
      minimal({ quux: 1 }),
      "spec.quux",
      /known are objective, priority, workload, constraints, sla/,
    ],
    [
      "a switch as interconnect",
      withGpu({ interconnect: "NVSwitch" }),
      "spec.workload.resources.gpu.interconnect",
      /as the topology/,
    ],
    ["no GPU", withGpu({ count: 0 }), "spec.workload.resources.gpu.count", /is 0, expected at least 1/],
    [
      "less than none",
      withGpu({ count: -2 }),
      "spec.workload.resources.gpu.count",
      /is -2, expected at least 1/,
    ],
    [
      "half a GPU",
      withGpu({ count: 0.5 }),
      "spec.workload.resources.gpu.count",
      /is 0.5, expected a whole number/,
    ],
    ["a million GPUs", withGpu({ count: 1e6 }), "spec.workload.resources.gpu.count", /expected at most 1024/],
    [
      "a size without sense",
      withGpu({ memoryMin: "lots" }),
      "spec.workload.resources.gpu.memoryMin",
      /is "lots", expected a size/,
    ],
    [
      "a negative size",
      withGpu({ memoryMin: "-1Gi" }),
      "spec.workload.resources.gpu.memoryMin",
      /expected a size above zero/,
    ],
    [
      "a clock without unit",
      withGpu({ clockSpeedMin: 1500 }),
      "spec.workload.resources.gpu.clockSpeedMin",
      /1500MHz/,
    ],
    [
      "a negative cost",
      minimal({ constraints: { maxHourlyCost: -1 } }),
      "spec.constraints.maxHourlyCost",
      /expected an amount/,
    ],
    [
      "a vague deadline",
      minimal({ constraints: { deadline: "tomorrow" } }),
      "spec.constraints.deadline",
      /2026-12-01T08:00:00Z/,
    ],
    [
      "a wrong clock time",
      minimal({ constraints: { availability: { windowStart: "25:00" } } }),
      "spec.constraints.availability.windowStart",
      /is "25:00"/,
    ],
    [
      "no such day",
      minimal({ constraints: { availability: { blackoutDates: ["2026-02-30"] } } }),
      "spec.constraints.availability.blackoutDates[0]",
      /YYYY-MM-DD/,
    ],
    [
      "no such zone",
      minimal({ constraints: { availability: { timezone: "Mars" } } }),
      "spec.constraints.availability.timezone",
      /Europe\/Rome/,
    ],
    [
      "an unknown fallback",
      minimal({ constraints: { negotiation: { fallbackStrategy: "pray" } } }),
      "spec.constraints.negotiation.fallbackStrategy",
      /queue, lower_tier, shared, spot/,
    ],
    [
      "a port of 0",
      minimal({}, { ports: [{ port: 80 }, { port: 0 }] }),
      "spec.workload.ports[1].port",
      /at least 1/,
    ],
    [
      "an uptime above 100",
      minimal({ sla: { availability: "101%" } }),
      "spec.sla.availability",
      /from 0% to 100%/,
    ],
    [
      "an unknown backup",
      minimal({ sla: { backupStrategy: "tape" } }),
      "spec.sla.backupStrategy",
      /expected one of None, Checkpoint/,
    ],
  ])("with %s is told where and what", (_, object, path, message) => {
    const problems = problemsOf(object);
    expect(problems.map((problem) => problem.path)).toContain(path);
    expect(problems.find((problem) => problem.path === path)?.message).toMatch(message);
  });

  it("is told everything at once, each thing once", () => {
    const paths = problemsOf(
      minimal(
        { objective: "cheap", sla: { availability: "high" } },
        {
          image: undefined,
          env: ["NOVALUE"],
          resources: { gpu: { count: 0, memoryMin: "80Gi", memoryMax: "40Gi", tire: "premium" } },
        },
      ),
    ).map(({ path }) => path);
    expect([...paths].sort()).toEqual([
      "spec.objective",
      "spec.sla.availability",
      "spec.workload.env[0]",
      "spec.workload.image",
      "spec.workload.resources.gpu.count",
      "spec.workload.resources.gpu.memoryMin",
      "spec.workload.resources.gpu.tire",
    ]);
  });

  it("carries what a program needs: reason, allowed values, nearest", () => {
    expect(problemsOf(minimal({}, { type: "Batsh", image: undefined }))).toEqual([
      {
        path: "spec.workload.type",
        reason: "invalid",
        message: 'is "Batsh", expected one of Service, Batch; did you mean Batch?',
        allowed: ["Service", "Batch"],
        nearest: "Batch",
      },
      { path: "spec.workload.image", reason: "missing", message: "is required" },
    ]);
  });
});
