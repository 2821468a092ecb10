import type { DraDevice, NodeFacts } from "./facts.ts";
import type { IndexedLabels, IndexLabels } from "./label-index.ts";
import type { Captures } from "./pattern.ts";

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
  readonly labels: IndexedLabels;
  /** The rule's named values, whose places in `slots` were settled when the rule was compiled. */
  lets: Lets;
  /** Captures of `each`, and the `let` values that were asked for so far. */
  slots: (Scalar | undefined | typeof NOT_YET)[];
  /** What the `let` values were read from; kept only where there is something to tell. */
  letOrigins: (LetOrigin | undefined)[];
  /** The DRA device of `each: {dra: ...}`. */
  dra?: DraDevice | undefined;
  /** The group that `device:` reads: the largest, or the one of a `sum`. */
  device?: DeviceView | undefined;
  devices: readonly DeviceView[];
  /** What was chosen for each row of the vocabulary so far. */
  rows: ({ readonly rule: string } | undefined)[];
  /** Set when a value came from a catalogue or a default. */
  inferred: boolean;
  /** Facts read so far; absent unless explaining, so that the fast path builds no text. */
  readonly trace: string[] | undefined;
}

interface LetOrigin {
  readonly inferred: boolean;
  readonly facts: readonly string[];
}

export type Evaluate = (scope: Scope) => Scalar | undefined;
export type Test = (scope: Scope) => boolean;

/** The named values of a rule: captures of `each` (which have no expression), then its `let` values. */
export interface Lets {
  readonly names: ReadonlyMap<string, number>;
  readonly expressions: readonly (Evaluate | undefined)[];
  /** The slots when the rule is entered. */
  readonly initial: Scope["slots"];
}

/** Places of named values: those without expression are captures, whose values come with the rule's application. */
export const letsOf = (
  names: ReadonlyMap<string, number>,
  expressions: readonly (Evaluate | undefined)[],
): Lets => ({ names, expressions, initial: expressions.map((expression) => expression && NOT_YET) });

const NOT_YET = Symbol("a let value that nobody asked for yet");
export const NO_LETS: Lets = letsOf(new Map(), []);
const NO_FACTS: readonly string[] = [];

/** A fresh scope for a node. */
export function scopeOf(facts: NodeFacts, indexLabels: IndexLabels, explain: boolean): Scope {
  return {
    facts,
    labels: indexLabels(facts.labels),
    lets: NO_LETS,
    slots: [],
    letOrigins: [],
    dra: undefined,
    device: undefined,
    devices: [],
    rows: [],
    inferred: false,
    trace: explain ? [] : undefined,
  };
}

/** Begins the evaluation of a rule: its captures are there, its `let` values come when they are asked for. */
export function enterRule(scope: Scope, lets: Lets, captures?: Captures): void {
  const slots = lets.initial.slice();
  scope.lets = lets;
  scope.slots = slots;
  if (scope.letOrigins.length > 0) scope.letOrigins = [];
  for (const name in captures) {
    const slot = lets.names.get(name);
    if (slot !== undefined) slots[slot] = captures[name];
  }
}

/** A capture or `let` value by slot, evaluated at the first call; what it was read from is noted each time. */
export function letValue(scope: Scope, slot: number): Scalar | undefined {
  let value = scope.slots[slot];
  if (value === NOT_YET) {
    // Set first, so that a value that names itself is undefined instead of endless.
    scope.slots[slot] = undefined;
    value = evaluateLet(scope, slot, scope.lets.expressions[slot]);
    scope.slots[slot] = value;
  }
  if (value === undefined) return undefined;
  const origin = scope.letOrigins[slot];
  if (origin) {
    if (origin.inferred) scope.inferred = true;
    scope.trace?.push(...origin.facts);
  }
  return value;
}

function evaluateLet(scope: Scope, slot: number, evaluate: Evaluate | undefined): Scalar | undefined {
  const { inferred, trace } = scope;
  const before = trace?.length ?? 0;
  scope.inferred = false;
  const value = evaluate?.(scope);
  if (value !== undefined && (scope.inferred || trace)) {
    scope.letOrigins[slot] = { inferred: scope.inferred, facts: trace ? trace.slice(before) : NO_FACTS };
  }
  if (trace) trace.length = before;
  scope.inferred = inferred;
  return value;
}

/** Evaluates with fresh marks; afterwards `scope.inferred` and `readFacts` tell of this value alone. */
export function evaluateAlone(scope: Scope, evaluate: Evaluate): Scalar | undefined {
  scope.inferred = false;
  if (scope.trace) scope.trace.length = 0;
  return evaluate(scope);
}

/** What was read since evaluateAlone; nothing unless explaining. */
export const readFacts = ({ trace }: Scope): readonly string[] => (trace ? [...trace] : NO_FACTS);
