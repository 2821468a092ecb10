import { canonicalJson } from "../kubernetes/canonical-json.ts";
import { asArray, deepEqual, isObject, type JsonObject, setOwn } from "./json.ts";
import { memberShape, type Shape } from "./shape.ts";

/** A field path: segments as FieldsV1 spells them (`f:spec`, `k:{"type":"Ready"}`, `v:"x"`), joined by NUL. */
export type FieldPath = string;
export type FieldSet = ReadonlySet<FieldPath>;

const separator = "\u0000";

export const joinPath = (parent: FieldPath, segment: string): FieldPath =>
  parent === "" ? segment : `${parent}${separator}${segment}`;

const segmentsOf = (path: FieldPath): readonly string[] => path.split(separator);

/** Stands for the value of a list item whose members are paths of their own. */
const itemMark = Symbol("list item");

/** Every field that the value sets, with its value; the shape says where merging stops. */
export function leavesOf(value: unknown, shape: Shape): ReadonlyMap<FieldPath, unknown> {
  const leaves = new Map<FieldPath, unknown>();
  collect(value, shape, "", leaves);
  return leaves;
}

function collect(value: unknown, shape: Shape, path: FieldPath, leaves: Map<FieldPath, unknown>): void {
  if (value === undefined) return;
  if (isObject(value) && shape.kind !== "atomic") {
    const keys = Object.keys(value);
    if (keys.length === 0 && path !== "") leaves.set(path, value);
    for (const key of keys) collect(value[key], memberShape(shape, key), joinPath(path, `f:${key}`), leaves);
    return;
  }
  if (!Array.isArray(value) || (shape.kind !== "map-list" && shape.kind !== "set-list")) {
    leaves.set(path, value);
    return;
  }
  for (const item of value) {
    const itemPath = joinPath(path, itemSegment(item, shape));
    leaves.set(itemPath, itemMark);
    if (shape.kind === "map-list") collect(item, shape.item, itemPath, leaves);
  }
}

/** The segment that names an item of a keyed list or a set. */
export function itemSegment(item: unknown, shape: Shape): string {
  if (shape.kind !== "map-list") return `v:${canonicalJson(item)}`;
  const source = isObject(item) ? item : {};
  const key = Object.fromEntries(
    shape.keys.map((name) => [name, source[name] ?? shape.defaults[name] ?? null]),
  );
  return `k:${canonicalJson(key)}`;
}

export interface Changes {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** What differs between two states of an object, by field. */
export function compareFields(before: unknown, after: unknown, shape: Shape): Changes {
  const old = leavesOf(before, shape);
  const fresh = leavesOf(after, shape);
  const changes = {
    added: new Set<FieldPath>(),
    modified: new Set<FieldPath>(),
    removed: new Set<FieldPath>(),
  };
  for (const [path, value] of fresh) {
    if (!old.has(path)) changes.added.add(path);
    else if (!deepEqual(old.get(path), value)) changes.modified.add(path);
  }
  for (const path of old.keys()) if (!fresh.has(path)) changes.removed.add(path);
  return changes;
}

export const union = (...sets: readonly FieldSet[]): FieldSet => new Set(sets.flatMap((set) => [...set]));

export const intersection = (a: FieldSet, b: FieldSet): FieldSet =>
  new Set([...a].filter((path) => b.has(path)));

export const difference = (a: FieldSet, b: FieldSet): FieldSet =>
  new Set([...a].filter((path) => !b.has(path)));

export const isWithin = (path: FieldPath, ancestor: FieldPath): boolean =>
  path === ancestor || path.startsWith(`${ancestor}${separator}`);

/** The set in the form of `managedFields[].fieldsV1`. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const root: JsonObject = {};
  for (const path of [...set].sort()) {
    let node = root;
    for (const segment of segmentsOf(path)) {
      if (!isObject(node[segment])) setOwn(node, segment, {});
      node = node[segment] as JsonObject;
    }
    setOwn(node, ".", {});
  }
  return withoutLoneDots(root);
}

/** `{".": {}}` is written `{}`. */
function withoutLoneDots(node: JsonObject): JsonObject {
  const keys = Object.keys(node);
  if (keys.length === 1 && keys[0] === ".") return {};
  const result: JsonObject = {};
  for (const key of keys) setOwn(result, key, key === "." ? {} : withoutLoneDots(node[key] as JsonObject));
  return result;
}

/** Reads `fieldsV1`; what is not of its form is left out. */
export function fromFieldsV1(fields: unknown): FieldSet {
  const set = new Set<FieldPath>();
  const walk = (node: unknown, path: FieldPath): void => {
    if (!isObject(node)) return;
    const keys = Object.keys(node);
    if (path !== "" && (keys.length === 0 || Object.hasOwn(node, "."))) set.add(path);
    for (const key of keys) if (key !== ".") walk(node[key], joinPath(path, key));
  };
  walk(fields, "");
  return set;
}

/** The path as the API server prints it: `.status.conditions[type="Ready"].status`. */
export function printPath(path: FieldPath): string {
  return segmentsOf(path)
    .map((segment) => {
      const body = segment.slice(2);
      if (segment.startsWith("f:")) return `.${body}`;
      if (segment.startsWith("v:")) return `[=${body}]`;
      const key = JSON.parse(body) as JsonObject;
      return `[${Object.keys(key)
        .map((name) => `${name}=${JSON.stringify(key[name])}`)
        .join(",")}]`;
    })
    .join("");
}

/**
 * A copy of the value without the field at the path. Maps and lists that this leaves empty go as well, unless
 * `keep` says that somebody owns them.
 */
export function removeField(
  value: unknown,
  path: FieldPath,
  shape: Shape,
  keep: (path: FieldPath) => boolean,
): unknown {
  return removeFrom(value, segmentsOf(path), shape, { path: "", keep });
}

interface Place {
  readonly path: FieldPath;
  readonly keep: (path: FieldPath) => boolean;
}

function removeFrom(value: unknown, segments: readonly string[], shape: Shape, place: Place): unknown {
  const [segment, ...rest] = segments;
  if (segment === undefined) return undefined;
  const path = joinPath(place.path, segment);
  const next: Place = { path, keep: place.keep };
  if (segment.startsWith("f:")) {
    const key = segment.slice(2);
    if (!isObject(value) || !Object.hasOwn(value, key)) return value;
    const child = removeFrom(value[key], rest, memberShape(shape, key), next);
    const copy = { ...value };
    if (child === undefined) delete copy[key];
    else setOwn(copy, key, child);
    return Object.keys(copy).length === 0 && place.path !== "" && !place.keep(place.path) ? undefined : copy;
  }
  const itemShape: Shape = shape.kind === "map-list" ? shape.item : { kind: "atomic" };
  const items = asArray(value).flatMap((item) => {
    if (itemSegment(item, shape) !== segment) return [item];
    const left = removeFrom(item, rest, itemShape, next);
    return left === undefined ? [] : [left];
  });
  return items.length === 0 && !place.keep(place.path) ? undefined : items;
}
