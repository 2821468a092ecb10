import type { ManagedFieldsEntry } from "./objects.ts";

/** Which manager owns one annotation or label. */
export interface FieldOwner {
  readonly manager: string;
  readonly operation: string;
}

/** Owners by key, of the maps `metadata.annotations` and `metadata.labels`. */
export interface MetadataOwners {
  readonly annotations: ReadonlyMap<string, readonly FieldOwner[]>;
  readonly labels: ReadonlyMap<string, readonly FieldOwner[]>;
}

/** Reads who owns which annotation and label, of those keys that `wanted` accepts. */
export function metadataOwners(
  entries: readonly ManagedFieldsEntry[] | undefined,
  wanted: (key: string) => boolean,
): MetadataOwners {
  const annotations = new Map<string, FieldOwner[]>();
  const labels = new Map<string, FieldOwner[]>();
  for (const entry of entries ?? []) {
    const metadata = child(entry.fieldsV1, "f:metadata");
    const owner = { manager: entry.manager ?? "", operation: entry.operation ?? "" };
    collect(annotations, child(metadata, "f:annotations"), owner, wanted);
    collect(labels, child(metadata, "f:labels"), owner, wanted);
  }
  return { annotations, labels };
}

function collect(
  into: Map<string, FieldOwner[]>,
  fields: unknown,
  owner: FieldOwner,
  wanted: (key: string) => boolean,
): void {
  if (typeof fields !== "object" || fields === null) return;
  for (const field of Object.keys(fields)) {
    // `f:KEY` is a field; `.` stands for the map itself.
    const key = field.startsWith("f:") ? field.slice(2) : "";
    if (key === "" || !wanted(key)) continue;
    const known = into.get(key);
    if (known === undefined) into.set(key, [owner]);
    else known.push(owner);
  }
}

function child(fields: unknown, name: string): unknown {
  return typeof fields === "object" && fields !== null
    ? (fields as Record<string, unknown>)[name]
    : undefined;
}
