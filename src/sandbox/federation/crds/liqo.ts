import type { JsonObject } from "../../json.ts";
import {
  anything,
  crd,
  type Field,
  flag,
  list,
  map,
  must,
  object,
  oneOf,
  quantity,
  text,
  whole,
} from "./schema.ts";

const age = ".metadata.creationTimestamp";
const categories = ["liqo"];
const moment: Field = { schema: { type: "string", format: "date-time" }, required: false };
const bytes: Field = { schema: { type: "string", format: "byte" }, required: false };
const clusterId: Field = {
  schema: { type: "string", pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" },
  required: false,
};

/** A condition of Liqo, whose status is one of some words. */
const conditions = (types: Field, states: Field): Field =>
  list(object({ lastTransitionTime: moment, message: text, reason: text, status: states, type: types }));

const classes = (name: string): Field => list(object({ default: flag, [name]: must(text) }));

const given = {
  ingressClasses: classes("ingressClassName"),
  loadBalancerClasses: classes("loadBalancerClassName"),
  storageClasses: classes("storageClassName"),
};

const resourceSlice = crd({
  group: "authentication.liqo.io",
  version: "v1beta1",
  kind: "ResourceSlice",
  plural: "resourceslices",
  shortNames: ["rslice"],
  categories,
  columns: {
    Authentication: '.status.conditions[?(@.type=="Authentication")].status',
    Resources: '.status.conditions[?(@.type=="Resources")].status',
    Age: age,
  },
  spec: object({
    class: text,
    consumerClusterID: clusterId,
    csr: bytes,
    providerClusterID: clusterId,
    resources: map(quantity),
  }),
  status: object({
    authParams: object({ apiServer: text, awsConfig: anything, ca: bytes, proxyURL: text, signedCRT: bytes }),
    conditions: conditions(must(oneOf(["Authentication", "Resources"])), must(oneOf(["Accepted", "Denied"]))),
    nodeLabels: map(text),
    nodeSelector: map(text),
    resources: map(quantity),
    ...given,
  }),
});

const virtualNode = crd({
  group: "offloading.liqo.io",
  version: "v1beta1",
  kind: "VirtualNode",
  plural: "virtualnodes",
  shortNames: ["vn", "vnode", "virno", "vno"],
  categories,
  columns: {
    ClusterID: ".spec.clusterID",
    "Create Node": ".spec.createNode",
    Age: age,
    "Node!": '.status.conditions[?(@.type=="Node")].status',
    "VirtualKubelet!": '.status.conditions[?(@.type=="VirtualKubelet")].status',
  },
  spec: object({
    annotations: map(text),
    clusterID: text,
    createNode: flag,
    disableNetworkCheck: flag,
    images: list(anything),
    kubeconfigSecretRef: object({ name: { schema: { type: "string", default: "" }, required: false } }),
    labels: map(text),
    offloadingPatch: anything,
    resourceQuota: object({ hard: map(quantity), scopeSelector: anything, scopes: list(text) }),
    taints: list(object({ effect: must(text), key: must(text), timeAdded: moment, value: text })),
    template: anything,
    vkOptionsTemplateRef: anything,
    ...given,
  }),
  status: object({
    conditions: conditions(
      must(oneOf(["VirtualKubelet", "Node"])),
      must(oneOf(["None", "Running", "Creating", "Draining", "Deleting"], "None")),
    ),
  }),
});

const requirement = object({ key: must(text), operator: must(text), values: list(text) });

const namespaceOffloading = crd({
  group: "offloading.liqo.io",
  version: "v1beta1",
  kind: "NamespaceOffloading",
  plural: "namespaceoffloadings",
  shortNames: ["nso", "nsof", "nsoff", "nsoffloading"],
  categories,
  columns: {
    NamespaceMappingStrategy: ".spec.namespaceMappingStrategy",
    PodOffloadingStrategy: ".spec.podOffloadingStrategy",
    OffloadingPhase: ".status.offloadingPhase",
    "RemoteNamespaceName!": ".status.remoteNamespaceName",
    Age: age,
  },
  spec: must(
    object({
      clusterSelector: object({
        nodeSelectorTerms: must(
          list(object({ matchExpressions: list(requirement), matchFields: list(requirement) })),
        ),
      }),
      namespaceMappingStrategy: oneOf(["EnforceSameName", "DefaultName", "SelectedName"], "DefaultName"),
      podOffloadingStrategy: oneOf(["Local", "Remote", "LocalAndRemote"], "LocalAndRemote"),
      remoteNamespaceName: text,
    }),
  ),
  status: object({
    observedGeneration: whole,
    offloadingPhase: text,
    remoteNamespaceName: text,
    remoteNamespacesConditions: map(conditions(must(text), must(text))),
  }),
});

const namespaceMap = crd({
  group: "offloading.liqo.io",
  version: "v1beta1",
  kind: "NamespaceMap",
  plural: "namespacemaps",
  shortNames: ["nm", "nsmap"],
  categories,
  columns: { Local: ".metadata.labels.liqo\\.io/replication", Age: age },
  spec: object({ desiredMapping: map(text) }),
  status: object({
    currentMapping: map(
      object({ phase: oneOf(["Accepted", "CreationLoopBackOff", "Terminating"]), remoteNamespace: text }),
    ),
  }),
});

const peeringConditions = conditions(
  must(
    oneOf([
      "APIServerStatus",
      "NetworkConnectionStatus",
      "NetworkGatewayServerStatus",
      "NetworkGatewayClientStatus",
      "NetworkGatewayPresence",
      "NetworkConfigurationStatus",
      "AuthIdentityControlPlaneStatus",
      "AuthTenantStatus",
      "OffloadingVirtualNodeStatus",
      "OffloadingNodeStatus",
    ]),
  ),
  must(oneOf(["None", "Pending", "Established", "Error", "Ready", "NotReady", "SomeNotReady"], "None")),
);

const module = must(object({ conditions: peeringConditions, enabled: must(flag) }));

/** HEAD of Liqo says in its status which generation it has seen; v1.0 does not know the field. */
const foreignCluster = (liqo: "v1.0" | "head"): JsonObject =>
  crd({
    group: "core.liqo.io",
    version: "v1beta1",
    kind: "ForeignCluster",
    plural: "foreignclusters",
    shortNames: ["fc"],
    categories,
    scope: "Cluster",
    columns: { Role: ".status.role", "ClusterID!": ".spec.clusterID", Age: age },
    spec: object({ clusterID: must(text) }),
    status: object({
      apiServerUrl: text,
      conditions: peeringConditions,
      foreignProxyUrl: text,
      modules: object({ authentication: module, networking: module, offloading: module }),
      ...(liqo === "head" ? { observedGeneration: whole } : {}),
      role: must(oneOf(["Consumer", "Provider", "ConsumerAndProvider", "Unknown"], "Unknown")),
      tenantNamespace: object({ local: text, remote: text }),
    }),
  });

const common = [resourceSlice, virtualNode, namespaceOffloading, namespaceMap];
const ofVersion = {
  "v1.0": [...common, foreignCluster("v1.0")],
  head: [...common, foreignCluster("head")],
};

/** The CustomResourceDefinitions of Liqo, as far as the simulation goes. */
export const liqoCrds = (liqo: "v1.0" | "head"): readonly JsonObject[] => ofVersion[liqo];
