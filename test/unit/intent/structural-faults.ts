type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const JUNCTORS = ["allOf", "anyOf", "oneOf"] as const;
/** What may not stand inside a junctor, because it would not be structural there. */
const NOT_INSIDE = ["type", "description", "default", "additionalProperties", "nullable", "title"];
const UNKNOWN = [
  "$ref",
  "definitions",
  "$schema",
  "examples",
  "const",
  "patternProperties",
  "if",
  "dependencies",
];

/** What keeps a schema from being structural, by path, after the rules of apiextensions.k8s.io/v1. */
export function structuralFaults(schema: unknown, path = "", inside = false): readonly string[] {
  if (!isNode(schema)) return [`${path}: no schema`];
  return [
    ...UNKNOWN.filter((key) => key in schema).map((key) => `${path}: ${key} is not allowed`),
    ...(inside ? NOT_INSIDE : [])
      .filter((key) => key in schema)
      .map((key) => `${path}: ${key} inside a junctor`),
    ...(inside || hasType(schema) ? [] : [`${path}: type is missing`]),
    ...("x-kubernetes-validations" in schema ? [`${path}: CEL`] : []),
    ...("additionalProperties" in schema && "properties" in schema
      ? [`${path}: both kinds of properties`]
      : []),
    ...(schema.additionalProperties === false ? [`${path}: additionalProperties is false`] : []),
    ...children(schema).flatMap(([step, child]) => structuralFaults(child, `${path}.${step}`, inside)),
    ...JUNCTORS.flatMap((key) =>
      (Array.isArray(schema[key]) ? schema[key] : []).flatMap((branch: unknown, index: number) =>
        structuralFaults(branch, `${path}.${key}[${index}]`, true),
      ),
    ),
  ];
}

const hasType = (schema: Node): boolean =>
  typeof schema.type === "string" ||
  schema["x-kubernetes-int-or-string"] === true ||
  schema["x-kubernetes-preserve-unknown-fields"] === true;

const children = (schema: Node): readonly (readonly [string, unknown])[] => [
  ...Object.entries(isNode(schema.properties) ? schema.properties : {}),
  ...("items" in schema ? [["items", schema.items] as const] : []),
  ...(isNode(schema.additionalProperties)
    ? [["additionalProperties", schema.additionalProperties] as const]
    : []),
];
