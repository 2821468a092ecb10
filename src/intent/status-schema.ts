import * as z from "zod";
import { hints } from "./fields.ts";

const time = () => z.string().register(hints, { structural: { type: "string", format: "date-time" } });
const count = () => z.int().min(0).max(1_000_000_000);

/** A condition as all of Kubernetes has them. */
export const conditionSchema = z.object({
  type: z.string().min(1).max(316).describe("What it is about, such as Admitted."),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds."),
  reason: z.string().min(1).max(1024).describe("Why, in one CamelCase word."),
  message: z.string().max(32_768).describe("Why, in sentences."),
  lastTransitionTime: time().describe("When the status last changed."),
  observedGeneration: count().describe("Generation of the spec that it speaks of.").optional(),
});

export const conditionsSchema = z
  .array(conditionSchema)
  .register(hints, {
    structural: { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] },
  })
  .describe("What is known, one entry for each type.");

const taskSchema = z.object({
  index: count().describe("Number of the replica or task, from 0."),
  provider: z.string().describe("Provider that runs it."),
  node: z.string().describe("Node that runs it."),
  offer: z.string().describe("Offer that was taken.").optional(),
  flavor: z.string().describe("Flavor of the offer.").optional(),
  resource: z.string().describe("Kubernetes resource requested, such as nvidia.com/gpu."),
  units: z.int().min(1).max(1024).describe("How many of it."),
  rate: z.string().describe('Cost of an hour, such as "4.25 EUR".').optional(),
});

const placementSchema = z
  .object({
    provider: z.string().describe("Provider, or several with commas between."),
    cluster: z.string().describe("Cluster of the provider.").optional(),
    flavor: z.string().describe("Flavor that was taken.").optional(),
    node: z.string().describe("Node, or several with commas between.").optional(),
    model: z.string().describe("Model of the GPUs.").optional(),
    vendor: z.string().describe("Maker of the GPUs, where all are of one.").optional(),
    gpus: count().describe("GPUs, slices or shares in all."),
    rate: z.string().describe('Cost of an hour in all, such as "8.50 EUR".').optional(),
    engine: z.enum(["direct", "fluidos"]).describe("How it was reserved.").optional(),
    namespace: z.string().describe("Namespace in the provider's cluster.").optional(),
    generation: count().describe("Generation of the spec that was placed.").optional(),
    workload: z
      .string()
      .max(64)
      .describe("Stands for what its pods are made of: a Job goes on through changes that leave it the same.")
      .optional(),
    since: time().describe("When it was decided.").optional(),
    tasks: z.array(taskSchema).describe("Where each replica or task runs."),
  })
  .describe("Where it runs. Written before anything is created there.");

/** A place that was left, for whatever reason, and is not known to be empty yet. Its GPUs are not given to others. */
const abandonedSchema = z.object({
  provider: z.string().describe("Provider that is to be cleaned up."),
  namespace: z.string().describe("Namespace there."),
  reason: z.string().describe("Why it was left.").optional(),
  since: time().describe("When it was left.").optional(),
  tasks: z.array(taskSchema).describe("What is still held there."),
});

const movedSchema = z
  .object({
    times: count().describe("How often."),
    last: time().describe("When it was moved last."),
  })
  .describe("That it was moved to another place, so that somebody else has room.");

const failedStartSchema = z.object({
  at: time().describe("When it was given up."),
  reason: z.string().max(1024).describe("What was in its way, in one CamelCase word."),
  message: z.string().max(2048).describe("The same in the words of its pods, or of who refused it."),
  generation: count().describe("Generation of the spec that did not start."),
  heldAgainst: z
    .array(z.string())
    .describe(
      "Providers, and nodes as provider/node, where it is tried again only when nothing else will do. Empty: the cause goes with it.",
    ),
});

const startSchema = z
  .object({
    since: time().describe("When the present start began; absent: nothing is starting.").optional(),
    troubled: time().describe("Since when something is in its way.").optional(),
    failed: z
      .array(failedStartSchema)
      .max(20)
      .describe("Starts that were given up, the last one at the end.")
      .optional(),
  })
  .describe("How its start goes. Absent once it has run.");

const alternativeSchema = z.object({
  offer: z.string().describe("Offer that would have done."),
  provider: z.string().describe("Its provider.").optional(),
  model: z.string().describe("Its model.").optional(),
  rate: z.string().describe("Its cost of an hour.").optional(),
  relaxed: z.array(z.string()).describe("What would have to be given up.").optional(),
});

const decisionSchema = z
  .object({
    considered: count().describe("Offers that were looked at."),
    fitting: count().describe("Offers that fitted.").optional(),
    rejected: z
      .array(
        z.object({
          reason: z.string().describe("Condition that was not met."),
          count: count().describe("Offers that it rejected."),
        }),
      )
      .describe("Why the others did not fit.")
      .optional(),
    alternatives: z.array(alternativeSchema).describe("What else would do.").optional(),
    relaxed: z.array(z.string()).describe("What was given up of the request.").optional(),
    decidedBy: z
      .string()
      .describe(
        "Term that set the place apart from the next best one, such as objective, packing or together.",
      )
      .optional(),
    explanation: z.string().describe("Why this one.").optional(),
  })
  .describe("How it was decided.");

const costSchema = z
  .object({
    rate: z.string().describe('Cost of an hour now, such as "8.50 EUR".').optional(),
    accrued: z.string().describe("Cost so far.").optional(),
    since: time().describe("Up to when accrued was counted.").optional(),
    started: time().describe("When it began to cost.").optional(),
  })
  .describe("What it costs.");

const queueSchema = z
  .object({
    position: count().describe("Place in the queue, from 1."),
    since: time().describe("When it began to wait.").optional(),
    reason: z.string().describe("What it waits for.").optional(),
  })
  .describe("Its place in the queue.");

export const PHASES = [
  "Pending",
  "Queued",
  "Reserved",
  "Provisioning",
  "Running",
  "Suspended",
  "Completed",
  "Failed",
  "Cancelled",
] as const;

export const intentStatusSchema = z
  .object({
    phase: z.enum(PHASES).describe("Where it stands, in one word.").optional(),
    message: z.string().max(32_768).describe("Where it stands, in sentences.").optional(),
    observedGeneration: count().describe("Generation of the spec that this status speaks of.").optional(),
    conditions: conditionsSchema.optional(),
    placement: placementSchema.optional(),
    abandoned: z
      .array(abandonedSchema)
      .describe("Places that were left and are still to be cleaned up.")
      .optional(),
    moved: movedSchema.optional(),
    start: startSchema.optional(),
    ranOn: z
      .string()
      .describe("Maker of the GPUs that it has run on: it goes to no others, unless its spec says so.")
      .optional(),
    decision: decisionSchema.optional(),
    cost: costSchema.optional(),
    queue: queueSchema.optional(),
    workloadURL: z.string().describe("Where a Service is reached.").optional(),
    gpuUtilization: z.string().describe("GPU utilisation, such as 85%.").optional(),
    leftovers: z.array(z.string()).describe("What could not be cleaned up, and where it is.").optional(),
  })
  .describe("What has come of it.");

export type IntentStatus = z.output<typeof intentStatusSchema>;
export type IntentPhase = (typeof PHASES)[number];
export type IntentPlacement = z.output<typeof placementSchema>;
export type IntentTask = IntentPlacement["tasks"][number];
export type AbandonedPlace = z.output<typeof abandonedSchema>;
export type IntentStart = z.output<typeof startSchema>;
export type FailedStart = z.output<typeof failedStartSchema>;
export type IntentDecision = z.output<typeof decisionSchema>;
export type Condition = z.output<typeof conditionSchema>;
