import type { Placement } from "../../allocation/decision.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { createReflector } from "../../kubernetes/reflector.ts";
import { troubleIn } from "../../kubernetes/reflector-state.ts";
import type { Change } from "../../kubernetes/reflector-store.ts";
import type { Logger } from "../../observability/logger.ts";
import type { Follower, Reservations } from "../inventory/reservations.ts";
import { INTENTS, type IntentView, type KubeIntent, viewOf } from "./intent-view.ts";
import { asReservations, heldPlacements } from "./places.ts";

/** The Intents as every replica knows them, for those who only read. */
export interface IntentCache {
  /** Whether all of them were read once. */
  isRead(): boolean;
  byUid(uid: string): IntentView | undefined;
  /** Those of one namespace. */
  inNamespace(namespace: string): Iterable<IntentView>;
  values(): Iterable<IntentView>;
  /** Told of each that came, changed or went. Returns how to be told no more. */
  subscribe(listener: (change: Change<IntentView>) => void): () => void;
  run(signal: AbortSignal): Promise<void>;
}

export interface IntentCacheOptions {
  readonly client: KubeClient;
  /** Of amounts that name none. */
  readonly currency: string;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
}

/** Creates an empty cache; nothing happens before `run`. */
export function createIntentCache({ client, currency, log, now, random }: IntentCacheOptions): IntentCache {
  const byUid = new Map<string, IntentView>();
  const byNamespace = new Map<string, Map<string, IntentView>>();
  const listeners = new Set<(change: Change<IntentView>) => void>();
  let isRead = false;

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
  const reflector = createReflector<KubeIntent, IntentView>({
    client,
    resource: INTENTS,
    // Lists leave kind and version out of their items.
    transform: (object) =>
      viewOf({ ...object, apiVersion: "flare.clastix.io/v1alpha1", kind: "Intent" }, currency),
    onChange: (change) => {
      if (change.type !== "added") drop(change.previous);
      if (change.type !== "deleted") put(change.value);
      for (const listener of listeners) listener(change);
    },
    onHandlerError: (error) => log.error({ error: String(error) }, "an Intent could not be taken in"),
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
    run: (signal) => reflector.run(signal),
  };
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
