import { asKubeObject } from "./decode.ts";
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  modifiedMeanwhile,
  notFound,
  type Subject,
} from "./errors.ts";
import { asObject, deepEqual, omit } from "./json.ts";
import { type Kernel, nameSuffix, newUid } from "./kernel.ts";
import { type Manager, type Tracked, trackedBy, trackUpdate } from "./managed-fields.ts";
import { groupVersion, type KubeObject, timestamp, withMeta } from "./object.ts";
import { type FieldValidation, prepareObject } from "./prepare.ts";
import type { User } from "./rbac.ts";
import type { ResourceType } from "./resource-type.ts";
import { required } from "./validation.ts";

/** Which object a write is about and how it is to be done. */
export interface WriteTarget {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  /** Empty for a create by name in the body. */
  readonly name: string;
  readonly subresource: "status" | undefined;
  readonly manager: string;
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  readonly warn: (message: string) => void;
  /** Who asks, where admission is to be asked too; absent for controllers in this process. */
  readonly user?: User;
}

export const subjectOf = ({ type, name }: Pick<WriteTarget, "type" | "name">): Subject => ({
  group: type.group,
  plural: type.plural,
  name,
});

export const trackedIn = ({ type, subresource }: Pick<WriteTarget, "type" | "subresource">): Tracked =>
  trackedBy(subresource, type.hasStatus, type.group === "");

export const updateManager = (target: WriteTarget): Manager => ({
  name: target.manager,
  operation: "Update",
  apiVersion: groupVersion(target.type.group, target.type.version),
  subresource: target.subresource,
});

/** The stored form in the version of the type. */
export function view(object: KubeObject, type: ResourceType): KubeObject {
  if (type.convert !== undefined) return type.convert.fromStored(object);
  return type.custom === undefined
    ? object
    : { ...object, apiVersion: groupVersion(type.group, type.version) };
}

const stored = (object: KubeObject, type: ResourceType): KubeObject =>
  type.convert?.toStored(object) ?? object;

export function find(kernel: Kernel, target: Pick<WriteTarget, "type" | "namespace" | "name">): KubeObject {
  const found = kernel.store.get(target.type.storage, target.namespace, target.name);
  if (found === undefined) throw notFound(subjectOf(target));
  return view(found, target.type);
}

/** Creates the object. Throws 409 when it exists, 404 or 403 when its namespace is missing or going away. */
export function create(kernel: Kernel, target: WriteTarget, body: unknown): KubeObject {
  const object = identify(kernel, target, asKubeObject(body, target.type));
  const subject = { ...subjectOf(target), name: object.metadata.name };
  requireNamespace(kernel, target, subject);
  if (kernel.store.get(target.type.storage, target.namespace, object.metadata.name) !== undefined)
    throw alreadyExists(subject);
  return insert(kernel, target, object, true);
}

/** Stores a new object that has its name. With `track` its fields become those of the writer. */
export function insert(kernel: Kernel, target: WriteTarget, object: KubeObject, track: boolean): KubeObject {
  const { type } = target;
  const fresh = withMeta(admitted(kernel, target, object, undefined), {
    uid: newUid(kernel.random),
    creationTimestamp: timestamp(kernel.now()),
    namespace: target.namespace,
    resourceVersion: undefined,
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
  });
  const prepared = prepareObject(
    kernel,
    type.hasStatus && type.kind !== "Node" ? (omit(fresh, "status") as KubeObject) : fresh,
    { ...target, before: undefined },
  );
  const tracked = track
    ? trackUpdate({
        before: undefined,
        after: withMeta(prepared, { managedFields: undefined }),
        manager: updateManager(target),
        shape: type.shape,
        tracked: trackedIn(target),
        time: timestamp(kernel.now()),
      })
    : prepared;
  return target.dryRun ? tracked : view(kernel.store.put(type.storage, stored(tracked, type)), type);
}

/** The object as admission lets it through. */
function admitted(
  { admission }: Kernel,
  { type, user, subresource }: WriteTarget,
  object: KubeObject,
  before: KubeObject | undefined,
): KubeObject {
  if (user === undefined || subresource !== undefined) return object;
  const operation = before === undefined ? "CREATE" : "UPDATE";
  return [...admission].reduce((now, ask) => ask({ operation, type, object: now, before, user }), object);
}

function identify(kernel: Kernel, target: WriteTarget, object: KubeObject): KubeObject {
  const { type, namespace } = target;
  const given = object.metadata;
  if (
    namespace !== undefined &&
    given.namespace !== undefined &&
    given.namespace !== "" &&
    given.namespace !== namespace
  ) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (given.resourceVersion !== undefined && given.resourceVersion !== "") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  const name =
    given.name === "" && given.generateName
      ? `${given.generateName.slice(0, 58)}${nameSuffix(kernel.random)}`
      : given.name;
  if (name === "") {
    throw invalid({ group: type.group, kind: type.kind, name: "" }, [
      required("metadata.name", "name or generateName is required"),
    ]);
  }
  return withMeta(object, { name });
}

function requireNamespace(kernel: Kernel, { namespace }: WriteTarget, subject: Subject): void {
  if (namespace === undefined) return;
  const found = kernel.store.get("/namespaces", undefined, namespace);
  if (found === undefined) throw notFound({ group: "", plural: "namespaces", name: namespace });
  if (found.metadata.deletionTimestamp === undefined) return;
  throw forbidden(
    subject,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  );
}

/** Replaces the object (PUT), or its status. Throws 409 when its resourceVersion is no longer the current one. */
export function update(kernel: Kernel, target: WriteTarget, body: unknown): KubeObject {
  const object = asKubeObject(body, target.type);
  const { name, namespace } = object.metadata;
  if (name !== target.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`);
  if (namespace !== undefined && namespace !== target.namespace) {
    throw badRequest(
      `the namespace of the object (${namespace}) does not match the namespace on the URL (${target.namespace ?? ""})`,
    );
  }
  const before = find(kernel, target);
  if (!target.type.unconditionalUpdate && (object.metadata.resourceVersion ?? "") === "") {
    throw invalid({ group: target.type.group, kind: target.type.kind, name }, [
      {
        reason: "FieldValueInvalid",
        field: "metadata.resourceVersion",
        message: "Invalid value: 0x0: must be specified for an update",
      },
    ]);
  }
  return replace(kernel, target, before, object, true);
}

/**
 * Stores a changed object in place of the one before. Nothing is written when nothing changed; an object whose
 * deletion waited for the last finalizer is removed.
 */
export function replace(
  kernel: Kernel,
  target: WriteTarget,
  before: KubeObject,
  changed: KubeObject,
  track: boolean,
): KubeObject {
  const { type } = target;
  checkPreconditions(subjectOf(target), before, changed.metadata);
  const merged = keepServerFields(target, before, admitted(kernel, target, changed, before));
  const prepared = prepareObject(kernel, merged, { ...target, before });
  const after = track
    ? trackUpdate({
        before,
        after: prepared,
        manager: updateManager(target),
        shape: type.shape,
        tracked: trackedIn(target),
        time: timestamp(kernel.now()),
      })
    : prepared;
  if (target.dryRun) return after;
  if (isFinished(after)) return view(kernel.store.remove(type.storage, stored(after, type)), type);
  if (sameButTimes(before, after)) return before;
  return view(kernel.store.put(type.storage, stored(after, type)), type);
}

/** A deletion that was waiting for finalizers and has no more to wait for. */
const isFinished = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined &&
  object.metadata.deletionGracePeriodSeconds === 0 &&
  (object.metadata.finalizers ?? []).length === 0 &&
  (object.kind !== "Namespace" || (asObject(object.spec).finalizers as unknown[] | undefined)?.length === 0);

function sameButTimes(before: KubeObject, after: KubeObject): boolean {
  const bare = (object: KubeObject): unknown => ({
    ...object,
    metadata: {
      ...object.metadata,
      managedFields: object.metadata.managedFields?.map((entry) => ({ ...entry, time: "" })),
    },
  });
  return deepEqual(bare(before), bare(after));
}

export function checkPreconditions(
  subject: Subject,
  live: KubeObject,
  wanted: { readonly uid?: string; readonly resourceVersion?: string },
): void {
  if (wanted.uid !== undefined && wanted.uid !== live.metadata.uid) {
    throw conflict(
      subject,
      `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${live.metadata.uid ?? ""}`,
    );
  }
  const version = wanted.resourceVersion ?? "";
  if (version !== "" && version !== live.metadata.resourceVersion) throw modifiedMeanwhile(subject);
}

/** Lays what only the server may say over the client's object: identity, dates, and the half it may not write. */
function keepServerFields(
  { type, subresource }: WriteTarget,
  before: KubeObject,
  changed: KubeObject,
): KubeObject {
  const {
    uid,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
    namespace,
    resourceVersion,
  } = before.metadata;
  const object = withMeta(changed, {
    uid,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
    namespace,
    resourceVersion,
  });
  if (subresource === "status") {
    const metadata =
      type.group === ""
        ? object.metadata
        : { ...before.metadata, managedFields: object.metadata.managedFields };
    return { ...before, metadata: metadata as KubeObject["metadata"], status: object.status };
  }
  return type.hasStatus ? { ...object, status: before.status } : object;
}
