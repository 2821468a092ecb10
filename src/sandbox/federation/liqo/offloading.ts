import { withMeta } from "../../object.ts";
import type { Cluster } from "../cluster.ts";
import { type Controller, namesIn, other, own } from "../controller.ts";
import { NAMESPACE_MAPS, NAMESPACES, OFFLOADINGS, VIRTUAL_NODES } from "../kinds.ts";
import type { LiqoCondition, NamespaceMap, NamespaceOffloading } from "../liqo-types.ts";
import { stamp, type World } from "../world.ts";
import { addFinalizer, dropFinalizer } from "./finalizers.ts";
import { condition } from "./node.ts";
import { selectorFits } from "./node-affinity.ts";

const FINALIZER = "namespaceoffloading-controller.liqo.io/finalizer";
const SCHEDULING = "liqo.io/scheduling-enabled";

/** The only name that a NamespaceOffloading may have. */
export const OFFLOADING = "offloading";

/** Enters offloaded namespaces into the NamespaceMaps of the selected providers, and tells what became of them. */
export function offloadingController(world: World): Controller {
  const cluster = world.consumer.cluster.as("liqo");
  const all = (): readonly string[] =>
    cluster.list(OFFLOADINGS).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  return {
    name: "namespace offloading",
    wakes: [
      own(cluster, OFFLOADINGS),
      other(cluster, NAMESPACE_MAPS, all),
      other(cluster, VIRTUAL_NODES, all),
    ],
    reconcile: (key) => {
      const { name, namespace } = namesIn(key);
      const offloading = cluster.get(OFFLOADINGS, name, namespace);
      if (offloading === undefined || name !== OFFLOADING) return undefined;
      if (offloading.metadata.deletionTimestamp !== undefined) end(world, cluster, offloading);
      else begin(world, cluster, addFinalizer(cluster, OFFLOADINGS, offloading, FINALIZER));
      return undefined;
    },
  };
}

function begin(world: World, cluster: Cluster, offloading: NamespaceOffloading): void {
  label(cluster, offloading.metadata.namespace ?? "", "true");
  select(world, cluster, offloading);
  tell(world, cluster, offloading);
}

function end(world: World, cluster: Cluster, offloading: NamespaceOffloading): void {
  const { namespace = "", name } = offloading.metadata;
  label(cluster, namespace, undefined);
  for (const map of cluster.list(NAMESPACE_MAPS)) setMapping(cluster, map, namespace, undefined);
  tell(world, cluster, offloading);
  const current = cluster.get(OFFLOADINGS, name, namespace);
  const left = Object.keys(current?.status?.remoteNamespacesConditions ?? {}).length;
  if (current !== undefined && left === 0) dropFinalizer(cluster, OFFLOADINGS, current, FINALIZER);
}

function label(cluster: Cluster, name: string, value: string | undefined): void {
  const namespace = cluster.get(NAMESPACES, name);
  if (namespace === undefined || namespace.metadata.labels?.[SCHEDULING] === value) return;
  const { [SCHEDULING]: _, ...others } = namespace.metadata.labels ?? {};
  const labels = value === undefined ? others : { ...others, [SCHEDULING]: value };
  cluster.update(NAMESPACES, withMeta(namespace, { labels }));
}

/** VirtualNode by VirtualNode: of two of one provider, the last one decides. */
function select(world: World, cluster: Cluster, { metadata, spec }: NamespaceOffloading): void {
  const { namespace = "" } = metadata;
  const { clusterSelector } = spec;
  for (const virtual of cluster.list(VIRTUAL_NODES)) {
    const map = cluster
      .list(NAMESPACE_MAPS)
      .find((each) => each.metadata.labels?.["liqo.io/remote-cluster-id"] === virtual.spec.clusterID);
    if (map === undefined) continue;
    const labels = { "liqo.io/type": "virtual-node", ...virtual.spec.labels };
    const node = { metadata: { name: virtual.metadata.name, labels } };
    const chosen =
      clusterSelector === undefined ||
      clusterSelector.nodeSelectorTerms.length === 0 ||
      selectorFits(clusterSelector, node);
    setMapping(cluster, map, namespace, chosen ? remoteName(world, namespace, spec) : undefined);
  }
}

function remoteName({ consumer }: World, namespace: string, spec: NamespaceOffloading["spec"]): string {
  if (spec.namespaceMappingStrategy === "EnforceSameName") return namespace;
  if (spec.namespaceMappingStrategy === "SelectedName") return spec.remoteNamespaceName ?? "";
  return `${namespace}-${consumer.liqoId}`;
}

function setMapping(
  cluster: Cluster,
  map: NamespaceMap,
  namespace: string,
  remote: string | undefined,
): void {
  const { [namespace]: known, ...others } = map.spec?.desiredMapping ?? {};
  if (known === remote) return;
  const desiredMapping = remote === undefined ? others : { ...others, [namespace]: remote };
  cluster.update(NAMESPACE_MAPS, { ...map, spec: { desiredMapping } });
}

const required = (chosen: boolean) =>
  chosen
    ? { type: "OffloadingRequired", status: "True", reason: "ClusterSelected" }
    : { type: "OffloadingRequired", status: "False", reason: "ClusterNotSelected" };

const reasons = {
  Accepted: { status: "True", reason: "NamespaceCreated" },
  CreationLoopBackOff: { status: "False", reason: "CreationLoopBackOff" },
  Terminating: { status: "False", reason: "Terminating" },
  none: { status: "False", reason: "Creating" },
};

function tell(world: World, cluster: Cluster, { metadata }: NamespaceOffloading): void {
  const { namespace = "", name, generation = 1, deletionTimestamp } = metadata;
  const offloading = cluster.get(OFFLOADINGS, name, namespace);
  if (offloading === undefined) return;
  const ending = deletionTimestamp !== undefined;
  const before = offloading.status?.remoteNamespacesConditions ?? {};
  const states = cluster.list(NAMESPACE_MAPS).map((map) => ({
    name: map.metadata.name,
    wanted: map.spec?.desiredMapping?.[namespace] !== undefined,
    phase: map.status?.currentMapping?.[namespace]?.phase,
  }));
  const conditions = states
    .filter(({ wanted, phase }) => !ending || wanted || phase !== undefined)
    .map(({ name: map, wanted, phase }): [string, readonly LiqoCondition[]] => {
      const say = (next: Omit<LiqoCondition, "lastTransitionTime">) =>
        condition(before[map], stamp(world), next);
      const ready = { type: "Ready", ...reasons[phase ?? "none"] };
      return [map, [say(required(wanted)), ...(wanted || phase !== undefined ? [say(ready)] : [])]];
    });
  cluster.setStatus(OFFLOADINGS, offloading, {
    observedGeneration: generation,
    offloadingPhase: ending ? "Terminating" : phaseOf(states),
    remoteNamespaceName: remoteName(world, namespace, offloading.spec),
    remoteNamespacesConditions: Object.fromEntries(conditions),
  });
}

function phaseOf(
  states: readonly { readonly wanted: boolean; readonly phase: string | undefined }[],
): string {
  const wanted = states.filter((state) => state.wanted).length;
  const ready = states.filter(({ phase }) => phase === "Accepted").length;
  const failed = states.filter(({ phase }) => phase === "CreationLoopBackOff").length;
  if (wanted === 0) return "NoClusterSelected";
  if (ready === wanted) return "Ready";
  if (failed === wanted) return "AllFailed";
  return failed > 0 ? "SomeFailed" : "InProgress";
}
