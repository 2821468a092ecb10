import type { KubeObject, Resource } from "../../kubernetes/objects.ts";

const core = (plural: string, namespaced = true): Resource => ({
  group: "",
  version: "v1",
  plural,
  namespaced,
});
const named = (group: string, version: string, plural: string): Resource => ({
  group,
  version,
  plural,
  namespaced: true,
});

export const NAMESPACES = core("namespaces", false);
export const SECRETS = core("secrets");
export const PODS = core("pods");
export const JOBS = named("batch", "v1", "jobs");
export const DEPLOYMENTS = named("apps", "v1", "deployments");
export const INGRESSES = named("networking.k8s.io", "v1", "ingresses");

/** Every kind that a workload's objects may have. */
const BY_KIND: Readonly<Record<string, Resource>> = {
  Namespace: NAMESPACES,
  ResourceQuota: core("resourcequotas"),
  LimitRange: core("limitranges"),
  Secret: SECRETS,
  PersistentVolumeClaim: core("persistentvolumeclaims"),
  Service: core("services"),
  NetworkPolicy: named("networking.k8s.io", "v1", "networkpolicies"),
  Ingress: INGRESSES,
  Deployment: DEPLOYMENTS,
  Job: JOBS,
  HorizontalPodAutoscaler: named("autoscaling", "v2", "horizontalpodautoscalers"),
};

/** Where objects of that kind live in the API. Throws for a kind that no workload has: a fault of ours. */
export function resourceOf({ kind = "" }: KubeObject): Resource {
  const resource = BY_KIND[kind];
  if (resource === undefined) throw new Error(`a workload has no ${kind}`);
  return resource;
}
