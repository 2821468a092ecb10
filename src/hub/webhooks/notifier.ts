import http from "node:http";
import https from "node:https";
import type { Logger } from "../../observability/logger.ts";
import type { IntentView } from "../intents/intent-view.ts";
import type { Announcement } from "../intents/next-step.ts";
import type { WebhookConfig } from "./config.ts";
import { createWebhookEndpoint, type WebhookEndpoint } from "./endpoint.ts";
import { isWanted, type Notification, notificationOf } from "./notification.ts";
import { post } from "./post.ts";
import type { WebhookMetrics } from "./webhook-metrics.ts";

/** Tells webhooks what happens to Intents. */
export interface Notifier {
  /** Returns at once; never throws. */
  tell(view: IntentView, announcement: Announcement, hub: string): void;
  /** Ends: what was not tried yet may be sent for a moment. */
  close(): Promise<void>;
}

export interface NotifierOptions {
  readonly webhooks: readonly WebhookConfig[];
  readonly userAgent: string;
  readonly metrics: WebhookMetrics;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
  /** A new identity of a notification. */
  readonly newId: () => string;
}

/** What is left to send when a term ends is sent for so long at most. */
const FLUSH_MS = 1000;

/** Creates the notifier of a term. Without webhooks it does nothing, and costs nothing. */
export function createNotifier(options: NotifierOptions): Notifier {
  const { webhooks, now, newId } = options;
  const endpoints = webhooks.map((webhook) => ({ webhook, ...startEndpoint(webhook, options) }));
  const send = (notification: Notification): void => {
    for (const { webhook, endpoint } of endpoints)
      if (isWanted(webhook, notification)) endpoint.send(notification);
  };
  return {
    tell: (view, announcement, hub) => {
      if (endpoints.length > 0) send(notificationOf(view, announcement, { id: newId(), now: now(), hub }));
    },
    close: async () => {
      await Promise.all(
        endpoints.map(async ({ endpoint, agent }) => {
          await endpoint.close(FLUSH_MS);
          agent.destroy();
        }),
      );
    },
  };
}

function startEndpoint(
  webhook: WebhookConfig,
  options: NotifierOptions,
): { readonly endpoint: WebhookEndpoint; readonly agent: http.Agent } {
  const { userAgent, now } = options;
  const pool = { keepAlive: true, maxSockets: webhook.concurrency };
  const agent = webhook.url.protocol === "http:" ? new http.Agent(pool) : new https.Agent(pool);
  const endpoint = createWebhookEndpoint(webhook, {
    ...options,
    post: (notification, signal) => post(webhook, notification, { userAgent, agent, now, signal }),
  });
  return { endpoint, agent };
}
