import type { IntentView } from "./intent-view.ts";
import { createNodeIndex } from "./node-index.ts";

/** The newest known state of each Intent, whether a watch brought it or one of our own writes. */
export interface IntentStore {
  get(key: string): IntentView | undefined;
  byUid(uid: string): IntentView | undefined;
  values(): Iterable<IntentView>;
  /** Keys of the Intents that have their place on the node. */
  on(provider: string, node: string): Iterable<string>;
  /** Takes a state unless a newer one of the same object is known. */
  put(view: IntentView): void;
  /** Whether `put` would not take it. */
  isOutdated(view: IntentView): boolean;
  /** Forgets an Intent; what a write of ours brings of it afterwards is not taken. */
  remove(key: string, uid: string): void;
}

/** Objects that are gone, of which a late answer may still come. */
const REMEMBERED_GONE = 1000;

/** Creates an empty store. */
export function createIntentStore(): IntentStore {
  const byKey = new Map<string, IntentView>();
  const keys = new Map<string, string>();
  const gone = new Set<string>();
  const nodes = createNodeIndex();
  const isOutdated = (view: IntentView): boolean => {
    const known = byKey.get(view.key);
    return gone.has(view.uid) || (known !== undefined && isOlder(view, known));
  };
  return {
    isOutdated,
    get: (key) => byKey.get(key),
    byUid: (uid) => byKey.get(keys.get(uid) ?? ""),
    values: () => byKey.values(),
    on: (provider, node) => nodes.on(provider, node),
    put: (view) => {
      if (isOutdated(view)) return;
      const known = byKey.get(view.key);
      if (known !== undefined && known.uid !== view.uid) keys.delete(known.uid);
      byKey.set(view.key, view);
      keys.set(view.uid, view.key);
      nodes.put(view.key, view);
    },
    remove: (key, uid) => {
      gone.add(uid);
      const oldest = gone.values().next().value;
      if (gone.size > REMEMBERED_GONE && oldest !== undefined) gone.delete(oldest);
      keys.delete(uid);
      if (byKey.get(key)?.uid !== uid) return;
      byKey.delete(key);
      nodes.put(key, undefined);
    },
  };
}

/** Numeric resourceVersions grow with every change, also from one object of a name to the next; where they are no numbers the later word counts. */
function isOlder(view: IntentView, known: IntentView): boolean {
  const versions = [view.resourceVersion, known.resourceVersion];
  if (!versions.every((version) => /^\d+$/.test(version))) return false;
  return BigInt(view.resourceVersion) < BigInt(known.resourceVersion);
}
