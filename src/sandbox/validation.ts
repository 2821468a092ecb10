import type { FieldProblem } from "./errors.ts";
import { asObject, isObject, type JsonObject } from "./json.ts";
import type { KubeObject } from "./object.ts";

const label1123 = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain1123 = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

const texts = {
  subdomain:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  label:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  label1035:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
  name: "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  value:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
} as const;

export const invalidValue = (field: string, value: unknown, message: string): FieldProblem => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${JSON.stringify(value)}: ${message}`,
});

export const required = (field: string, message = ""): FieldProblem => ({
  reason: "FieldValueRequired",
  field,
  message: message === "" ? "Required value" : `Required value: ${message}`,
});

/** Which syntax the names of a kind have: most are subdomains, RBAC names are path segments. */
export type NameSyntax = "subdomain" | "label" | "label1035" | "path";

export function nameProblem(name: string, syntax: NameSyntax): string | undefined {
  if (syntax === "path") {
    return name === "." || name === ".." || /[/%]/.test(name)
      ? "may not be '.', '..' or contain '/' or '%'"
      : undefined;
  }
  if (syntax === "subdomain") {
    if (name.length > 253) return "must be no more than 253 characters";
    return subdomain1123.test(name) ? undefined : texts.subdomain;
  }
  if (name.length > 63) return "must be no more than 63 characters";
  if (syntax === "label1035") return label1035.test(name) ? undefined : texts.label1035;
  return label1123.test(name) ? undefined : texts.label;
}

/** Why a label or annotation key is not one; `undefined` when it is. */
export function keyProblem(key: string): string | undefined {
  const parts = key.split("/");
  if (parts.length > 2)
    return `a qualified name ${texts.name.slice("name part ".length)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
  const name = parts.at(-1) ?? "";
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (prefix === "") return "prefix part must be non-empty";
  if (prefix !== undefined && prefix.length > 253) return "prefix part must be no more than 253 characters";
  if (prefix !== undefined && !subdomain1123.test(prefix)) return `prefix part ${texts.subdomain}`;
  if (name === "") return "name part must be non-empty";
  if (name.length > 63) return "name part must be no more than 63 characters";
  return qualifiedName.test(name) ? undefined : texts.name;
}

export function labelValueProblem(value: string): string | undefined {
  if (value.length > 63) return "must be no more than 63 characters";
  return labelValue.test(value) ? undefined : texts.value;
}

const annotationsLimit = 256 * 1024;

/** What is wrong with the metadata of an object, by the rules that hold for every kind. */
export function metadataProblems(object: KubeObject, syntax: NameSyntax): readonly FieldProblem[] {
  const { name, labels = {}, annotations = {}, finalizers = [], ownerReferences = [] } = object.metadata;
  const naming = nameProblem(name, syntax);
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return [
    ...(naming === undefined ? [] : [invalidValue("metadata.name", name, naming)]),
    ...mapProblems(labels, "metadata.labels"),
    ...Object.values(labels).flatMap((value) =>
      problemOf("metadata.labels", value, labelValueProblem(value)),
    ),
    // Annotation keys are checked in lower case: their prefix may have capitals.
    ...Object.keys(annotations).flatMap((key) =>
      problemOf("metadata.annotations", key, keyProblem(key.toLowerCase())),
    ),
    ...(size <= annotationsLimit
      ? []
      : [
          {
            reason: "FieldValueInvalid" as const,
            field: "metadata.annotations",
            message: `Too long: must have at most ${annotationsLimit} bytes`,
          },
        ]),
    ...finalizers.flatMap((finalizer) => problemOf("metadata.finalizers", finalizer, keyProblem(finalizer))),
    ...ownerReferences.flatMap((owner, index) =>
      ownerProblems(asObject(owner), `metadata.ownerReferences[${index}]`),
    ),
  ];
}

const problemOf = (field: string, value: unknown, message: string | undefined): readonly FieldProblem[] =>
  message === undefined ? [] : [invalidValue(field, value, message)];

const mapProblems = (map: Readonly<Record<string, string>>, field: string): readonly FieldProblem[] =>
  Object.keys(map).flatMap((key) => problemOf(field, key, keyProblem(key)));

const ownerProblems = (owner: JsonObject, field: string): readonly FieldProblem[] =>
  (["apiVersion", "kind", "name", "uid"] as const).flatMap((member) =>
    typeof owner[member] === "string" && owner[member] !== ""
      ? []
      : [invalidValue(`${field}.${member}`, owner[member] ?? "", `${member} must not be empty`)],
  );

/** The first member of the metadata that has the wrong type, as the decoder of the API server would refuse it. */
export function metadataTypeProblem(metadata: unknown): string | undefined {
  if (metadata === undefined || metadata === null) return undefined;
  if (!isObject(metadata)) return "ObjectMeta: expected an object";
  const found = Object.entries(metadataTypes).flatMap(([field, check]) => {
    const value = metadata[field];
    const problem = value === undefined || value === null ? undefined : check(value);
    return problem === undefined ? [] : [`ObjectMeta.${field}: ${problem}`];
  });
  return found[0];
}

type TypeCheck = (value: unknown) => string | undefined;

const text: TypeCheck = (value) => (typeof value === "string" ? undefined : "expected a string");
const list: TypeCheck = (value) => (Array.isArray(value) ? undefined : "expected a list");
const textMap: TypeCheck = (value) => {
  if (!isObject(value)) return "expected an object of strings";
  const wrong = Object.keys(value).find((key) => typeof value[key] !== "string");
  return wrong === undefined
    ? undefined
    : `expected a string for ${JSON.stringify(wrong)}, found ${JSON.stringify(value[wrong])}`;
};

const metadataTypes: Readonly<Record<string, TypeCheck>> = {
  name: text,
  generateName: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  labels: textMap,
  annotations: textMap,
  finalizers: list,
  ownerReferences: list,
  managedFields: list,
};
