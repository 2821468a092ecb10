import * as z from "zod";
import type { ValueKind } from "./values.ts";

/** How the values of an enumeration are written in the REST form, from `AllToAll`. */
export type RestSpelling = "kebab" | "Pascal_Snake" | "as-is";

/** What zod does not know of a field: how its text is read, what else it is called, how the CRD puts it. */
export interface FieldHints {
  /** How text or a number is read into the canonical text. */
  readonly kind?: ValueKind;
  /** Name in the REST form, where it is not the snake_case of the name. */
  readonly rest?: string;
  /** A misspelling of the reference that is read, and kept by the CRD so that it reaches us. */
  readonly misspelt?: string;
  /** Other names that are read. */
  readonly aliases?: readonly string[];
  /** Other values that are read, by the value they stand for. */
  readonly values?: Readonly<Record<string, string>>;
  /** Values that are asked for but cannot be had, with what to write instead. */
  readonly instead?: Readonly<Record<string, string>>;
  /** `any` means no condition, and is dropped. */
  readonly any?: true;
  /** How values are written in the REST form. */
  readonly restValue?: RestSpelling;
  /** Values whose REST spelling follows no rule. */
  readonly restValues?: Readonly<Record<string, string>>;
  /** What the structural schema has in place of what zod gives. */
  readonly structural?: Readonly<Record<string, unknown>>;
}

/** The hints of a schema; they belong to the schema inside `optional()` and `default()`. */
export const hints = z.registry<FieldHints>();

const intOrString = { "x-kubernetes-int-or-string": true };

/** Text in a notation of its own. In the CRD a string, unless `structural` says otherwise. */
const notation = (kind: ValueKind, more: FieldHints = {}): z.ZodString =>
  z.string().register(hints, { kind, ...more });

const quantity = (kind: ValueKind, more: FieldHints = {}): z.ZodString =>
  notation(kind, {
    structural: { ...intOrString, pattern: "^([0-9]+(\\.[0-9]*)?|\\.[0-9]+) ?[a-zA-Z/]{0,6}[0-9]{0,2}$" },
    ...more,
  });

export const cpu = (more?: FieldHints): z.ZodString => quantity("cpu", more);
export const size = (more?: FieldHints): z.ZodString => quantity("size", more);
export const gpuSize = (more?: FieldHints): z.ZodString => quantity("gpu-size", more);
export const hertz = (more?: FieldHints): z.ZodString => quantity("hertz", more);
export const bitsPerSecond = (more?: FieldHints): z.ZodString => quantity("bits-per-second", more);
export const duration = (more?: FieldHints): z.ZodString =>
  notation("duration", { structural: { type: "string", maxLength: 32 }, ...more });
/** A plain number too: the reference has one where the currency is understood. */
export const money = (more?: FieldHints): z.ZodString =>
  notation("money", {
    structural: {
      "x-kubernetes-preserve-unknown-fields": true,
      minimum: 0,
      pattern: "^([A-Za-z]{3}|[€$£])? ?[0-9]+(\\.[0-9]+)? ?([A-Za-z]{3}|[€$£])?( ?/ ?h(our|r)?)?$",
    },
    ...more,
  });
export const text = (kind: ValueKind, more?: FieldHints): z.ZodString => notation(kind, more);

/** An enumeration that the CRD checks too. */
export const choice = <const V extends readonly [string, ...string[]]>(values: V, more: FieldHints = {}) =>
  z.enum(values).register(hints, more);

/** An enumeration whose CRD field takes any text, as the reference's does; the parser tells what is allowed. */
export const looseChoice = <const V extends readonly [string, ...string[]]>(
  values: V,
  more: FieldHints = {},
) => choice(values, { structural: { type: "string", maxLength: 64 }, ...more });

/** A name or a piece of text that is bounded and otherwise free. */
export const words = (max = 253, more: FieldHints = {}): z.ZodString =>
  z.string().max(max).register(hints, more);

export const whole = (min: number, max: number, more: FieldHints = {}): z.ZodInt =>
  z.int().min(min).max(max).register(hints, more);
export const decimal = (min: number, max: number, more: FieldHints = {}): z.ZodNumber =>
  z.number().min(min).max(max).register(hints, more);
export const flag = (more: FieldHints = {}): z.ZodBoolean => z.boolean().register(hints, more);
