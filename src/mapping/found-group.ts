import { FIELDS, type FieldName } from "./device-rule.ts";
import type { Sharing } from "./result.ts";
import type { FieldOrigin, Scalar } from "./scope.ts";

/** Devices as the rules found them, before the catalogue is asked. */
export interface FoundGroup {
  readonly vendor: string;
  readonly resource: string;
  readonly count: number;
  readonly replicas: number;
  readonly sharing: Sharing;
  readonly fields: Readonly<Record<FieldName, Scalar | undefined>>;
  /** Names of fields that are not told by the node itself. */
  readonly inferred: ReadonlySet<string>;
  readonly origins: Readonly<Record<string, FieldOrigin>> | undefined;
  readonly rule: string;
  readonly at: string;
  /** Other groups have devices of the same resource, so that its allocatable is the sum. */
  readonly splits: boolean;
}

/** Fields of devices that nobody says anything of. */
export const NO_FIELDS = Object.fromEntries(FIELDS.map((name) => [name, undefined])) as Record<
  FieldName,
  Scalar | undefined
>;

/** An entry of a map, without what every object inherits. */
export const ownValue = (map: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

/** A count as labels and resources write it. */
export function wholeNumber(value: Scalar | undefined): number | undefined {
  const text = String(value ?? "");
  // More digits than any node has GPUs is no count.
  return /^[0-9]{1,4}$/.test(text) ? Number(text) : undefined;
}

/** What is allocatable of a resource; what is no count gives nothing. */
export const slotsOf = (allocatable: Readonly<Record<string, string>>, resource: string): number =>
  wholeNumber(ownValue(allocatable, resource)) ?? 0;

/** Devices of the same resource that the labels say nothing of: they exist, and nothing else is known. */
export function unknownGroup(group: FoundGroup, count: number): FoundGroup {
  return { ...group, count, fields: NO_FIELDS, inferred: new Set(["count"]), origins: group.origins && {} };
}
