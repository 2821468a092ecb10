/** The servers that are compared, each in a process of its own: the REST API, and one of the same framework that does nothing. */
import { gzipSync } from "node:zlib";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { createApp } from "../../src/hub/api/app.ts";
import { createAuthenticator } from "../../src/hub/api/auth/authenticate.ts";
import { evenGrant, PERMISSIONS } from "../../src/hub/api/auth/permissions.ts";
import { createPendingIntents } from "../../src/hub/api/intents/pending.ts";
import { createMarket } from "../../src/hub/api/market.ts";
import { createRateLimit } from "../../src/hub/api/rate-limit.ts";
import { apiRoutes } from "../../src/hub/api/routes.ts";
import { serveApp } from "../../src/hub/api/server.ts";
import type { Tenancy } from "../../src/hub/api/tenants/tenancy.ts";
import type { ApiWorld } from "../../src/hub/api/world.ts";
import { hubConfigSchema } from "../../src/hub/config.ts";
import { createIntentCache } from "../../src/hub/intents/intent-cache.ts";
import { elapsed } from "../../src/kubernetes/timing.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { MEANING } from "../../test/integration/api-harness.ts";
import { changingFederation, offersOf } from "./market.ts";
import { knownTokens } from "./tokens.ts";

/** What the bench asks a server, and what it answers. */
export type Question = "reset" | "measure";
export interface Measured {
  /** MiB of JavaScript in use after two collections. */
  readonly heap: number;
  /** Most CPU time of one turn of the event loop, in which nobody else was served, since the last reset (ms). */
  readonly longestBlock: number;
}

/** Serves until it is killed; tells its port, then answers questions. */
export async function serve(
  kind: "api" | "bare",
  options: { readonly offers: number; readonly body: number },
) {
  const log = createLogger({ level: "error" });
  const app = kind === "api" ? apiApp(options.offers) : bareApp(options.body);
  const { port } = await serveApp(app, { listen: { host: "127.0.0.1", port: 0 }, tls: undefined, log });
  const turns = watchTurns();
  process.on("message", (question: Question) => {
    const longestBlock = turns.longest();
    if (question === "reset") turns.start();
    else turns.stop();
    for (let times = 0; question === "measure" && times < 2; times += 1) globalThis.gc?.();
    process.send?.({ heap: process.memoryUsage().heapUsed / 2 ** 20, longestBlock } satisfies Measured);
  });
  process.send?.({ port });
}

/** Measures each turn of the event loop by CPU time: how long others have the core says nothing of us. It keeps the loop busy. */
function watchTurns() {
  let longest = 0;
  let isOn = false;
  let before = process.cpuUsage();
  const turn = (): void => {
    const { user, system } = process.cpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
    before = process.cpuUsage();
    if (isOn) setImmediate(turn);
  };
  return {
    longest: () => longest,
    start: () => {
      longest = 0;
      isOn = true;
      before = process.cpuUsage();
      setImmediate(turn);
    },
    stop: () => {
      isOn = false;
    },
  };
}

/** Everything of the API but its watches and its cluster: what they would have told is there from the start. */
function apiApp(count: number): Hono<{ Bindings: HttpBindings }> {
  const config = hubConfigSchema.parse({ api: {} }).api;
  if (config === undefined) throw new Error("no configuration of the API");
  const log = createLogger({ level: "error" });
  const unlimited = createRateLimit({ perSecond: 1e9, burst: 1e9 }, elapsed);
  const tenants = { get: () => ({ name: "acme", namespaces: ["acme"], owners: undefined, limits: [] }) };
  const grant = evenGrant("acme", ["acme"], PERMISSIONS);
  const tenancy: Tenancy = {
    grants: () => Promise.resolve([grant]),
    grantIn: () => Promise.resolve(grant),
    isAdmin: () => Promise.resolve(false),
    exists: () => Promise.resolve(true),
  };
  const tokens = knownTokens();
  const cache = createIntentCache({
    client: {} as never,
    currency: "EUR",
    log,
    now: Date.now,
    random: Math.random,
  });
  const intents = { ...cache, isRead: () => true };
  const federation = changingFederation(offersOf(count), 50);
  const { currencyRates } = MEANING;
  const auth = createAuthenticator({
    kubeTokens: () => Promise.resolve(undefined),
    tokens,
    tenancy,
    failedLogins: unlimited,
    now: Date.now,
  });
  const world: ApiWorld = {
    config,
    client: {} as never,
    market: createMarket({ federation, intents, currencyRates, now: elapsed }),
    intents,
    tokens,
    providers: { get: () => undefined },
    tenants,
    meaning: MEANING,
    pending: createPendingIntents(intents, elapsed),
    suggesting: createRateLimit({ perSecond: 1, burst: 10 }, elapsed),
    streams: new Map(),
    log,
    now: Date.now,
  };
  return createApp({
    routes: apiRoutes(world, auth, tenancy, "bench"),
    auth,
    perToken: unlimited,
    perAddress: unlimited,
    clientAddress: (remote) => remote ?? "",
    onAnswer: () => undefined,
    log,
    ending: new AbortController().signal,
    isTls: false,
  });
}

/** The same server and framework, with answers of the same size that nobody has to think about. */
function bareApp(bytes: number): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const answer = Buffer.alloc(bytes, "x");
  const packed = gzipSync(answer, { level: 0 });
  const headers = { "Content-Type": "application/json" };
  app.get("/resources", (context) =>
    context.body(context.req.header("Accept-Encoding") === undefined ? answer : packed, 200, headers),
  );
  app.post("/intents", async (context) =>
    context.json({ got: Object.keys(await context.req.json()).length }),
  );
  return app;
}
