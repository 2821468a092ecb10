import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIntentRequest, parseIntentResource } from "../../../src/intent/parse.ts";
import { formatProblems, type Problem } from "../../../src/intent/problem.ts";
import { intentToRest } from "../../../src/intent/rest.ts";
import type { IntentSpec } from "../../../src/intent/spec-schema.ts";
import { minimal, referenceSpecs, request } from "../../support/intents.ts";

function specOf(json: unknown): IntentSpec {
  const parsed = parseIntentRequest(json);
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems));
  return parsed.spec;
}

function problemsOf(json: unknown): readonly Problem[] {
  const parsed = parseIntentRequest(json);
  return parsed.ok ? [] : parsed.problems;
}

describe("a submitted Intent", () => {
  it("becomes a spec in the words of the custom resource", () => {
    const spec = specOf(
      request(
        {
          objective: "Balanced_Optimization",
          priority: 5,
          constraints: {
            max_hourly_cost: "25 EUR",
            max_network_latency: "50ms",
            preemptible: true,
            compliance: { hipaa_compliant: true, gdpr_compliant: true },
            availability: {
              days_of_week: ["mon"],
              maintenance_windows: [
                { start: "2026-01-03T01:00:00Z", end: "2026-01-03T02:00:00Z", frequency: "weekly" },
              ],
            },
            security: {
              network_isolation: "private",
              firewall_rules: [{ port: 22, protocol: "TCP", source: "10.0.0.0/8", action: "allow" }],
            },
            performance: { min_network_bandwidth: "10Gbps" },
          },
          sla: { max_interruption_time: "10m", backup_strategy: "none" },
        },
        {
          type: "job",
          deployment_strategy: "flexibile",
          communication_pattern: "all-reduce",
          resources: {
            cpu: "32",
            memory: "256Gi",
            gpu: {
              model: "nvidia-a100",
              count: 4,
              memory: "40Gi",
              interconnect: "nvlink",
              topology: "all-to-all",
              fp32_tflops: "19.5",
              multi_gpu_efficiency: "0.85",
              compute_capability: 8,
              tier: "any",
            },
          },
          storage: {
            volumes: [
              {
                name: "data",
                size: "1Ti",
                type: "persistent",
                path: "/data",
                source: { type: "gcs", uri: "gs://bucket/data" },
              },
            ],
          },
          job: { parallel_tasks: 2, max_retries: 2, timeout: "12h", completion_policy: "All" },
        },
      ),
    );
    expect(spec).toEqual({
      objective: "BalancedOptimization",
      priority: 5,
      workload: {
        type: "Batch",
        name: "demo",
        image: "nginx:1.27",
        deploymentStrategy: "Flexible",
        communicationPattern: "AllReduce",
        resources: {
          cpu: "32",
          memory: "256Gi",
          gpu: {
            model: "nvidia-a100",
            count: 4,
            memoryMin: "40Gi",
            interconnect: "NvLink",
            topology: "AllToAll",
            fp32TFlops: 19.5,
            multiGPUEfficiency: 0.85,
            computeCapability: "8.0",
          },
        },
        storage: {
          volumes: [
            {
              name: "data",
              size: "1Ti",
              type: "Persistent",
              path: "/data",
              source: { type: "GCS", uri: "gs://bucket/data" },
            },
          ],
        },
        batch: { parallelTasks: 2, maxRetries: 2, timeout: "12h", completionPolicy: "All" },
      },
      constraints: {
        maxHourlyCost: "25 EUR",
        maxLatencyMs: 50,
        preEmptible: true,
        compliance: { hipaaCompliant: true, gdprCompliant: true },
        availability: {
          daysOfWeek: ["Mon"],
          maintenanceWindows: [
            { start: "2026-01-03T01:00:00Z", end: "2026-01-03T02:00:00Z", frequency: "Weekly" },
          ],
        },
        security: {
          networkIsolation: "Private",
          firewallRules: [{ port: 22, protocol: "TCP", source: "10.0.0.0/8", action: "Allow" }],
        },
        performance: { minNetworkBandwidth: "10G" },
      },
      sla: { maxInterruptionTime: "10m", backupStrategy: "None" },
    });
  });

  it("may come without its wrapping", () => {
    expect(specOf(request().intent)).toEqual(specOf(request()));
  });

  it.each([
    [null, "intent", "is required"],
    [{}, "objective", "is required"],
    [{ intent: null }, "intent", "is required"],
    [{ intent: [] }, "intent", "is [], expected an object"],
    [request({}, { image: undefined }), "intent.workload.image", "is required"],
    [request({ constraint: {} }), "intent.constraint", "there is no such field; did you mean constraints?"],
    [
      request({}, { deploymentStrategy: "colocated" }),
      "intent.workload.deploymentStrategy",
      "there is no such field; did you mean deployment_strategy?",
    ],
    [
      request({ objective: "Cost" }),
      "intent.objective",
      'is "Cost", expected one of Performance_Maximization, Cost_Minimization, Latency_Minimization, Energy_Efficiency, Balanced_Optimization; did you mean Cost_Minimization?',
    ],
    [
      request({}, { type: "servce" }),
      "intent.workload.type",
      'is "servce", expected one of service, batch; did you mean service?',
    ],
    [
      request({ constraints: { compliance: { certifications: ["ISO9001"] } } }),
      "intent.constraints.compliance.certifications[0]",
      'is "ISO9001", expected one of ISO27001, SOC2; did you mean ISO27001?',
    ],
    [
      request({ max_hourly_cost: "4 EUR" }),
      "intent.max_hourly_cost",
      "there is no such field here; did you mean intent.constraints.max_hourly_cost?",
    ],
    [
      request({ gpu: { count: 1 } }),
      "intent.gpu",
      "there is no such field here; did you mean intent.workload.resources.gpu?",
    ],
    [
      { ...(request().intent as object), maxHourlyCost: 4 },
      "maxHourlyCost",
      "there is no such field here; did you mean constraints.max_hourly_cost?",
    ],
    [{ ...request(), sla: {} }, "sla", "there is no such field here; did you mean intent.sla?"],
    [{ ...request(), dry_run: true }, "dry_run", "there is no such field; known are intent"],
  ])("with %j is told in its own words", (json, path, message) => {
    expect(problemsOf(json)).toContainEqual(expect.objectContaining({ path, message }));
  });

  it("names other fields in the same spelling", () => {
    const gpu = { memory_min: "80Gi", memory_max: "40Gi" };
    expect(formatProblems(problemsOf(request({}, { resources: { gpu } })))).toBe(
      "intent.workload.resources.gpu.memory_min: is 80Gi, above intent.workload.resources.gpu.memory_max (40Gi): no GPU can have both; lower one or drop the other",
    );
  });

  it("never makes the parser throw", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const json: unknown = JSON.parse(text);
        for (const input of [
          json,
          { intent: json },
          request({ constraints: json }),
          request({}, { resources: json, storage: json }),
        ]) {
          expect(typeof parseIntentRequest(input).ok).toBe("boolean");
        }
      }),
    );
  });

  it("is told no more than anybody reads, and at once", () => {
    const strangers = Object.fromEntries(
      Array.from({ length: 50_000 }, (_, index) => [`field-${index}`, index]),
    );
    const days = Array.from({ length: 50_000 }, () => "Someday");
    const problems = problemsOf(
      request({ ...strangers, constraints: { availability: { days_of_week: days } } }),
    );
    expect(problems.length).toBeGreaterThan(99);
    expect(problems.length).toBeLessThan(300);
  });

  it("survives a hostile key", () => {
    const json = JSON.parse(
      '{"intent": {"__proto__": {"objective": "x"}, "constructor": 1, "toString": 2}}',
    ) as unknown;
    expect(problemsOf(json).filter(({ reason }) => reason === "unknown")).toHaveLength(3);
  });
});

describe("intentToRest", () => {
  it("writes what the API's documents show", () => {
    const rest = intentToRest(
      specOf(
        request(
          { constraints: { preemptible: true } },
          { resources: { gpu: { interconnect: "NVLink", topology: "NvSwitch", fp32_tflops: 19.5 } } },
        ),
      ),
    );
    expect(rest).toEqual({
      objective: "Cost_Minimization",
      priority: 0,
      workload: {
        type: "service",
        name: "demo",
        image: "nginx:1.27",
        resources: { gpu: { count: 1, interconnect: "nvlink", topology: "nvswitch", fp32_tflops: 19.5 } },
      },
      constraints: { preemptible: true },
    });
  });

  it("takes any part of an Intent to the REST form and back", () => {
    const whole = referenceSpecs["a service with everything that services have"] as Record<
      string,
      Record<string, unknown>
    >;
    const part = (fields: Record<string, unknown> = {}) =>
      fc
        .subarray(Object.keys(fields))
        .map((keys) => Object.fromEntries(keys.map((key) => [key, fields[key]])));
    const { resources, ...workload } = whole.workload ?? {};
    const { gpu } = resources as { readonly gpu: Record<string, unknown> };
    const { type, name, image, ...optional } = workload;
    const anySpec = fc.record({
      objective: fc.constant("EnergyEfficiency"),
      priority: fc.integer({ min: -100, max: 100 }),
      workload: fc
        .tuple(part(optional), part(gpu))
        .map(([more, wanted]) => ({ type, name, image, ...more, resources: { gpu: wanted } })),
      constraints: part(whole.contraints),
      sla: part({ availability: "99.9%", maxInterruptionTime: "2m" }),
    });
    fc.assert(
      fc.property(anySpec, (spec) => {
        const parsed = parseIntentResource({ ...minimal(), spec });
        fc.pre(parsed.ok);
        if (parsed.ok)
          expect(specOf({ intent: intentToRest(parsed.intent.spec) })).toEqual(parsed.intent.spec);
      }),
    );
  });

  it.each(Object.entries(referenceSpecs))("takes %s to the REST form and back", (_, written) => {
    const parsed = parseIntentResource({ ...minimal(), spec: written });
    if (!parsed.ok) throw new Error(formatProblems(parsed.problems));
    expect(specOf({ intent: intentToRest(parsed.intent.spec) })).toEqual(parsed.intent.spec);
  });
});
