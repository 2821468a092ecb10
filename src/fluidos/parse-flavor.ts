import { formatQuantity, parseQuantity, quantityToNumber } from "../units/quantity.ts";
import type { Values } from "../vocabulary/annotations.ts";
import { KEYS, type Key, type KeyName } from "../vocabulary/keys.ts";
import type { Value } from "../vocabulary/value-types.ts";
import { parseValue } from "../vocabulary/values.ts";
import type { FlavorLocation, FlavorPrice, NodeIdentity, Partitionability } from "./flavor.ts";
import { ANY_PART, type FlavorFacts } from "./flavor-facts.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A Flavor as read: its facts, and what of it could not be read, with the path of each. */
export type ParsedFlavor =
  | { readonly ok: true; readonly facts: FlavorFacts; readonly problems: readonly string[] }
  | { readonly ok: false; readonly problem: string };

export interface ParseFlavorOptions {
  /** True for Flavors that FLUIDOS's own resource manager made: there region holds the zone, and zone the region. */
  readonly swapped?: boolean;
}

/**
 * Reads a K8Slice Flavor, tolerantly: quantities as text or numbers, GPU fields in any spelling, anything but the
 * type missing. A value that makes no sense is reported and left out, so that an edit by hand loses nothing else.
 */
export function parseFlavor(object: unknown, { swapped = false }: ParseFlavorOptions = {}): ParsedFlavor {
  const metadata = fields(object, "metadata");
  const spec = fields(object, "spec");
  const type = fields(spec, "flavorType");
  const name = text(metadata.name);
  if (text(type.typeIdentifier).toLowerCase() !== "k8slice") {
    const found = JSON.stringify(type.typeIdentifier) ?? "missing";
    return {
      ok: false,
      problem: `Flavor ${name}: spec.flavorType.typeIdentifier is ${found}, expected K8Slice`,
    };
  }
  const data = fields(type, "typeData");
  // The REAR protocol misspells it.
  const slice = { ...fields(data, "charateristics"), ...fields(data, "characteristics") };
  const problems: string[] = [];
  const number = (key: string): number => readNumber(slice[key], `characteristics.${key}`, problems);
  const additional = stringsOf(fields(fields(data, "properties"), "additionalProperties"));
  const location = stringsOf(fields(spec, "location"));
  const storageBytes = number("storage");
  const facts: FlavorFacts = {
    name,
    namespace: text(metadata.namespace),
    ...optional("labels", stringsOf(fields(metadata, "labels"))),
    ...optional("annotations", stringsOf(fields(metadata, "annotations"))),
    owner: identityOf(fields(spec, "owner")),
    providerID: text(spec.providerID),
    architecture: text(slice.architecture),
    cpu: number("cpu"),
    memoryBytes: number("memory"),
    pods: number("pods"),
    ...(storageBytes > 0 ? { storageBytes } : {}),
    values: valuesOf(countedIn(fields(slice, "gpu"), additional), swapped, problems),
    price: priceOf(fields(spec, "price")),
    available: spec.availability === true,
    ...optional("location", location as FlavorLocation | undefined),
    ...optional("additional", additional),
    partitionability: partsOf(fields(fields(data, "policies"), "partitionability")),
  };
  return { ok: true, facts, problems };
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function fields(parent: unknown, key: string): Fields {
  const value = isFields(parent) ? parent[key] : undefined;
  return isFields(value) ? value : {};
}

const text = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

const optional = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, V>);

function stringsOf(map: Fields): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(map).filter(([, value]) => typeof value === "string");
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Record<string, string>);
}

function readNumber(value: unknown, path: string, problems: string[]): number {
  if (value === undefined || value === null || value === "") return 0;
  const quantity = typeof value === "string" || typeof value === "number" ? parseQuantity(value) : undefined;
  if (quantity !== undefined && quantity.nanos >= 0n) return quantityToNumber(quantity);
  problems.push(`${path} is ${clip(value)}, expected a quantity`);
  return 0;
}

const clip = (value: unknown): string => (JSON.stringify(value) ?? "").slice(0, 60);

function identityOf(owner: Fields): NodeIdentity {
  const liqoID = text(fields(owner, "additionalInformation").liqoID);
  return {
    domain: text(owner.domain),
    nodeID: text(owner.nodeID),
    ip: text(owner.ip),
    ...(liqoID === "" ? {} : { additionalInformation: { liqoID } }),
  };
}

const priceOf = (price: Fields): FlavorPrice => ({
  amount: text(price.amount),
  currency: text(price.currency),
  period: text(price.period),
});

function partsOf(parts: Fields): Partitionability {
  const entries = Object.keys(ANY_PART).map(
    (key) => [key, parseQuantity(text(parts[key])) ?? parseQuantity("0")] as const,
  );
  const written = entries.map(([key, quantity]) => [
    key,
    quantity === undefined ? "0" : formatQuantity(quantity),
  ]);
  return Object.fromEntries(written) as unknown as Partitionability;
}

/** Rows that are told for all GPUs together. */
const TOTALS: readonly string[] = ["gpu.fluidos.eu/memory-per-gpu", "gpu.fluidos.eu/cores"];
const SWAP: Readonly<Record<string, string>> = { region: "zone", zone: "region" };

/** The GPU block with the number of GPUs, which upstream FLUIDOS drops on the wire and hubs like this one tell besides. */
function countedIn(gpu: Fields, additional: Readonly<Record<string, string>> | undefined): Fields {
  const count = additional?.resource === undefined ? undefined : (additional.count ?? additional.total);
  const isTold = gpu.count !== undefined && gpu.count !== 0;
  return isTold || count === undefined || !/^\d{1,6}$/.test(count) ? gpu : { ...gpu, count: Number(count) };
}

/** The vocabulary's values behind the GPU block. */
function valuesOf(gpu: Fields, swapped: boolean, problems: string[]): Values {
  const bySpelling = new Map(Object.entries(gpu).map(([key, value]) => [underscored(key), value]));
  const count = countOf(bySpelling.get("count"));
  const values: Partial<Record<KeyName, Value>> = {};
  for (const row of KEYS as readonly Key[]) {
    if (row.fluidos === undefined) continue;
    const source = swapped ? (SWAP[row.fluidos] ?? row.fluidos) : row.fluidos;
    const written = writtenAsAnnotation(row, bySpelling.get(source), count);
    if (written === undefined) continue;
    const parsed = parseValue(row.type, written);
    if (parsed.ok) values[row.key as KeyName] = parsed.value;
    else
      problems.push(
        `characteristics.gpu.${source} is ${clip(bySpelling.get(source))}, expected ${parsed.expected}`,
      );
  }
  return values as Values;
}

/** GPUs that totals are divided by; what is no number at least of one GPU is told with its own row. */
function countOf(value: unknown): number {
  const count = Number(text(value));
  return Number.isFinite(count) && count >= 1 ? count : 1;
}

/** `computeCapability` and `compute-capability` as `compute_capability`. */
const underscored = (key: string): string =>
  key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll("-", "_")
    .toLowerCase();

/** The value as the node's annotation would have it; undefined where the Flavor says nothing. */
function writtenAsAnnotation(row: Key, value: unknown, count: number): string | undefined {
  if (value === undefined || value === null || value === "" || value === 0 || value === false)
    return undefined;
  if (typeof value === "boolean") return "true";
  if (!isQuantity(row)) return typeof value === "number" ? digits(value) : text(value);
  const quantity = typeof value === "string" || typeof value === "number" ? parseQuantity(value) : undefined;
  if (quantity === undefined) return text(value) || "?";
  if (quantity.nanos === 0n) return undefined;
  const number = quantityToNumber(quantity) / (TOTALS.includes(row.key) ? count : 1);
  return row.type.kind === "gibibytes" ? `${digits(number / 2 ** 30)}Gi` : digits(number);
}

/** Without the noise that sums of binary fractions have at the end. */
const digits = (number: number): string => String(Number(number.toFixed(9)));

const isQuantity = (row: Key): boolean =>
  row.type.kind === "gibibytes" ||
  row.type.kind === "hertz" ||
  ["cores", "network_bandwidth", "interconnect_bandwidth"].includes(row.fluidos ?? "");
