/** One entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1?: unknown;
}

/** One entry of `metadata.ownerReferences`. */
export interface OwnerReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly uid?: string;
}

/** The part of `metadata` that this program reads. */
export interface ObjectMeta {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly ManagedFieldsEntry[];
  readonly ownerReferences?: readonly OwnerReference[];
}

/** Any Kubernetes object as it comes over the wire; callers narrow it with their own type. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: ObjectMeta;
}

/** A kind of object by its place in the API: group, version and plural. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces", namespaced: false };
export const NODES: Resource = { group: "", version: "v1", plural: "nodes", namespaced: false };
export const CONFIG_MAPS: Resource = { group: "", version: "v1", plural: "configmaps", namespaced: true };
export const EVENTS: Resource = { group: "", version: "v1", plural: "events", namespaced: true };

/** Which object, or with no name which collection. */
export interface Target {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly subresource?: string | undefined;
}

/** The URL path of a target: `/api/v1/nodes/gpu-1/status`. */
export function resourcePath(resource: Resource, target: Target = {}): string {
  const root =
    resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const namespace =
    resource.namespaced && target.namespace !== undefined
      ? `/namespaces/${encodeURIComponent(target.namespace)}`
      : "";
  const name = target.name === undefined ? "" : `/${encodeURIComponent(target.name)}`;
  const subresource = target.subresource === undefined ? "" : `/${target.subresource}`;
  return `${root}${namespace}/${resource.plural}${name}${subresource}`;
}

/** Names a call in errors: `get nodes "gpu-1"`. */
export function describeCall(verb: string, resource: Resource, target: Target): string {
  const plural = resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
  const name = target.name === undefined ? "" : ` "${target.name}"`;
  const namespace = target.namespace === undefined ? "" : ` in namespace "${target.namespace}"`;
  return `${verb} ${plural}${target.subresource === undefined ? "" : `/${target.subresource}`}${name}${namespace}`;
}
