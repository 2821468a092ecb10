import { fenceClient } from "../kubernetes/fenced-client.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { createDescriber } from "./inventory/describer.ts";
import { createOfferPool, type OfferPool } from "./inventory/offer-pool.ts";
import { createReservations, type Reservations } from "./inventory/reservations.ts";
import type { HubDeps, HubOptions } from "./options.ts";
import type { ProviderDirectory, ProviderEntry } from "./providers/directory.ts";
import { ownProvider } from "./providers/own-provider.ts";
import { createProviders, type Providers } from "./providers/providers.ts";

/** What a replica knows of the federation, whether it leads or not: its providers and what they offer. Only read. */
export interface Federation {
  readonly pool: OfferPool;
  /** Kept by the leader's term while there is one, and by who follows the Intents otherwise; never by both. */
  readonly reservations: Reservations;
  readonly providers: Providers;
  /** True from when every provider that was known at the start told all it has, or failed to: before, what is missing may only be unread. */
  isComplete(): boolean;
  run(signal: AbortSignal): Promise<void>;
}

/** Creates it; nothing happens before `run`. */
export function createFederation({ config }: HubOptions, deps: HubDeps): Federation {
  const { client, connect, regions, log, now = Date.now, random = Math.random, sleep } = deps;
  const reservations = createReservations();
  const pool = createOfferPool(reservations);
  const providers = createProviders({
    client,
    only: config.role === "provider" ? ownProvider(config.provider) : undefined,
    connect,
    pool,
    reservations,
    regions,
    tolerations: config.tolerations,
    describe: createDescriber(),
    log,
    now,
    random,
    sleep,
    probeMs: config.providers.probeEvery,
    probeTimeoutMs: config.providers.probeTimeout,
    silenceMs: config.providers.watchSilence,
    fluidos: config.fluidos,
    unreachableAfterMs: config.providers.unreachableAfter,
  });
  let listed = false;
  let complete = false;
  void providers.directory.listed.then(() => {
    listed = true;
  });
  const hasTold = (name: string): boolean => {
    const runtime = providers.runtime(name);
    if (runtime === undefined || runtime.closed() !== undefined) return true;
    const { synced, failure } = runtime.facts();
    return synced || failure !== undefined;
  };
  return {
    pool,
    reservations,
    providers,
    isComplete: () => {
      complete ||= listed && providers.names().every(hasTold);
      return complete;
    },
    run: (signal) => providers.run(signal),
  };
}

/** The directory with its clients fenced: writes to a provider end with the term that the directory was made for. */
export function fenceDirectory(directory: ProviderDirectory, mayWrite: () => boolean): ProviderDirectory {
  const fenced = new WeakMap<KubeClient, KubeClient>();
  const fence = (client: KubeClient): KubeClient => {
    const known = fenced.get(client) ?? fenceClient(client, mayWrite);
    fenced.set(client, known);
    return known;
  };
  const entryOf = (entry: ProviderEntry): ProviderEntry => ({
    ...entry,
    client: () => {
      const client = entry.client();
      return client && fence(client);
    },
  });
  return {
    ...directory,
    get: (name) => {
      const entry = directory.get(name);
      return entry && entryOf(entry);
    },
    all: () => directory.all().map(entryOf),
  };
}
