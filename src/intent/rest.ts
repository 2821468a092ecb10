import * as z from "zod";
import { isRecord } from "./read-document.ts";
import { bare, hintsOf, nameIn, shapeOf, valueIn } from "./schema-fields.ts";
import { type IntentSpec, intentSpecSchema } from "./spec-schema.ts";

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The REST form of a spec: names in snake_case, values as the API's documents spell them. */
export function intentToRest(spec: IntentSpec): Json {
  return toRest(intentSpecSchema, spec);
}

function toRest(schema: z.core.$ZodType, value: unknown): Json {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject && isRecord(value)) {
    const fields = Object.entries(shapeOf(inner)).filter(([key]) => value[key] !== undefined);
    return Object.fromEntries(
      fields.map(([key, field]) => [nameIn("rest", key, field), toRest(field, value[key])]),
    );
  }
  if (inner instanceof z.ZodArray && Array.isArray(value))
    return value.map((item) => toRest(inner.element, item));
  if (inner instanceof z.ZodEnum) return valueIn("rest", String(value), hintsOf(inner));
  return value as Json;
}
