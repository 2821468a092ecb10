import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject } from "../../kubernetes/objects.ts";
import { createLimit, sleep } from "../../kubernetes/timing.ts";
import type { Logger } from "../../observability/logger.ts";
import { isOwned } from "../../workload/identity.ts";
import type { IntentIdentity } from "../../workload/names.ts";
import { observeWorkload, type WorkloadObservation } from "../../workload/observe.ts";
import type { Place } from "../intents/places.ts";
import type { ProviderDirectory, ProviderEntry } from "../providers/directory.ts";
import { type DeployOptions, deployObjects } from "./deploy.ts";
import type { Engine, EngineNews, StepResult } from "./engine.ts";
import { createFilledPlaces } from "./filled-places.ts";
import { createProviderWatch, type ProviderWatch } from "./provider-watch.ts";
import { NAMESPACES } from "./resources.ts";

export interface DirectEngineOptions extends Omit<DeployOptions, "provider"> {
  readonly providers: Pick<ProviderDirectory, "get" | "all" | "subscribe">;
  readonly log: Logger;
}

type Target = Pick<Place, "provider" | "namespace">;

/** The engine that places with a kubeconfig of the provider's cluster: nothing else is needed there. */
export function createDirectEngine(options: DirectEngineOptions): Engine {
  const watches = createWatches(options);
  const withClient = <T extends StepResult>(
    provider: string,
    signal: AbortSignal,
    work: (client: KubeClient, signal: AbortSignal) => Promise<T>,
  ): Promise<T | Failure> => {
    const open = openTo(options.providers.get(provider), provider);
    return "client" in open ? bounded(signal, (within) => work(open.client, within)) : Promise.resolve(open);
  };
  return {
    name: "direct",
    // The status of the Intent is the reservation; the provider learns of it with the workload.
    reserve: () => Promise.resolve({ ok: true }),
    deploy: (view, place, { suspended, signal }) =>
      withClient(place.provider, signal, async (client, within) => {
        const provider = options.providers.get(place.provider)?.provider();
        const job = { client, view, place, suspended, signal: within };
        const result = await deployObjects({ ...options, provider }, job);
        if (result.ok) watches.deployed(view.uid, place);
        return result;
      }),
    observe: ({ uid }, place) => watches.observe(uid, place),
    isMissing: ({ uid }, place) => watches.isMissing(uid, place),
    release: (view, place, signal) =>
      withClient(place.provider, signal, async (client, within) => {
        const result = await release(client, options.hub, view, place, within);
        if (result.ok) watches.released(view.uid, place);
        return result;
      }),
    found: () => watches.found(),
    subscribe: watches.subscribe,
    run: watches.run,
  };
}

type Failure = Extract<StepResult, { ok: false }>;
const failure = (reason: string, message: string): Failure => ({ ok: false, reason, message });

/** The provider's client, or why there is no use in trying. A paused provider is still cleaned and kept current. */
function openTo(entry: ProviderEntry | undefined, name: string): { readonly client: KubeClient } | Failure {
  if (entry === undefined) return failure("ProviderGone", `there is no Provider ${name} any more`);
  const client = entry.client();
  if (client === undefined)
    return failure("ProviderUnreachable", `Provider ${name} has no kubeconfig that works`);
  // Nobody waits for an answer that will not come; its return is noticed by the probes.
  const closed = entry.provider().spec.paused ? undefined : entry.closed();
  return closed === undefined ? { client } : failure("ProviderUnreachable", closed);
}

/** A provider may be slow, but not for ever: what it does not answer is a failure, and tried again. */
const PATIENCE_MS = 15_000;

async function bounded<T extends StepResult>(
  signal: AbortSignal,
  work: (within: AbortSignal) => Promise<T>,
): Promise<T | Failure> {
  const limit = createLimit(signal, PATIENCE_MS);
  try {
    return await work(limit.signal);
  } catch (error) {
    if (limit.isOver()) return failure("ProviderTimeout", `no answer within ${PATIENCE_MS / 1000} s`);
    // Fenced, or the hub stops: that is no fault of the provider.
    if (!isKubeError(error) || error.code === "aborted") throw error;
    return failure(
      error.status === undefined ? "ProviderUnreachable" : error.reason || "Refused",
      error.message,
    );
  } finally {
    limit.dispose();
  }
}

/** Deletes the namespace, if it is this Intent's, and with it everything in it. */
async function release(
  client: KubeClient,
  hub: string,
  view: IntentIdentity,
  { namespace }: Target,
  signal: AbortSignal,
): Promise<StepResult> {
  const found = await readNamespace(client, namespace, signal);
  if (found === undefined || !isOwned(found, hub, view)) return { ok: true };
  if (found.metadata?.deletionTimestamp === undefined) {
    await client.delete(NAMESPACES, { name: namespace }, { signal });
    if ((await readNamespace(client, namespace, signal)) === undefined) return { ok: true };
  }
  return failure("Terminating", `namespace ${namespace} is being deleted`);
}

export async function readNamespace(
  client: Pick<KubeClient, "get">,
  name: string,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  try {
    return await client.get<KubeObject>(NAMESPACES, { name }, { signal });
  } catch (error) {
    if (isKubeError(error, "not-found")) return undefined;
    throw error;
  }
}

interface Watches extends Pick<Engine, "found" | "subscribe" | "run"> {
  observe(uid: string, place: Place): WorkloadObservation | undefined;
  isMissing(uid: string, place: Place): boolean;
  deployed(uid: string, place: Target): void;
  /** Nothing is there any more: the place is forgotten. */
  released(uid: string, place: Target): void;
}

/** A watch for each provider, opened anew when its client changes. */
function createWatches(options: DirectEngineOptions): Watches {
  const { providers, hub, log } = options;
  const open = new Map<string, { readonly watch: ProviderWatch; readonly end: () => Promise<void> }>();
  const listeners = new Set<(news: EngineNews) => void>();
  const tell = (news: EngineNews): void => {
    for (const listener of listeners) listener(news);
  };
  const places = createFilledPlaces();

  const follow = (provider: string): void => {
    const client = providers.get(provider)?.client();
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
        if (lost !== undefined) places.lost(uid, { provider, ...lost }, watch.hasNamespace(lost.namespace));
        tell({ uid });
      },
      onSynced: () => tell({ provider }),
      onError: (error) => log.error({ provider, error: String(error) }, "a change could not be taken in"),
    });
    const running = watch.run(stopper.signal);
    return {
      watch,
      end: async () => {
        stopper.abort();
        await running;
      },
    };
  };
  return {
    found: () => [...open.values()].flatMap(({ watch }) => (watch.synced() ? watch.namespaces() : [])),
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
      return watch?.synced() === true && !places.isFilled(uid, place) && !watch.hasNamespace(place.namespace);
    },
    deployed: (uid, place) => places.filled(uid, place),
    released: (uid, place) => places.forget(uid, place),
    run: async (signal) => {
      for (const { name } of providers.all()) follow(name);
      const unsubscribe = providers.subscribe(follow);
      // A client may also come without word: when a kubeconfig is read at last.
      while (!signal.aborted) {
        await sleep(FOLLOW_MS, signal);
        if (!signal.aborted)
          for (const name of new Set([...open.keys(), ...providers.all().map((each) => each.name)]))
            follow(name);
      }
      unsubscribe();
      await Promise.all([...open.values()].map(({ end }) => end()));
    },
  };
}

const FOLLOW_MS = 1000;
