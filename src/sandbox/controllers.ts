import { deleteObject } from "./deletes.ts";
import { ApiError } from "./errors.ts";
import { asObject, asText } from "./json.ts";
import type { Kernel } from "./kernel.ts";
import { groupOf, type KubeObject, withMeta } from "./object.ts";
import type { ResourceType } from "./resource-type.ts";
import type { StoreEvent } from "./store.ts";
import { create, replace, type WriteTarget } from "./writes.ts";

/**
 * The controllers that clients take for granted: default service accounts, the end of namespaces, garbage
 * collection by owner, removal of a deleted CRD's objects. They run after the write that calls for them, never
 * within it. Returns a function that stops them.
 */
export function startControllers(kernel: Kernel): () => void {
  let stopped = false;
  let scheduled = false;
  let pending: StoreEvent[] = [];
  const run = (): void => {
    scheduled = false;
    const events = pending;
    pending = [];
    for (const event of events) if (!stopped) attempt(() => react(kernel, event));
  };
  const unsubscribe = kernel.store.subscribe((event) => {
    pending.push(event);
    if (!scheduled) setImmediate(run);
    scheduled = true;
  });
  return () => {
    stopped = true;
    unsubscribe();
  };
}

/** An object that somebody else changed or removed meanwhile calls for the controllers again by that event. */
function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

function react(kernel: Kernel, event: StoreEvent): void {
  const { object, resource, type } = event;
  if (resource === "/namespaces") reconcileNamespace(kernel, object, type);
  if (resource === "apiextensions.k8s.io/customresourcedefinitions" && type === "DELETED")
    removeInstances(kernel, object);
  if (type === "DELETED") {
    collectDependents(kernel, object);
    const { namespace } = object.metadata;
    const home = namespace === undefined ? undefined : kernel.store.get("/namespaces", undefined, namespace);
    if (home?.metadata.deletionTimestamp !== undefined) reconcileNamespace(kernel, home, "MODIFIED");
    releaseForegroundOwners(kernel, object);
  } else if (object.metadata.deletionTimestamp !== undefined) propagate(kernel, object);
  else if (type === "ADDED") collectIfOrphaned(kernel, object);
}

const target = (type: ResourceType, namespace: string | undefined, name: string): WriteTarget => ({
  type,
  namespace,
  name,
  subresource: undefined,
  manager: "kube-controller-manager",
  dryRun: false,
  fieldValidation: "Ignore",
  warn: () => {},
});

function reconcileNamespace(kernel: Kernel, namespace: KubeObject, event: StoreEvent["type"]): void {
  const { name, deletionTimestamp } = namespace.metadata;
  if (event === "DELETED") return;
  if (deletionTimestamp === undefined) {
    const account = kernel.registry.byKind("v1", "ServiceAccount");
    if (account !== undefined && kernel.store.get(account.storage, name, "default") === undefined) {
      create(kernel, target(account, name, ""), {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "default" },
      });
    }
    return;
  }
  const content = contentOf(kernel, name);
  for (const { type, object } of content) {
    attempt(() =>
      deleteObject(
        kernel,
        { type, namespace: name, name: object.metadata.name, dryRun: false },
        { gracePeriodSeconds: 0 },
      ),
    );
  }
  const current = kernel.store.get("/namespaces", undefined, name);
  const type = kernel.registry.byKind("v1", "Namespace");
  if (current === undefined || type === undefined || contentOf(kernel, name).length > 0) return;
  replace(
    kernel,
    target(type, undefined, name),
    current,
    { ...current, spec: { ...asObject(current.spec), finalizers: [] } },
    false,
  );
}

interface Found {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

const contentOf = (kernel: Kernel, namespace: string): readonly Found[] =>
  allObjects(kernel).filter(({ object }) => object.metadata.namespace === namespace);

const allObjects = (kernel: Kernel): readonly Found[] =>
  kernel.store.resources().flatMap((resource) => {
    const type = kernel.registry.byStorage(resource);
    return type === undefined ? [] : kernel.store.list(resource).map((object) => ({ type, object }));
  });

/** The objects of a CRD go with it. Its type is no longer served, so they are removed from the store directly. */
function removeInstances(kernel: Kernel, crd: KubeObject): void {
  const storage = `${asText(asObject(crd.spec).group)}/${asText(asObject(asObject(crd.spec).names).plural)}`;
  for (const object of kernel.store.list(storage)) kernel.store.remove(storage, object);
}

const dependentsOf = (kernel: Kernel, uid: string | undefined): readonly Found[] =>
  uid === undefined
    ? []
    : allObjects(kernel).filter(({ object }) =>
        object.metadata.ownerReferences?.some((owner) => owner.uid === uid),
      );

/** Dependents of a removed object go when none of their other owners is left. */
function collectDependents(kernel: Kernel, owner: KubeObject): void {
  for (const { type, object } of dependentsOf(kernel, owner.metadata.uid))
    collectWithoutOwners(kernel, type, object);
}

function collectIfOrphaned(kernel: Kernel, object: KubeObject): void {
  if ((object.metadata.ownerReferences ?? []).length === 0) return;
  const type = kernel.registry.byKind(object.apiVersion, object.kind);
  if (type !== undefined) collectWithoutOwners(kernel, type, object);
}

function collectWithoutOwners(kernel: Kernel, type: ResourceType, object: KubeObject): void {
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.some((owner) => ownerExists(kernel, owner, object.metadata.namespace))) return;
  const { namespace, name } = object.metadata;
  attempt(() =>
    deleteObject(kernel, { type, namespace, name, dryRun: false }, { propagationPolicy: "Background" }),
  );
}

function ownerExists(
  kernel: Kernel,
  owner: { apiVersion: string; kind: string; name: string; uid: string },
  namespace: string | undefined,
): boolean {
  const type = kernel.registry
    .types()
    .find((candidate) => candidate.group === groupOf(owner.apiVersion) && candidate.kind === owner.kind);
  // An owner of a kind that is not served cannot be looked up; its dependents are left alone.
  if (type === undefined) return true;
  return (
    kernel.store.get(type.storage, type.namespaced ? namespace : undefined, owner.name)?.metadata.uid ===
    owner.uid
  );
}

/** Does what the finalizers of the garbage collector ask for, then takes them off. */
function propagate(kernel: Kernel, owner: KubeObject): void {
  const finalizers = owner.metadata.finalizers ?? [];
  const dependents = dependentsOf(kernel, owner.metadata.uid);
  if (finalizers.includes("orphan")) {
    for (const { type, object } of dependents) {
      const ownerReferences = object.metadata.ownerReferences?.filter(
        ({ uid }) => uid !== owner.metadata.uid,
      );
      const { namespace, name } = object.metadata;
      replace(
        kernel,
        target(type, namespace, name),
        object,
        withMeta(object, { ownerReferences: ownerReferences?.length === 0 ? undefined : ownerReferences }),
        false,
      );
    }
    removeFinalizer(kernel, owner, "orphan");
  }
  if (!finalizers.includes("foregroundDeletion")) return;
  for (const { type, object } of dependents) {
    const { namespace, name } = object.metadata;
    attempt(() =>
      deleteObject(kernel, { type, namespace, name, dryRun: false }, { propagationPolicy: "Foreground" }),
    );
  }
  const blocking = dependentsOf(kernel, owner.metadata.uid).some(({ object }) =>
    object.metadata.ownerReferences?.some(
      ({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion === true,
    ),
  );
  if (!blocking) removeFinalizer(kernel, owner, "foregroundDeletion");
}

function releaseForegroundOwners(kernel: Kernel, gone: KubeObject): void {
  for (const owner of gone.metadata.ownerReferences ?? []) {
    const found = allObjects(kernel).find(({ object }) => object.metadata.uid === owner.uid);
    if (found?.object.metadata.finalizers?.includes("foregroundDeletion")) propagate(kernel, found.object);
  }
}

function removeFinalizer(kernel: Kernel, object: KubeObject, finalizer: string): void {
  const type = kernel.registry.byKind(object.apiVersion, object.kind);
  if (type === undefined) return;
  const { namespace, name } = object.metadata;
  const current = kernel.store.get(type.storage, namespace, name);
  if (current === undefined) return;
  const finalizers = current.metadata.finalizers?.filter((item) => item !== finalizer);
  replace(
    kernel,
    target(type, namespace, name),
    current,
    withMeta(current, { finalizers: finalizers?.length === 0 ? undefined : finalizers }),
    false,
  );
}
