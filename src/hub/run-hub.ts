import { setMaxListeners } from "node:events";
import { createEventRecorder } from "../kubernetes/event-recorder.ts";
import { isKubeError } from "../kubernetes/kube-error.ts";
import { createLeaderElector, type LeaderElector } from "../kubernetes/leader-election.ts";
import { abortable, sleep } from "../kubernetes/timing.ts";
import { startHealthServer } from "../observability/health-server.ts";
import { createMetrics, type Metrics, registerProcessMetrics } from "../observability/metrics.ts";
import type { Api } from "./api/api.ts";
import { createFederation, type Federation } from "./federation.ts";
import { createHubHealth, type HubHealth } from "./hub-health.ts";
import { createIntentCache, type IntentCache } from "./intents/intent-cache.ts";
import type { Follower, Reservations } from "./inventory/reservations.ts";
import { addressOf } from "./listen-address.ts";
import { HUB_MANAGER } from "./manager.ts";
import { createHubMetrics } from "./metrics.ts";
import type { HubDeps, HubOptions } from "./options.ts";
import { runTerm, type TermSurroundings } from "./term.ts";

/** What `flare hub` exits with. */
export const HUB_EXIT = { done: 0, failed: 1, usage: 2 } as const;
export type HubExitCode = (typeof HUB_EXIT)[keyof typeof HUB_EXIT];

/** Events that wait are sent for so long at most when the hub ends. */
const FLUSH_MS = 300;

/**
 * Runs a hub until its signal aborts. Every replica knows its providers and what they offer, and serves health and
 * metrics; the one that leads runs the controllers.
 * Never throws: what goes wrong is logged and told by the exit code.
 */
export async function runHub(options: HubOptions, deps: HubDeps): Promise<HubExitCode> {
  const { signal, log, now = Date.now } = deps;
  const registry = createMetrics();
  registerProcessMetrics(registry);
  const metrics = createHubMetrics(registry, deps.version ?? "unknown");
  const health = createHubHealth();
  const events = createEventRecorder({
    client: deps.client,
    component: HUB_MANAGER,
    instance: options.identity,
    onError: (error) => log.debug({ error: String(error) }, "an Event could not be recorded"),
    now,
  });
  const federation = createFederation(options, deps);
  const reading = new AbortController();
  // All watches of all providers listen to it, which is no leak.
  setMaxListeners(0, reading.signal);
  const { currency } = options.config.intents;
  const { client, random = Math.random } = deps;
  const intents = createIntentCache({ client, signal: reading.signal, currency, log, now, random });
  let running: Promise<unknown> | undefined;
  let server: Awaited<ReturnType<typeof startHealthServer>> | undefined;
  let api: Api | undefined;
  try {
    // A wrong kubeconfig will not get better by retries: say so and end.
    await abortable(deps.client.server(), signal, () => new Error("asked to end"));
    if (options.listen !== undefined) {
      server = await startHealthServer({
        ...options.listen,
        metrics: registry,
        healthy: () => health.healthy(),
        ready: () => health.ready(),
      });
      deps.onListening?.(server.port);
    }
    running = federation.run(reading.signal);
    api = await serveApi(options, deps, { federation, intents, registry });
    log.info(
      { version: deps.version, ...addressesOf(options, { metrics: server?.port, api: api?.port }) },
      "flare hub starts",
    );
    const follower = api?.follower ?? noFollower(federation.reservations);
    // Those who wait for an answer get it while the term ends.
    signal.addEventListener("abort", () => void api?.close(), { once: true });
    const around = { options, deps, registry, metrics, health, events, federation, intents, follower };
    await lead({ ...around, isLeader: () => true });
    return HUB_EXIT.done;
  } catch (error) {
    if (signal.aborted) return HUB_EXIT.done;
    log.error({}, error instanceof Error ? error.message : String(error));
    return isKubeError(error, "config") ? HUB_EXIT.usage : HUB_EXIT.failed;
  } finally {
    await api?.close();
    reading.abort();
    await running;
    await intents.follow();
    const flushed = new AbortController();
    await Promise.race([events.flush(), sleep(FLUSH_MS, flushed.signal)]);
    flushed.abort();
    await server?.close();
  }
}

/** Where it can be asked what, as far as it is served at all. */
function addressesOf(
  { listen, config }: HubOptions,
  ports: { readonly metrics: number | undefined; readonly api: number | undefined },
): { readonly metrics?: string; readonly api?: string } {
  const { metrics: port, api: apiPort } = ports;
  return {
    ...(listen === undefined || port === undefined
      ? {}
      : { metrics: `${addressOf({ ...listen, port }, false)}/metrics` }),
    ...(config.api === undefined || apiPort === undefined
      ? {}
      : { api: addressOf({ ...config.api.listen, port: apiPort }, config.api.tls !== undefined) }),
  };
}

/** Serves the REST API where the configuration says so; its code is loaded only then. */
async function serveApi(
  { config }: HubOptions,
  deps: HubDeps,
  parts: { readonly federation: Federation; readonly intents: IntentCache; readonly registry: Metrics },
): Promise<Api | undefined> {
  const { client, resolveModel, log, now = Date.now, random = Math.random, version = "unknown" } = deps;
  if (config.api === undefined || resolveModel === undefined) return undefined;
  const { startApi } = await import("./api/api.ts");
  const meaning = { ...config.intents, resolveModel };
  const api = await startApi({ config: config.api, client, meaning, log, now, random, version, ...parts });
  deps.onApi?.(api.port);
  return api;
}

/** Where nobody asks a replica that stands by, it need not know what Intents hold. */
const noFollower = (reservations: Pick<Reservations, "clear">): Follower => ({
  pause: () => reservations.clear(),
  resume: () => reservations.clear(),
});

/** Without leader election there is one term, from start to end. */
async function lead(around: TermSurroundings): Promise<void> {
  const { options, deps, health } = around;
  if (!options.config.leaderElection.enabled) return runTerm(around, deps.signal);
  const elector = electorOf(options, deps, health);
  const isLeader = (): boolean => elector.isLeader();
  await elector.run(deps.signal, async (term) => {
    deps.log.info({ identity: options.identity }, "this hub leads");
    await runTerm({ ...around, isLeader }, term);
    deps.log.info({ identity: options.identity }, "this hub leads no more");
  });
}

function electorOf(options: HubOptions, deps: HubDeps, health: HubHealth): LeaderElector {
  const { leaseDuration, renewDeadline, retryPeriod, lease } = options.config.leaderElection;
  return createLeaderElector({
    client: deps.client,
    namespace: options.namespace,
    name: lease,
    identity: options.identity,
    leaseMs: leaseDuration,
    renewDeadlineMs: renewDeadline,
    retryMs: retryPeriod,
    onError: (error) =>
      deps.log.warn({ lease, error: String(error) }, "the lease could not be read or written"),
    onHolder: (identity) => {
      health.holder(identity);
      deps.log.info({ lease, holder: identity }, "the lease has a new holder");
    },
  });
}
