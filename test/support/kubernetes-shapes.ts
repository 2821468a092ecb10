/** Checks objects against the Kubernetes API's types, from the models that are generated from its OpenAPI. */
import * as models from "@kubernetes/client-node";

interface Model {
  getAttributeTypeMap(): readonly {
    readonly name: string;
    readonly baseName: string;
    readonly type: string;
  }[];
}

const isModel = (value: unknown): value is Model =>
  typeof value === "function" && "getAttributeTypeMap" in value;

/** Paths of fields that the type does not have, or that hold the wrong type. Throws where the type is not known. */
export function shapeErrors(object: unknown, type: string, path = type): string[] {
  const list = /^(?:Array|Set)<(.+)>$/.exec(type)?.[1];
  if (list !== undefined) {
    if (!Array.isArray(object)) return [`${path}: a list is expected`];
    return object.flatMap((item, index) => shapeErrors(item, list, `${path}[${index}]`));
  }
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (map !== undefined) {
    if (!isRecord(object)) return [`${path}: a map is expected`];
    return Object.entries(object).flatMap(([key, value]) => shapeErrors(value, map, `${path}.${key}`));
  }
  return /^[a-z]/.test(type) || type === "IntOrString"
    ? scalarErrors(object, type, path)
    : modelErrors(object, type, path);
}

function modelErrors(object: unknown, type: string, path: string): string[] {
  const model: unknown = Object.entries(models).find(([name]) => name === type)?.[1];
  if (!isModel(model)) throw new Error(`no model ${type} for ${path}`);
  if (!isRecord(object)) return [`${path}: an object is expected`];
  const attributes = new Map(
    model.getAttributeTypeMap().map((attribute) => [attribute.baseName, attribute.type]),
  );
  return Object.entries(object).flatMap(([key, value]) => {
    const attribute = attributes.get(key);
    return attribute === undefined
      ? [`${path}.${key}: no such field`]
      : shapeErrors(value, attribute, `${path}.${key}`);
  });
}

function scalarErrors(value: unknown, type: string, path: string): string[] {
  const ok =
    type === "any" ||
    (type === "IntOrString" ? typeof value === "string" || Number.isInteger(value) : typeof value === type);
  return ok ? [] : [`${path}: ${type} is expected`];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
