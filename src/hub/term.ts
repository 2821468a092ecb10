import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { EventRecorder } from "../kubernetes/event-recorder.ts";
import { fenceClient } from "../kubernetes/fenced-client.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { Controller, ControllerContext } from "./controller.ts";
import { type Federation, fenceDirectory } from "./federation.ts";
import { createFlavorController } from "./flavors/flavor-controller.ts";
import type { HubHealth } from "./hub-health.ts";
import type { IntentCache } from "./intents/intent-cache.ts";
import type { Follower } from "./inventory/reservations.ts";
import type { HubMetrics } from "./metrics.ts";
import type { HubDeps, HubOptions } from "./options.ts";
import { keepStatuses } from "./providers/status-controller.ts";
import { createNotifier, type Notifier } from "./webhooks/notifier.ts";

/** What lasts longer than a term. */
export interface TermSurroundings {
  readonly options: HubOptions;
  readonly deps: HubDeps;
  readonly registry: Metrics;
  readonly metrics: HubMetrics;
  readonly health: HubHealth;
  readonly events: EventRecorder;
  readonly isLeader: () => boolean;
  readonly federation: Federation;
  readonly intents: IntentCache;
  /** Keeps the reservations while nobody leads here; told of each term, which keeps them itself. */
  readonly follower: Follower;
}

/**
 * Leads until the signal aborts: the status of providers, Flavors and the given controllers. They read what this
 * replica knows of the federation anyway; what is held by whom begins empty and is filled from the API. Rejects when a
 * controller fails; then everything of the term has ended.
 */
export async function runTerm(around: TermSurroundings, signal: AbortSignal): Promise<void> {
  const { health, metrics, deps, follower } = around;
  const term = new AbortController();
  // Providers, controllers and their watches all listen to it, which is no leak.
  setMaxListeners(0, term.signal);
  const end = (): void => term.abort();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  health.leading("starting");
  follower.pause();
  const notifier = startNotifier(around);
  const context = buildContext(around, notifier, term.signal);
  metrics.observe({ pool: context.pool, providers: context.providers });
  void context.providers.listed.then(() => {
    if (!term.signal.aborted) health.leading("leading");
  });
  const controllers: readonly Controller[] = [createFlavorController(), ...(deps.controllers ?? [])];
  const running = [
    ...(context.config.role === "hub" ? [keepStatuses(statusOptions(around, context), term.signal)] : []),
    ...controllers.map(async (controller) => {
      deps.log.debug({ controller: controller.name }, "started");
      await controller.start(context);
    }),
  ];
  try {
    await Promise.all(running);
  } finally {
    end();
    await Promise.allSettled(running);
    await notifier.close();
    signal.removeEventListener("abort", end);
    follower.resume();
    metrics.observe(undefined);
    health.leading("waiting");
  }
}

function startNotifier({ options, deps, metrics }: TermSurroundings): Notifier {
  return createNotifier({
    webhooks: options.config.webhooks,
    userAgent: `flare-hub/${deps.version ?? "unknown"}`,
    metrics: metrics.webhooks,
    log: deps.log,
    now: deps.now ?? Date.now,
    random: deps.random ?? Math.random,
    newId: randomUUID,
  });
}

function buildContext(
  { options, deps, registry, metrics, events, isLeader, federation, intents }: TermSurroundings,
  notifier: Notifier,
  signal: AbortSignal,
): ControllerContext {
  const { now = Date.now, random = Math.random, stopwatch = () => performance.now() } = deps;
  const mayWrite = (): boolean => isLeader() && !signal.aborted;
  return {
    client: fenceClient(deps.client, mayWrite),
    signal,
    isLeader: mayWrite,
    config: options.config,
    pool: federation.pool,
    reservations: federation.reservations,
    providers: fenceDirectory(federation.providers.directory, mayWrite),
    intents,
    events,
    notifier,
    log: deps.log,
    registry,
    metrics,
    now,
    stopwatch,
    random,
  };
}

const statusOptions = (
  { options, federation, metrics }: TermSurroundings,
  { client, pool, reservations, events, log, now, random }: ControllerContext,
) => ({
  client,
  events,
  pool,
  reservations,
  providers: federation.providers,
  metrics,
  log,
  now,
  random,
  statusEveryMs: options.config.providers.statusEvery,
});
