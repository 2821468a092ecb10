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

const key = (namespace: string | undefined, name: string): string => `${namespace ?? ""}/${name}`;

const keyOf = ({ metadata }: KubeObject): string => key(metadata.namespace, metadata.name);

interface History {
  record(event: StoreEvent): void;
  since(revision: number, resource: string): readonly StoreEvent[];
  forget(upTo: number): void;
}

/** The last events, at least `limit` of them. */
function createHistory(limit: number): History {
  let events: StoreEvent[] = [];
  let compacted = 0;
  return {
    record(event) {
      events.push(event);
      // Dropped in halves, so that a long history is not shifted at every write.
      if (events.length <= limit * 2) return;
      compacted = events[events.length - limit - 1]?.revision ?? compacted;
      events = events.slice(-limit);
    },
    since(revision, resource) {
      if (revision < compacted) throw expired(`too old resource version: ${revision} (${compacted})`);
      return events.filter((event) => event.revision > revision && event.resource === resource);
    },
    forget(upTo) {
      events = [];
      compacted = upTo;
    },
  };
}

type Table = ReadonlyMap<string, KubeObject>;

function inOrder(objects: Table, namespace: string | undefined): readonly KubeObject[] {
  return [...objects]
    .filter(([, object]) => namespace === undefined || object.metadata.namespace === namespace)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, object]) => object);
}

/** The table as it was before the events, which are in the order in which they happened. */
function rewind(objects: Table, events: readonly StoreEvent[]): Table {
  const state = new Map(objects);
  for (const event of events.toReversed()) {
    const key = keyOf(event.object);
    if (event.previous === undefined) state.delete(key);
    else state.set(key, event.previous);
  }
  return state;
}

export function createStore(historyLimit: number): Store {
  const tables = new Map<string, Map<string, KubeObject>>();
  const listeners = new Set<(event: StoreEvent) => void>();
  const history = createHistory(historyLimit);
  let revision = 1;

  const table = (resource: string): Map<string, KubeObject> => {
    const found = tables.get(resource) ?? new Map<string, KubeObject>();
    tables.set(resource, found);
    return found;
  };
  const publish = (event: StoreEvent): void => {
    history.record(event);
    for (const listener of listeners) listener(event);
  };

  return {
    revision: () => revision,
    get: (resource, namespace, name) => tables.get(resource)?.get(key(namespace, name)),
    list: (resource, namespace) => inOrder(table(resource), namespace),
    listAt: (at, resource, namespace) =>
      inOrder(rewind(table(resource), history.since(at, resource)), namespace),
    put(resource, object) {
      const previous = table(resource).get(keyOf(object));
      revision += 1;
      const stored = withMeta(object, { resourceVersion: String(revision) });
      table(resource).set(keyOf(object), stored);
      publish({
        revision,
        type: previous === undefined ? "ADDED" : "MODIFIED",
        resource,
        object: stored,
        previous,
      });
      return stored;
    },
    remove(resource, object) {
      const previous = table(resource).get(keyOf(object));
      if (previous === undefined) return object;
      table(resource).delete(keyOf(object));
      revision += 1;
      const last = withMeta(object, { resourceVersion: String(revision) });
      publish({ revision, type: "DELETED", resource, object: last, previous });
      return last;
    },
    since: (from, resource) => history.since(from, resource),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    compact() {
      // A write of nothing: the present stays readable, every revision before it does not.
      revision += 1;
      history.forget(revision);
    },
    resources: () => [...tables.keys()],
  };
}
