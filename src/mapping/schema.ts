import * as z from "zod";
import { CONVERSION_NAMES, type ConversionName } from "./convert.ts";
import { patternProblem } from "./pattern.ts";
import { SOURCES } from "./sources.ts";

/** The form of a table file. Every section is optional but `about`; unknown keys are refused by name. */

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const name = z.string().regex(/^[a-z][a-z0-9-]*$/, "a name in lower case with hyphens");
const pattern = z.string().superRefine((text, context) => {
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
const expression: z.ZodType<Expression> = z.lazy(() =>
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
const conditions: z.ZodType<readonly Condition[]> = z.lazy(() => z.array(condition).max(32)) as z.ZodType<
  readonly Condition[]
>;
const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    comparison,
    z.strictObject({ any: conditions }),
    z.strictObject({ all: conditions }),
    z.strictObject({ none: conditions }),
  ]),
) as z.ZodType<Condition>;

const problemRule = z.strictObject({
  rule: name,
  /** Only where no devices of this vendor were found. */
  "unless-found": z.string().optional(),
  let: z.lazy(() => lets).optional(),
  when: conditions,
  subject: z.lazy(() => expression),
  code: z.enum([
    "stale-labels",
    "mig-invalid",
    "layout-changing",
    "count-mismatch",
    "mixed-models",
    "not-allocatable",
    "simulated",
  ]),
  severity: z.enum(["error", "warning", "info"]),
  message: z.string().min(1).max(512),
});

const lets = z.record(name, expression);
const deviceRule = z.strictObject({
  rule: name,
  vendor: z.string().regex(/^[a-z]+$/),
  /** Once for each allocatable resource, label or DRA device that matches; absent: once. */
  each: z
    .strictObject({
      resource: z.union([pattern, z.array(pattern).min(1)]).optional(),
      /** Read instead of resources where nobody told what is allocatable. */
      label: z.union([pattern, z.array(pattern).min(1)]).optional(),
      /** The resource taken for granted where nobody told what is allocatable. */
      assume: z.string().min(1).optional(),
      dra: z.string().min(1).optional(),
    })
    .optional(),
  "unless-found": z.boolean().optional(),
  /** Several groups share the resource, so that its allocatable says nothing of one of them. */
  "splits-resource": z.boolean().optional(),
  /** The labels' count is of physical GPUs; more that is allocatable means sharing. */
  "excess-is-sharing": z.boolean().optional(),
  let: lets.optional(),
  when: conditions.optional(),
  resource: expression,
  product: expression.optional(),
  "pci-id": expression.optional(),
  count: expression.optional(),
  replicas: expression.optional(),
  sharing: expression.optional(),
  "memory-gi": expression.optional(),
  /** The size that a slice's profile names. */
  "nominal-gi": expression.optional(),
  profile: expression.optional(),
  /** Slices of a GPU that one device takes, of those that the catalogue says it has. */
  slices: expression.optional(),
  /** Multiprocessors or compute units of one device. */
  units: expression.optional(),
  physical: expression.optional(),
  "compute-capability": expression.optional(),
  architecture: expression.optional(),
  "sharing-capable": expression.optional(),
  "mig-capable": expression.optional(),
  variant: expression.optional(),
});
export type DeviceRule = z.infer<typeof deviceRule>;

export type ProblemRule = z.infer<typeof problemRule>;

const valueRule = z.strictObject({
  rule: name,
  let: lets.optional(),
  when: conditions.optional(),
  set: z.record(z.string().min(1), expression),
});
export type ValueRule = z.infer<typeof valueRule>;

const positive = z.number().positive();
const specs = {
  tier: z.enum(["premium", "standard", "gaming", "inference", "budget"]).optional(),
  architecture: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9.]+)*$/)
    .optional(),
  "compute-capability": z
    .string()
    .regex(/^[0-9]+\.[0-9]+$/)
    .optional(),
  gfx: z
    .string()
    .regex(/^gfx[0-9a-f]+$/)
    .optional(),
  slices: z.number().int().positive().optional(),
  "memory-gi": positive.max(4096).optional(),
  cores: z.number().int().positive().optional(),
  units: z.number().int().positive().optional(),
  "fp32-tflops": positive.optional(),
  "boost-mhz": positive.optional(),
  "tdp-watts": positive.optional(),
  interconnect: z.enum(["nvlink", "infinity-fabric", "xe-link", "pcie"]).optional(),
  "link-gbs": positive.optional(),
  "link-from": z.number().int().positive().optional(),
  "pcie-gbs": positive.optional(),
  topology: z
    .record(z.string().regex(/^[0-9]+$/), z.enum(["all-to-all", "nvswitch", "ring", "mesh"]))
    .optional(),
};
const specsSchema = z.strictObject(specs);
/** Figures of one device, as Kubernetes counts devices. */
export type Specs = z.infer<typeof specsSchema>;

const alias = z.string().min(1).max(120);
const catalogue = z.strictObject({
  vendor: z.string().regex(/^[a-z]+$/),
  ignore: z.array(z.string().regex(/^[a-z0-9]+$/)).optional(),
  products: z.array(
    z.strictObject({
      model: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9.]+)+$/, "vendor and model in lower case with hyphens"),
      aliases: z.array(alias).optional(),
      ...specs,
      pci: z.array(z.string().regex(/^[0-9a-f]{4}$/)).optional(),
      variants: z
        .array(
          z.strictObject({
            variant: z.string().regex(/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/),
            aliases: z.array(alias).optional(),
            ...specs,
            pci: z.array(z.string().regex(/^[0-9a-f]{4}$/)).optional(),
          }),
        )
        .optional(),
    }),
  ),
});
export type CatalogueSection = z.infer<typeof catalogue>;

export type LookupLeaf = string | number | boolean | readonly (string | number)[];
export type LookupTree = { readonly [key: string]: LookupTree | LookupLeaf };
const leaf = z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))]);
const tree: z.ZodType<LookupTree> = z.lazy(() =>
  z.record(z.string(), z.union([leaf, tree])),
) as z.ZodType<LookupTree>;

export const SCORE_TERMS = [
  "fp32-tflops",
  "tensor-tflops",
  "fp64-tflops",
  "graphics-tflops",
  "memory-gi",
  "link-gbs",
  "tflops-per-watt",
] as const;
const scores = z.strictObject({
  /** Throughput relative to FP32 vector, by gfx target, compute capability or architecture (the first that is listed). */
  ratios: z.record(
    z.string(),
    z.strictObject({ tensor: z.number().min(0), fp64: z.number().min(0), graphics: z.number().min(0) }),
  ),
  formulas: z.record(
    name,
    z
      .array(
        z.strictObject({ term: z.enum(SCORE_TERMS), weight: positive.max(1), low: positive, high: positive }),
      )
      .min(1),
  ),
});
export type ScoresSection = z.infer<typeof scores>;

export const tableSchema = z.strictObject({
  about: z.strictObject({
    title: z.string().min(1),
    date: z.union([z.string(), z.date()]).optional(),
    version: z.string().optional(),
    sources: z.array(z.string()).optional(),
  }),
  /** Named values that every rule of the table may use. */
  let: lets.optional(),
  lookups: z.record(name, tree).optional(),
  catalogue: catalogue.optional(),
  devices: z.array(deviceRule).optional(),
  values: z.array(valueRule).optional(),
  problems: z.array(problemRule).optional(),
  scores: scores.optional(),
});
export type TableContent = z.infer<typeof tableSchema>;
