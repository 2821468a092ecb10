/** Webhooks as they go over the wire, to receivers of every kind. */
import { createHmac } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { viewOf } from "../../../../src/hub/intents/intent-view.ts";
import { webhooksSection } from "../../../../src/hub/webhooks/config.ts";
import { createNotifier, type Notifier } from "../../../../src/hub/webhooks/notifier.ts";
import { createWebhookMetrics } from "../../../../src/hub/webhooks/webhook-metrics.ts";
import { createLogger } from "../../../../src/observability/logger.ts";
import { createMetrics } from "../../../../src/observability/metrics.ts";
import { minimal } from "../../../support/intents.ts";

const KEY = "0123456789abcdef0123456789abcdef";
process.env.TEST_WEBHOOK_KEY = KEY;

interface Received {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly path: string;
}
interface Receiver {
  readonly url: string;
  readonly received: Received[];
}

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

/** A receiver that does as it is told with the n-th request, from 0. */
async function receiver(answer: (response: ServerResponse, number: number) => void): Promise<Receiver> {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      received.push({ headers: request.headers, body, path: request.url ?? "" });
      answer(response, received.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ending.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) => {
    response.writeHead(code, headers).end();
  };

interface Parts {
  readonly webhooks: readonly object[];
  /** Of all waits, which are drawn from 0 to a bound. */
  readonly random?: number;
}

function start({ webhooks, random = 0 }: Parts) {
  const registry = createMetrics();
  const log: string[] = [];
  let ids = 0;
  const notifier: Notifier = createNotifier({
    webhooks: webhooksSection.parse(
      webhooks.map((each, index) => ({
        name: `hook-${index}`,
        ...("secretFile" in each ? {} : { secretEnv: "TEST_WEBHOOK_KEY" }),
        ...each,
      })),
    ),
    userAgent: "flare-hub/test",
    metrics: createWebhookMetrics(registry),
    log: createLogger({ level: "info", write: (line) => log.push(line) }),
    now: Date.now,
    random: () => random,
    newId: () => `id-${ids++}`,
  });
  ending.push(() => notifier.close());
  const metadata = { name: "demo", namespace: "team-a", uid: "u", generation: 1 };
  const view = viewOf({ ...minimal(), metadata, status: { phase: "Running" } }, "EUR");
  return {
    notifier,
    log,
    tell: (reason = "Placed") => notifier.tell(view, { type: "Normal", reason, message: "told" }, "hub"),
    /** `delivered 1` and so on of a webhook, without zeros. */
    results: async (name = "hook-0"): Promise<string[]> =>
      [...(await registry.metrics()).matchAll(/deliveries_total\{webhook="([^"]+)",result="(\w+)"\} (\d+)/g)]
        .filter(([, webhook, , count]) => webhook === name && count !== "0")
        .map(([, , result, count]) => `${result} ${count}`),
    failedAttempts: async (): Promise<number> =>
      Number(/failed_attempts_total\{webhook="hook-0"\} (\d+)/.exec(await registry.metrics())?.[1]),
  };
}

const until = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 15_000, interval: 10 });
const idsOf = ({ received }: Receiver) => received.map(({ headers }) => headers["x-flare-delivery"]);

describe("a webhook", () => {
  it("gets each notification once, signed with its key", async () => {
    const there = await receiver(status(200));
    const { tell, results } = start({ webhooks: [{ url: there.url }] });
    tell();
    await until(results).toEqual(["delivered 1"]);
    const [got] = there.received;
    const [, time, signature] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(got?.headers["x-flare-signature"])) ?? [];
    expect(signature).toBe(createHmac("sha256", KEY).update(`${time}.${got?.body}`).digest("hex"));
    expect(Math.abs(Number(time) - Date.now() / 1000)).toBeLessThan(60);
    expect(got?.headers).toMatchObject({
      "content-type": "application/cloudevents+json; charset=utf-8",
      "user-agent": "flare-hub/test",
      "x-flare-delivery": "id-0",
    });
    expect(JSON.parse(got?.body ?? "")).toMatchObject({ id: "id-0", data: { reason: "Placed" } });
  });

  it("that is in trouble gets the same notification again, signed anew, until it takes it", async () => {
    const there = await receiver((response, number) => status(number < 2 ? 500 : 200)(response));
    const { tell, results, failedAttempts, log } = start({ webhooks: [{ url: there.url }] });
    tell();
    await until(results).toEqual(["delivered 1"]);
    expect(idsOf(there)).toEqual(["id-0", "id-0", "id-0"]);
    expect(await failedAttempts()).toBe(2);
    expect(log.join("")).toContain("HTTP 500");
    expect(log.join("")).toContain("takes notifications again");
  });

  it("that is down is tried so often, and no more", async () => {
    const there = await receiver(status(200));
    await ending.pop()?.();
    const { tell, results, failedAttempts } = start({ webhooks: [{ url: there.url, attempts: 3 }] });
    tell();
    await until(results).toEqual(["expired 1"]);
    expect(await failedAttempts()).toBe(2);
  });

  it("that never answers costs its timeout, and holds no other back", async () => {
    const silent = await receiver(() => undefined);
    const fast = await receiver(status(202));
    const { tell, results } = start({
      webhooks: [{ url: silent.url, timeout: "200ms", attempts: 2, concurrency: 1 }, { url: fast.url }],
    });
    for (let i = 0; i < 5; i += 1) tell();
    await until(() => results("hook-1")).toEqual(["delivered 5"]);
    expect(await results("hook-0")).not.toContain("expired 5");
    await until(() => results("hook-0")).toEqual(["expired 5"]);
  });

  it("whose answer has no end is cut off", async () => {
    const endless = await receiver((response) => {
      response.writeHead(200);
      const more = (): void => {
        if (response.destroyed) return;
        response.write("x".repeat(65_536));
        setImmediate(more);
      };
      more();
    });
    const { tell, results } = start({ webhooks: [{ url: endless.url }] });
    tell();
    await until(results).toEqual(["delivered 1"]);
  });

  it("that answers a byte at a time is cut off too", async () => {
    const dripping = await receiver((response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(drip));
    });
    const { tell, results } = start({ webhooks: [{ url: dripping.url, timeout: "150ms", attempts: 1 }] });
    tell();
    await until(results).toEqual(["expired 1"]);
  });

  it("is not followed elsewhere", async () => {
    const elsewhere = await receiver(status(200));
    const there = await receiver(status(307, { Location: elsewhere.url }));
    const { tell, results } = start({ webhooks: [{ url: there.url }] });
    tell();
    await until(results).toEqual(["refused 1"]);
    expect(elsewhere.received).toEqual([]);
  });

  it("that is gone (410) is left alone from then on", async () => {
    const there = await receiver((response, number) => status(number === 0 ? 410 : 200)(response));
    const { tell, results, log } = start({ webhooks: [{ url: there.url, concurrency: 1 }] });
    for (let i = 0; i < 3; i += 1) tell();
    await until(results).toEqual(["dropped 3"]);
    tell();
    await until(() => log.join("")).toContain("gone");
    expect(there.received).toHaveLength(1);
  });

  it("that is told to come back later is not asked before", async () => {
    const there = await receiver((response, number) =>
      status(number === 0 ? 429 : 200, { "Retry-After": "1" })(response),
    );
    const { tell, results } = start({ webhooks: [{ url: there.url, giveUpAfter: "500ms" }] });
    tell();
    // In a second is too late for it.
    await until(results).toEqual(["expired 1"]);
    expect(there.received).toHaveLength(1);
  });

  it("that cannot keep up loses the oldest, and says so once", async () => {
    const silent = await receiver(() => undefined);
    const { tell, results, log } = start({ webhooks: [{ url: silent.url, backlog: 10, concurrency: 1 }] });
    tell();
    await until(() => silent.received.length).toBe(1);
    for (let i = 0; i < 100; i += 1) tell();
    await until(results).toEqual(["dropped 91"]);
    expect(log.filter((line) => line.includes("oldest make room"))).toHaveLength(1);
  });

  it("gets only what it wants", async () => {
    const there = await receiver(status(200));
    const { tell, results } = start({ webhooks: [{ url: there.url, reasons: ["Preempted"] }] });
    tell("Placed");
    tell("Preempted");
    await until(results).toEqual(["delivered 1"]);
    expect(idsOf(there)).toEqual(["id-1"]);
  });

  it("gets what was not tried yet when the term ends, and nothing for ever", async () => {
    const there = await receiver(status(200));
    const silent = await receiver(() => undefined);
    const { notifier, tell, results } = start({ webhooks: [{ url: there.url }, { url: silent.url }] });
    for (let i = 0; i < 20; i += 1) tell();
    await notifier.close();
    expect(await results("hook-0")).toEqual(["delivered 20"]);
    expect(await results("hook-1")).toEqual(["dropped 20"]);
    tell();
    expect(await results("hook-0")).toEqual(["delivered 20"]);
  });

  it("is authorised by its URL, of which no log line and no metric tells anything", async () => {
    const there = await receiver((response, number) => status(number === 0 ? 500 : 400)(response));
    const url = new URL(there.url);
    url.username = "user";
    url.password = "hunter2%20";
    url.search = "?token=hunter3";
    url.pathname = "/services/hunter4";
    const { tell, results, log } = start({ webhooks: [{ url: url.href }] });
    tell();
    await until(results).toEqual(["refused 1"]);
    const [got] = there.received;
    expect(got?.headers.authorization).toBe(`Basic ${Buffer.from("user:hunter2 ").toString("base64")}`);
    expect(got?.path).toBe("/services/hunter4?token=hunter3");
    expect(log.length).toBeGreaterThan(0);
    expect(log.join("")).not.toMatch(/hunter|token=/);
    expect(log.join("")).not.toContain(KEY);
  });
});

describe("the key of a webhook", () => {
  const file = join(tmpdir(), `flare-webhook-key-${process.pid}`);
  it("is read from its file anew, so that it may be rotated", async () => {
    ending.push(() => rm(file, { force: true }));
    const there = await receiver(status(200));
    const { tell, results } = start({
      webhooks: [{ url: there.url, secretFile: file }],
    });
    const signedWith = (key: string): boolean => {
      const got = there.received.at(-1);
      const signature = String(got?.headers["x-flare-signature"]);
      const [, time] = /^t=(\d+)/.exec(signature) ?? [];
      const digest = createHmac("sha256", key).update(`${time}.${got?.body}`).digest("hex");
      return signature === `t=${time},v1=${digest}`;
    };
    await writeFile(file, "first-key-0123456789\n");
    tell();
    await until(results).toEqual(["delivered 1"]);
    expect(signedWith("first-key-0123456789")).toBe(true);
    await writeFile(file, "second-key-0123456789\n");
    tell();
    await until(results).toEqual(["delivered 2"]);
    expect(signedWith("second-key-0123456789")).toBe(true);
  });

  it.each([
    ["is not there", undefined, "cannot be read (ENOENT)"],
    ["is too short to be one", "short", "less than 16 bytes"],
  ])("that %s sends nothing unsigned", async (_, text, why) => {
    ending.push(() => rm(file, { force: true }));
    if (text !== undefined) await writeFile(file, text);
    const there = await receiver(status(200));
    const { tell, results, log } = start({
      webhooks: [{ url: there.url, secretFile: file, attempts: 2 }],
    });
    tell();
    await until(results).toEqual(["expired 1"]);
    expect(there.received).toEqual([]);
    expect(log.join("")).toContain(why);
  });
});
