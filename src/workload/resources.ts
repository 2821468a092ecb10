import type { Resource } from "../kubernetes/objects.ts";

const of = (group: string, version: string, plural: string, namespaced = true): Resource => ({
  group,
  version,
  plural,
  namespaced,
});

/** The place in the API of each kind that `workloadObjects` makes, by kind, in the order in which they are applied. */
export const WORKLOAD_RESOURCES: Readonly<Record<string, Resource>> = {
  Namespace: of("", "v1", "namespaces", false),
  ResourceQuota: of("", "v1", "resourcequotas"),
  LimitRange: of("", "v1", "limitranges"),
  NetworkPolicy: of("networking.k8s.io", "v1", "networkpolicies"),
  Secret: of("", "v1", "secrets"),
  PersistentVolumeClaim: of("", "v1", "persistentvolumeclaims"),
  Service: of("", "v1", "services"),
  Job: of("batch", "v1", "jobs"),
  Deployment: of("apps", "v1", "deployments"),
  Ingress: of("networking.k8s.io", "v1", "ingresses"),
  HorizontalPodAutoscaler: of("autoscaling", "v2", "horizontalpodautoscalers"),
};
