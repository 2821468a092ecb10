import { type DeleteOptions, deleteObject } from "../deletes.ts";
import { ApiError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import { type KubeObject, type ObjectMeta, withMeta } from "../object.ts";
import type { ResourceType } from "../resource-type.ts";
import type { StoreEvent } from "../store.ts";
import { create, replace, type WriteTarget } from "../writes.ts";
import type { Kind } from "./kinds.ts";

type StatusOf<T> = T extends { readonly status?: infer S } ? S : never;

/** An object to be made: all that the writer says of it. */
export type Draft<T extends KubeObject> = { readonly metadata: ObjectMeta } & (T extends {
  readonly spec: infer Spec;
}
  ? { readonly spec: Spec }
  : { readonly [field: string]: unknown });

export type ClusterEvent<T extends KubeObject = KubeObject> = Omit<StoreEvent, "object" | "previous"> & {
  readonly object: T;
  readonly previous: T | undefined;
};

/**
 * One cluster as the controllers within it use it: its objects, at once and without the network, so that what they do
 * is neither counted as a client's requests nor hit by faults that a test asks for. Writes are checked as any other:
 * schemas, pruning, generations.
 */
export interface Cluster {
  get<T extends KubeObject>(kind: Kind<T>, name: string, namespace?: string): T | undefined;
  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): readonly T[];
  /** Throws an ApiError, 409 where it exists. */
  create<T extends KubeObject>(kind: Kind<T>, draft: Draft<T>): T;
  /** Replaces all but the status. */
  update<T extends KubeObject>(kind: Kind<T>, object: T): T;
  /** Puts the object there as it is, unchecked: what admission and bindings do and an update may not. */
  overwrite<T extends KubeObject>(kind: Kind<T>, object: T): T;
  setStatus<T extends KubeObject>(kind: Kind<T>, object: T, status: NonNullable<StatusOf<T>>): T;
  /** Nothing happens where it is gone already. */
  remove(kind: Kind, name: string, namespace?: string, options?: DeleteOptions): void;
  /** Tells of every change of the kind. Returns a function that ends it. */
  watch<T extends KubeObject>(kind: Kind<T>, listener: (event: ClusterEvent<T>) => void): () => void;
  /** The same cluster, written to under another name. */
  as(manager: string): Cluster;
}

/** A cluster from what a sandbox keeps. */
export function clusterOf(kernel: Kernel, manager: string): Cluster {
  const typeOf = ({ apiVersion, kind }: Kind): ResourceType => {
    const type = kernel.registry.byKind(apiVersion, kind);
    if (type === undefined) throw new ApiError(404, "NotFound", `${kind} in ${apiVersion} is not served`);
    return type;
  };
  const write = <T extends KubeObject>(object: T, kind: Kind<T>, subresource?: "status"): T => {
    const { name, namespace } = object.metadata;
    const target = writeTarget(typeOf(kind), { name, namespace, subresource, manager });
    const before = kernel.store.get(target.type.storage, namespace, name);
    if (before === undefined) throw new ApiError(404, "NotFound", `${kind.kind} "${name}" not found`);
    // Nothing happens between reading and writing: whoever holds an older version means the current one.
    return replace(kernel, target, before, withMeta(object, { resourceVersion: undefined }), true) as T;
  };
  return {
    // The kind tells which type its objects have; the store does not know.
    get: (kind, name, namespace) => kernel.store.get(typeOf(kind).storage, namespace, name) as never,
    list: (kind, namespace) => kernel.store.list(typeOf(kind).storage, namespace) as never,
    create: (kind, draft) => {
      const { namespace } = draft.metadata;
      const target = writeTarget(typeOf(kind), { name: "", namespace, manager });
      return create(kernel, target, { ...draft, apiVersion: kind.apiVersion, kind: kind.kind }) as never;
    },
    update: (kind, object) => write(object, kind),
    overwrite: (kind, object) => kernel.store.put(typeOf(kind).storage, object) as never,
    setStatus: (kind, object, status) => write({ ...object, status }, kind, "status"),
    remove: (kind, name, namespace, options = {}) => {
      const type = typeOf(kind);
      if (kernel.store.get(type.storage, namespace, name) === undefined) return;
      deleteObject(kernel, { type, namespace, name, dryRun: false }, options);
    },
    watch: (kind, listener) => {
      const { storage } = typeOf(kind);
      return kernel.store.subscribe((event) => {
        if (event.resource === storage) listener(event as never);
      });
    },
    as: (other) => clusterOf(kernel, other),
  };
}

function writeTarget(
  type: ResourceType,
  of: Pick<WriteTarget, "name" | "namespace" | "manager"> & { readonly subresource?: "status" | undefined },
): WriteTarget {
  return {
    subresource: undefined,
    ...of,
    type,
    dryRun: false,
    fieldValidation: "Ignore",
    warn: () => {},
  };
}
