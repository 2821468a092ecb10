import { sleep } from "../../kubernetes/timing.ts";
import { createWorkQueue, type WorkResult } from "../../kubernetes/work-queue.ts";
import type { Logger } from "../../observability/logger.ts";
import { type Backlog, createBacklog } from "./backlog.ts";
import type { WebhookConfig } from "./config.ts";
import type { Notification } from "./notification.ts";
import { type Outcome, type Verdict, verdictOn } from "./retry.ts";
import { createTeller } from "./teller.ts";
import type { DeliveryResult, WebhookMetrics } from "./webhook-metrics.ts";

/** One webhook with what waits for it. Another one that is slow or down does not hold it back. */
export interface WebhookEndpoint {
  send(notification: Notification): void;
  /** Takes nothing more; what was not tried yet may be sent for so long. What is left then is dropped. */
  close(flushMs: number): Promise<void>;
}

export interface WebhookEndpointOptions {
  /** One attempt; never rejects. */
  readonly post: (notification: Notification, signal: AbortSignal) => Promise<Outcome>;
  readonly metrics: WebhookMetrics;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
}

/** Creates the endpoint of a webhook; it begins with the first notification. */
export function createWebhookEndpoint(
  webhook: WebhookConfig,
  options: WebhookEndpointOptions,
): WebhookEndpoint {
  const { name, concurrency } = webhook;
  const { metrics, now, random } = options;
  const backlog = createBacklog(webhook.backlog);
  const teller = createTeller(name, options.log, now);
  let isOpen = true;

  const lose = (result: Exclude<DeliveryResult, "delivered">, why: string, ids: readonly string[]): void => {
    if (ids.length === 0) return;
    for (const id of ids) {
      backlog.remove(id);
      queue.drop(id);
    }
    metrics.ended(name, result, ids.length);
    teller.lost(result, why, ids.length);
  };
  const shut = (why: string): void => {
    isOpen = false;
    lose("dropped", why, backlog.clear());
  };
  const settle = (id: string, verdict: Verdict): WorkResult => {
    if (verdict.next === "delivered") {
      backlog.remove(id);
      metrics.ended(name, "delivered");
      teller.works();
      return {};
    }
    teller.fails(verdict.why);
    if (verdict.next === "retry") {
      metrics.failed(name);
      return { requeueAfterMs: verdict.afterMs };
    }
    if (verdict.next !== "gone") lose(verdict.next, verdict.why, [id]);
    else shut(`${verdict.why}: the receiver is gone, and is left alone until the hub starts anew`);
    return {};
  };
  const queue = createWorkQueue({
    concurrency,
    now,
    random,
    // A fault of ours: it would come again.
    onError: (id, error) => lose("dropped", String(error), [id]),
    work: async (id, signal) => {
      const verdict = await attempt(backlog, id, webhook, { ...options, signal });
      return verdict === undefined ? {} : settle(id, verdict);
    },
  });
  metrics.follow(name, () => backlog.size());
  return {
    send: (notification) => {
      if (!isOpen) return;
      const dropped = backlog.add(notification, now());
      if (dropped !== undefined)
        lose("dropped", `more than ${webhook.backlog} wait, and the oldest make room`, [dropped]);
      queue.add(notification.id);
    },
    close: async (flushMs) => {
      isOpen = false;
      await withinTime(() => backlog.allTried(), flushMs);
      shut("the hub ended");
      await queue.stop();
      metrics.unfollow(name);
    },
  };
}

/** One attempt, and what follows from it; undefined where the notification was lost meanwhile, which was counted. */
async function attempt(
  backlog: Backlog,
  id: string,
  webhook: WebhookConfig,
  { post, now, random, signal }: WebhookEndpointOptions & { readonly signal: AbortSignal },
): Promise<Verdict | undefined> {
  const delivery = backlog.get(id);
  if (delivery === undefined) return undefined;
  delivery.isInWork = true;
  const outcome = await post(delivery.notification, signal);
  delivery.isInWork = false;
  if (backlog.get(id) === undefined) return undefined;
  delivery.attempts += 1;
  const { attempts, since } = delivery;
  return verdictOn(outcome, { attempts, ageMs: now() - since }, webhook, random);
}

/** Waits until it is so, but no longer than that. */
async function withinTime(isSo: () => boolean, milliseconds: number): Promise<void> {
  const step = 20;
  for (let left = milliseconds; left > 0 && !isSo(); left -= step) await sleep(step);
}
