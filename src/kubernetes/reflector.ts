import type { KubeClient } from "./kube-client.ts";
import { isKubeError, KubeError } from "./kube-error.ts";
import type { KubeObject, Resource } from "./objects.ts";
import { failureName, type ReflectorState } from "./reflector-state.ts";
import { type Change, createReflectorStore, keyOf, type ReflectorStore } from "./reflector-store.ts";
import { errorFromWatch } from "./status-error.ts";
import { backoffDelay, sleep as realSleep, type Sleep } from "./timing.ts";

export interface ReflectorOptions<T extends KubeObject, V> {
  readonly client: Pick<KubeClient, "list" | "watch">;
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Keeps only what is needed of each object; the rest is never held. */
  readonly transform: (object: T) => V;
  /** What is kept of two versions of an object, compared: where it is the same, nothing has changed. Default: every version is a change. */
  readonly isSame?: ((before: V, after: V) => boolean) | undefined;
  readonly onChange: (change: Change<V>) => void;
  /** What `onChange` or `transform` threw. The reflector goes on. */
  readonly onHandlerError: (error: unknown) => void;
  readonly onState?: (state: ReflectorState) => void;
  /** Without a byte for so long the connection counts as dead. Default 75 s. */
  readonly silenceMs?: number | undefined;
  readonly pageSize?: number | undefined;
  readonly random?: () => number;
  readonly now?: () => number;
  readonly sleep?: Sleep;
}

/** Keeps a copy of a collection current: list, then watch with resume. */
export interface Reflector<V> {
  /** Runs until the signal aborts; then returns within milliseconds. Never throws. */
  run(signal: AbortSignal): Promise<void>;
  /** What is known now, by `namespace/name`. */
  values(): V[];
  get(key: string): V | undefined;
}

/** Where a run stands. `resourceVersion` undefined: the next step is a list. */
interface Position {
  resourceVersion: string | undefined;
  listed: boolean;
  resuming: boolean;
  /** Failures since the last sign of life. */
  failures: number;
}

/** A watch that stayed open so long was healthy, whatever ended it. */
const HEALTHY_MS = 30_000;
const LONGEST_WAIT_MS = 300_000;

/** Creates a reflector; nothing happens before `run`. */
export function createReflector<T extends KubeObject, V>(options: ReflectorOptions<T, V>): Reflector<V> {
  const store = createReflectorStore<T, V>(options);
  return {
    run: (signal) => run(options, store, signal),
    values: () => [...store.values.values()].map((entry) => entry.value),
    get: (key) => store.values.get(key)?.value,
  };
}

async function run<T extends KubeObject, V>(
  options: ReflectorOptions<T, V>,
  store: ReflectorStore<V>,
  signal: AbortSignal,
): Promise<void> {
  const now = options.now ?? Date.now;
  const position: Position = { resourceVersion: undefined, listed: false, resuming: false, failures: 0 };
  while (!signal.aborted) {
    const startedAt = now();
    let waitMs = 0;
    try {
      position.resourceVersion ??= await list(options, store, position, signal);
      await watch(options, store, position, signal);
      if (!signal.aborted) options.onState?.({ name: "CLOSED" });
    } catch (error) {
      if (signal.aborted) break;
      waitMs = fail(options, position, error);
    }
    if (signal.aborted) break;
    await pause(options, position, { waitMs, healthy: now() - startedAt >= HEALTHY_MS }, signal);
  }
  options.onState?.({ name: "STOPPED" });
}

/** Lists page by page into the store, and returns the resourceVersion to watch from. */
async function list<T extends KubeObject, V>(
  options: ReflectorOptions<T, V>,
  store: ReflectorStore<V>,
  position: Position,
  signal: AbortSignal,
): Promise<string> {
  options.onState?.({ name: "LIST" });
  const { namespace, labelSelector, fieldSelector, pageSize: limit } = options;
  // The first time the server's cache will do: the watch brings what is newer. After that only the newest state is
  // certain not to lie before what we have seen.
  const resourceVersion = position.listed ? undefined : "0";
  const query = { namespace, labelSelector, fieldSelector, limit, resourceVersion };
  const keys = new Set<string>();
  let listedAt = "";
  for await (const page of options.client.list<T>(options.resource, query, { signal, retries: 0 })) {
    for (const item of page.items) {
      keys.add(keyOf(item));
      store.put(item);
    }
    listedAt = page.resourceVersion;
  }
  store.retain(keys);
  Object.assign(position, { listed: true, resuming: false, failures: 0 });
  options.onState?.({ name: "SYNCED", objects: keys.size });
  return listedAt;
}

async function watch<T extends KubeObject, V>(
  options: ReflectorOptions<T, V>,
  store: ReflectorStore<V>,
  position: Position,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, labelSelector, fieldSelector, silenceMs } = options;
  const resourceVersion = position.resourceVersion ?? "";
  options.onState?.({ name: position.resuming ? "RESUME" : "CONNECT", resourceVersion });
  position.resuming = true;
  // Jitter: a thousand agents started together must not come back together.
  const timeoutSeconds = 240 + Math.round((options.random ?? Math.random)() * 60);
  const query = { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds };
  const onOpen = (): void => options.onState?.({ name: "WATCH" });
  const events = options.client.watch<T>(options.resource, query, { signal, silenceMs, retries: 0, onOpen });
  for await (const { type, object } of events) {
    if (type === "ERROR") throw errorFromWatch(`watch ${options.resource.plural}`, object);
    if (type === "DELETED") store.remove(object);
    else if (type !== "BOOKMARK") store.put(object);
    position.resourceVersion = object.metadata?.resourceVersion ?? position.resourceVersion;
    position.failures = 0;
  }
}

/** Notes a failure and returns how long the server asked us to wait. */
function fail<T extends KubeObject, V>(
  options: ReflectorOptions<T, V>,
  position: Position,
  thrown: unknown,
): number {
  const error = isKubeError(thrown) ? thrown : new KubeError("protocol", String(thrown), { cause: thrown });
  const name = failureName(error);
  options.onState?.({ name, error });
  // After EXPIRED the past is gone; after GARBLED an event may have been lost in what we could not read.
  if (name === "EXPIRED" || name === "GARBLED") position.resourceVersion = undefined;
  position.failures += 1;
  return Math.min(error.retryAfterMs ?? 0, LONGEST_WAIT_MS);
}

async function pause<T extends KubeObject, V>(
  options: ReflectorOptions<T, V>,
  position: Position,
  ended: { readonly waitMs: number; readonly healthy: boolean },
  signal: AbortSignal,
): Promise<void> {
  if (ended.healthy) position.failures = Math.min(position.failures, 1);
  // A server that closes every watch at once would otherwise be asked without a pause.
  const failures = ended.healthy ? position.failures : Math.max(position.failures, 1);
  if (failures === 0) return;
  const delayMs = Math.max(ended.waitMs, backoffDelay(failures, options.random ?? Math.random));
  options.onState?.({ name: "BACKOFF", delayMs });
  await (options.sleep ?? realSleep)(delayMs, signal);
}
