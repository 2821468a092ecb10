import * as z from "zod";
import { isRecord } from "./read-document.ts";
import { bare, fieldsByName, hintsOf, itemOf, nameIn, shapeOf, valueIn } from "./schema-fields.ts";
import { type IntentSpec, intentSpecSchema } from "./spec-schema.ts";

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The REST form of a spec: names in snake_case, values as the API's documents spell them. */
export function intentToRest(spec: IntentSpec): Json {
  return toRest(intentSpecSchema, spec);
}

/** A part of a document in the REST form with every field under its proper name, whatever alias it was written by. */
export function properRestNames(document: unknown): unknown {
  return renamed(intentSpecSchema, document);
}

function renamed(schema: z.core.$ZodType | undefined, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => renamed(itemOf(schema), item));
  if (schema === undefined || !isRecord(value)) return value;
  const fields = fieldsByName(schema, "rest");
  const entries = Object.entries(value).map(([name, item]) => {
    const field = fields.get(name);
    return field === undefined
      ? [name, item]
      : [nameIn("rest", field.key, field.schema), renamed(field.schema, item)];
  });
  return Object.fromEntries(entries);
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
