import { sleep } from "../../../kubernetes/timing.ts";
import type { WorkResult } from "../../../kubernetes/work-queue.ts";
import { deepEqual } from "../../json.ts";
import type { Cluster, Draft } from "../cluster.ts";
import { type Controller, faultsOf, keyOf, namesIn, other, own } from "../controller.ts";
import { NAMESPACE_MAPS, NODES, PODS, SLICES, VIRTUAL_NODES } from "../kinds.ts";
import type { Node, ResourceSlice, VirtualNode } from "../liqo-types.ts";
import { type ProviderSite, providerById, stamp, type World } from "../world.ts";
import { addFinalizer, dropFinalizer } from "./finalizers.ts";
import { condition } from "./node.ts";
import { tenantNamespace } from "./peering.ts";

const FINALIZER = "virtualnode-controller.liqo.io/finalizer";
export const TAINT = "virtual-node.liqo.io/not-allowed";

/** Makes a VirtualNode of every ResourceSlice that was accepted and wants one, and keeps it to what was granted. */
export function virtualNodeCreator(world: World): Controller {
  const cluster = world.consumer.cluster.as("liqo");
  return {
    name: "virtual node creator",
    wakes: [own(cluster, SLICES), own(cluster, VIRTUAL_NODES)],
    reconcile: (key) => {
      const { name, namespace } = namesIn(key);
      const slice = cluster.get(SLICES, name, namespace);
      if (slice !== undefined && wantsNode(slice)) keepVirtualNode(cluster, slice);
      return undefined;
    },
  };
}

function wantsNode({ metadata, status }: ResourceSlice): boolean {
  const accepted = (type: string): boolean =>
    status?.conditions?.some((one) => one.type === type && one.status === "Accepted") ?? false;
  const wanted = metadata.annotations?.["liqo.io/create-virtual-node"] ?? "";
  return (
    metadata.deletionTimestamp === undefined &&
    wanted !== "" &&
    wanted.toLowerCase() !== "false" &&
    accepted("Authentication") &&
    accepted("Resources")
  );
}

function keepVirtualNode(cluster: Cluster, { metadata, spec: asked, status }: ResourceSlice): void {
  const { name, namespace, uid = "" } = metadata;
  const clusterID = asked.providerClusterID ?? "";
  const spec: VirtualNode["spec"] = {
    clusterID,
    createNode: true,
    kubeconfigSecretRef: { name: `kubeconfig-resourceslice-${name}` },
    labels: { "liqo.io/remote-cluster-id": clusterID },
    resourceQuota: { hard: status?.resources ?? {} },
  };
  const known = cluster.get(VIRTUAL_NODES, name, namespace);
  if (known !== undefined) {
    if (!deepEqual(known.spec, spec)) cluster.update(VIRTUAL_NODES, { ...known, spec });
    return;
  }
  cluster.create(VIRTUAL_NODES, {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { "liqo.io/remote-cluster-id": clusterID, "liqo.io/resourceslice-name": name },
      ownerReferences: [
        {
          apiVersion: SLICES.apiVersion,
          kind: SLICES.kind,
          name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec,
  });
}

/** Runs a virtual kubelet for every VirtualNode: a Node with what was granted, ready while the provider is in reach. */
export function virtualNodeController(world: World): Controller {
  const cluster = world.consumer.cluster.as("liqo");
  const keysOn = (node: string): readonly string[] =>
    cluster
      .list(VIRTUAL_NODES)
      .filter(({ metadata }) => metadata.name === node)
      .map(keyOf);
  return {
    name: "virtual nodes",
    concurrency: 10,
    wakes: [
      own(cluster, VIRTUAL_NODES),
      other(cluster, NODES, ({ metadata }) => keysOn(metadata.name)),
      other(cluster, PODS, ({ spec }, { type }) =>
        type === "DELETED" && spec.nodeName !== undefined ? keysOn(spec.nodeName) : [],
      ),
    ],
    pokes: world.providers.map((provider) =>
      faultsOf(provider, () => cluster.list(VIRTUAL_NODES, tenantNamespace(provider.liqoId)).map(keyOf)),
    ),
    reconcile: async (key, signal) => {
      const { name, namespace } = namesIn(key);
      const virtual = cluster.get(VIRTUAL_NODES, name, namespace);
      const provider = providerById(world, virtual?.spec.clusterID ?? "");
      if (virtual === undefined || provider === undefined) return undefined;
      if (virtual.metadata.deletionTimestamp !== undefined) return drain(world, provider, virtual);
      return run(world, provider, virtual, signal);
    },
  };
}

async function run(
  world: World,
  provider: ProviderSite,
  virtual: VirtualNode,
  signal: AbortSignal,
): Promise<WorkResult | undefined> {
  const cluster = world.consumer.cluster.as("liqo");
  const { name, namespace } = virtual.metadata;
  keepNamespaceMap(cluster, provider);
  addFinalizer(cluster, VIRTUAL_NODES, virtual, FINALIZER);
  if (cluster.get(NODES, name) === undefined) {
    say(world, virtual, "Creating", "Creating");
    await sleep(world.timings.nodeMs, signal);
  }
  const current = cluster.get(VIRTUAL_NODES, name, namespace);
  if (signal.aborted || current === undefined || current.metadata.deletionTimestamp !== undefined)
    return undefined;
  keepNode(world, provider, current);
  say(world, current, "Running", "Running");
  return undefined;
}

function say(world: World, { metadata }: VirtualNode, kubelet: string, node: string): void {
  const cluster = world.consumer.cluster.as("liqo");
  const virtual = cluster.get(VIRTUAL_NODES, metadata.name, metadata.namespace);
  if (virtual === undefined) return;
  const before = virtual.status?.conditions;
  const conditions = [
    condition(before, stamp(world), { type: "VirtualKubelet", status: kubelet }),
    condition(before, stamp(world), { type: "Node", status: node }),
  ];
  cluster.setStatus(VIRTUAL_NODES, virtual, { conditions });
}

/** One for each provider, whoever of its VirtualNodes comes first. */
function keepNamespaceMap(cluster: Cluster, { liqoId }: ProviderSite): void {
  const namespace = tenantNamespace(liqoId);
  if (cluster.get(NAMESPACE_MAPS, liqoId, namespace) !== undefined) return;
  const labels = {
    "liqo.io/remote-cluster-id": liqoId,
    "liqo.io/replication": "true",
    "liqo.io/remoteID": liqoId,
  };
  cluster.create(NAMESPACE_MAPS, { metadata: { name: liqoId, namespace, labels }, spec: {} });
}

function keepNode(world: World, provider: ProviderSite, virtual: VirtualNode): void {
  const cluster = world.consumer.cluster.as("virtual-kubelet");
  const { name } = virtual.metadata;
  const node = cluster.get(NODES, name) ?? cluster.create(NODES, nodeFor(name, virtual));
  const reachable = !provider.faults.away && !provider.faults.peeringLost;
  const before = node.status?.conditions;
  const told = (type: string, status: boolean, reason: string, message: string) =>
    condition(before, stamp(world), { type, status: status ? "True" : "False", reason, message });
  const hard = virtual.spec.resourceQuota?.hard ?? {};
  cluster.setStatus(NODES, node, {
    ...node.status,
    allocatable: hard,
    capacity: hard,
    conditions: [
      reachable
        ? told("Ready", true, "KubeletReady", "The Liqo Virtual Kubelet is posting ready status")
        : told("Ready", false, "KubeletNotReady", "The Liqo Virtual Kubelet is currently not ready"),
      reachable
        ? told(
            "NetworkUnavailable",
            false,
            "LiqoNetworkingUp",
            "The Liqo cluster interconnection is established",
          )
        : told("NetworkUnavailable", true, "LiqoNetworkingDown", "The Liqo cluster interconnection is down"),
    ],
    nodeInfo: { architecture: "amd64", operatingSystem: "linux", kubeletVersion: "v1.34.0" },
  });
}

const nodeFor = (name: string, { spec }: VirtualNode): Draft<Node> => ({
  metadata: {
    name,
    labels: {
      "kubernetes.io/hostname": name,
      "kubernetes.io/role": "agent",
      "kubernetes.io/os": "linux",
      "kubernetes.io/arch": "amd64",
      "liqo.io/type": "virtual-node",
      type: "virtual-kubelet",
      "node.kubernetes.io/exclude-from-external-load-balancers": "true",
      ...spec.labels,
    },
  },
  spec: { taints: [{ key: TAINT, value: "true", effect: "NoExecute" }] },
});

/**
 * Ends a VirtualNode: pods first, then the Node, with the last one of a provider its NamespaceMap. Pods of a provider
 * that does not answer cannot end; HEAD of Liqo gives them up, v1.0 waits.
 */
function drain(world: World, provider: ProviderSite, virtual: VirtualNode): undefined {
  const cluster = world.consumer.cluster.as("liqo");
  const { name, namespace } = virtual.metadata;
  const node = cluster.get(NODES, name);
  if (node !== undefined && !evictPods(world, provider, node)) {
    say(world, virtual, "Running", "Draining");
    return;
  }
  say(world, virtual, "Deleting", "Deleting");
  cluster.remove(NODES, name);
  const others = cluster
    .list(VIRTUAL_NODES)
    .filter(({ spec, metadata }) => spec.clusterID === provider.liqoId && metadata.name !== name);
  if (others.length === 0) cluster.remove(NAMESPACE_MAPS, provider.liqoId, tenantNamespace(provider.liqoId));
  const current = cluster.get(VIRTUAL_NODES, name, namespace);
  if (current !== undefined) dropFinalizer(cluster, VIRTUAL_NODES, current, FINALIZER);
}

/** Lets nothing new onto the node and ends what runs there. True when nothing is left to wait for. */
function evictPods(world: World, provider: ProviderSite, node: Node): boolean {
  const cluster = world.consumer.cluster.as("liqo");
  const pods = cluster.list(PODS).filter(({ spec }) => spec.nodeName === node.metadata.name);
  if (node.spec?.unschedulable !== true)
    cluster.update(NODES, { ...node, spec: { ...node.spec, unschedulable: true } });
  const giveUp = provider.faults.away && world.liqo === "head";
  for (const { metadata } of pods)
    if (giveUp || metadata.deletionTimestamp === undefined)
      cluster.remove(PODS, metadata.name, metadata.namespace, giveUp ? { gracePeriodSeconds: 0 } : {});
  return giveUp || pods.length === 0;
}
