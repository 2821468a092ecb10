import type { Kernel } from "./kernel.ts";
import type { KubeObject } from "./object.ts";
import type { WriteTarget } from "./writes.ts";
import { create } from "./writes.ts";

const everything = [
  { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
  { nonResourceURLs: ["*"], verbs: ["*"] },
];
const write = ["create", "delete", "deletecollection", "patch", "update"];
const read = ["get", "list", "watch"];
const workloads = [
  {
    apiGroups: [""],
    resources: [
      "configmaps",
      "events",
      "persistentvolumeclaims",
      "pods",
      "services",
      "serviceaccounts",
      "resourcequotas",
    ],
  },
  { apiGroups: ["apps"], resources: ["daemonsets", "deployments", "replicasets", "statefulsets"] },
  { apiGroups: ["batch"], resources: ["cronjobs", "jobs"] },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses", "networkpolicies"] },
  { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"] },
  { apiGroups: ["policy"], resources: ["poddisruptionbudgets"] },
];
const secrets = { apiGroups: [""], resources: ["secrets"] };
const roles = { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles", "rolebindings"] };
const publicPaths = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
const discoveryPaths = [...publicPaths, "/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"];

const withVerbs = (rules: readonly object[], verbs: readonly string[]): object[] =>
  rules.map((rule) => ({ ...rule, verbs }));

/** The roles that every cluster has, as far as somebody may rely on them. */
const clusterRoles: Readonly<Record<string, readonly object[]>> = {
  "cluster-admin": everything,
  admin: withVerbs([...workloads, secrets, roles], [...read, ...write]),
  edit: withVerbs([...workloads, secrets], [...read, ...write]),
  view: withVerbs(workloads, read),
  "system:basic-user": [
    {
      apiGroups: ["authorization.k8s.io"],
      resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
      verbs: ["create"],
    },
    { apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"], verbs: ["create"] },
  ],
  "system:discovery": [{ nonResourceURLs: discoveryPaths, verbs: ["get"] }],
  "system:public-info-viewer": [{ nonResourceURLs: publicPaths, verbs: ["get"] }],
  "system:auth-delegator": [
    { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
    { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
  ],
};

const bindings: Readonly<Record<string, readonly string[]>> = {
  "cluster-admin": ["system:masters"],
  "system:basic-user": ["system:authenticated"],
  "system:discovery": ["system:authenticated"],
  "system:public-info-viewer": ["system:authenticated", "system:unauthenticated"],
};

const rbac = "rbac.authorization.k8s.io/v1";

/** Creates what a new cluster has: its namespaces and the default roles with their bindings. */
export function bootstrap(kernel: Kernel): void {
  const make = (object: KubeObject): void => {
    const type = kernel.registry.byKind(object.apiVersion, object.kind);
    if (type === undefined)
      throw new Error(`the server does not know ${object.kind} in ${object.apiVersion}`);
    const target: WriteTarget = {
      type,
      namespace: undefined,
      name: "",
      subresource: undefined,
      manager: "kube-apiserver",
      dryRun: false,
      fieldValidation: "Ignore",
      warn: () => {},
    };
    create(kernel, target, object);
  };
  for (const name of ["default", "kube-node-lease", "kube-public", "kube-system"]) {
    make({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  for (const [name, rules] of Object.entries(clusterRoles)) {
    make({ apiVersion: rbac, kind: "ClusterRole", metadata: { name }, rules });
  }
  for (const [name, groups] of Object.entries(bindings)) {
    make({
      apiVersion: rbac,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: groups.map((group) => ({
        kind: "Group",
        apiGroup: "rbac.authorization.k8s.io",
        name: group,
      })),
    });
  }
}
