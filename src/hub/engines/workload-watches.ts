import type { KubeClient } from "../../kubernetes/kube-client.ts";
import type { KubeObject } from "../../kubernetes/objects.ts";
import { sleep } from "../../kubernetes/timing.ts";
import type { Logger } from "../../observability/logger.ts";
import { observeWorkload, type WorkloadObservation } from "../../workload/observe.ts";
import type { Place } from "../intents/places.ts";
import type { ProviderDirectory } from "../providers/directory.ts";
import type { Engine, EngineNews } from "./engine.ts";
import { createFilledPlaces } from "./filled-places.ts";
import { createProviderWatch, type ProviderWatch } from "./provider-watch.ts";

export interface WorkloadWatchesOptions {
  readonly hub: string;
  readonly providers: Pick<ProviderDirectory, "get" | "all" | "subscribe">;
  readonly log: Logger;
}

type Target = Pick<Place, "provider" | "namespace">;

export interface WorkloadWatches extends Pick<Engine, "found" | "sees" | "subscribe" | "run"> {
  observe(uid: string, place: Place): WorkloadObservation | undefined;
  isMissing(uid: string, place: Place): boolean;
  /** A namespace of this hub's, as it was seen last; undefined where none was. */
  namespace(place: Target): KubeObject | undefined;
  deployed(uid: string, place: Target): void;
  /** Nothing is there any more: the place is forgotten. */
  released(uid: string, place: Target): void;
}

/** A watch for each provider of an engine, opened anew when its client changes. */
export function createWorkloadWatches(
  options: WorkloadWatchesOptions,
  engine: Engine["name"],
): WorkloadWatches {
  const { providers, hub, log } = options;
  const open = new Map<string, { readonly watch: ProviderWatch; readonly end: () => Promise<void> }>();
  const listeners = new Set<(news: EngineNews) => void>();
  const tell = (news: EngineNews): void => {
    for (const listener of listeners) listener(news);
  };
  const places = createFilledPlaces();

  const follow = (provider: string): void => {
    const entry = providers.get(provider);
    const client = entry?.provider().spec.engine === engine ? entry.client() : undefined;
    const known = open.get(provider);
    if (known?.watch.client === client) return;
    if (known !== undefined) void known.end();
    open.delete(provider);
    if (client !== undefined) open.set(provider, start(provider, client));
  };
  const start = (provider: string, client: KubeClient) => {
    const stopper = new AbortController();
    const watch = createProviderWatch({
      provider,
      hub,
      client,
      onChange: (uid, lost) => {
        if (lost !== undefined)
          places.lost(uid, { provider, ...lost }, watch.namespace(lost.namespace) !== undefined);
        tell({ uid });
      },
      onSynced: () => tell({ provider }),
      onError: (error) => log.error({ provider, error: String(error) }, "a change could not be taken in"),
    });
    return { watch, end: endOf(watch.run(stopper.signal), stopper) };
  };
  return {
    found: () => [...open.values()].flatMap(({ watch }) => (watch.synced() ? watch.namespaces() : [])),
    sees: (provider) => open.get(provider)?.watch.synced() === true,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    observe: (uid, { provider, namespace }) => {
      const watch = open.get(provider)?.watch;
      return watch?.synced() === true ? observeWorkload(watch.objects(uid, namespace)) : undefined;
    },
    isMissing: (uid, place) => {
      if (places.isUndone(uid, place)) return true;
      const watch = open.get(place.provider)?.watch;
      return (
        watch?.synced() === true &&
        !places.isFilled(uid, place) &&
        watch.namespace(place.namespace) === undefined
      );
    },
    namespace: ({ provider, namespace }) => open.get(provider)?.watch.namespace(namespace),
    deployed: (uid, place) => places.filled(uid, place),
    released: (uid, place) => places.forget(uid, place),
    run: async (signal) => {
      await keepFollowing(providers, { follow, followed: () => open.keys() }, signal);
      await Promise.all([...open.values()].map(({ end }) => end()));
    },
  };
}

const endOf = (running: Promise<void>, stopper: AbortController) => async (): Promise<void> => {
  stopper.abort();
  await running;
};

async function keepFollowing(
  providers: WorkloadWatchesOptions["providers"],
  { follow, followed }: { follow: (provider: string) => void; followed: () => Iterable<string> },
  signal: AbortSignal,
): Promise<void> {
  for (const { name } of providers.all()) follow(name);
  const unsubscribe = providers.subscribe(follow);
  // A client may also come without word: when a kubeconfig is read at last.
  while (!signal.aborted) {
    await sleep(FOLLOW_MS, signal);
    if (!signal.aborted)
      for (const name of new Set([...followed(), ...providers.all().map((each) => each.name)])) follow(name);
  }
  unsubscribe();
}

const FOLLOW_MS = 1000;
