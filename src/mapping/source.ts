import { canonicalKey, rowOf } from "../vocabulary/keys.ts";
import { nearestKeys } from "../vocabulary/nearest.ts";
import { type Context, namedValue, template, UnknownReference } from "./context.ts";
import { keyMatcher } from "./key-matcher.ts";
import { numberOf } from "./label-index.ts";
import { walk } from "./lookup.ts";
import type { Expression, ExpressionObject } from "./schema.ts";
import { type Evaluate, enterRule, letValue, type Scalar, type Scope } from "./scope.ts";
import { SOURCES } from "./sources.ts";

type Compile = (object: ExpressionObject, context: Context) => Evaluate;

const SOURCE_COMPILERS: Readonly<Record<(typeof SOURCES)[number], Compile>> = {
  value: ({ value = "" }, context) => literal(value, context),
  label: ({ label = "" }, context) =>
    label.includes("{")
      ? fromMap("label", label, context, (scope) => scope.facts.labels)
      : fromLabel(label, numberOf(label, context.labels.names)),
  annotation: ({ annotation = "" }, context) =>
    fromMap("annotation", annotation, context, (scope) => scope.facts.annotations),
  allocatable: ({ allocatable = "" }, context) =>
    fromMap("allocatable", allocatable, context, (scope) => scope.facts.allocatable),
  capacity: ({ capacity = "" }, context) =>
    fromMap("capacity", capacity, context, (scope) => scope.dra?.capacity),
  attribute: ({ attribute = "" }, context) =>
    fromMap("attribute", attribute, context, (scope) => scope.dra?.attributes),
  node: ({ node = "name" }) => fromNode(node),
  hardware: () => fromHardware(),
  let: ({ let: name = "" }, context) => {
    const slot = namedValue(name, context);
    return (scope) => letValue(scope, slot);
  },
  device: ({ device = "" }, context) => fromDevice(device, context),
  lookup: ({ lookup = "", path = [] }, context) => fromLookup(lookup, path, context),
  sum: ({ sum = 0 }, context) => sumOfDevices(context.expression(sum, context)),
  keys: (object, context) => fromKeys("labels", object.keys ?? "", captureOf(object), context),
  resources: (object, context) => fromKeys("allocatable", object.resources ?? "", captureOf(object), context),
  "rule-of": (object) => fromDecided(object["rule-of"] ?? ""),
};

/** Compiles where an expression reads from. Throws UnknownReference for names that are nowhere defined. */
export function compileSource(object: ExpressionObject, context: Context): Evaluate {
  const source = SOURCES.find((name) => object[name] !== undefined);
  if (source === undefined)
    throw new UnknownReference(`an expression reads from one of ${SOURCES.join(", ")}`);
  return SOURCE_COMPILERS[source](object, context);
}

/** Text in tables may name values of the rule in braces. */
export function literal(value: Scalar, context: Context): Evaluate {
  return typeof value === "string" && value.includes("{") ? template(value, context) : () => value;
}

/** A label of a fixed name: by far the most frequent source, so its place is settled beforehand. */
function fromLabel(label: string, number: number): Evaluate {
  return (scope) => {
    const value = scope.labels.values[number];
    if (value !== undefined) scope.trace?.push(`label ${label}=${value}`);
    return value;
  };
}

function fromMap(
  kind: string,
  key: string,
  context: Context,
  read: (scope: Scope) => Readonly<Record<string, Scalar>> | undefined,
): Evaluate {
  const nameOf = literal(key, context);
  return (scope) => {
    const map = read(scope);
    const name = map && nameOf(scope);
    const value = map && name !== undefined ? map[String(name)] : undefined;
    // An empty label says no more than an absent one; what is no scalar was inherited from Object.
    if (value === undefined || value === "" || typeof value === "object" || typeof value === "function")
      return undefined;
    scope.trace?.push(`${kind} ${name}=${value}`);
    return value;
  };
}

const NODE_READERS: Readonly<Record<string, (scope: Scope) => string | undefined>> = {
  name: (scope) => scope.facts.name,
  "provider-id": (scope) => scope.facts.providerID,
  architecture: (scope) => scope.facts.nodeInfo?.architecture,
  "kernel-version": (scope) => scope.facts.nodeInfo?.kernelVersion,
  "os-image": (scope) => scope.facts.nodeInfo?.osImage,
};

function fromNode(field: string): Evaluate {
  const read = NODE_READERS[field];
  return (scope) => {
    const value = read?.(scope);
    if (value === undefined || value === "") return undefined;
    scope.trace?.push(`node ${field}=${value}`);
    return value;
  };
}

function fromHardware(): Evaluate {
  return (scope) => {
    const value = scope.facts.hardware?.networkGbps;
    if (value !== undefined) scope.trace?.push(`hardware network-gbps=${value}`);
    return value;
  };
}

function fromDevice(field: string, { deviceFields }: Context): Evaluate {
  if (!deviceFields.has(field)) {
    throw new UnknownReference(`unknown device field ${field}; known: ${[...deviceFields].join(", ")}`);
  }
  if (field.endsWith("-score")) return fromScore(field.slice(0, -"-score".length));
  return (scope) => {
    const { device } = scope;
    const value = device?.fields[field];
    if (device === undefined || value === undefined) return undefined;
    if (device.isInferred(field)) scope.inferred = true;
    const origin = scope.trace && device.origins?.[field];
    if (origin) scope.trace?.push(`device rule ${origin.rule} (${origin.at})`, ...origin.facts);
    return value;
  };
}

function fromScore(name: string): Evaluate {
  return (scope) => {
    const value = scope.device?.scores[name];
    if (value === undefined) return undefined;
    scope.inferred = true;
    if (scope.trace) scope.trace.push(`formula ${name}`, ...(scope.device?.origins?.tier?.facts ?? []));
    return value;
  };
}

function fromLookup(name: string, path: readonly Expression[], context: Context): Evaluate {
  const lookup = context.lookups.get(name);
  if (!lookup) {
    throw new UnknownReference(
      `unknown lookup ${name}; known: ${[...context.lookups.keys()].sort().join(", ") || "none"}`,
    );
  }
  if (path.length === 0)
    throw new UnknownReference(`lookup ${name} needs a path: [what stands at each level, ...]`);
  const steps = path.map((step) => context.expression(step, context));
  return (scope) => {
    const keys: string[] = [];
    for (const step of steps) {
      const key = step(scope);
      if (key === undefined) return undefined;
      keys.push(String(key));
    }
    const found = walk(lookup.tree, keys);
    if (found === undefined) return undefined;
    scope.trace?.push(`lookup ${name} ${keys.join("/")} (${lookup.at})`);
    return typeof found === "object" ? found.join(",") : found;
  };
}

/** The rule's `let` values may read the device, so they are asked for anew for each. */
function sumOfDevices(each: Evaluate): Evaluate {
  return (scope) => {
    const { device, slots, letOrigins, lets, devices } = scope;
    let sum: number | undefined = devices.length > 0 ? 0 : undefined;
    for (const view of devices) {
      scope.device = view;
      enterRule(scope, lets);
      const value = each(scope);
      sum = value === undefined || sum === undefined ? undefined : sum + Number(value);
      if (sum === undefined) break;
    }
    scope.device = device;
    scope.slots = slots;
    scope.letOrigins = letOrigins;
    return Number.isFinite(sum) ? sum : undefined;
  };
}

/** With a pattern of its own, `take` belongs to that. */
const captureOf = ({ pattern, take }: ExpressionObject): string | undefined =>
  pattern === undefined ? take : undefined;

/** The capture (or the key itself) of the first label or resource, in key order, whose key matches. */
function fromKeys(
  kind: "labels" | "allocatable",
  pattern: string,
  take: string | undefined,
  context: Context,
): Evaluate {
  const { prefix, match, names } = keyMatcher(pattern);
  if (take !== undefined && !names.includes(take)) {
    throw new UnknownReference(`take: ${take} is no capture of pattern ${JSON.stringify(pattern)}`);
  }
  const keysOf = kind === "labels" ? labelKeys(prefix, context) : resourcesThere;
  return (scope) => {
    let first: string | undefined;
    for (const key of keysOf(scope)) {
      if ((first === undefined || key < first) && match(key) !== undefined) first = key;
    }
    if (first === undefined) return undefined;
    scope.trace?.push(`${kind === "labels" ? "label" : kind} ${first}=${scope.facts[kind]?.[first]}`);
    return take === undefined ? first : match(first)?.[take];
  };
}

function labelKeys(prefix: string, { labels }: Context): (scope: Scope) => readonly string[] {
  const number = numberOf(prefix, labels.prefixes);
  return (scope) => scope.labels.keys[number] ?? NO_KEYS;
}
const NO_KEYS: readonly string[] = [];

/** A resource of which there are none is not there. */
const resourcesThere = ({ facts: { allocatable = {} } }: Scope): readonly string[] =>
  Object.keys(allocatable).filter((key) => allocatable[key] !== "0");

function fromDecided(spelling: string): Evaluate {
  const key = canonicalKey(spelling);
  if (key === undefined) {
    throw new UnknownReference(
      `rule-of: ${spelling} is no key of the vocabulary; near: ${nearestKeys(spelling).join(", ")}`,
    );
  }
  const row = rowOf(key);
  return (scope) => scope.rows[row]?.rule;
}
