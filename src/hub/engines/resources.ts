import type { KubeObject, Resource } from "../../kubernetes/objects.ts";
import { WORKLOAD_RESOURCES } from "../../workload/resources.ts";

export { NAMESPACES } from "../../kubernetes/objects.ts";
export const SECRETS: Resource = { group: "", version: "v1", plural: "secrets", namespaced: true };
export const PODS: Resource = { group: "", version: "v1", plural: "pods", namespaced: true };
export const JOBS: Resource = { group: "batch", version: "v1", plural: "jobs", namespaced: true };
export const DEPLOYMENTS: Resource = {
  group: "apps",
  version: "v1",
  plural: "deployments",
  namespaced: true,
};
export const INGRESSES: Resource = {
  group: "networking.k8s.io",
  version: "v1",
  plural: "ingresses",
  namespaced: true,
};
export const CAPSULE_TENANTS: Resource = {
  group: "capsule.clastix.io",
  version: "v1beta2",
  plural: "tenants",
  namespaced: false,
};

/** Where objects of that kind live in the API. Throws for a kind that no workload has: a fault of ours. */
export function resourceOf({ kind = "" }: KubeObject): Resource {
  const resource = WORKLOAD_RESOURCES[kind];
  if (resource === undefined) throw new Error(`a workload has no ${kind}`);
  return resource;
}
