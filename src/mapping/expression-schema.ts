import * as z from "zod";
import { CONVERSION_NAMES, type ConversionName } from "./convert.ts";
import { patternProblem } from "./pattern.ts";
import { SOURCES } from "./sources.ts";

/** The form of expressions and conditions in tables. */

const scalar = z.union([z.string(), z.number(), z.boolean()]);
export const name = z.string().regex(/^[a-z][a-z0-9-]*$/, "a name in lower case with hyphens");
export const pattern = z.string().superRefine((text, context) => {
  const problem = patternProblem(text);
  if (problem) context.addIssue({ code: "custom", message: problem });
});

export interface ExpressionObject {
  readonly value?: string | number | boolean | undefined;
  readonly label?: string | undefined;
  readonly annotation?: string | undefined;
  readonly allocatable?: string | undefined;
  readonly node?: (typeof NODE_FIELDS)[number] | undefined;
  readonly hardware?: (typeof HARDWARE_FIELDS)[number] | undefined;
  readonly attribute?: string | undefined;
  readonly capacity?: string | undefined;
  readonly let?: string | undefined;
  readonly device?: string | undefined;
  readonly lookup?: string | undefined;
  readonly path?: readonly Expression[] | undefined;
  /** Sum of an expression over all device groups; nothing when one of them has no value. */
  readonly sum?: Expression | undefined;
  /** The first label key that matches a pattern; `take` picks the capture. */
  readonly keys?: string | undefined;
  /** The first allocatable resource that matches a pattern. */
  readonly resources?: string | undefined;
  readonly pattern?: string | undefined;
  readonly take?: string | undefined;
  readonly convert?: ConversionName | undefined;
  readonly times?: Expression | undefined;
  readonly "divided-by"?: Expression | undefined;
  readonly inferred?: boolean | undefined;
  /** Name of the rule that decided a key before. */
  readonly "rule-of"?: string | undefined;
  /** The expression has a value only where these hold. */
  readonly when?: readonly Condition[] | undefined;
}
export type Expression =
  | string
  | number
  | boolean
  | ExpressionObject
  | readonly (string | number | boolean | ExpressionObject)[];

export const NODE_FIELDS = ["name", "provider-id", "architecture", "kernel-version", "os-image"] as const;
export const HARDWARE_FIELDS = ["network-gbps"] as const;

const shape = {
  value: scalar.optional(),
  label: z.string().min(1).optional(),
  annotation: z.string().min(1).optional(),
  allocatable: z.string().min(1).optional(),
  node: z.enum(NODE_FIELDS).optional(),
  hardware: z.enum(HARDWARE_FIELDS).optional(),
  attribute: z.string().min(1).optional(),
  capacity: z.string().min(1).optional(),
  let: name.optional(),
  device: name.optional(),
  lookup: name.optional(),
  path: z.lazy(() => z.array(expression).max(6)).optional(),
  sum: z.lazy(() => expression).optional(),
  keys: pattern.optional(),
  resources: pattern.optional(),
  pattern: pattern.optional(),
  take: z.string().optional(),
  convert: z.enum(CONVERSION_NAMES as [ConversionName, ...ConversionName[]]).optional(),
  times: z.lazy(() => expression).optional(),
  "divided-by": z.lazy(() => expression).optional(),
  inferred: z.boolean().optional(),
  "rule-of": z.string().min(1).optional(),
  when: z.lazy(() => conditions).optional(),
};

function oneSource(value: object, context: z.RefinementCtx): void {
  const given = SOURCES.filter((source) => (value as Record<string, unknown>)[source] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? "none" : given.join(" and ");
    context.addIssue({
      code: "custom",
      message: `an expression reads from exactly one of ${SOURCES.join(", ")}; found ${found}`,
    });
  }
}

const expressionObject = z.strictObject(shape).superRefine(oneSource);
const oneExpression = z.union([scalar, expressionObject]);
export const expression: z.ZodType<Expression> = z.lazy(() =>
  z.union([scalar, expressionObject, z.array(oneExpression).min(1).max(32)]),
) as z.ZodType<Expression>;

export interface OperatorSet {
  readonly is?: string | number | boolean | undefined;
  readonly "is-not"?: string | number | boolean | undefined;
  readonly in?: readonly (string | number | boolean)[] | undefined;
  readonly "not-in"?: readonly (string | number | boolean)[] | undefined;
  readonly exists?: boolean | undefined;
  readonly matches?: string | undefined;
  readonly "at-least"?: number | undefined;
  readonly "at-most"?: number | undefined;
}
export const OPERATORS = [
  "is",
  "is-not",
  "in",
  "not-in",
  "exists",
  "matches",
  "at-least",
  "at-most",
] as const;

/** An operand with one operator, or a combination. */
export type Condition =
  | (ExpressionObject & OperatorSet)
  | { readonly any: readonly Condition[] }
  | { readonly all: readonly Condition[] }
  | { readonly none: readonly Condition[] };

const operators = {
  is: scalar.optional(),
  "is-not": scalar.optional(),
  in: z.array(scalar).min(1).max(256).optional(),
  "not-in": z.array(scalar).min(1).max(256).optional(),
  exists: z.boolean().optional(),
  matches: pattern.optional(),
  "at-least": z.number().optional(),
  "at-most": z.number().optional(),
};
const comparison = z.strictObject({ ...shape, ...operators }).superRefine((value, context) => {
  oneSource(value, context);
  const given = OPERATORS.filter((operator) => value[operator] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? "none" : given.join(" and ");
    context.addIssue({
      code: "custom",
      message: `a condition has exactly one of ${OPERATORS.join(", ")}; found ${found}`,
    });
  }
});
export const conditions: z.ZodType<readonly Condition[]> = z.lazy(() =>
  z.array(condition).max(32),
) as z.ZodType<readonly Condition[]>;
const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    comparison,
    z.strictObject({ any: conditions }),
    z.strictObject({ all: conditions }),
    z.strictObject({ none: conditions }),
  ]),
) as z.ZodType<Condition>;
