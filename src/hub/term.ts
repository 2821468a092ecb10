import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { EventRecorder } from "../kubernetes/event-recorder.ts";
import { fenceClient } from "../kubernetes/fenced-client.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { Controller, ControllerContext } from "./controller.ts";
import { createFlavorController } from "./flavors/flavor-controller.ts";
import type { HubHealth } from "./hub-health.ts";
import { createDescriber } from "./inventory/describer.ts";
import { createOfferPool } from "./inventory/offer-pool.ts";
import { createReservations } from "./inventory/reservations.ts";
import type { HubMetrics } from "./metrics.ts";
import type { HubDeps, HubOptions } from "./options.ts";
import { createProviderController, type ProviderController } from "./providers/provider-controller.ts";
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
}

/**
 * Leads until the signal aborts: providers, Flavors and the given controllers, all on state that begins empty and is
 * filled from the API. Rejects when a controller fails; then everything of the term has ended.
 */
export async function runTerm(around: TermSurroundings, signal: AbortSignal): Promise<void> {
  const { health, metrics, deps } = around;
  const term = new AbortController();
  // Providers, controllers and their watches all listen to it, which is no leak.
  setMaxListeners(0, term.signal);
  const end = (): void => term.abort();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  health.leading("starting");
  const notifier = startNotifier(around);
  const { context, providers } = buildContext(around, notifier, term.signal);
  metrics.observe({ pool: context.pool, providers: context.providers });
  void context.providers.listed.then(() => {
    if (!term.signal.aborted) health.leading("leading");
  });
  const controllers: readonly Controller[] = [createFlavorController(), ...(deps.controllers ?? [])];
  const running = [
    providers.run(term.signal),
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
  { options, deps, registry, metrics, events, isLeader }: TermSurroundings,
  notifier: Notifier,
  signal: AbortSignal,
): { readonly context: ControllerContext; readonly providers: ProviderController } {
  const { config } = options;
  const { now = Date.now, random = Math.random, stopwatch = () => performance.now() } = deps;
  const mayWrite = (): boolean => isLeader() && !signal.aborted;
  const client = fenceClient(deps.client, mayWrite);
  const reservations = createReservations();
  const pool = createOfferPool(reservations);
  const providers = createProviderController({
    client,
    connect: (destination) => fenceClient(deps.connect(destination), mayWrite),
    pool,
    reservations,
    regions: deps.regions,
    tolerations: config.tolerations,
    describe: createDescriber(),
    metrics,
    log: deps.log,
    now,
    random,
    sleep: deps.sleep,
    probeMs: config.providers.probeEvery,
    probeTimeoutMs: config.providers.probeTimeout,
    silenceMs: config.providers.watchSilence,
    unreachableAfterMs: config.providers.unreachableAfter,
    statusEveryMs: config.providers.statusEvery,
  });
  const context: ControllerContext = {
    client,
    signal,
    isLeader: mayWrite,
    config,
    pool,
    reservations,
    providers: providers.directory,
    events,
    notifier,
    log: deps.log,
    registry,
    metrics,
    now,
    stopwatch,
    random,
  };
  return { context, providers };
}
