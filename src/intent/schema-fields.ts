import * as z from "zod";
import { type FieldHints, hints } from "./fields.ts";

/** The two forms of a document: the custom resource in camelCase, the REST form in snake_case. */
export type Form = "resource" | "rest";

/** A schema without its `optional()` and `default()`. */
export function bare(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapper ? bare(schema.def.innerType) : schema;
}

export const hintsOf = (schema: z.core.$ZodType): FieldHints => hints.get(bare(schema)) ?? {};

/** The fields of an object schema by name; empty for any other. */
export function shapeOf(schema: z.core.$ZodType | undefined): Readonly<Record<string, z.core.$ZodType>> {
  const inner = schema === undefined ? undefined : bare(schema);
  return inner instanceof z.ZodObject ? inner.shape : {};
}

/** The schema of the items of an array, or of the values of a map. */
export function itemOf(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  const inner = schema === undefined ? undefined : bare(schema);
  if (inner instanceof z.ZodArray) return inner.element;
  return inner instanceof z.ZodRecord ? inner.valueType : undefined;
}

/** The name of a field in a form. */
export function nameIn(form: Form, key: string, schema: z.core.$ZodType): string {
  return form === "resource" ? key : (hintsOf(schema).rest ?? snakeCase(key));
}

/** The spelling of an enumerated value in a form. */
export function valueIn(form: Form, value: string, { restValue = "kebab", restValues }: FieldHints): string {
  if (form === "resource" || restValue === "as-is") return value;
  return restValues?.[value] ?? (restValue === "kebab" ? kebabCase(value) : pascalSnakeCase(value));
}

/** A field of an object schema as a document may spell it. */
export interface NamedField {
  readonly key: string;
  readonly schema: z.core.$ZodType;
  /** False for aliases and misspellings: the right name wins over them. */
  readonly isProper: boolean;
}

/** The fields of an object schema by every name that is read in the form. */
export function fieldsByName(schema: z.core.$ZodType, form: Form): ReadonlyMap<string, NamedField> {
  const fields = new Map<string, NamedField>();
  for (const [key, field] of Object.entries(shapeOf(schema))) {
    const { aliases = [], misspelt } = hintsOf(field);
    for (const alias of misspelt === undefined ? aliases : [misspelt, ...aliases]) {
      fields.set(form === "rest" ? snakeCase(alias) : alias, { key, schema: field, isProper: false });
    }
  }
  for (const [key, field] of Object.entries(shapeOf(schema))) {
    fields.set(nameIn(form, key, field), { key, schema: field, isProper: true });
  }
  return fields;
}

/** `maxLatencyMs` as `max_latency_ms`, `targetGPUPercent` as `target_gpu_percent`. */
const snakeCase = (name: string): string => separated(name, "_").toLowerCase();

/** `AllToAll` as `all-to-all`. */
const kebabCase = (name: string): string => separated(name, "-").toLowerCase();

/** `CostMinimization` as `Cost_Minimization`. */
const pascalSnakeCase = (name: string): string => separated(name, "_");

const separated = (name: string, by: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, `$1${by}$2`).replace(/([A-Z])([A-Z][a-z])/g, `$1${by}$2`);
