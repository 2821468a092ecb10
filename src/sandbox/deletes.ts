import { asObject, asString, asText } from "./json.ts";
import type { Kernel } from "./kernel.ts";
import { type KubeObject, timestamp, withMeta } from "./object.ts";
import type { ResourceType } from "./resource-type.ts";
import { checkPreconditions, find, view } from "./writes.ts";

export interface DeleteTarget {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly dryRun: boolean;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface DeleteOutcome {
  readonly object: KubeObject;
  /** False while finalizers or a grace period keep the object. */
  readonly gone: boolean;
}

/** Reads `DeleteOptions` from the body, and from the query where the body is silent. */
export function deleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const given = asObject(body);
  const preconditions = asObject(given.preconditions);
  const grace = given.gracePeriodSeconds ?? query.get("gracePeriodSeconds") ?? undefined;
  const orphan = (given.orphanDependents ?? query.get("orphanDependents")) as unknown;
  const policy =
    asString(given.propagationPolicy) ??
    query.get("propagationPolicy") ??
    (asText(orphan) === "true" ? "Orphan" : undefined);
  const uid = asString(preconditions.uid);
  const resourceVersion = asString(preconditions.resourceVersion);
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

/** Deletes the object, or marks it where something must happen first. Throws 404 or, for preconditions, 409. */
export function deleteObject(kernel: Kernel, target: DeleteTarget, options: DeleteOptions): DeleteOutcome {
  const { type, name } = target;
  const live = find(kernel, target);
  checkPreconditions({ group: type.group, plural: type.plural, name }, live, options);
  const finalizers = finalizersFor(live, options.propagationPolicy);
  const grace = graceOf(live, options.gracePeriodSeconds);
  const waits = finalizers.length > 0 || grace > 0 || live.kind === "Namespace";
  if (target.dryRun) return { object: live, gone: !waits };
  if (!waits) return { object: removeStored(kernel, type, live), gone: true };
  const marked = markDeleted(kernel, live, finalizers, grace);
  const changed = marked !== live;
  return { object: changed ? putStored(kernel, type, marked) : live, gone: false };
}

function finalizersFor(live: KubeObject, policy: string | undefined): readonly string[] {
  const given = (live.metadata.finalizers ?? []).filter(
    (name) => policy === undefined || (name !== "orphan" && name !== "foregroundDeletion"),
  );
  if (policy === "Orphan") return [...given, "orphan"];
  return policy === "Foreground" ? [...given, "foregroundDeletion"] : given;
}

/** Seconds that the object has left to end by itself; only a pod that runs on a node needs any. */
function graceOf(live: KubeObject, asked: number | undefined): number {
  const spec = asObject(live.spec);
  const phase = asObject(live.status).phase;
  const runs =
    live.kind === "Pod" &&
    live.apiVersion === "v1" &&
    asString(spec.nodeName) &&
    phase !== "Succeeded" &&
    phase !== "Failed";
  if (!runs) return 0;
  return asked ?? Number(spec.terminationGracePeriodSeconds ?? 30);
}

function markDeleted(
  kernel: Kernel,
  live: KubeObject,
  finalizers: readonly string[],
  grace: number,
): KubeObject {
  const before = live.metadata.deletionTimestamp;
  const shortened = before !== undefined && grace < (live.metadata.deletionGracePeriodSeconds ?? 0);
  const same =
    before !== undefined && !shortened && finalizers.length === (live.metadata.finalizers ?? []).length;
  if (same) return live;
  const marked = withMeta(live, {
    deletionTimestamp: before === undefined || shortened ? timestamp(kernel.now() + grace * 1000) : before,
    deletionGracePeriodSeconds:
      before === undefined || shortened ? grace : live.metadata.deletionGracePeriodSeconds,
    finalizers: finalizers.length === 0 ? undefined : finalizers,
    ...(before === undefined && live.metadata.generation !== undefined
      ? { generation: live.metadata.generation + 1 }
      : {}),
  });
  return live.kind === "Namespace" && live.apiVersion === "v1"
    ? { ...marked, status: { ...asObject(live.status), phase: "Terminating" } }
    : marked;
}

const removeStored = (kernel: Kernel, type: ResourceType, object: KubeObject): KubeObject =>
  view(kernel.store.remove(type.storage, type.convert?.toStored(object) ?? object), type);

const putStored = (kernel: Kernel, type: ResourceType, object: KubeObject): KubeObject =>
  view(kernel.store.put(type.storage, type.convert?.toStored(object) ?? object), type);
