import { createWorkQueue, type WorkResult } from "../../kubernetes/work-queue.ts";
import type { Logger } from "../../observability/logger.ts";
import type { KubeObject } from "../object.ts";
import type { Cluster, ClusterEvent } from "./cluster.ts";
import type { Kind } from "./kinds.ts";

/** What calls a controller: changes of a kind in a cluster, each for some keys. */
export interface Wake {
  readonly cluster: Cluster;
  readonly kind: Kind;
  readonly keys: (event: ClusterEvent) => readonly string[];
}

/** What else calls a controller: faults that begin or end. */
export interface Poke {
  /** Returns a function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly keys: () => readonly string[];
}

/** A level-triggered controller: whatever woke it, it reads how things are and does the next step for one key. */
export interface Controller {
  readonly name: string;
  readonly wakes: readonly Wake[];
  readonly pokes?: readonly Poke[];
  /** How many keys it works on at a time. Default 1, as most of the real ones. */
  readonly concurrency?: number;
  reconcile(key: string, signal: AbortSignal): Promise<WorkResult | undefined> | WorkResult | undefined;
}

export const keyOf = ({ metadata }: KubeObject): string =>
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;

/** Splits what `keyOf` joined; the namespace is undefined for what has none. */
export function namesIn(key: string): { readonly namespace: string | undefined; readonly name: string } {
  const [first = "", second] = key.split("/");
  return second === undefined ? { namespace: undefined, name: first } : { namespace: first, name: second };
}

/** The object's own key, also when its status changes. */
export const own = (cluster: Cluster, kind: Kind): Wake => ({
  cluster,
  kind,
  keys: ({ object }) => [keyOf(object)],
});

/** Other objects whose changes matter for those of this controller. */
export const other = <T extends KubeObject>(
  cluster: Cluster,
  kind: Kind<T>,
  keys: (object: T, event: ClusterEvent<T>) => readonly string[],
): Wake => ({ cluster, kind, keys: (event) => keys(event.object as T, event as ClusterEvent<T>) });

export interface RunOptions {
  /** Between what happened and what a controller does about it. */
  readonly stepMs: number;
  readonly log: Logger;
}

/** Runs the controller until the returned function is called; that resolves when nothing of it is at work any more. */
export function runController(controller: Controller, { stepMs, log }: RunOptions): () => Promise<void> {
  const { name, concurrency = 1, pokes = [] } = controller;
  const queue = createWorkQueue({
    concurrency,
    work: async (key, signal) => (await controller.reconcile(key, signal)) ?? {},
    baseDelayMs: Math.max(5, stepMs),
    onError: (key, error, failures) =>
      log.debug({ controller: name, key, failures, error: String(error) }, "will be tried again"),
  });
  const wake = (wake: Wake, event: ClusterEvent): void => {
    for (const key of wake.keys(event)) queue.add(key, { delayMs: stepMs });
  };
  const poke = (one: Poke): void => {
    for (const key of one.keys()) queue.add(key, { delayMs: stepMs });
  };
  const ends = [
    ...controller.wakes.map((one) => one.cluster.watch(one.kind, (event) => wake(one, event))),
    ...pokes.map((one) => one.subscribe(() => poke(one))),
  ];
  for (const one of controller.wakes)
    for (const object of one.cluster.list(one.kind))
      wake(one, { revision: 0, type: "ADDED", resource: "", object, previous: undefined });
  return async () => {
    for (const end of ends) end();
    await queue.stop();
  };
}

/** Faults of a provider, and whom they concern. */
export const faultsOf = (
  { onFault }: { readonly onFault: Set<() => void> },
  keys: () => readonly string[],
): Poke => ({
  subscribe: (listener) => {
    onFault.add(listener);
    return () => onFault.delete(listener);
  },
  keys,
});

/** Waits until something holds, looking whenever an object of the kinds changes. False when the time was over first. */
export function until(
  cluster: Cluster,
  kinds: readonly Kind[],
  holds: () => boolean,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  if (holds()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const done = (outcome: boolean): void => {
      clearTimeout(timer);
      for (const end of ends) end();
      signal.removeEventListener("abort", abort);
      resolve(outcome);
    };
    const abort = (): void => done(false);
    const timer = setTimeout(abort, timeoutMs);
    const ends = kinds.map((kind) =>
      cluster.watch(kind, () => {
        if (holds()) done(true);
      }),
    );
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  });
}
