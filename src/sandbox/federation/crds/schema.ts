import type { JsonObject } from "../../json.ts";

/** A schema of a field as a CustomResourceDefinition writes it, and whether its object needs it. */
export interface Field {
  readonly schema: JsonObject;
  readonly required: boolean;
}

type Fields = Readonly<Record<string, Field>>;

const optional = (schema: JsonObject): Field => ({ schema, required: false });

/** The same field, which its object must have. */
export const must = ({ schema }: Field): Field => ({ schema, required: true });

export const text = optional({ type: "string" });
export const flag = optional({ type: "boolean" });
export const whole = optional({ type: "integer", format: "int64" });
/** Whatever it holds is kept. */
export const anything = optional({ type: "object", "x-kubernetes-preserve-unknown-fields": true });
/** A quantity, as text or as a number. */
export const quantity = optional({ "x-kubernetes-int-or-string": true });

export const oneOf = (values: readonly string[], fallback?: string): Field =>
  optional({ type: "string", enum: values, ...(fallback === undefined ? {} : { default: fallback }) });

export const list = (items: Field): Field => optional({ type: "array", items: items.schema });

export const map = (values: Field): Field =>
  optional({ type: "object", additionalProperties: values.schema });

export function object(fields: Fields): Field {
  const names = Object.keys(fields).filter((name) => fields[name]?.required);
  const properties = Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema]));
  return optional({ type: "object", properties, ...(names.length === 0 ? {} : { required: names }) });
}

/** A kind in words: how it is called, what kubectl prints of it, what its objects hold. */
export interface CrdParts {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly scope?: "Namespaced" | "Cluster";
  /** JSON paths by the title of their column; a title may end in `!` where only `-o wide` shows it. */
  readonly columns?: Readonly<Record<string, string>>;
  readonly spec: Field;
  readonly status?: Field;
}

/** The CustomResourceDefinition of a kind. Every one has a status of its own. */
export function crd(parts: CrdParts): JsonObject {
  const { group, version, kind, plural, scope = "Namespaced" } = parts;
  const names = {
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    ...(parts.shortNames === undefined ? {} : { shortNames: parts.shortNames }),
    ...(parts.categories === undefined ? {} : { categories: parts.categories }),
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: { group, names, scope, versions: [versionOf(version, parts)] },
  };
}

function versionOf(name: string, { spec, status, columns = {} }: CrdParts): JsonObject {
  const root = object({
    apiVersion: text,
    kind: text,
    metadata: optional({ type: "object" }),
    spec,
    ...(status === undefined ? {} : { status }),
  });
  return {
    name,
    served: true,
    storage: true,
    additionalPrinterColumns: Object.entries(columns).map(([title, jsonPath]) => columnOf(title, jsonPath)),
    schema: { openAPIV3Schema: root.schema },
    subresources: { status: {} },
  };
}

function columnOf(title: string, jsonPath: string): JsonObject {
  const wide = title.endsWith("!");
  return {
    name: wide ? title.slice(0, -1) : title,
    type: jsonPath === ".metadata.creationTimestamp" ? "date" : "string",
    jsonPath,
    ...(wide ? { priority: 1 } : {}),
  };
}
