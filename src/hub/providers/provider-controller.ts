import type { Provider } from "../../intent/resources.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject, Resource } from "../../kubernetes/objects.ts";
import { createReflector, type Reflector } from "../../kubernetes/reflector.ts";
import type { Change } from "../../kubernetes/reflector-store.ts";
import { elapsed } from "../../kubernetes/timing.ts";
import { createWorkQueue } from "../../kubernetes/work-queue.ts";
import { HUB_MANAGER } from "../manager.ts";
import type { HubMetrics } from "../metrics.ts";
import { providerConditions } from "./conditions.ts";
import type { ProviderDirectory, ProviderEntry } from "./directory.ts";
import { type ProviderRuntime, type ProviderSurroundings, startProvider } from "./provider-runtime.ts";
import { countGpus, nextStatus } from "./provider-status.ts";
import { readProvider } from "./read-provider.ts";

export const PROVIDERS: Resource = {
  group: "flare.clastix.io",
  version: "v1alpha1",
  plural: "providers",
  namespaced: false,
};

export interface ProviderControllerOptions extends ProviderSurroundings {
  readonly metrics: HubMetrics;
  /** A provider's status is written at most this often. */
  readonly statusEveryMs: number;
}

/** Keeps a connection for each Provider object, and its status. */
export interface ProviderController {
  readonly directory: ProviderDirectory;
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the controller; nothing happens before `run`. */
export function createProviderController(options: ProviderControllerOptions): ProviderController {
  const runtimes = new Map<string, ProviderRuntime>();
  const listeners = new Set<(name: string) => void>();
  const stopping = new Set<Promise<void>>();
  const writtenAt = new Map<string, number>();
  const listed = createSignal();

  const queue = createWorkQueue({
    concurrency: 8,
    random: options.random,
    onError: (name, error) => {
      options.metrics.reconcileFailed("provider");
      options.log.warn({ provider: name, error: String(error) }, "the status could not be written");
    },
    work: async (name, signal) => {
      const runtime = runtimes.get(name);
      if (runtime !== undefined) await writeStatus(options, runtime, signal);
      writtenAt.set(name, elapsed());
      return {};
    },
  });
  options.metrics.queue("provider", queue);
  const statusDue = (name: string): void => {
    const waitMs = (writtenAt.get(name) ?? Number.NEGATIVE_INFINITY) + options.statusEveryMs - elapsed();
    queue.add(name, { delayMs: Math.max(0, waitMs) });
  };
  const stopRuntime = (name: string): void => {
    const runtime = runtimes.get(name);
    runtimes.delete(name);
    writtenAt.delete(name);
    queue.drop(name);
    if (runtime === undefined) return;
    const stopped = runtime.stop().finally(() => stopping.delete(stopped));
    stopping.add(stopped);
  };
  const changed = (change: Change<Provider>): void => {
    const name = change.key;
    const known = runtimes.get(name);
    // Deleted and created again in one go: another object, of which nothing that was known holds.
    const isAnother =
      known !== undefined && change.type !== "deleted" && uidOf(known.provider()) !== uidOf(change.value);
    if (change.type === "deleted" || isAnother) stopRuntime(name);
    if (change.type !== "deleted") {
      const runtime = runtimes.get(name);
      if (runtime === undefined)
        runtimes.set(
          name,
          startProvider(change.value, options, () => statusDue(name)),
        );
      else runtime.update(change.value);
      statusDue(name);
    }
    for (const listener of listeners) listener(name);
  };
  const reflector = watchProviders(options, changed, listed.give);
  const unsubscribe = options.pool.subscribe((changes) => {
    for (const name of new Set(changes.map(({ provider }) => provider)))
      if (runtimes.has(name)) statusDue(name);
  });
  return {
    directory: directoryOf(runtimes, listeners, listed.given),
    run: async (signal) => {
      await reflector.run(signal);
      unsubscribe();
      await queue.stop();
      for (const name of runtimes.keys()) stopRuntime(name);
      await Promise.all(stopping);
    },
  };
}

/** Something that happens once, and can be waited for. */
function createSignal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

const uidOf = (provider: Provider): string | undefined => provider.metadata.uid;

function watchProviders(
  options: ProviderControllerOptions,
  onChange: (change: Change<Provider>) => void,
  onListed: () => void,
): Reflector<Provider> {
  const { client, log, now, random, sleep } = options;
  return createReflector<KubeObject, Provider>({
    client,
    resource: PROVIDERS,
    transform: readProvider,
    onChange,
    onHandlerError: (error) => log.error({ error: String(error) }, "a Provider could not be taken in"),
    onState: (state) => {
      if (state.name === "SYNCED") onListed();
      if (state.name === "REFUSED" && isKubeError(state.error, "not-found"))
        log.error({}, "this cluster has no Providers: kubectl apply -k manifests/crds");
      else if ("error" in state && state.name !== "EXPIRED")
        log.warn({ watch: "providers" }, state.error.message);
    },
    now,
    random,
    ...(sleep === undefined ? {} : { sleep }),
  });
}

async function writeStatus(
  { client, pool, now }: ProviderControllerOptions,
  runtime: ProviderRuntime,
  signal: AbortSignal,
): Promise<void> {
  const facts = runtime.facts();
  const provider = runtime.provider();
  const problems = [...pool.nodes(runtime.name)].flatMap((node) => node.problems);
  const status = nextStatus(
    provider,
    {
      conditions: providerConditions(facts, now()),
      lastContactAt: facts.lastContactAt,
      version: runtime.version(),
      ...countGpus(pool, runtime.name),
      // Closed nodes are ordinary; a provider that is closed as a whole says so in its conditions.
      problems: problems.filter(({ code }) => code !== "closed").map(({ message }) => message),
    },
    now(),
  );
  if (status === undefined) return;
  const { apiVersion, kind } = provider;
  await applyStatus(client, { apiVersion, kind, metadata: { name: runtime.name }, status }, signal);
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

function directoryOf(
  runtimes: ReadonlyMap<string, ProviderRuntime>,
  listeners: Set<(name: string) => void>,
  listed: Promise<void>,
): ProviderDirectory {
  const entryOf = (runtime: ProviderRuntime): ProviderEntry => ({
    name: runtime.name,
    provider: () => runtime.provider(),
    closed: () => runtime.closed(),
    client: () => runtime.client(),
    lastContactAt: () => runtime.facts().lastContactAt,
    synced: () => runtime.facts().synced,
  });
  return {
    get: (name) => {
      const runtime = runtimes.get(name);
      return runtime && entryOf(runtime);
    },
    all: () => [...runtimes.values()].map(entryOf),
    listed,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
