/** The servers that are compared, each in a process of its own: the REST API, and one of the same framework that does nothing. */
import { once } from "node:events";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { countAnswers } from "../../src/hub/api/api.ts";
import { createApp } from "../../src/hub/api/app.ts";
import { createAuthenticator } from "../../src/hub/api/auth/authenticate.ts";
import { createPendingIntents } from "../../src/hub/api/intents/pending.ts";
import { createMarket } from "../../src/hub/api/market.ts";
import { createRateLimit } from "../../src/hub/api/rate-limit.ts";
import { apiRoutes } from "../../src/hub/api/routes.ts";
import { serveApp } from "../../src/hub/api/server.ts";
import type { Tenant } from "../../src/hub/api/tenants/directory.ts";
import { createTenancy } from "../../src/hub/api/tenants/tenancy.ts";
import type { ApiWorld } from "../../src/hub/api/world.ts";
import { hubConfigSchema } from "../../src/hub/config.ts";
import { createIntentCache } from "../../src/hub/intents/intent-cache.ts";
import { elapsed } from "../../src/kubernetes/timing.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { MEANING } from "../../test/integration/api-harness.ts";
import { changingFederation, offersOf } from "./market.ts";
import { type Recordings, recordingKey } from "./recorded.ts";
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
export async function serve(kind: "api" | "bare", options: { readonly offers: number }): Promise<void> {
  const log = createLogger({ level: "error" });
  const app = kind === "api" ? apiApp(options.offers) : bareApp(await recordings());
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
  const owners = [{ kind: "User", name: "bench" }];
  const tenant: Tenant = { name: "acme", namespaces: ["acme"], owners, limits: [] };
  const tenants = { all: () => [tenant], get: () => tenant, run: () => Promise.resolve() };
  const access = { may: () => Promise.resolve(false), exists: () => Promise.resolve(true) };
  const tenancy = createTenancy(tenants, access, elapsed);
  const tokens = knownTokens();
  const cache = createIntentCache({
    client: {} as never,
    signal: new AbortController().signal,
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
    onAnswer: countAnswers(createMetrics()),
    log,
    ending: new AbortController().signal,
    isTls: false,
  });
}

/** What the bare server is to answer comes as its first message. */
async function recordings(): Promise<Recordings> {
  const answers = once(process, "message") as Promise<[Recordings]>;
  process.send?.("ready");
  return (await answers)[0];
}

/** The same server and framework, which gives the very bytes that the API gave, without a thought. */
function bareApp(recorded: Recordings): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const answer = ({ req, body, env }: Context<{ Bindings: HttpBindings }>): Response => {
    const key = recordingKey(req.method, env.incoming.url ?? "", req.header("Accept-Encoding"));
    const known = recorded.get(key);
    if (known === undefined) throw new Error(`nothing was recorded for ${key}`);
    return body(known.body, 200, known.headers);
  };
  app.get("/resources", answer);
  app.post("/intents", async (context) => {
    await context.req.json();
    return answer(context);
  });
  return app;
}
