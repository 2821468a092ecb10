import { KubeError } from "./kube-error.ts";
import type { KubeObject } from "./objects.ts";

/** What happened to one object, as the difference to what was known of it. */
export type Change<V> =
  | { readonly type: "added"; readonly key: string; readonly value: V }
  | { readonly type: "changed"; readonly key: string; readonly value: V; readonly previous: V }
  | { readonly type: "deleted"; readonly key: string; readonly previous: V };

/** The objects a reflector knows, by `namespace/name`, reduced by its transform. */
export interface ReflectorStore<V> {
  readonly values: ReadonlyMap<string, { readonly resourceVersion: string; readonly value: V }>;
  put(object: KubeObject): void;
  remove(object: KubeObject): void;
  /** Removes what a complete list no longer has. */
  retain(keys: ReadonlySet<string>): void;
}

export interface StoreHandlers<T extends KubeObject, V> {
  readonly transform: (object: T) => V;
  /** Says of two values whether they are as good as one: a newer version of an object is then no change, and the old value is kept. */
  readonly isSame?: ((before: V, after: V) => boolean) | undefined;
  /** Hears of every change once, and of nothing that did not change. */
  readonly onChange: (change: Change<V>) => void;
  /** What the other two threw; the store goes on. */
  readonly onHandlerError: (error: unknown) => void;
}

/** Creates an empty store. */
export function createReflectorStore<T extends KubeObject, V>(
  handlers: StoreHandlers<T, V>,
): ReflectorStore<V> {
  const tell = (change: Change<V>): void => attempt(() => handlers.onChange(change));
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      handlers.onHandlerError(error);
    }
  };
  const values = new Map<string, { readonly resourceVersion: string; readonly value: V }>();
  const drop = (key: string): void => {
    const known = values.get(key);
    if (known === undefined) return;
    values.delete(key);
    tell({ type: "deleted", key, previous: known.value });
  };
  return {
    values,
    put: (object) => {
      const key = keyOf(object);
      const known = values.get(key);
      const resourceVersion = object.metadata?.resourceVersion ?? "";
      if (known !== undefined && known.resourceVersion === resourceVersion) return;
      attempt(() => {
        // The caller chose the resource, and with it the type of its objects.
        const value = handlers.transform(object as T);
        if (known !== undefined && handlers.isSame?.(known.value, value)) {
          values.set(key, { resourceVersion, value: known.value });
          return;
        }
        values.set(key, { resourceVersion, value });
        if (known === undefined) tell({ type: "added", key, value });
        else tell({ type: "changed", key, value, previous: known.value });
      });
    },
    remove: (object) => drop(keyOf(object)),
    retain: (keys) => {
      for (const key of values.keys()) if (!keys.has(key)) drop(key);
    },
  };
}

/** `namespace/name`, or `name` for cluster-wide kinds. Throws `protocol` for an object without a name. */
export function keyOf(object: KubeObject): string {
  const { name, namespace } = object.metadata ?? {};
  if (name === undefined) throw new KubeError("protocol", "the server sent an object without metadata.name");
  return namespace === undefined ? name : `${namespace}/${name}`;
}
