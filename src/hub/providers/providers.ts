import type { Provider } from "../../intent/resources.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject, Resource } from "../../kubernetes/objects.ts";
import { createReflector, type Reflector } from "../../kubernetes/reflector.ts";
import { troubleIn } from "../../kubernetes/reflector-state.ts";
import type { Change } from "../../kubernetes/reflector-store.ts";
import { whenAborted } from "../../kubernetes/timing.ts";
import type { ProviderDirectory, ProviderEntry } from "./directory.ts";
import { type ProviderRuntime, type ProviderSurroundings, startProvider } from "./provider-runtime.ts";
import { readProvider } from "./read-provider.ts";
import { type Identified, twinsOf } from "./twins.ts";

export const PROVIDERS: Resource = {
  group: "flare.clastix.io",
  version: "v1alpha1",
  plural: "providers",
  namespaced: false,
};

/** Keeps a connection for each Provider object. It reads only: every replica of a hub has one, whether it leads or not. */
export interface Providers {
  readonly directory: ProviderDirectory;
  runtime(name: string): ProviderRuntime | undefined;
  names(): readonly string[];
  /** Told the name of each provider of which there may be something new to say. Returns how to be told no more. */
  subscribe(listener: (name: string) => void): () => void;
  run(signal: AbortSignal): Promise<void>;
}

export interface ProvidersOptions extends ProviderSurroundings {
  /** The only provider, of which no object tells; undefined: those that Provider objects tell of. */
  readonly only?: Provider | undefined;
}

/** Creates it; nothing happens before `run`. */
export function createProviders(options: ProvidersOptions): Providers {
  const runtimes = new Map<string, ProviderRuntime>();
  const listeners = new Set<(name: string) => void>();
  const factListeners = new Set<(name: string) => void>();
  const stopping = new Set<Promise<void>>();
  const listed = createSignal();

  const tell = (to: ReadonlySet<(name: string) => void>, name: string): void => {
    for (const listener of to) listener(name);
  };
  let twins: ReadonlyMap<string, string> = new Map();
  const heard = (name: string): void => {
    tell(factListeners, name);
    const before = twins;
    twins = twinsOf([...runtimes.values()].map(identityOf));
    for (const runtime of runtimes.values())
      if (before.get(runtime.name) !== twins.get(runtime.name)) runtime.look();
  };
  const stopRuntime = (name: string): void => {
    const runtime = runtimes.get(name);
    runtimes.delete(name);
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
      if (runtime !== undefined) runtime.update(change.value);
      else
        runtimes.set(
          name,
          startProvider(change.value, options, { onFacts: () => heard(name), twin: () => twins.get(name) }),
        );
    }
    heard(name);
    tell(listeners, name);
  };
  const { only } = options;
  const source =
    only === undefined
      ? watchProviders(options, changed, listed.give)
      : givenProvider(only, changed, listed.give);
  const unsubscribe = options.pool.subscribe((changes) => {
    for (const name of new Set(changes.map(({ provider }) => provider)))
      if (runtimes.has(name)) tell(factListeners, name);
  });
  return {
    directory: directoryOf(runtimes, listeners, listed.given),
    runtime: (name) => runtimes.get(name),
    names: () => [...runtimes.keys()],
    subscribe: (listener) => subscribed(factListeners, listener),
    run: async (signal) => {
      await source.run(signal);
      unsubscribe();
      for (const name of runtimes.keys()) stopRuntime(name);
      await Promise.all(stopping);
    },
  };
}

function subscribed<L>(listeners: Set<L>, listener: L): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Something that happens once, and can be waited for. */
function createSignal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

function identityOf(runtime: ProviderRuntime): Identified {
  const { metadata, spec } = runtime.provider();
  const createdAt = metadata.creationTimestamp ?? "";
  return { name: runtime.name, createdAt, engine: spec.engine, clusterId: runtime.clusterId() };
}

const uidOf = (provider: Provider): string | undefined => provider.metadata.uid;

/** In the place of the watch: tells of one provider and of nothing else. */
const givenProvider = (
  provider: Provider,
  onChange: (change: Change<Provider>) => void,
  onListed: () => void,
): Pick<Reflector<Provider>, "run"> => ({
  run: (signal) => {
    onChange({ type: "added", key: provider.metadata.name ?? "", value: provider });
    onListed();
    return whenAborted(signal);
  },
});

function watchProviders(
  options: ProviderSurroundings,
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
      const trouble = troubleIn(state);
      if (state.name === "SYNCED") onListed();
      if (state.name === "REFUSED" && isKubeError(state.error, "not-found"))
        log.error({}, "this cluster has no Providers: kubectl apply -k manifests/crds");
      else if (trouble !== undefined) log.warn({ watch: "providers" }, trouble.message);
    },
    now,
    random,
    ...(sleep === undefined ? {} : { sleep }),
  });
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
    unreachable: () => runtime.unreachable(),
    client: () => runtime.client(),
    consumer: () => runtime.consumer(),
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
    subscribe: (listener) => subscribed(listeners, listener),
  };
}
