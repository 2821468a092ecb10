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
  readonly inferred: ReadonlySet<string>;
  readonly origins?: Readonly<Record<string, FieldOrigin>>;
}

/** What an expression may read, and the marks it leaves. Mutable on purpose: one scope serves a whole node. */
export interface Scope {
  readonly facts: NodeFacts;
  /** Captures of `each` and the rule's `let` values. */
  lets: Record<string, Scalar | undefined>;
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

export type Evaluate = (scope: Scope) => Scalar | undefined;
export type Test = (scope: Scope) => boolean;

/** A fresh scope for a node. */
export function scopeOf(facts: NodeFacts, explain: boolean): Scope {
  return {
    facts,
    lets: {},
    letOrigins: {},
    devices: [],
    decided: new Map(),
    inferred: false,
    trace: explain ? [] : undefined,
  };
}
