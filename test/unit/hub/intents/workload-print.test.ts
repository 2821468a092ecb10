import { describe, expect, it } from "vitest";
import { viewOf } from "../../../../src/hub/intents/intent-view.ts";
import { workloadPrint } from "../../../../src/hub/intents/workload-print.ts";
import { minimal } from "../../../support/intents.ts";

const metadata = { name: "train", namespace: "team-a", uid: "u", generation: 1, resourceVersion: "1" };
const BATCH = { type: "Batch", env: ["A=1", "B=2"] };
const printOf = (
  workload: Record<string, unknown> = {},
  spec: Record<string, unknown> = {},
): string | undefined =>
  workloadPrint(viewOf({ ...minimal(spec, { ...BATCH, ...workload }), metadata, status: {} }, "EUR"));

describe("what a Job is made of", () => {
  const same: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>])[] = [
    ["its priority", {}, { priority: 7 }],
    ["a bound on cost", {}, { constraints: { maxHourlyCost: "10 EUR" } }],
    ["its timeout", { batch: { timeout: "24h" } }, {}],
    ["its retries", { batch: { maxRetries: 9 } }, {}],
    ["what GPU it asks, of which the place tells", { resources: { gpu: { memoryMin: "40Gi" } } }, {}],
  ];
  it.each(same)("stays the same when %s is changed", (_, workload, spec) => {
    expect(printOf(workload, spec)).toBe(printOf());
  });

  const other: readonly (readonly [string, Record<string, unknown>])[] = [
    ["its image", { image: "registry.example/other:1" }],
    ["its environment", { env: ["A=1", "B=3"] }],
    ["its CPU", { resources: { cpu: 9, gpu: { count: 1 } } }],
    ["when it is done", { batch: { parallelTasks: 2, completionPolicy: "Any" } }],
    ["its number of tasks", { batch: { parallelTasks: 3 } }],
  ];
  it.each(other)("is another when %s is changed", (_, workload) => {
    expect(printOf(workload)).not.toBe(printOf());
  });

  it("is not known of a spec that cannot be read", () => {
    expect(printOf({ image: 7 })).toBeUndefined();
  });
});
