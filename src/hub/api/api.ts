import { setMaxListeners } from "node:events";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { elapsed } from "../../kubernetes/timing.ts";
import type { Logger } from "../../observability/logger.ts";
import { counter, type Metrics } from "../../observability/metrics.ts";
import type { Federation } from "../federation.ts";
import { followIntents, type IntentCache } from "../intents/intent-cache.ts";
import type { IntentMeaning } from "../intents/meaning.ts";
import type { Follower } from "../inventory/reservations.ts";
import { addressOf } from "../listen-address.ts";
import { type AppOptions, createApp } from "./app.ts";
import { createAuthenticator } from "./auth/authenticate.ts";
import { createKubeTokens } from "./auth/kube-tokens.ts";
import { createTokenStore } from "./auth/token-store.ts";
import { createClientAddress } from "./client-address.ts";
import type { ApiConfig } from "./config.ts";
import { createPendingIntents } from "./intents/pending.ts";
import { createMarket } from "./market.ts";
import { createRateLimit } from "./rate-limit.ts";
import { apiRoutes } from "./routes.ts";
import { type ApiServer, serveApp } from "./server.ts";
import { createAccess } from "./tenants/access.ts";
import { createTenantDirectory } from "./tenants/directory.ts";
import { createTenancy } from "./tenants/tenancy.ts";
import type { ApiWorld } from "./world.ts";

export interface ApiOptions {
  readonly config: ApiConfig;
  /** The hub's own cluster. The API writes on every replica, so that this client is not fenced. */
  readonly client: KubeClient;
  readonly federation: Federation;
  readonly intents: IntentCache;
  readonly meaning: IntentMeaning;
  readonly registry: Metrics;
  readonly version: string;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
}

/** The REST API of one replica. */
export interface Api {
  readonly port: number;
  /** Keeps the reservations while this replica does not lead. */
  readonly follower: Follower;
  /** Answers what came, and ends. */
  close(): Promise<void>;
}

/** Of each tenant: a tenth of a second each, with thousands of offers, in which nobody else is served. */
const SUGGESTIONS = { perSecond: 1, burst: 10 } as const;

/** Starts the API of this replica. It answers UNAVAILABLE until it has read what an answer takes. */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { config, client, federation, intents, meaning, registry, log, now, random } = options;
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const common = { client, log, now, random };
  const tokens = createTokenStore({ ...common, namespace: config.tokens.namespace });
  const tenants = createTenantDirectory({ ...common, ...config.tenants });
  const tenancy = createTenancy(tenants, createAccess(client), elapsed);
  const market = createMarket({ federation, intents, currencyRates: meaning.currencyRates, now: elapsed });
  const { limits } = config;
  const auth = createAuthenticator({
    kubeTokens: createKubeTokens({ client, audiences: config.audiences, now: elapsed }),
    tokens,
    tenancy,
    failedLogins: createRateLimit(limits.failedLogins, elapsed),
    now,
  });
  const world: ApiWorld = {
    config,
    client,
    market,
    intents,
    tokens,
    providers: federation.providers.directory,
    tenants,
    meaning,
    pending: createPendingIntents(intents, elapsed),
    suggesting: createRateLimit(SUGGESTIONS, elapsed),
    streams: new Map(),
    log,
    now,
  };
  const app = createApp({
    routes: apiRoutes(world, auth, tenancy, options.version),
    auth,
    perToken: createRateLimit(limits.perToken, elapsed),
    perAddress: createRateLimit(limits.perAddress, elapsed),
    clientAddress: createClientAddress(config.trustedProxies),
    onAnswer: countAnswers(registry),
    log,
    ending: ending.signal,
    isTls: config.tls !== undefined,
  });
  const server: ApiServer = await serveApp(app, { listen: config.listen, tls: config.tls, log });
  const follower = followIntents(intents, federation.reservations);
  void intents.follow();
  const running = Promise.all([tokens.run(ending.signal), tenants.run(ending.signal)]);
  const tls = config.tls !== undefined;
  log.info({ address: addressOf({ ...config.listen, port: server.port }, tls) }, "the REST API is served");
  const close = async (): Promise<void> => {
    ending.abort();
    await server.close();
    market.close();
    await running;
  };
  let closing: Promise<void> | undefined;
  return {
    port: server.port,
    follower,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Counts answers by route, method and status. */
export function countAnswers(registry: Metrics): AppOptions["onAnswer"] {
  const answers = counter(registry, {
    name: "flare_hub_api_requests_total",
    help: "Requests that the REST API answered, by route, method and status.",
    labels: ["route", "method", "code"],
  });
  return ({ method, path, status }) =>
    answers.inc({ route: path === "" ? "none" : path, method: methodLabel(method), code: String(status) });
}

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/** Methods are text of the client's: a label for each would be without bounds. */
const methodLabel = (method: string): string => (METHODS.includes(method) ? method : "other");
