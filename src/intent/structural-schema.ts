import * as z from "zod";
import { type FieldHints, hints } from "./fields.ts";
import { isRecord } from "./read-document.ts";
import { hintsOf, shapeOf } from "./schema-fields.ts";

/** A structural schema, as CustomResourceDefinitions have them. */
export interface StructuralSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

/**
 * The structural schema of a zod schema: what it takes as input, with descriptions and defaults. Notations and
 * misspelt names come from the hints; Kubernetes prunes unknown fields by itself.
 */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: "openapi-3.0",
    io: "input",
    override: ({ zodSchema, jsonSchema }) => adapt(zodSchema, jsonSchema as Record<string, unknown>),
  });
  return inReadingOrder(json) as StructuralSchema;
}

/** Says what a field is before what it may be. */
function inReadingOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inReadingOrder);
  if (!isRecord(value)) return value;
  const { description, type, ...rest } = value;
  const members = Object.entries(rest).map(([key, member]) => [key, inReadingOrder(member)]);
  // `description` and `type` may be names of fields as well, then they are objects.
  const first = Object.entries({ description, type }).filter(([, member]) => member !== undefined);
  return Object.fromEntries([...first.map(([key, member]) => [key, inReadingOrder(member)]), ...members]);
}

function adapt(schema: z.core.$ZodType, json: Record<string, unknown>): void {
  // Structural schemas know it for maps only, where it is a schema.
  if (json.additionalProperties === false) delete json.additionalProperties;
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
  if (json.minimum === -Number.MAX_SAFE_INTEGER) delete json.minimum;
  const properties = json.properties as Record<string, unknown> | undefined;
  if (properties !== undefined && schema instanceof z.ZodObject) addMisspelt(schema, properties);
  const { structural } = hints.get(schema) ?? {};
  if (structural !== undefined) applyHint(json, structural);
}

/** A value that is not of one JSON type has none in the schema. */
function applyHint(json: Record<string, unknown>, structural: NonNullable<FieldHints["structural"]>): void {
  const isLoose = structural.type !== undefined && json.enum !== undefined;
  if (isLoose) delete json.enum;
  if (
    structural["x-kubernetes-int-or-string"] === true ||
    structural["x-kubernetes-preserve-unknown-fields"] === true
  ) {
    delete json.type;
  }
  Object.assign(json, structural);
}

/** Misspelt fields of the reference stay in the object, for the parser to read; the API server would drop them. */
function addMisspelt(schema: z.ZodObject, properties: Record<string, unknown>): void {
  for (const [key, field] of Object.entries(shapeOf(schema))) {
    const { misspelt } = hintsOf(field);
    if (misspelt === undefined) continue;
    const isObject = Object.keys(shapeOf(field)).length > 0;
    properties[misspelt] = {
      description: `Misspelling of ${key} that is read too; ${key} wins.`,
      ...(isObject
        ? { type: "object", "x-kubernetes-preserve-unknown-fields": true }
        : typeOf(properties[key])),
    };
  }
}

const typeOf = (property: unknown): { type?: unknown } =>
  typeof property === "object" && property !== null && "type" in property ? { type: property.type } : {};
