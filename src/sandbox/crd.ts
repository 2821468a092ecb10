import { compileSchema } from "./custom-schema.ts";
import type { FieldProblem } from "./errors.ts";
import { asArray, asObject, asString, asText, isObject, type JsonObject } from "./json.ts";
import { type KubeObject, timestamp } from "./object.ts";
import { allVerbs, type CustomColumn, type ResourceType } from "./resource-type.ts";
import { metadataShape, type Shape, shapeOfSchema } from "./shape.ts";
import { invalidValue, required } from "./validation.ts";

const strings = (value: unknown): readonly string[] =>
  asArray(value).filter((item) => typeof item === "string");

/** The resource types that a CustomResourceDefinition serves, one for each served version. */
export function typesOfCrd(crd: KubeObject): readonly ResourceType[] {
  const spec = asObject(crd.spec);
  return versionsOf(crd)
    .filter((version) => version.served === true)
    .map((version) => typeOfVersion(spec, version));
}

const versionsOf = (crd: KubeObject): readonly JsonObject[] =>
  asArray(asObject(crd.spec).versions).filter(isObject);

function typeOfVersion(spec: JsonObject, version: JsonObject): ResourceType {
  const names = asObject(spec.names);
  const group = asString(spec.group) ?? "";
  const plural = asString(names.plural) ?? "";
  const kind = asString(names.kind) ?? "";
  const openApi = asObject(version.schema).openAPIV3Schema;
  return {
    group,
    version: asString(version.name) ?? "",
    plural,
    singular: asString(names.singular) ?? kind.toLowerCase(),
    kind,
    listKind: asString(names.listKind) ?? `${kind}List`,
    namespaced: spec.scope === "Namespaced",
    shortNames: strings(names.shortNames),
    categories: strings(names.categories),
    verbs: allVerbs,
    storage: `${group}/${plural}`,
    hasStatus: isObject(asObject(version.subresources).status),
    tracksGeneration: true,
    unconditionalUpdate: false,
    nameSyntax: "subdomain",
    shape: withMetadata(shapeOfSchema(openApi)),
    custom: {
      schema: compileSchema(openApi),
      columns: asArray(version.additionalPrinterColumns).filter(isObject) as unknown as CustomColumn[],
      selectable: asArray(version.selectableFields).map((field) =>
        asText(asObject(field).jsonPath).replace(/^\./, ""),
      ),
    },
  };
}

const withMetadata = (shape: Shape): Shape =>
  shape.kind === "object" ? { ...shape, fields: { ...shape.fields, metadata: metadataShape } } : shape;

/** Fills in what the API server and its controllers fill in: names, the stored versions, the Established condition. */
export function completeCrd(crd: KubeObject, previous: KubeObject | undefined, now: number): KubeObject {
  const spec = asObject(crd.spec);
  const names = asObject(spec.names);
  const kind = asString(names.kind) ?? "";
  const completed = { singular: kind.toLowerCase(), listKind: `${kind}List`, ...names };
  const before = asObject(previous?.status);
  const storage = versionsOf(crd).find((version) => version.storage === true);
  const stored = new Set([
    ...strings(before.storedVersions),
    ...(storage === undefined ? [] : [asText(storage.name)]),
  ]);
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    type,
    status: "True",
    lastTransitionTime: timestamp(now),
    reason,
    message,
  });
  return {
    ...crd,
    spec: { conversion: { strategy: "None" }, ...spec, names: completed },
    status: {
      conditions: before.conditions ?? [
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
      ],
      acceptedNames: completed,
      storedVersions: [...stored],
    },
  };
}

/** What is wrong with a CustomResourceDefinition: the mistakes that a person makes, not every rule there is. */
export function crdProblems(crd: KubeObject): readonly FieldProblem[] {
  const spec = asObject(crd.spec);
  const names = asObject(spec.names);
  const versions = versionsOf(crd);
  const expected = `${asText(names.plural)}.${asText(spec.group)}`;
  const missing = [
    ...(asString(spec.group) ? [] : [required("spec.group")]),
    ...(asString(names.plural) ? [] : [required("spec.names.plural")]),
    ...(asString(names.kind) ? [] : [required("spec.names.kind")]),
    ...(spec.scope === "Namespaced" || spec.scope === "Cluster" ? [] : [required("spec.scope")]),
  ];
  if (missing.length > 0) return missing;
  return [
    ...(crd.metadata.name === expected
      ? []
      : [invalidValue("metadata.name", crd.metadata.name, `must be spec.names.plural+"."+spec.group`)]),
    ...(versions.filter((version) => version.storage === true).length === 1
      ? []
      : [
          invalidValue(
            "spec.versions",
            versions.map((version) => version.name),
            "must have exactly one version marked as storage version",
          ),
        ]),
    ...versions.flatMap((version, index) =>
      schemaProblems(version, `spec.versions[${index}].schema.openAPIV3Schema`),
    ),
  ];
}

function schemaProblems(version: JsonObject, field: string): readonly FieldProblem[] {
  const schema = asObject(version.schema).openAPIV3Schema;
  if (!isObject(schema)) return [required(field, "schemas are required")];
  if (schema.type !== "object")
    return [invalidValue(`${field}.type`, schema.type ?? "", "must be object at the root")];
  try {
    compileSchema(schema);
    return [];
  } catch (error) {
    return [invalidValue(field, "schema", error instanceof Error ? error.message : String(error))];
  }
}
