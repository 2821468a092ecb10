import type { Placement } from "../../allocation/decision.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { createReflector, type Reflector } from "../../kubernetes/reflector.ts";
import { troubleIn } from "../../kubernetes/reflector-state.ts";
import { type Change, keyOf } from "../../kubernetes/reflector-store.ts";
import type { Logger } from "../../observability/logger.ts";
import type { Follower, Reservations } from "../inventory/reservations.ts";
import { asIntent, INTENTS, type IntentView, type KubeIntent, viewOf } from "./intent-view.ts";
import { asReservations, heldPlacements } from "./places.ts";

/** The Intents as a replica knows them: one watch, for all of it that wants to know of them. */
export interface IntentCache {
  /** Whether all of them were read once. */
  isRead(): boolean;
  byUid(uid: string): IntentView | undefined;
  /** Those of one namespace. */
  inNamespace(namespace: string): Iterable<IntentView>;
  values(): Iterable<IntentView>;
  /** Told of each that came, changed or went, as the watch tells it. Returns how to be told no more. */
  subscribe(listener: (change: Change<IntentView>) => void): () => void;
  /** Reads them from now on, unless it does already. Resolves once the signal of the cache has aborted. */
  follow(): Promise<void>;
}

export interface IntentCacheOptions {
  readonly client: KubeClient;
  /** Ends what `follow` began. */
  readonly signal: AbortSignal;
  /** Of amounts that name none. */
  readonly currency: string;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
}

/** Creates an empty cache; nothing happens before `follow`. */
export function createIntentCache(options: IntentCacheOptions): IntentCache {
  const { client, signal, currency, log, now, random } = options;
  const byUid = new Map<string, IntentView>();
  const byNamespace = new Map<string, Map<string, IntentView>>();
  const listeners = new Set<(change: Change<IntentView>) => void>();
  let isRead = false;
  let following: Promise<void> | undefined;

  const drop = ({ uid, namespace }: IntentView): void => {
    byUid.delete(uid);
    const there = byNamespace.get(namespace);
    there?.delete(uid);
    if (there?.size === 0) byNamespace.delete(namespace);
  };
  const put = (view: IntentView): void => {
    byUid.set(view.uid, view);
    const there = byNamespace.get(view.namespace) ?? new Map<string, IntentView>();
    byNamespace.set(view.namespace, there.set(view.uid, view));
  };
  const failed = (error: unknown): void =>
    log.error({ error: String(error) }, "an Intent could not be taken in");
  const reflector: Reflector<IntentView> = createReflector<KubeIntent, IntentView>({
    client,
    resource: INTENTS,
    transform: (object) => viewOf(asIntent(object), currency, reflector.get(keyOf(object))),
    onChange: (change) => {
      if (change.type !== "added") drop(change.previous);
      if (change.type !== "deleted") put(change.value);
      for (const listener of listeners) attempt(() => listener(change), failed);
    },
    onHandlerError: failed,
    onState: (state) => {
      if (state.name === "SYNCED") isRead = true;
      const trouble = troubleIn(state);
      if (trouble !== undefined) log.warn({ watch: "intents" }, trouble.message);
    },
    now,
    random,
  });
  return {
    isRead: () => isRead,
    byUid: (uid) => byUid.get(uid),
    inNamespace: (namespace) => byNamespace.get(namespace)?.values() ?? [],
    values: () => byUid.values(),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    follow: () => {
      following ??= reflector.run(signal);
      return following;
    },
  };
}

/** What one listener cannot take in keeps no other from hearing of it. */
function attempt(work: () => void, failed: (error: unknown) => void): void {
  try {
    work();
  } catch (error) {
    failed(error);
  }
}

/** Tells what each Intent holds, now and whenever that may have changed; nothing for one that is gone. Returns how to end it. */
export function followHeld(
  cache: Pick<IntentCache, "values" | "subscribe">,
  tell: (uid: string, held: readonly Placement[]) => void,
): () => void {
  const follow = (view: IntentView): void => tell(view.uid, heldPlacements(view));
  for (const view of cache.values()) follow(view);
  return cache.subscribe((change) => {
    if (change.type !== "added" && (change.type === "deleted" || change.previous.uid !== change.value.uid))
      tell(change.previous.uid, []);
    if (change.type !== "deleted") follow(change.value);
  });
}

/** Keeps the reservations as the Intents' status tells them, while no term of this replica does. */
export function followIntents(cache: IntentCache, reservations: Reservations): Follower {
  const set = (uid: string, held: readonly Placement[]): void => reservations.set(uid, asReservations(held));
  let end: (() => void) | undefined = followHeld(cache, set);
  return {
    pause: () => {
      end?.();
      end = undefined;
      reservations.clear();
    },
    resume: () => {
      end?.();
      reservations.clear();
      end = followHeld(cache, set);
    },
  };
}
