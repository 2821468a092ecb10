import type { ObjectMeta } from "../kubernetes/objects.ts";

/** An object as it goes over the wire: times in metadata are text there, and a status is not ours to write. */
export type Manifest<T> = Omit<T, "metadata" | "status"> & { readonly metadata: ObjectMeta };
