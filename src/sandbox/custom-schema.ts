import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import type { FieldProblem } from "./errors.ts";
import { asObject, asText, isObject, valueAt } from "./json.ts";
import type { KubeObject } from "./object.ts";
import type { CustomSchema } from "./resource-type.ts";
import { applyDefaults, duplicateItems, prune, toJsonSchema } from "./structural-schema.ts";
import { required } from "./validation.ts";

/** Compiling takes tens of milliseconds, and a CRD is looked at more than once: checked, stored, changed by its status. */
const compiled = new WeakMap<object, CustomSchema>();

/** Compiles the schema of a CRD version, once for each object. Throws when it is not a valid JSON schema. */
export function compileSchema(openApi: unknown): CustomSchema {
  if (!isObject(openApi)) return compile(openApi);
  const known = compiled.get(openApi) ?? compile(openApi);
  compiled.set(openApi, known);
  return known;
}

function compile(openApi: unknown): CustomSchema {
  const ajv = new Ajv({ strict: false, allErrors: true, verbose: true, logger: false });
  addFormats.default(ajv);
  // Formats that Kubernetes knows by name and does not check further.
  for (const format of ["int32", "int64", "float", "double", "quantity"]) ajv.addFormat(format, true);
  const validate: ValidateFunction = ajv.compile(asObject(toJsonSchema(openApi)));
  return {
    openApi,
    prepare: (object) => applyDefaults(prune(object, openApi), openApi) as KubeObject,
    unknownFields(object) {
      const paths: string[] = [];
      prune(object, openApi, (path) => paths.push(path));
      return paths;
    },
    problems(object) {
      const errors = validate(object) ? [] : (validate.errors ?? []);
      const found = errors.flatMap((error) => describe(error, object));
      const twice = duplicateItems(object, openApi).map(
        (field): FieldProblem => ({ reason: "FieldValueDuplicate", field, message: "Duplicate value" }),
      );
      return [...found, ...twice].filter(
        ({ field }, index, all) => all.findIndex((other) => other.field === field) === index,
      );
    },
  };
}

/** An ajv error in the words of the API server. Branches of anyOf/oneOf are told by their parent alone. */
function describe(error: ErrorObject, object: KubeObject): readonly FieldProblem[] {
  const segments = error.instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const field = segments
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join("");
  const params = asObject(error.params);
  const value = error.data ?? valueAt(object, segments);
  switch (error.keyword) {
    case "required":
      return [
        required(
          field === "" ? asText(params.missingProperty) : `${field}.${asText(params.missingProperty)}`,
        ),
      ];
    case "enum": {
      const allowed = (params.allowedValues as unknown[]).map((item) => JSON.stringify(item)).join(", ");
      return [
        {
          reason: "FieldValueNotSupported",
          field,
          message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed}`,
        },
      ];
    }
    case "type":
      return [
        problem(
          field,
          `Invalid value: ${JSON.stringify(typeName(value))}: ${field} in body must be of type ${[params.type].flat().join(",")}: ${JSON.stringify(typeName(value))}`,
        ),
      ];
    default:
      return [
        problem(field, `Invalid value: ${JSON.stringify(value)}: ${field} in body ${words(error, params)}`),
      ];
  }
}

const problem = (field: string, message: string): FieldProblem => ({
  reason: "FieldValueInvalid",
  field,
  message,
});

function words(error: ErrorObject, params: Record<string, unknown>): string {
  switch (error.keyword) {
    case "minimum":
      return `should be greater than or equal to ${asText(params.limit)}`;
    case "maximum":
      return `should be less than or equal to ${asText(params.limit)}`;
    case "exclusiveMinimum":
      return `should be greater than ${asText(params.limit)}`;
    case "exclusiveMaximum":
      return `should be less than ${asText(params.limit)}`;
    case "pattern":
      return `should match '${asText(params.pattern)}'`;
    case "minLength":
      return `should be at least ${asText(params.limit)} chars long`;
    case "maxLength":
      return `may not be longer than ${asText(params.limit)}`;
    case "minItems":
      return `should have at least ${asText(params.limit)} items`;
    case "maxItems":
      return `should have at most ${asText(params.limit)} items`;
    default:
      return error.message ?? "is not valid";
  }
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;
}
