import {
  type Changes,
  compareFields,
  difference,
  type FieldPath,
  type FieldSet,
  fromFieldsV1,
  isWithin,
  toFieldsV1,
  union,
} from "./field-set.ts";
import { type KubeObject, type ManagedFieldsEntry, withMeta } from "./object.ts";
import type { Shape } from "./shape.ts";

/** Who writes: the field manager, by which operation, through which version and subresource. */
export interface Manager {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string | undefined;
}

export interface ManagedSet {
  readonly manager: Manager;
  readonly fields: FieldSet;
  readonly time: string | undefined;
}

export const sameManager = (a: Manager, b: Manager): boolean =>
  a.name === b.name &&
  a.operation === b.operation &&
  a.subresource === b.subresource &&
  (a.operation === "Apply" || a.apiVersion === b.apiVersion);

export const readManagedFields = (object: KubeObject | undefined): readonly ManagedSet[] =>
  (object?.metadata.managedFields ?? []).map((entry) => ({
    manager: {
      name: entry.manager,
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource,
    },
    fields: fromFieldsV1(entry.fieldsV1),
    time: entry.time,
  }));

/** The object with its `managedFields` replaced: managers without fields go, the newest comes last. */
export function writeManagedFields(object: KubeObject, sets: readonly ManagedSet[]): KubeObject {
  const kept = sets.filter((set) => set.fields.size > 0);
  const sorted = [...kept].sort(
    (a, b) =>
      Number(a.manager.operation === "Update") - Number(b.manager.operation === "Update") ||
      (a.time ?? "").localeCompare(b.time ?? "") ||
      a.manager.name.localeCompare(b.manager.name),
  );
  const entries = sorted.map(
    ({ manager, fields, time }): ManagedFieldsEntry => ({
      manager: manager.name,
      operation: manager.operation,
      apiVersion: manager.apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: "FieldsV1",
      fieldsV1: toFieldsV1(fields),
      ...(manager.subresource === undefined ? {} : { subresource: manager.subresource }),
    }),
  );
  return withMeta(object, { managedFields: entries.length === 0 ? undefined : entries });
}

const serverOwned: FieldSet = new Set(
  [
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "generation",
    "managedFields",
    "resourceVersion",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
  ].map((field) => `f:metadata\u0000f:${field}`),
);

/** Which part of an object a write through an endpoint can change; the rest is not tracked for it. */
export type Tracked = (path: FieldPath) => boolean;

export const trackedBy = (
  subresource: string | undefined,
  hasStatus: boolean,
  metadataByStatus: boolean,
): Tracked =>
  subresource === "status"
    ? (path) => isWithin(path, "f:status") || (metadataByStatus && isWithin(path, "f:metadata"))
    : (path) => !(hasStatus && isWithin(path, "f:status"));

/** Drops what no manager can own: identity and what the server itself keeps. */
export const ownable = (fields: FieldSet, tracked: Tracked): FieldSet =>
  new Set(
    [...fields].filter(
      (path) =>
        path !== "f:apiVersion" &&
        path !== "f:kind" &&
        path !== "f:metadata" &&
        !serverOwned.has(path) &&
        tracked(path),
    ),
  );

/** Records an update: the writer owns what it changed, the others lose it, and what is gone is nobody's. */
export function trackUpdate(options: {
  readonly before: KubeObject | undefined;
  readonly after: KubeObject;
  readonly manager: Manager;
  readonly shape: Shape;
  readonly tracked: Tracked;
  readonly time: string;
}): KubeObject {
  const { before, after, manager, shape, time } = options;
  const reset = after.metadata.managedFields;
  const wiped = before !== undefined && reset?.every((entry) => entry.manager === undefined) === true;
  if (wiped) return writeManagedFields(after, []);
  const sets = readManagedFields(before);
  const changes = compareFields(before ?? {}, after, shape);
  const gained = ownable(union(changes.added, changes.modified), options.tracked);
  const others = sets
    .filter((set) => !sameManager(set.manager, manager))
    .map((set) => ({ ...set, fields: difference(set.fields, lostTo(changes)) }));
  const own = sets.find((set) => sameManager(set.manager, manager));
  const fields = difference(union(own?.fields ?? new Set(), gained), changes.removed);
  const unchanged = own !== undefined && gained.size === 0;
  return writeManagedFields(after, [...others, { manager, fields, time: unchanged ? own.time : time }]);
}

const lostTo = (changes: Changes): FieldSet => union(changes.modified, changes.removed);
