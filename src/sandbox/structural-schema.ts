import { asObject, deepEqual, isObject, type JsonObject, setOwn } from "./json.ts";

/** What prune found: fields the schema does not know, as dotted paths. */
type Report = (path: string) => void;

const always = new Set(["apiVersion", "kind", "metadata"]);

/** The value without the fields that the structural schema does not know. Reports each dropped field once. */
export function prune(value: unknown, schema: unknown, report: Report = () => {}): unknown {
  return pruneAt(value, asObject(schema), "", report);
}

function pruneAt(value: unknown, schema: JsonObject, path: string, report: Report): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => pruneAt(item, asObject(schema.items), `${path}[${index}]`, report));
  }
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    const known = memberSchema(schema, key, path === "");
    if (known === undefined) report(at);
    else setOwn(result, key, known === "anything" ? member : pruneAt(member, known, at, report));
  }
  return result;
}

/** What the schema says of a member: its schema, that it may be anything, or (`undefined`) nothing. */
function memberSchema(schema: JsonObject, key: string, isRoot: boolean): JsonObject | "anything" | undefined {
  const properties = asObject(schema.properties);
  if (Object.hasOwn(properties, key) && !(isRoot && key === "metadata")) return asObject(properties[key]);
  if ((isRoot || schema["x-kubernetes-embedded-resource"] === true) && always.has(key)) return "anything";
  const rest = schema.additionalProperties;
  if (isObject(rest)) return rest;
  return rest === true || schema["x-kubernetes-preserve-unknown-fields"] === true ? "anything" : undefined;
}

/** The value with the defaults of the schema filled in where a field is absent (or null and not nullable). */
export function applyDefaults(value: unknown, schema: unknown): unknown {
  const node = asObject(schema);
  if (Array.isArray(value)) return value.map((item) => applyDefaults(item, node.items));
  if (!isObject(value)) return value;
  const result: JsonObject = { ...value };
  const properties = asObject(node.properties);
  for (const [key, child] of Object.entries(properties)) {
    const property = asObject(child);
    const absent = result[key] === undefined || (result[key] === null && property.nullable !== true);
    if (absent && property.default !== undefined) setOwn(result, key, structuredClone(property.default));
    if (Object.hasOwn(result, key)) setOwn(result, key, applyDefaults(result[key], property));
  }
  if (!isObject(node.additionalProperties)) return result;
  for (const key of Object.keys(result)) {
    if (!Object.hasOwn(properties, key))
      setOwn(result, key, applyDefaults(result[key], node.additionalProperties));
  }
  return result;
}

/**
 * The structural schema as JSON Schema draft 7: what only Kubernetes reads is dropped, `nullable` and
 * `x-kubernetes-int-or-string` become types.
 */
export function toJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (!isObject(schema)) return schema;
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(schema)) {
    if (key.startsWith("x-kubernetes-") || ignored.has(key)) continue;
    if (mapsOfSchemas.has(key)) setOwn(result, key, mapValues(asObject(member)));
    else setOwn(result, key, literal.has(key) ? member : toJsonSchema(member));
  }
  if (schema["x-kubernetes-int-or-string"] === true) result.type = ["integer", "string"];
  moveExclusiveLimit(result, "exclusiveMinimum", "minimum");
  moveExclusiveLimit(result, "exclusiveMaximum", "maximum");
  if (schema.nullable === true) allowNull(result);
  return result;
}

/** OpenAPI 3.0 gives a boolean where JSON Schema has the limit itself. */
function moveExclusiveLimit(schema: JsonObject, flag: string, limit: string): void {
  const exclusive = schema[flag] === true;
  delete schema[flag];
  if (!exclusive) return;
  schema[flag] = schema[limit];
  delete schema[limit];
}

function allowNull(schema: JsonObject): void {
  if (typeof schema.type === "string") schema.type = [schema.type, "null"];
  if (Array.isArray(schema.enum) && !schema.enum.includes(null)) schema.enum = [...schema.enum, null];
}

const ignored = new Set(["nullable", "default", "description", "title", "example", "externalDocs"]);
const mapsOfSchemas = new Set(["properties", "patternProperties", "definitions"]);
const literal = new Set(["enum", "required", "pattern", "format", "type"]);

const mapValues = (map: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(map).map(([key, member]) => [key, toJsonSchema(member)]));

/** Items of `x-kubernetes-list-type: set` and `map` lists that occur twice, as paths of the later ones. */
export function duplicateItems(value: unknown, schema: unknown, path = ""): readonly string[] {
  const node = asObject(schema);
  if (Array.isArray(value)) {
    const keys =
      node["x-kubernetes-list-type"] === "map" ? (node["x-kubernetes-list-map-keys"] as string[]) : undefined;
    const unique = node["x-kubernetes-list-type"] === "set" || keys !== undefined;
    const identity = (item: unknown): unknown =>
      keys === undefined ? item : keys.map((key) => asObject(item)[key] ?? null);
    const repeated = (item: unknown, index: number): boolean =>
      unique && value.slice(0, index).some((earlier) => deepEqual(identity(earlier), identity(item)));
    return value.flatMap((item, index) => [
      ...(repeated(item, index) ? [`${path}[${index}]`] : []),
      ...duplicateItems(item, node.items, `${path}[${index}]`),
    ]);
  }
  if (!isObject(value)) return [];
  const properties = asObject(node.properties);
  return Object.entries(value).flatMap(([key, member]) =>
    duplicateItems(
      member,
      properties[key] ?? node.additionalProperties,
      path === "" ? key : `${path}.${key}`,
    ),
  );
}
