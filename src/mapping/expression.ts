import { type ConversionName, convert } from "./convert.ts";
import { walk } from "./lookup.ts";
import { captureNames, compilePattern } from "./pattern.ts";
import type { Condition, Expression, ExpressionObject, LookupTree } from "./schema.ts";
import { type Evaluate, letValue, type Scalar, type Scope, type Test } from "./scope.ts";
import { SOURCES } from "./sources.ts";

/** What expressions refer to by name. */
export interface Context {
  readonly lookups: ReadonlyMap<string, { readonly tree: LookupTree; readonly at: string }>;
  /** Names that `device:` may read. */
  readonly deviceFields: ReadonlySet<string>;
  /** Compiles the conditions of an expression's `when`; handed in, because conditions are built on expressions. */
  readonly conditions: (conditions: readonly Condition[]) => Test;
}

/** A reference that cannot be resolved; the message says where and what is known. */
export class UnknownReference extends Error {}

/** Compiles an expression to a closure. A list gives the first element that has a value. */
export function compileExpression(expression: Expression, context: Context): Evaluate {
  if (Array.isArray(expression)) {
    const options = expression.map((option: Expression) => compileExpression(option, context));
    return (scope) => firstOf(options, scope);
  }
  if (typeof expression !== "object") return literal(expression as Scalar);
  return compileObject(expression as ExpressionObject, context);
}

function firstOf(options: readonly Evaluate[], scope: Scope): Scalar | undefined {
  const { inferred } = scope;
  const traced = scope.trace?.length ?? 0;
  for (const option of options) {
    const value = option(scope);
    if (value !== undefined) return value;
    // What a failed attempt read is neither a source of the value nor a reason to call it inferred.
    scope.inferred = inferred;
    if (scope.trace) scope.trace.length = traced;
  }
  return undefined;
}

/** The operand of an expression or condition: source, pattern, conversion, arithmetic. */
export function compileObject(object: ExpressionObject, context: Context): Evaluate {
  let evaluate = compileSource(object, context);
  if (object.pattern !== undefined) evaluate = takeApart(evaluate, object.pattern, object.take);
  if (object.convert !== undefined) evaluate = converted(evaluate, object.convert);
  if (object.times !== undefined) {
    evaluate = combined(evaluate, compileExpression(object.times, context), (left, right) => left * right);
  }
  if (object["divided-by"] !== undefined) {
    evaluate = combined(
      evaluate,
      compileExpression(object["divided-by"], context),
      (left, right) => left / right,
    );
  }
  if (object.inferred === true) evaluate = inferred(evaluate);
  return object.when === undefined ? evaluate : guarded(evaluate, context.conditions(object.when));
}

function guarded(evaluate: Evaluate, holds: Test): Evaluate {
  return (scope) => (holds(scope) ? evaluate(scope) : undefined);
}

function inferred(evaluate: Evaluate): Evaluate {
  return (scope) => {
    const value = evaluate(scope);
    if (value !== undefined) scope.inferred = true;
    return value;
  };
}

function takeApart(evaluate: Evaluate, pattern: string, take: string | undefined): Evaluate {
  const names = captureNames(pattern);
  const wanted = take ?? names[0];
  if (wanted === undefined || !names.includes(wanted)) {
    throw new UnknownReference(
      `take: ${take ?? "(nothing)"} is no capture of pattern ${JSON.stringify(pattern)}`,
    );
  }
  const match = compilePattern(pattern);
  return (scope) => {
    const value = evaluate(scope);
    return value === undefined ? undefined : match(String(value))?.[wanted];
  };
}

function converted(evaluate: Evaluate, conversion: ConversionName): Evaluate {
  return (scope) => {
    const value = evaluate(scope);
    return value === undefined ? undefined : convert(conversion, value);
  };
}

function combined(
  left: Evaluate,
  right: Evaluate,
  operate: (left: number, right: number) => number,
): Evaluate {
  return (scope) => {
    const first = left(scope);
    const second = first === undefined ? undefined : right(scope);
    if (second === undefined) return undefined;
    const result = operate(Number(first), Number(second));
    return Number.isFinite(result) ? result : undefined;
  };
}

/** Text in tables may name values of the rule in braces. */
function literal(value: Scalar): Evaluate {
  return typeof value === "string" && value.includes("{") ? template(value) : () => value;
}

type Compile = (object: ExpressionObject, context: Context) => Evaluate;

const SOURCE_COMPILERS: Readonly<Record<(typeof SOURCES)[number], Compile>> = {
  value: ({ value = "" }) => literal(value),
  label: ({ label = "" }) => fromMap("label", label, (scope) => scope.facts.labels),
  annotation: ({ annotation = "" }) => fromMap("annotation", annotation, (scope) => scope.facts.annotations),
  allocatable: ({ allocatable = "" }) =>
    fromMap("allocatable", allocatable, (scope) => scope.facts.allocatable),
  capacity: ({ capacity = "" }) => fromMap("capacity", capacity, (scope) => scope.dra?.capacity),
  attribute: ({ attribute = "" }) => fromMap("attribute", attribute, (scope) => scope.dra?.attributes),
  node: ({ node = "name" }) => fromNode(node),
  hardware: () => fromHardware(),
  let: ({ let: name = "" }) => fromLet(name),
  device: ({ device = "" }, context) => fromDevice(device, context),
  lookup: ({ lookup = "", path = [] }, context) => fromLookup(lookup, path, context),
  sum: ({ sum = 0 }, context) => sumOfDevices(compileExpression(sum, context)),
  keys: ({ keys = "", take }) => fromKeys(keys, take),
  "rule-of": (object) => {
    const key = object["rule-of"] ?? "";
    return (scope) => scope.decided.get(key);
  },
};

function compileSource(object: ExpressionObject, context: Context): Evaluate {
  const source = SOURCES.find((name) => object[name] !== undefined);
  if (source === undefined)
    throw new UnknownReference(`an expression reads from one of ${SOURCES.join(", ")}`);
  return SOURCE_COMPILERS[source](object, context);
}

function fromMap(
  kind: string,
  key: string,
  read: (scope: Scope) => Readonly<Record<string, Scalar>> | undefined,
): Evaluate {
  const nameOf = key.includes("{") ? template(key) : () => key;
  return (scope) => {
    const map = read(scope);
    const name = map === undefined ? undefined : nameOf(scope);
    if (map === undefined || name === undefined || !Object.hasOwn(map, String(name))) return undefined;
    const value = map[String(name)];
    // An empty label says no more than an absent one.
    if (value === undefined || value === "") return undefined;
    scope.trace?.push(`${kind} ${name}=${value}`);
    return value;
  };
}

/** Text with `{name}` for values of the rule; nothing when one of them has no value. */
export function template(text: string): Evaluate {
  const parts = text.split(/\{([a-z][a-z0-9_-]*)\}/);
  return (scope) => {
    let result = "";
    for (let index = 0; index < parts.length; index += 1) {
      const part = parts[index] ?? "";
      const piece = index % 2 === 0 ? part : letValue(scope, part);
      if (piece === undefined) return undefined;
      result += piece;
    }
    return result;
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

const fromLet =
  (name: string): Evaluate =>
  (scope) =>
    letValue(scope, name);

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
  const steps = path.map((step) => compileExpression(step, context));
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

function sumOfDevices(each: Evaluate): Evaluate {
  return (scope) => {
    const { device } = scope;
    let sum = 0;
    try {
      for (const view of scope.devices) {
        scope.device = view;
        const value = each(scope);
        if (value === undefined) return undefined;
        sum += Number(value);
      }
    } finally {
      scope.device = device;
    }
    return scope.devices.length > 0 && Number.isFinite(sum) ? sum : undefined;
  };
}

/** The capture (or the key itself) of the first label, in key order, whose key matches. */
function fromKeys(pattern: string, take: string | undefined): Evaluate {
  const find = keyMatcher(pattern);
  return (scope) => {
    for (const key of Object.keys(scope.facts.labels).sort()) {
      const captures = find(key);
      if (!captures) continue;
      scope.trace?.push(`label ${key}=${scope.facts.labels[key]}`);
      return take === undefined ? key : captures[take];
    }
    return undefined;
  };
}

/** A pattern over many keys: the literal beginning is compared first, as most keys fail there. */
export function keyMatcher(pattern: string): (key: string) => Readonly<Record<string, string>> | undefined {
  const prefix = pattern.slice(0, pattern.includes("{") ? pattern.indexOf("{") : pattern.length);
  const match = compilePattern(pattern);
  return (key) => (key.startsWith(prefix) ? match(key) : undefined);
}
