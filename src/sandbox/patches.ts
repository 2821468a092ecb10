import { applyConfiguration } from "./apply.ts";
import { asKubeObject, type Body, parseBody } from "./decode.ts";
import { ApiError, badRequest, conflict, invalid, notFound } from "./errors.ts";
import { asObject, isObject } from "./json.ts";
import type { Kernel } from "./kernel.ts";
import { groupVersion, type KubeObject, timestamp, withMeta } from "./object.ts";
import { jsonPatch, mergePatch } from "./patch-json.ts";
import { strategicPatch } from "./patch-strategic.ts";
import type { ResourceType } from "./resource-type.ts";
import { invalidValue } from "./validation.ts";
import { create, find, insert, replace, subjectOf, trackedIn, view, type WriteTarget } from "./writes.ts";

export const applyPatchType = "application/apply-patch+yaml";

const patchTypes: Readonly<Record<string, (target: unknown, patch: unknown) => unknown>> = {
  "application/json-patch+json": jsonPatch,
  "application/merge-patch+json": mergePatch,
  "application/strategic-merge-patch+json": strategicPatch,
};
const mediaTypes = [...Object.keys(patchTypes), applyPatchType];

/** Patches the object by merge, JSON or strategic patch. Throws 404, 409, 415 or 422 as the API server does. */
export function patch(kernel: Kernel, target: WriteTarget, body: Body): KubeObject {
  const { type } = target;
  const accepted =
    type.custom === undefined ? mediaTypes : mediaTypes.filter((media) => !media.includes("strategic"));
  const document = parseBody(body, accepted);
  const before = find(kernel, target);
  const change = patchTypes[body.contentType];
  if (change === undefined) throw badRequest(`no patch of type ${body.contentType}`);
  const after = decodePatched(change(before, document), type);
  if (after.metadata.name !== target.name) {
    throw badRequest(
      `the name of the object (${after.metadata.name}) does not match the name on the URL (${target.name})`,
    );
  }
  return replace(kernel, target, before, after, true);
}

/** A patch that makes something else of the object is itself invalid. */
function decodePatched(value: unknown, type: ResourceType): KubeObject {
  try {
    return asKubeObject(value, type);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw invalid({ group: "", kind: "", name: "" }, [invalidValue("patch", value, error.message)]);
  }
}

export interface ApplyOutcome {
  readonly object: KubeObject;
  readonly created: boolean;
}

/**
 * Server-side apply: creates the object where it is missing. Throws 409 for fields that other managers own.
 * `mayCreate` throws when the user must not create.
 */
export function apply(
  kernel: Kernel,
  target: WriteTarget,
  body: Body,
  options: { force: boolean; mayCreate: () => void },
): ApplyOutcome {
  const { type } = target;
  const config = readConfiguration(body, target);
  const live = kernel.store.get(type.storage, target.namespace, target.name);
  const before = live === undefined ? undefined : view(live, type);
  refuseStaleIdentity(target, before, config);
  const object = applyConfiguration({
    live: before,
    config,
    manager: {
      name: target.manager,
      operation: "Apply",
      apiVersion: groupVersion(type.group, type.version),
      subresource: target.subresource,
    },
    force: options.force,
    shape: type.shape,
    tracked: trackedIn(target),
    time: timestamp(kernel.now()),
  });
  if (before !== undefined) return { object: replace(kernel, target, before, object, false), created: false };
  if (target.subresource !== undefined) throw notFound(subjectOf(target));
  options.mayCreate();
  // Checks what a create checks (the namespace above all) before anything is stored.
  create(kernel, { ...target, dryRun: true }, withMeta(object, { managedFields: undefined }));
  return { object: insert(kernel, target, object, false), created: true };
}

function readConfiguration(body: Body, target: WriteTarget): KubeObject {
  const value = parseBody({ ...body, contentType: "application/yaml" });
  if (!isObject(value)) throw badRequest("error decoding YAML: the body is not an object");
  for (const field of ["apiVersion", "kind"]) {
    if (typeof value[field] !== "string")
      throw badRequest(`error decoding YAML: Object '${field}' is missing`);
  }
  if (
    asObject(value.metadata).managedFields !== undefined &&
    asObject(value.metadata).managedFields !== null
  ) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const config = asKubeObject(value, target.type);
  const { name, namespace } = config.metadata;
  if (name !== "" && name !== target.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`);
  if (namespace !== undefined && namespace !== target.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return withMeta(config, { name: target.name, namespace: target.namespace });
}

/** A uid or resourceVersion in the applied object is a precondition. */
function refuseStaleIdentity(target: WriteTarget, before: KubeObject | undefined, config: KubeObject): void {
  const { uid, resourceVersion } = config.metadata;
  if (before === undefined && uid !== undefined) {
    throw conflict(
      subjectOf(target),
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    );
  }
  if (before === undefined && resourceVersion !== undefined) throw notFound(subjectOf(target));
  if (
    before !== undefined &&
    resourceVersion !== undefined &&
    resourceVersion !== before.metadata.resourceVersion
  ) {
    throw new ApiError(
      409,
      "Conflict",
      `Operation cannot be fulfilled on ${target.type.plural} "${target.name}": the object has been modified; please apply your changes to the latest version and try again`,
    );
  }
}
