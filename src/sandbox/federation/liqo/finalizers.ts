import { type KubeObject, withMeta } from "../../object.ts";
import type { Cluster } from "../cluster.ts";
import type { Kind } from "../kinds.ts";

/** The object with the finalizer, written where it was missing. */
export function addFinalizer<T extends KubeObject>(
  cluster: Cluster,
  kind: Kind<T>,
  object: T,
  finalizer: string,
): T {
  const { finalizers = [] } = object.metadata;
  if (finalizers.includes(finalizer)) return object;
  return cluster.update(kind, withMeta(object, { finalizers: [...finalizers, finalizer] }) as T);
}

/** Takes the finalizer off; with the last one an object that was deleted is gone. */
export function dropFinalizer<T extends KubeObject>(
  cluster: Cluster,
  kind: Kind<T>,
  object: T,
  finalizer: string,
): void {
  const left = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  cluster.update(kind, withMeta(object, { finalizers: left.length === 0 ? undefined : left }) as T);
}
