import type { ProviderStatus } from "../../intent/provider-schema.ts";
import type { EventRecorder } from "../../kubernetes/event-recorder.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject } from "../../kubernetes/objects.ts";
import { elapsed, whenAborted } from "../../kubernetes/timing.ts";
import { createWorkQueue } from "../../kubernetes/work-queue.ts";
import type { Logger } from "../../observability/logger.ts";
import type { OfferPool } from "../inventory/offer-pool.ts";
import type { Reservations } from "../inventory/reservations.ts";
import { HUB_MANAGER } from "../manager.ts";
import type { HubMetrics } from "../metrics.ts";
import { conditionNews } from "./condition-news.ts";
import { closedCondition, providerConditions } from "./conditions.ts";
import type { ProviderRuntime } from "./provider-runtime.ts";
import { countGpus, nextStatus } from "./provider-status.ts";
import { PROVIDERS, type Providers } from "./providers.ts";

export interface StatusControllerOptions {
  /** The hub's own cluster. */
  readonly client: Pick<KubeClient, "apply">;
  readonly providers: Providers;
  readonly pool: OfferPool;
  readonly reservations: Pick<Reservations, "holders">;
  readonly metrics: HubMetrics;
  readonly events: Pick<EventRecorder, "record">;
  readonly log: Logger;
  /** A provider's status is written at most this often. */
  readonly statusEveryMs: number;
  readonly now: () => number;
  readonly random: () => number;
}

/** Writes into each Provider's status how it stands with it, until the signal aborts: only the leader does. */
export async function keepStatuses(options: StatusControllerOptions, signal: AbortSignal): Promise<void> {
  const { providers, metrics, log, random, statusEveryMs } = options;
  const writtenAt = new Map<string, number>();
  const told = new Map<string, ProviderStatus["conditions"]>();
  const queue = createWorkQueue({
    concurrency: 8,
    random,
    onError: (name, error) => {
      metrics.reconcileFailed("provider");
      log.warn({ provider: name, error: String(error) }, "the status could not be written");
    },
    work: async (name, workSignal) => {
      const runtime = providers.runtime(name);
      if (runtime === undefined) {
        writtenAt.delete(name);
        told.delete(name);
        return {};
      }
      const written = await writeStatus(options, runtime, workSignal);
      writtenAt.set(name, elapsed());
      if (written === undefined) return {};
      // Our own last word, of which the watch may not have told yet.
      tellNews(options, runtime, told.get(name) ?? runtime.provider().status?.conditions, written.conditions);
      told.set(name, written.conditions);
      return {};
    },
  });
  metrics.queue("provider", queue);
  const due = (name: string): void => {
    const waitMs = (writtenAt.get(name) ?? Number.NEGATIVE_INFINITY) + statusEveryMs - elapsed();
    queue.add(name, { delayMs: Math.max(0, waitMs) });
  };
  const unsubscribe = providers.subscribe(due);
  for (const name of providers.names()) due(name);
  await whenAborted(signal);
  unsubscribe();
  await queue.stop();
}

async function writeStatus(
  { client, pool, reservations, now }: StatusControllerOptions,
  runtime: ProviderRuntime,
  signal: AbortSignal,
): Promise<ProviderStatus | undefined> {
  const facts = runtime.facts();
  const provider = runtime.provider();
  const problems = [...pool.nodes(runtime.name)].flatMap((node) => node.problems);
  // A node that is closed says so itself; of a candidate nobody else tells why it cannot be had.
  const tellsClosed = runtime.consumer() !== undefined && runtime.closure() === undefined;
  const status = nextStatus(
    provider,
    {
      conditions: [
        ...providerConditions(facts, now()),
        ...closedCondition(runtime.closure(), reservations.holders(runtime.name)),
      ],
      lastContactAt: facts.lastContactAt,
      version: runtime.version(),
      ...countGpus(pool, runtime.name),
      // Closed nodes are ordinary; a provider that is closed as a whole says so in its conditions.
      problems: problems.filter(({ code }) => tellsClosed || code !== "closed").map(({ message }) => message),
    },
    now(),
  );
  if (status === undefined) return undefined;
  const { apiVersion, kind } = provider;
  await applyStatus(client, { apiVersion, kind, metadata: { name: runtime.name }, status }, signal);
  return status;
}

/** An Event for each condition that changed, and a line of the log for each that is bad news, with its cause. */
function tellNews(
  { events, log }: StatusControllerOptions,
  runtime: ProviderRuntime,
  before: ProviderStatus["conditions"] = [],
  now: ProviderStatus["conditions"] = [],
): void {
  const { apiVersion, kind, metadata } = runtime.provider();
  const subject = { apiVersion, kind, name: runtime.name };
  for (const news of conditionNews(before, now)) {
    events.record(metadata.uid === undefined ? subject : { ...subject, uid: metadata.uid }, news);
    if (news.type === "Warning") log.warn({ provider: runtime.name, reason: news.reason }, news.message);
  }
}

async function applyStatus(
  client: Pick<KubeClient, "apply">,
  object: KubeObject & { readonly status: object },
  signal: AbortSignal,
): Promise<void> {
  const owner = { fieldManager: HUB_MANAGER, force: true, subresource: "status" };
  try {
    await client.apply(PROVIDERS, object, { ...owner, signal });
  } catch (error) {
    // Deleted meanwhile.
    if (!isKubeError(error, "not-found")) throw error;
  }
}
