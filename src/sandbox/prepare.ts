import { applyBuiltInDefaults } from "./built-in-defaults.ts";
import { builtInProblems } from "./built-in-validation.ts";
import { completeCrd, crdProblems } from "./crd.ts";
import { badRequest, type FieldProblem, invalid } from "./errors.ts";
import { deepEqual } from "./json.ts";
import type { Kernel } from "./kernel.ts";
import { type KubeObject, withMeta } from "./object.ts";
import type { ResourceType } from "./resource-type.ts";
import { metadataProblems } from "./validation.ts";

export type FieldValidation = "Ignore" | "Warn" | "Strict";

export interface PrepareOptions {
  readonly type: ResourceType;
  readonly before: KubeObject | undefined;
  readonly fieldValidation: FieldValidation;
  readonly warn: (message: string) => void;
}

/** Drops unknown fields, fills in defaults and validates. Throws 422 with every problem, 400 for strict decoding. */
export function prepareObject(kernel: Kernel, candidate: KubeObject, options: PrepareOptions): KubeObject {
  const { type, before } = options;
  reportUnknownFields(candidate, options);
  const filled = type.custom?.schema.prepare(candidate) ?? applyBuiltInDefaults(type.group, candidate);
  const isCrd = type.plural === "customresourcedefinitions";
  const complete = isCrd ? completeCrd(filled, before, kernel.now()) : filled;
  const problems: readonly FieldProblem[] = [
    ...metadataProblems(complete, type.nameSyntax),
    ...(type.custom?.schema.problems(complete) ?? builtInProblems(type.group, complete, before)),
    ...(isCrd ? crdProblems(complete) : []),
  ];
  if (problems.length > 0)
    throw invalid({ group: type.group, kind: type.kind, name: complete.metadata.name }, problems);
  return withGeneration(complete, type, before);
}

function reportUnknownFields(candidate: KubeObject, { type, fieldValidation, warn }: PrepareOptions): void {
  if (type.custom === undefined || fieldValidation === "Ignore") return;
  const unknown = type.custom.schema.unknownFields(candidate).map((path) => `unknown field "${path}"`);
  if (unknown.length > 0 && fieldValidation === "Strict") {
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: strict decoding error: ${unknown.join(", ")}`,
    );
  }
  for (const text of unknown) warn(text);
}

/** The generation counts changes of what the user asks for: everything but metadata and, where separate, status. */
function withGeneration(object: KubeObject, type: ResourceType, before: KubeObject | undefined): KubeObject {
  if (!type.tracksGeneration) return withMeta(object, { generation: undefined });
  if (before === undefined) return withMeta(object, { generation: 1 });
  const wanted = (value: KubeObject): unknown => ({
    ...value,
    metadata: null,
    ...(type.hasStatus ? { status: null } : {}),
  });
  const generation = before.metadata.generation ?? 1;
  const deletionBegins =
    before.metadata.deletionTimestamp === undefined && object.metadata.deletionTimestamp !== undefined;
  const changed = deletionBegins || !deepEqual(wanted(before), wanted(object));
  return withMeta(object, { generation: changed ? generation + 1 : generation });
}
