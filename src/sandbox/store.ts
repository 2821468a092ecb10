import { expired } from "./errors.ts";
import { type KubeObject, withMeta } from "./object.ts";

export interface StoreEvent {
  readonly revision: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** Where the object is stored: `group/plural`. */
  readonly resource: string;
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
}

/** All objects, with one revision counter and a bounded history from which watches resume. */
export interface Store {
  revision(): number;
  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined;
  /** The objects of a resource in the order of their keys, as they are now. */
  list(resource: string, namespace?: string): readonly KubeObject[];
  /** The same as of an earlier revision. Throws 410 when the history no longer reaches back that far. */
  listAt(revision: number, resource: string, namespace?: string): readonly KubeObject[];
  /** Creates or replaces; returns the object with its new resourceVersion. */
  put(resource: string, object: KubeObject): KubeObject;
  /** Removes the object; returns its last state, with the revision of the removal. */
  remove(resource: string, object: KubeObject): KubeObject;
  /** What happened after the revision. Throws 410 when that is no longer known. */
  since(revision: number, resource: string): readonly StoreEvent[];
  subscribe(listener: (event: StoreEvent) => void): () => void;
  /** Forgets the history: every earlier resourceVersion is "too old" from here on. */
  compact(): void;
  resources(): readonly string[];
}

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ""}/${name}`;

export function createStore(historyLimit: number): Store {
  const tables = new Map<string, Map<string, KubeObject>>();
  const listeners = new Set<(event: StoreEvent) => void>();
  let history: StoreEvent[] = [];
  let revision = 1;
  let compacted = 0;

  const table = (resource: string): Map<string, KubeObject> => {
    const found = tables.get(resource) ?? new Map<string, KubeObject>();
    tables.set(resource, found);
    return found;
  };

  const record = (event: StoreEvent): void => {
    history.push(event);
    // Dropped in halves, so that a long history is not shifted at every write.
    if (history.length > historyLimit * 2) {
      const dropped = history.slice(0, history.length - historyLimit);
      compacted = dropped.at(-1)?.revision ?? compacted;
      history = history.slice(-historyLimit);
    }
    for (const listener of listeners) listener(event);
  };

  const since = (from: number, resource: string): readonly StoreEvent[] => {
    if (from < compacted) throw expired(`too old resource version: ${from} (${compacted})`);
    return history.filter((event) => event.revision > from && event.resource === resource);
  };

  const inNamespace = (
    objects: Iterable<[string, KubeObject]>,
    namespace: string | undefined,
  ): readonly KubeObject[] =>
    [...objects]
      .filter(([, object]) => namespace === undefined || object.metadata.namespace === namespace)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);

  return {
    revision: () => revision,
    get: (resource, namespace, name) => tables.get(resource)?.get(keyOf(namespace, name)),
    list: (resource, namespace) => inNamespace(tables.get(resource) ?? [], namespace),
    listAt(at, resource, namespace) {
      const state = new Map(tables.get(resource) ?? []);
      for (const event of since(at, resource).toReversed()) {
        const key = keyOf(event.object.metadata.namespace, event.object.metadata.name);
        if (event.previous === undefined) state.delete(key);
        else state.set(key, event.previous);
      }
      return inNamespace(state, namespace);
    },
    put(resource, object) {
      const objects = table(resource);
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const previous = objects.get(key);
      revision += 1;
      const stored = withMeta(object, { resourceVersion: String(revision) });
      objects.set(key, stored);
      record({
        revision,
        type: previous === undefined ? "ADDED" : "MODIFIED",
        resource,
        object: stored,
        previous,
      });
      return stored;
    },
    remove(resource, object) {
      const objects = table(resource);
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const previous = objects.get(key);
      if (previous === undefined) return object;
      objects.delete(key);
      revision += 1;
      const last = withMeta(object, { resourceVersion: String(revision) });
      record({ revision, type: "DELETED", resource, object: last, previous });
      return last;
    },
    since,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    compact() {
      history = [];
      // A write of nothing: the present stays readable, every revision before it does not.
      revision += 1;
      compacted = revision;
    },
    resources: () => [...tables.keys()],
  };
}
