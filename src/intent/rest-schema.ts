import * as z from "zod";
import { hints } from "./fields.ts";
import type { Json } from "./rest.ts";
import { hintsOf, nameIn, shapeOf, valueIn } from "./schema-fields.ts";
import { intentSpecSchema } from "./spec-schema.ts";

/** The JSON schema of an Intent in the REST form: what clients had best send. More spellings than these are read. */
export function restIntentSchema(): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(intentSpecSchema, {
    target: "draft-2020-12",
    io: "input",
    override: ({ zodSchema, jsonSchema }) => adapt(zodSchema, jsonSchema as Record<string, unknown>),
  });
  return schema as Json;
}

/** Notations in which a bare number has a meaning too. */
const NUMBERS_TOO: readonly (string | undefined)[] = [
  "cpu",
  "size",
  "gpu-size",
  "hertz",
  "bits-per-second",
  "money",
];

function adapt(schema: z.core.$ZodType, json: Record<string, unknown>): void {
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
  if (json.minimum === -Number.MAX_SAFE_INTEGER) delete json.minimum;
  const { kind } = hints.get(schema) ?? {};
  if (NUMBERS_TOO.includes(kind)) json.type = ["string", "number"];
  if (schema instanceof z.ZodEnum) adaptEnum(schema, json);
  if (schema instanceof z.ZodObject) adaptObject(schema, json);
}

function adaptEnum(schema: z.ZodEnum, json: Record<string, unknown>): void {
  const { any } = hintsOf(schema);
  const rest = schema.options.map((option) => valueIn("rest", String(option), hintsOf(schema)));
  json.enum = any === true ? [...rest, "any"] : rest;
}

function adaptObject(schema: z.ZodObject, json: Record<string, unknown>): void {
  const shape = shapeOf(schema);
  const rename = (key: string): string => {
    const field = shape[key];
    return field === undefined ? key : nameIn("rest", key, field);
  };
  const properties = Object.entries((json.properties ?? {}) as Record<string, unknown>);
  json.properties = Object.fromEntries(properties.map(([key, property]) => [rename(key), property]));
  if (Array.isArray(json.required)) json.required = json.required.map((key) => rename(String(key)));
}
