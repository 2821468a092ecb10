import * as z from "zod";
import { intentToRest } from "../../../intent/rest.ts";
import type { IntentPhase } from "../../../intent/status-schema.ts";
import { formatMoney, parseMoney } from "../../../units/money.ts";
import { accrue } from "../../intents/cost.ts";
import { conditionOf, type IntentView } from "../../intents/intent-view.ts";
import { given } from "../../inventory/given.ts";
import { tagsIn } from "../etag.ts";

/** What has come of an Intent, in the form of the reference, with more where there is more to say. */
export const intentStatusForm = z
  .object({
    intent_id: z.string().describe("The uid of the Intent."),
    status: z.enum(["pending", "running", "failed", "completed"]).describe("Where it stands, in one word."),
    message: z.string().describe("Where it stands, in sentences."),
    phase: z
      .enum([
        "Pending",
        "Queued",
        "Reserved",
        "Provisioning",
        "Running",
        "Suspended",
        "Completed",
        "Failed",
        "Cancelled",
      ])
      .describe("Where it stands, more exactly."),
    cancelling: z.literal(true).describe("It was cancelled and is being cleaned up.").optional(),
    name: z.string().describe("Name of the Intent."),
    namespace: z.string().describe("Its namespace."),
    created_at: z.iso.datetime(),
    workload_url: z.string().describe("Where a service is reached.").optional(),
    estimated_cost: z.string().describe('What an hour costs now, such as "8.50 EUR/hour".').optional(),
    current_cost: z.string().describe('What it has cost so far, such as "19.13 EUR".').optional(),
    runtime: z.string().describe('How long it has run, such as "2h 15m".').optional(),
    gpu_utilization: z.string().describe('Such as "85%", where it is measured.').optional(),
    queue_position: z.int().min(1).describe("Its place in the queue, where it waits.").optional(),
    placement: z
      .object({
        provider: z.string(),
        model: z.string().optional(),
        gpus: z.int().min(0),
        rate: z.string().optional(),
      })
      .describe("Where it runs.")
      .optional(),
  })
  .meta({ id: "IntentStatus" });

export const intentDetailForm = intentStatusForm
  .extend({ intent: z.record(z.string(), z.unknown()).describe("What was asked for.").optional() })
  .meta({ id: "IntentDetail" });

export type IntentStatusForm = z.output<typeof intentStatusForm>;

const STATUSES: Readonly<Record<IntentPhase, IntentStatusForm["status"]>> = {
  Pending: "pending",
  Queued: "pending",
  Reserved: "pending",
  Provisioning: "pending",
  Running: "running",
  Suspended: "pending",
  Completed: "completed",
  Failed: "failed",
  Cancelled: "failed",
};

/** An Intent as clients see it at a time (ms). */
export function intentForm(view: IntentView, now: number): IntentStatusForm {
  const { phase = "Pending", message, placement, queue, workloadURL, gpuUtilization } = view.status;
  const isCancelled = view.deletingSince !== undefined;
  return {
    intent_id: view.uid,
    status: STATUSES[phase],
    message: isCancelled ? "it was cancelled and is being cleaned up" : (message ?? "waits to be looked at"),
    phase,
    ...(isCancelled ? { cancelling: true as const } : {}),
    name: view.name,
    namespace: view.namespace,
    created_at: new Date(view.createdAt).toISOString(),
    ...given({
      workload_url: workloadURL,
      ...costForm(view, now),
      runtime: runtimeOf(view, now),
      gpu_utilization: gpuUtilization,
      queue_position: queue !== undefined && queue.position > 0 ? queue.position : undefined,
      placement: placement && {
        provider: placement.provider,
        gpus: placement.gpus,
        ...given({ model: placement.model, rate: placement.rate }),
      },
    }),
  };
}

/** The cost as it stands now: by the rate of what it holds, never by the bound that was asked for. */
function costForm({ status }: IntentView, now: number) {
  const accrued = parseMoney(accrue(status.cost, now)?.accrued ?? "");
  const rate = status.cost?.rate;
  return {
    current_cost: accrued && formatMoney({ ...accrued, amount: Math.round(accrued.amount * 100) / 100 }),
    estimated_cost: rate === undefined ? undefined : `${rate}/hour`,
  };
}

function runtimeOf(view: IntentView, now: number): string | undefined {
  const started = Date.parse(view.status.cost?.started ?? "");
  if (Number.isNaN(started)) return undefined;
  // What costs nothing more has ended, or waits: it ran until its state changed.
  const isGoingOn = view.status.cost?.since !== undefined;
  const ended = isGoingOn ? now : Date.parse(conditionOf(view, "Ready")?.lastTransitionTime ?? "");
  return Number.isNaN(ended) ? undefined : hoursAndMinutes(Math.max(0, ended - started));
}

/** `2h 15m`; `45s` below a minute. */
function hoursAndMinutes(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return `${Math.floor(ms / 1000)}s`;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m` : `${hours}h ${minutes % 60}m`;
}

/** With what was asked for, in the form in which it was, where it can be read. */
export const intentDetail = (view: IntentView, now: number) => ({
  ...intentForm(view, now),
  ...(view.read.ok ? { intent: intentToRest(view.read.spec) } : {}),
});

/** The state of an Intent: its generation, by which changes are guarded, and the version of the whole. */
export const etagOf = ({
  generation,
  resourceVersion,
}: Pick<IntentView, "generation" | "resourceVersion">): string => `"${generation}-${resourceVersion}"`;

/** Whether If-Match lets a change through: what it was read from has the spec that it has now. */
export function matches(ifMatch: string, { generation }: Pick<IntentView, "generation">): boolean {
  return tagsIn(ifMatch).some((tag) => tag === "*" || tag.startsWith(`"${generation}-`));
}
