import * as z from "zod";
import { constraintsSchema } from "./constraints-schema.ts";
import { choice, duration, looseChoice, text, whole } from "./fields.ts";
import { workloadSchema } from "./workload-schema.ts";

const OBJECTIVES = [
  "PerformanceMaximization",
  "CostMinimization",
  "LatencyMinimization",
  "EnergyEfficiency",
  "BalancedOptimization",
] as const;

const slaSchema = z
  .strictObject({
    availability: text("percent", { structural: { type: "string", maxLength: 16 } })
      .describe("Least uptime that the provider promises, such as 99.9%.")
      .optional(),
    maxInterruptionTime: duration()
      .describe("How soon a lost allocation is replaced, such as 5m.")
      .optional(),
    backupStrategy: looseChoice(["None", "Checkpoint"])
      .describe("Checkpoint: a restart keeps the volumes. None: it starts anew.")
      .optional(),
  })
  .describe("Service level.");

/** The one source of the Intent: types, defaults, bounds, descriptions, the CRD and both forms derive from it. */
export const intentSpecSchema = z
  .strictObject({
    objective: choice(OBJECTIVES, {
      restValue: "Pascal_Snake",
      structural: { enum: [...OBJECTIVES, ...OBJECTIVES.map((name) => name.replace(/(.)([A-Z])/, "$1_$2"))] },
    }).describe("What ranks the offers that fit."),
    priority: whole(-1_000_000, 1_000_000)
      .describe("Order in the queue; a higher one may preempt lower interruptible ones.")
      .default(0),
    workload: workloadSchema,
    constraints: constraintsSchema.optional(),
    sla: slaSchema.optional(),
  })
  .describe("What is asked for.");

/** An Intent's spec in its canonical form: every text that has a notation is readable, defaults are filled in. */
export type IntentSpec = z.output<typeof intentSpecSchema>;
export type GpuSpec = IntentSpec["workload"]["resources"]["gpu"];
export type WorkloadSpec = IntentSpec["workload"];
export type ConstraintsSpec = NonNullable<IntentSpec["constraints"]>;
export type VolumeSpec = NonNullable<NonNullable<WorkloadSpec["storage"]>["volumes"]>[number];
export type PortSpec = NonNullable<WorkloadSpec["ports"]>[number];
