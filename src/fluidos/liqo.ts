import * as z from "zod";
import type { KubeObject } from "../kubernetes/objects.ts";
import { parseQuantity, quantityToNumber } from "../units/quantity.ts";
import { fields, flag, list, metadata, text, textMap, time } from "./wire.ts";

/** Taint of Liqo's nodes, which keeps pods of namespaces that are not offloaded away. */
export const VIRTUAL_NODE_TAINT = "virtual-node.liqo.io/not-allowed";
/** Label of Liqo's nodes: the provider's cluster. */
export const REMOTE_CLUSTER_LABEL = "liqo.io/remote-cluster-id";
export const VIRTUAL_NODE_SELECTOR = "liqo.io/type=virtual-node";
/** The only name under which Liqo heeds a NamespaceOffloading. */
export const OFFLOADING = "offloading";

const conditions = list(
  fields({ type: text, status: text, reason: text, message: text, lastTransitionTime: time }),
);
type Conditions = z.output<typeof conditions>;

const stateOf = (all: Conditions, type: string) => all.find((condition) => condition.type === type);

const amounts = textMap.transform((map) =>
  Object.fromEntries(
    Object.entries(map).map(([name, written]) => {
      const quantity = parseQuantity(written);
      return [name, quantity === undefined ? 0 : quantityToNumber(quantity)];
    }),
  ),
);

const resourceSlice = fields({
  metadata,
  spec: fields({ class: text, providerClusterID: text, resources: amounts }),
  status: fields({ conditions, resources: amounts }),
}).transform(({ metadata: meta, spec, status }) => ({
  name: meta.name,
  namespace: meta.namespace,
  labels: meta.labels,
  annotations: meta.annotations,
  createdAt: meta.creationTimestamp,
  deleting: meta.deletionTimestamp !== undefined,
  providerCluster: spec.providerClusterID,
  asked: spec.resources,
  /** `Accepted`, `Denied`, or empty while nobody answered. */
  resources: stateOf(status.conditions, "Resources")?.status ?? "",
  authentication: stateOf(status.conditions, "Authentication")?.status ?? "",
  message:
    [...status.conditions].map(({ message, reason }) => message || reason).find((said) => said !== "") ?? "",
  granted: status.resources,
}));

export type ResourceSlice = z.output<typeof resourceSlice>;
export const parseResourceSlice = (object: unknown): ResourceSlice => resourceSlice.parse(object);

const virtualNode = fields({
  metadata,
  spec: fields({ clusterID: text }),
  status: fields({ conditions }),
}).transform(({ metadata: meta, spec, status }) => ({
  name: meta.name,
  namespace: meta.namespace,
  deleting: meta.deletionTimestamp !== undefined,
  cluster: spec.clusterID,
  /** `None`, `Creating`, `Running`, `Draining`, `Deleting`. */
  kubelet: stateOf(status.conditions, "VirtualKubelet")?.status ?? "",
  node: stateOf(status.conditions, "Node")?.status ?? "",
}));

export type VirtualNode = z.output<typeof virtualNode>;
export const parseVirtualNode = (object: unknown): VirtualNode => virtualNode.parse(object);

const taint = z.object({ key: z.string(), value: z.string().optional(), effect: z.string() });
const node = fields({
  metadata,
  spec: fields({ unschedulable: flag, taints: z.array(taint).catch([]) }),
  status: fields({ allocatable: amounts, conditions }),
}).transform(({ metadata: meta, spec, status }) => ({
  name: meta.name,
  hostname: meta.labels["kubernetes.io/hostname"] ?? meta.name,
  remoteCluster: meta.labels[REMOTE_CLUSTER_LABEL] ?? "",
  deleting: meta.deletionTimestamp !== undefined,
  ready: stateOf(status.conditions, "Ready")?.status === "True",
  cordoned: spec.unschedulable,
  taints: spec.taints,
  allocatable: status.allocatable,
}));

/** The Node that Liqo makes of a VirtualNode. */
export type LiqoNode = z.output<typeof node>;
export const parseLiqoNode = (object: unknown): LiqoNode => node.parse(object);

const moduleForm = fields({ enabled: flag, conditions });
const foreignCluster = fields({
  metadata,
  spec: fields({ clusterID: text }),
  status: fields({
    conditions,
    modules: fields({ networking: moduleForm, authentication: moduleForm, offloading: moduleForm }),
    tenantNamespace: fields({ local: text }),
  }),
}).transform(({ metadata: meta, spec, status }) => {
  const { networking, authentication, offloading } = status.modules;
  const all = [
    ...status.conditions,
    ...[networking, authentication, offloading]
      .filter(({ enabled }) => enabled)
      .flatMap((each) => each.conditions),
  ];
  return {
    name: meta.name,
    deleting: meta.deletionTimestamp !== undefined,
    cluster: spec.clusterID || meta.name,
    /** What of the peering is broken, by the names of its conditions. */
    broken: all
      .filter((each) => BROKEN.includes(each.status))
      .map(({ type, message }) => ({ type, message })),
    /** Where what concerns it is kept here. */
    tenantNamespace: status.tenantNamespace.local,
    /** Since when network and authentication stand, by what FLUIDOS looks at; 0 where that is not told. Undefined while they do not. */
    peeredSince:
      networking.enabled && authentication.enabled ? connectedSince(networking.conditions) : undefined,
  };
});

function connectedSince(all: Conditions): number | undefined {
  const connection = stateOf(all, "NetworkConnectionStatus");
  return connection?.status === "Established" ? (connection.lastTransitionTime ?? 0) : undefined;
}

const BROKEN: readonly string[] = ["Error", "NotReady"];

export type ForeignCluster = z.output<typeof foreignCluster>;
export const parseForeignCluster = (object: unknown): ForeignCluster => foreignCluster.parse(object);

const namespaceOffloading = fields({
  metadata,
  status: fields({ offloadingPhase: text, remoteNamespaceName: text }),
}).transform(({ metadata: meta, status }) => ({
  namespace: meta.namespace,
  createdAt: meta.creationTimestamp,
  deleting: meta.deletionTimestamp !== undefined,
  /** `Ready`, `NoClusterSelected`, `InProgress`, `SomeFailed`, `AllFailed`, `Terminating`, or empty. */
  phase: status.offloadingPhase,
  remoteNamespace: status.remoteNamespaceName,
}));

export type NamespaceOffloading = z.output<typeof namespaceOffloading>;
export const parseNamespaceOffloading = (object: unknown): NamespaceOffloading =>
  namespaceOffloading.parse(object);

export interface OffloadingFacts {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Liqo's name for the cluster in which the namespace is, and for those that run its pods. */
  readonly localCluster: string;
  readonly remoteClusters: readonly string[];
  /** Name of the remote namespace where Liqo's own one would be too long. */
  readonly shortName: string;
}

/**
 * Opens a namespace to provider clusters. To whole clusters, and not to one node of them: Liqo v1.0 takes the namespace
 * away again for each node of a cluster that its selector does not match. The remote name is Liqo's default one,
 * namespace and cluster, unless that would be too long.
 */
export function buildNamespaceOffloading(facts: OffloadingFacts): KubeObject {
  const { namespace, labels, annotations, localCluster, remoteClusters, shortName } = facts;
  const isShort = namespace.length + 1 + localCluster.length <= LONGEST_NAMESPACE;
  const values = [...new Set(remoteClusters)].sort();
  const object = {
    apiVersion: "offloading.liqo.io/v1beta1",
    kind: "NamespaceOffloading",
    metadata: { name: OFFLOADING, namespace, labels, annotations },
    spec: {
      ...(isShort
        ? { namespaceMappingStrategy: "DefaultName" }
        : { namespaceMappingStrategy: "SelectedName", remoteNamespaceName: shortName }),
      podOffloadingStrategy: "Remote",
      clusterSelector: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: REMOTE_CLUSTER_LABEL, operator: "In", values }] }],
      },
    },
  };
  return object;
}

const LONGEST_NAMESPACE = 63;
