import { asArray, asObject, asString, asText, isObject, type JsonObject } from "../../json.ts";
import type { Characteristics, EmbeddedFlavor, Selector } from "../fluidos-types.ts";
import type { Site } from "../world.ts";
import { compareAmounts, isAmount } from "./amounts.ts";
import { gpuFields } from "./gpu-fields.ts";

type Has = Site["has"];

/** Whether the Flavor passes the selector, as a consumer's FLUIDOS evaluates it. */
export function flavorMatches(
  selector: Selector | undefined,
  flavor: Pick<EmbeddedFlavor, "spec">,
  has: Has,
): boolean {
  if (selector === undefined) return true;
  const { typeIdentifier, typeData } = flavor.spec.flavorType;
  if (selector.flavorType !== typeIdentifier) return false;
  const filters = asObject(selector.filters);
  return (
    plainMatches(filters, typeData.characteristics) && gpuMatches(filters, typeData.characteristics, has)
  );
}

/** The filters that also go to providers: everything but the GPU's. */
export function plainMatches(filters: JsonObject, characteristics: Characteristics): boolean {
  const { architectureFilter, cpuFilter, memoryFilter, podsFilter, storageFilter } = filters;
  return (
    (architectureFilter === undefined || textMatches(architectureFilter, characteristics.architecture)) &&
    (cpuFilter === undefined || amountMatches(cpuFilter, characteristics.cpu)) &&
    (memoryFilter === undefined || amountMatches(memoryFilter, characteristics.memory)) &&
    (podsFilter === undefined || amountMatches(podsFilter, characteristics.pods)) &&
    (storageFilter === undefined || amountMatches(storageFilter, characteristics.storage))
  );
}

/** `Match` or `Range`, by name. */
function textMatches(filter: unknown, value: string): boolean {
  const { name, data } = asObject(filter);
  if (name === "Match") return asObject(data).value === value;
  if (name === "Range") return regexMatches(asObject(data).regex, value);
  return false;
}

function amountMatches(filter: unknown, value: unknown): boolean {
  const { name, data } = asObject(filter);
  const { value: wanted, min, max } = asObject(data);
  if (name === "Match") return compareAmounts(value, wanted) === 0;
  return name !== "Range" || amountWithin(value, min, max);
}

const amountWithin = (value: unknown, min: unknown, max: unknown): boolean =>
  (min === undefined || compareAmounts(value, min) >= 0) &&
  (max === undefined || compareAmounts(value, max) <= 0);

function regexMatches(regex: unknown, value: string): boolean {
  try {
    return new RegExp(asText(regex)).test(value);
  } catch {
    return false;
  }
}

/** A filter of one field of the GPU, once read. */
interface GpuFilter {
  readonly field: string;
  readonly kind: string;
  readonly data: unknown;
}

function gpuMatches(filters: JsonObject, { gpu }: Characteristics, has: Has): boolean {
  const given = asArray(filters.gpuFilters);
  if (given.length === 0) return true;
  if (gpu === undefined) return has("gpulessMatches");
  const read = given.map(readGpuFilter);
  if (read.includes(undefined) && !has("badFiltersDropped")) return false;
  // The last filter of a field is the one that counts.
  const byField = new Map(read.flatMap((filter) => (filter === undefined ? [] : [[filter.field, filter]])));
  return [...byField.values()].every((filter) => fieldMatches(filter, gpu[filter.field], has));
}

function readGpuFilter(filter: unknown): GpuFilter | undefined {
  const { field, filter: kind, data } = asObject(filter);
  const fieldName = asString(field);
  const kindName = asString(kind);
  if (fieldName === undefined || kindName === undefined) return undefined;
  return isReadable(kindName, data) ? { field: fieldName, kind: kindName, data } : undefined;
}

/** Whether FLUIDOS can make anything of the data; `NumberFilter` is documented and yet none of its kinds. */
function isReadable(kind: string, data: unknown): boolean {
  if (kind === "BooleanFilter") return typeof data === "boolean";
  if (!isObject(data)) return false;
  const { value, regex, min, max } = data;
  const each = (test: (bound: unknown) => boolean): boolean =>
    [min, max].every((bound) => bound === undefined || test(bound));
  switch (kind) {
    case "StringFilter":
      return typeof value === "string";
    case "StringRangeSelector":
      return typeof regex === "string";
    case "ResourceMatchSelector":
      return isAmount(value);
    case "ResourceRangeSelector":
      return each(isAmount);
    case "NumberMatchFilter":
      return typeof value === "number";
    case "NumberRangeFilter":
      return each((bound) => typeof bound === "number");
    default:
      return false;
  }
}

/** A field that is missing, or of another type than the filter, is refused. */
function fieldMatches({ field, kind, data }: GpuFilter, value: unknown, has: Has): boolean {
  if (value === undefined || gpuFields[field] === undefined) return false;
  if (kind === "BooleanFilter")
    return typeof value === "boolean" && (has("booleanFilterInverted") ? value !== data : value === data);
  const { value: wanted, regex, min, max } = asObject(data);
  if (kind.startsWith("String"))
    return (
      typeof value === "string" && (kind === "StringFilter" ? value === wanted : regexMatches(regex, value))
    );
  if (kind.startsWith("Resource"))
    return (
      typeof value === "string" &&
      isAmount(value) &&
      (kind === "ResourceMatchSelector" ? compareAmounts(value, wanted) === 0 : amountWithin(value, min, max))
    );
  return typeof value === "number" && numberMatches(kind, value, { wanted, min, max });
}

const numberMatches = (
  kind: string,
  value: number,
  { wanted, min, max }: { readonly wanted: unknown; readonly min: unknown; readonly max: unknown },
): boolean =>
  kind === "NumberMatchFilter"
    ? value === wanted
    : (typeof min !== "number" || value >= min) && (typeof max !== "number" || value <= max);
