import { counter, gauge, type Metrics } from "../../observability/metrics.ts";

export const DELIVERY_RESULTS = ["delivered", "refused", "expired", "dropped"] as const;
export type DeliveryResult = (typeof DELIVERY_RESULTS)[number];

/** What is counted of webhooks. */
export interface WebhookMetrics {
  /** From now on this webhook is told of, its counters from 0; `backlog` is asked at each scrape. */
  follow(webhook: string, backlog: () => number): void;
  unfollow(webhook: string): void;
  ended(webhook: string, result: DeliveryResult, count?: number): void;
  failed(webhook: string): void;
}

export function createWebhookMetrics(registry: Metrics): WebhookMetrics {
  const backlogs = new Map<string, () => number>();
  const deliveries = counter(registry, {
    name: "flare_hub_webhook_deliveries_total",
    help: "Notifications by what became of them: delivered, refused by the receiver, expired (tried too often or too long), or dropped unsent (backlog full, receiver gone, hub ended).",
    labels: ["webhook", "result"],
  });
  const failures = counter(registry, {
    name: "flare_hub_webhook_failed_attempts_total",
    help: "Attempts to deliver a notification that failed and were, or will be, repeated.",
    labels: ["webhook"],
  });
  gauge(registry, {
    name: "flare_hub_webhook_backlog",
    help: "Notifications that wait to be delivered, by webhook.",
    labels: ["webhook"],
    collect: (self) => {
      self.reset();
      for (const [webhook, backlog] of backlogs) self.set({ webhook }, backlog());
    },
  });
  return {
    follow: (webhook, backlog) => {
      backlogs.set(webhook, backlog);
      failures.inc({ webhook }, 0);
      for (const result of DELIVERY_RESULTS) deliveries.inc({ webhook, result }, 0);
    },
    unfollow: (webhook) => void backlogs.delete(webhook),
    ended: (webhook, result, count = 1) => deliveries.inc({ webhook, result }, count),
    failed: (webhook) => failures.inc({ webhook }),
  };
}
