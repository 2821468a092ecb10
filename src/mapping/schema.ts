import * as z from "zod";
import { conditions, expression, name, pattern } from "./expression-schema.ts";

export type { Condition, Expression, ExpressionObject, OperatorSet } from "./expression-schema.ts";
export { OPERATORS } from "./expression-schema.ts";

/** The form of a table file. Every section is optional but `about`; unknown keys are refused by name. */

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
