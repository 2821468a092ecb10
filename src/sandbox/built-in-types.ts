import { coreFromEvents, eventsFromCore } from "./event-conversion.ts";
import { allVerbs, type ResourceType } from "./resource-type.ts";
import { builtInShape } from "./shape.ts";

type Traits = Partial<
  Pick<
    ResourceType,
    | "shortNames"
    | "categories"
    | "verbs"
    | "hasStatus"
    | "tracksGeneration"
    | "unconditionalUpdate"
    | "nameSyntax"
    | "convert"
    | "storage"
  >
>;

function define(
  groupVersion: string,
  kind: string,
  plural: string,
  scope: "cluster" | "namespaced",
  traits: Traits = {},
): ResourceType {
  const [group, version] = groupVersion.includes("/") ? groupVersion.split("/") : ["", groupVersion];
  return {
    group: group ?? "",
    version: version ?? "",
    plural,
    singular: kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    namespaced: scope === "namespaced",
    shortNames: [],
    categories: [],
    verbs: allVerbs,
    storage: `${group}/${plural}`,
    hasStatus: false,
    tracksGeneration: false,
    unconditionalUpdate: true,
    nameSyntax: "subdomain",
    shape: builtInShape(group ?? "", kind),
    ...traits,
  };
}

const inAll = { categories: ["all"] };
const withStatus = { hasStatus: true };
const workload = { hasStatus: true, tracksGeneration: true, ...inAll };
const path = { nameSyntax: "path" } as const;
const createOnly = { verbs: ["create"] };

const core: readonly ResourceType[] = [
  define("v1", "ConfigMap", "configmaps", "namespaced", { shortNames: ["cm"] }),
  define("v1", "Event", "events", "namespaced", { shortNames: ["ev"] }),
  define("v1", "Namespace", "namespaces", "cluster", {
    shortNames: ["ns"],
    ...withStatus,
    nameSyntax: "label",
    verbs: allVerbs.filter((verb) => verb !== "deletecollection"),
  }),
  define("v1", "LimitRange", "limitranges", "namespaced", { shortNames: ["limits"] }),
  define("v1", "Node", "nodes", "cluster", { shortNames: ["no"], ...withStatus }),
  define("v1", "PersistentVolumeClaim", "persistentvolumeclaims", "namespaced", {
    shortNames: ["pvc"],
    ...withStatus,
  }),
  define("v1", "Pod", "pods", "namespaced", { shortNames: ["po"], ...inAll, ...withStatus }),
  define("v1", "ResourceQuota", "resourcequotas", "namespaced", { shortNames: ["quota"], ...withStatus }),
  define("v1", "Secret", "secrets", "namespaced"),
  define("v1", "Service", "services", "namespaced", {
    shortNames: ["svc"],
    ...inAll,
    ...withStatus,
    nameSyntax: "label1035",
  }),
  define("v1", "ServiceAccount", "serviceaccounts", "namespaced", { shortNames: ["sa"] }),
];

const named: readonly ResourceType[] = [
  define("events.k8s.io/v1", "Event", "events", "namespaced", {
    shortNames: ["ev"],
    storage: "/events",
    convert: { toStored: coreFromEvents, fromStored: eventsFromCore },
  }),
  define("apps/v1", "DaemonSet", "daemonsets", "namespaced", { shortNames: ["ds"], ...workload }),
  define("apps/v1", "Deployment", "deployments", "namespaced", { shortNames: ["deploy"], ...workload }),
  define("apps/v1", "ReplicaSet", "replicasets", "namespaced", { shortNames: ["rs"], ...workload }),
  define("apps/v1", "StatefulSet", "statefulsets", "namespaced", { shortNames: ["sts"], ...workload }),
  define("batch/v1", "CronJob", "cronjobs", "namespaced", { shortNames: ["cj"], ...workload }),
  define("batch/v1", "Job", "jobs", "namespaced", workload),
  define("coordination.k8s.io/v1", "Lease", "leases", "namespaced", { unconditionalUpdate: false }),
  define("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", "cluster", path),
  define("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", "cluster", path),
  define("rbac.authorization.k8s.io/v1", "Role", "roles", "namespaced", path),
  define("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", "namespaced", path),
  define("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", "cluster", { shortNames: ["pc"] }),
  define("networking.k8s.io/v1", "Ingress", "ingresses", "namespaced", {
    shortNames: ["ing"],
    ...withStatus,
    tracksGeneration: true,
  }),
  define("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", "namespaced", {
    shortNames: ["netpol"],
    tracksGeneration: true,
  }),
  define("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "namespaced", {
    shortNames: ["hpa"],
    ...inAll,
    ...withStatus,
  }),
  define("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", "namespaced", {
    shortNames: ["pdb"],
    ...withStatus,
    tracksGeneration: true,
  }),
  define(
    "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicy",
    "validatingadmissionpolicies",
    "cluster",
    { ...withStatus, tracksGeneration: true },
  ),
  define(
    "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
    "cluster",
    { tracksGeneration: true },
  ),
  define("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", "cluster", {
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    ...withStatus,
    tracksGeneration: true,
    unconditionalUpdate: false,
  }),
];

/** Resources that answer a question and store nothing. */
const reviews: readonly ResourceType[] = [
  define("authentication.k8s.io/v1", "TokenReview", "tokenreviews", "cluster", createOnly),
  define("authentication.k8s.io/v1", "SelfSubjectReview", "selfsubjectreviews", "cluster", createOnly),
  define("authorization.k8s.io/v1", "SubjectAccessReview", "subjectaccessreviews", "cluster", createOnly),
  define(
    "authorization.k8s.io/v1",
    "SelfSubjectAccessReview",
    "selfsubjectaccessreviews",
    "cluster",
    createOnly,
  ),
  define(
    "authorization.k8s.io/v1",
    "SelfSubjectRulesReview",
    "selfsubjectrulesreviews",
    "cluster",
    createOnly,
  ),
  define(
    "authorization.k8s.io/v1",
    "LocalSubjectAccessReview",
    "localsubjectaccessreviews",
    "namespaced",
    createOnly,
  ),
];

const resourceSlices = define("resource.k8s.io/v1", "ResourceSlice", "resourceslices", "cluster", {
  tracksGeneration: true,
});

/** The types that the server knows from the start. */
export const builtInTypes = (options: { readonly resourceSlices: boolean }): readonly ResourceType[] => [
  ...core,
  ...named,
  ...reviews,
  ...(options.resourceSlices ? [resourceSlices] : []),
];
