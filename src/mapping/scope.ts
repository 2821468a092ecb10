import type { DraDevice, NodeFacts } from "./facts.ts";

/** A value while rules are evaluated. */
export type Scalar = string | number | boolean;

/** Named values of one group of devices that value rules read with `device:`. */
export type DeviceFields = Readonly<Record<string, Scalar | undefined>>;

/** Where a field of a device group came from. */
export interface FieldOrigin {
  readonly facts: readonly string[];
  readonly inferred: boolean;
  readonly rule: string;
  readonly at: string;
}

/** A group as value rules see it: its fields, and where each came from (kept only when explaining). */
export interface DeviceView {
  readonly fields: DeviceFields;
  /** Workload scores by name (`training`); always computed, so always inferred. */
  readonly scores: Readonly<Record<string, number>>;
  readonly isInferred: (field: string) => boolean;
  readonly origins?: Readonly<Record<string, FieldOrigin>>;
}

/** What an expression may read, and the marks it leaves. Mutable on purpose: one scope serves a whole node. */
export interface Scope {
  readonly facts: NodeFacts;
  /** Captures of `each`, and the `let` values that were asked for so far. */
  lets: Record<string, Scalar | undefined>;
  /** The rule's `let` expressions. */
  pending: LetExpressions | undefined;
  /** What the `let` values were read from. */
  letOrigins: Record<string, { readonly inferred: boolean; readonly facts: readonly string[] }>;
  /** The DRA device of `each: {dra: ...}`. */
  dra?: DraDevice | undefined;
  /** The group that `device:` reads: the largest, or the one of a `sum`. */
  device?: DeviceView | undefined;
  devices: readonly DeviceView[];
  /** Which rule decided each key so far. */
  readonly decided: Map<string, string>;
  /** Set when a value came from a catalogue or a default. */
  inferred: boolean;
  /** Facts read so far; absent unless explaining, so that the fast path builds no text. */
  trace: string[] | undefined;
}

/** The `let` expressions of a rule by name. */
export type LetExpressions = ReadonlyMap<string, Evaluate>;

export type Evaluate = (scope: Scope) => Scalar | undefined;
export type Test = (scope: Scope) => boolean;

/** A fresh scope for a node. */
export function scopeOf(facts: NodeFacts, explain: boolean): Scope {
  return {
    facts,
    lets: {},
    pending: undefined,
    letOrigins: {},
    devices: [],
    decided: new Map(),
    inferred: false,
    trace: explain ? [] : undefined,
  };
}

/** Begins the evaluation of a rule: its captures are there, its `let` values come when they are asked for. */
export function enterRule(
  scope: Scope,
  captures: Readonly<Record<string, string>>,
  lets: LetExpressions,
): void {
  scope.lets = { ...captures };
  scope.letOrigins = {};
  scope.pending = lets;
}

/** A capture or `let` value by name, evaluated at the first call; what it was read from is noted each time. */
export function letValue(scope: Scope, name: string): Scalar | undefined {
  if (!(name in scope.lets)) {
    // Set first, so that a value that names itself is undefined instead of endless.
    scope.lets[name] = undefined;
    const evaluate = scope.pending?.get(name);
    if (evaluate) scope.lets[name] = evaluateLet(scope, name, evaluate);
  }
  const value = scope.lets[name];
  const origin = value === undefined ? undefined : scope.letOrigins[name];
  if (origin?.inferred) scope.inferred = true;
  if (origin && scope.trace) scope.trace.push(...origin.facts);
  return value;
}

function evaluateLet(scope: Scope, name: string, evaluate: Evaluate): Scalar | undefined {
  const { inferred, trace } = scope;
  const before = trace?.length ?? 0;
  scope.inferred = false;
  const value = evaluate(scope);
  const facts = trace ? trace.splice(before) : NO_FACTS;
  if (value !== undefined && (scope.inferred || trace)) {
    scope.letOrigins[name] = { inferred: scope.inferred, facts };
  }
  scope.inferred = inferred;
  return value;
}
const NO_FACTS: readonly string[] = [];
