import type { IntentView } from "../intents/intent-view.ts";
import type { Announcement } from "../intents/next-step.ts";
import type { WebhookConfig } from "./config.ts";

/** Something that happened to an Intent, ready to be sent. */
export interface Notification {
  /** The same in every attempt and for every webhook. */
  readonly id: string;
  readonly phase: string | undefined;
  readonly reason: string;
  /** A CloudEvent in JSON. */
  readonly body: string;
}

export interface Occasion {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Tells this hub from others. */
  readonly hub: string;
}

/** Changes when a field goes or means something else; a field more is no change. */
const TYPE = "io.clastix.flare.intent.v1";
const LONGEST_TEXT = 2048;

/** The notification of an announcement, as docs/hub.md describes it: a CloudEvent 1.0 in the structured JSON format. */
export function notificationOf(
  view: IntentView,
  announcement: Announcement,
  occasion: Occasion,
): Notification {
  const { namespace, name, uid, generation, tenant } = view;
  const { phase, placement, cost, queue, workloadURL } = view.status;
  const { type, reason, message } = announcement;
  const event = {
    specversion: "1.0",
    id: occasion.id,
    source: `/flare/hubs/${encodeURIComponent(occasion.hub)}`,
    type: TYPE,
    subject: view.key,
    time: new Date(occasion.now).toISOString(),
    datacontenttype: "application/json",
    data: {
      intent: { namespace, name, uid, generation, tenant },
      phase,
      severity: type,
      reason,
      message: cut(message),
      queue: queue && { position: queue.position, since: queue.since },
      placement: placement && {
        provider: placement.provider,
        node: placement.node && cut(placement.node),
        namespace: placement.namespace,
        model: placement.model,
        gpus: placement.gpus,
        since: placement.since,
      },
      cost: cost && { rate: cost.rate, accrued: cost.accrued, started: cost.started },
      workloadURL,
    },
  };
  return { id: occasion.id, phase, reason, body: JSON.stringify(event) };
}

const cut = (text: string): string =>
  text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`;

/** Whether a webhook asked for a notification. */
export function isWanted(
  { phases, reasons }: Pick<WebhookConfig, "phases" | "reasons">,
  { phase, reason }: Pick<Notification, "phase" | "reason">,
): boolean {
  if (phases !== undefined && !phases.some((each) => each === phase)) return false;
  return reasons === undefined || reasons.includes(reason);
}
