import { ApiError, type StatusCause } from "./errors.ts";
import {
  compareFields,
  difference,
  type FieldPath,
  type FieldSet,
  intersection,
  isWithin,
  itemSegment,
  leavesOf,
  printPath,
  removeField,
  union,
} from "./field-set.ts";
import { asArray, deepEqual, isObject, type JsonObject, setOwn } from "./json.ts";
import {
  type ManagedSet,
  type Manager,
  ownable,
  readManagedFields,
  sameManager,
  type Tracked,
  writeManagedFields,
} from "./managed-fields.ts";
import type { KubeObject } from "./object.ts";
import { memberShape, type Shape } from "./shape.ts";

export interface ApplyRequest {
  /** Absent: the object does not exist yet. */
  readonly live: KubeObject | undefined;
  /** All that the manager wants to own; fields it leaves out are withdrawn. */
  readonly config: KubeObject;
  readonly manager: Manager;
  readonly force: boolean;
  readonly shape: Shape;
  readonly tracked: Tracked;
  readonly time: string;
}

/**
 * Server-side apply. Returns the new object with its `managedFields`; when nothing changed they keep their time, so
 * that the caller sees an equal object. Throws 409 when other managers own, with another value, what is applied.
 */
export function applyConfiguration(request: ApplyRequest): KubeObject {
  const { live, manager, shape, time, force } = request;
  const config = withoutNulls(request.config) as KubeObject;
  const sets = readManagedFields(live);
  const last = sets.find((set) => sameManager(set.manager, manager));
  const wanted = ownable(new Set(leavesOf(config, shape).keys()), request.tracked);
  const merged = live === undefined ? config : (mergeConfiguration(live, config, shape) as KubeObject);

  const changes = compareFields(live ?? {}, merged, shape);
  const touched = union(changes.added, changes.modified);
  const others = sets.filter((set) => !sameManager(set.manager, manager));
  const contested = others.map((set) => ({ set, fields: intersection(set.fields, touched) }));
  if (!force) refuseConflicts(contested);

  const left = contested.map(
    ({ set, fields }): ManagedSet => ({ ...set, fields: difference(set.fields, fields) }),
  );
  const owned = union(wanted, ...left.map((set) => set.fields));
  const pruned = withdraw(merged, difference(last?.fields ?? new Set(), owned), owned, shape);
  const unchanged =
    last !== undefined &&
    sameFields(last.fields, wanted) &&
    deepEqual(
      { ...live, metadata: { ...live?.metadata, managedFields: 0 } },
      { ...pruned, metadata: { ...pruned.metadata, managedFields: 0 } },
    );
  return writeManagedFields(pruned, [
    ...left,
    { manager, fields: wanted, time: unchanged ? last.time : time },
  ]);
}

const sameFields = (a: FieldSet, b: FieldSet): boolean =>
  a.size === b.size && [...a].every((path) => b.has(path));

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(value))
    if (member !== null) setOwn(result, key, withoutNulls(member));
  return result;
}

/** The live value with the applied one laid over it. */
export function mergeConfiguration(live: unknown, config: unknown, shape: Shape): unknown {
  if (isObject(live) && isObject(config) && shape.kind !== "atomic") {
    const merged = { ...live };
    for (const [key, value] of Object.entries(config)) {
      const before = Object.hasOwn(live, key) ? live[key] : undefined;
      setOwn(merged, key, mergeConfiguration(before, value, memberShape(shape, key)));
    }
    return merged;
  }
  if (!Array.isArray(config) || (shape.kind !== "map-list" && shape.kind !== "set-list")) return config;
  const pending = new Map(config.map((item) => [itemSegment(item, shape), item]));
  const itemShape: Shape = shape.kind === "map-list" ? shape.item : { kind: "atomic" };
  const kept = asArray(live).map((item) => {
    const segment = itemSegment(item, shape);
    const change = pending.get(segment);
    pending.delete(segment);
    return change === undefined ? item : mergeConfiguration(item, change, itemShape);
  });
  return [...kept, ...pending.values()];
}

/** Removes what the manager no longer applies, leaving in place what holds fields of somebody else. */
function withdraw(object: KubeObject, gone: FieldSet, owned: FieldSet, shape: Shape): KubeObject {
  const holdsOwned = (path: FieldPath): boolean => [...owned].some((other) => isWithin(other, path));
  // Whole list items before their members: an item without its key could no longer be found.
  const depth = (path: FieldPath): number => path.split("\u0000").length;
  return [...gone]
    .sort((a, b) => depth(a) - depth(b))
    .filter((path) => !holdsOwned(path))
    .reduce<KubeObject>((value, path) => removeField(value, path, shape, holdsOwned) as KubeObject, object);
}

interface Contested {
  readonly set: ManagedSet;
  readonly fields: FieldSet;
}

function refuseConflicts(contested: readonly Contested[]): void {
  const found = contested.filter(({ fields }) => fields.size > 0);
  if (found.length === 0) return;
  const causes = found.flatMap(({ set, fields }) =>
    [...fields].sort().map((path): StatusCause & { field: string } => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${printManager(set.manager)}`,
      field: printPath(path),
    })),
  );
  throw new ApiError(409, "Conflict", conflictMessage(causes), { causes });
}

function printManager({ name, operation, apiVersion, subresource }: Manager): string {
  const through = subresource === undefined ? "" : ` with subresource "${subresource}"`;
  return `"${name}"${through}${operation === "Update" ? ` using ${apiVersion}` : ""}`;
}

function conflictMessage(causes: readonly { message: string; field: string }[]): string {
  const byManager = groupBy(causes);
  const groups = [...byManager].map(([message, fields]) =>
    fields.length === 1
      ? `${message}: ${fields[0]}`
      : `${message.replace(/^conflict /, "conflicts ")}:\n${fields.map((field) => `- ${field}`).join("\n")}`,
  );
  return `Apply failed with ${causes.length} conflict${causes.length === 1 ? "" : "s"}: ${groups.join("\n")}`;
}

function groupBy(
  causes: readonly { message: string; field: string }[],
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { message, field } of causes) groups.set(message, [...(groups.get(message) ?? []), field]);
  return groups;
}
