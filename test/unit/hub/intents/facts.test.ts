import { describe, expect, it } from "vitest";
import { worstOf } from "../../../../src/hub/intents/facts.ts";
import type { WorkloadObservation } from "../../../../src/workload/observe.ts";

const seen = (phase: WorkloadObservation["phase"], ready = false): WorkloadObservation => ({
  phase,
  ready,
  reason: ready ? "Available" : "Degraded",
  message: "",
});

describe("an Intent that several providers run together", () => {
  it.each([
    ["is not ready where one of them is not", [seen("Running", true), seen("Running")], "Running", false],
    ["is ready where all are", [seen("Running", true), seen("Running", true)], "Running", true],
    [
      "runs nowhere yet where one of them does not",
      [seen("Running", true), seen("Provisioning")],
      "Provisioning",
      false,
    ],
    ["has failed where one of them has", [seen("Provisioning"), seen("Failed")], "Failed", false],
  ] as const)("%s", (_, places, phase, ready) => {
    expect(worstOf(places)).toMatchObject({ phase, ready });
    expect(worstOf(places.toReversed())).toMatchObject({ phase, ready });
  });
});
