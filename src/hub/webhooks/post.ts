import type { Agent } from "node:http";
import { exchange } from "../http-exchange.ts";
import type { WebhookConfig } from "./config.ts";
import { readKey } from "./key.ts";
import type { Notification } from "./notification.ts";
import { type Outcome, retryAfterMs } from "./retry.ts";
import { signatureOf } from "./signature.ts";

export interface PostOptions {
  readonly userAgent: string;
  readonly agent: Agent;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Read so that the connection can be used again; what the receiver says beside its status does not matter. */
const LONGEST_ANSWER = 16_384;

/** One attempt to deliver a notification. Never rejects. */
export async function post(
  webhook: WebhookConfig,
  { id, body }: Notification,
  { userAgent, agent, now, signal }: PostOptions,
): Promise<Outcome> {
  try {
    const key = await readKey(webhook);
    const { status, headers } = await exchange({
      url: webhook.url,
      method: "POST",
      headers: {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "User-Agent": userAgent,
        "X-Flare-Delivery": id,
        "X-Flare-Signature": signatureOf(body, key, now()),
      },
      body,
      timeoutMs: webhook.timeout,
      maxBytes: LONGEST_ANSWER,
      signal,
      agent,
    });
    return { status, retryAfterMs: retryAfterMs(headers["retry-after"], now()) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
