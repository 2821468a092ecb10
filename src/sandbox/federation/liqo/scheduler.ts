import { type Controller, keyOf, namesIn, other, own } from "../controller.ts";
import { NODES, OFFLOADINGS, PODS } from "../kinds.ts";
import type { NamespaceOffloading, Node, NodeSelector, Pod, PodSpec } from "../liqo-types.ts";
import { stamp, type World } from "../world.ts";
import { condition, isNodeReady } from "./node.ts";
import { bothSelectors, mayRunOn } from "./node-affinity.ts";
import { OFFLOADING } from "./offloading.ts";
import { shortage } from "./room.ts";
import { TAINT } from "./virtual-nodes.ts";

/**
 * What Liqo's webhook and the scheduler do with pods of offloaded namespaces: they get the toleration and the affinity
 * of their NamespaceOffloading, then a virtual node. Local nodes are left to whoever pretends to run those.
 */
export function schedulerController(world: World): Controller {
  const cluster = world.consumer.cluster.as("kube-scheduler");
  const waiting = (): readonly string[] =>
    cluster
      .list(PODS)
      .filter(({ spec }) => spec.nodeName === undefined)
      .map(keyOf);
  return {
    name: "scheduler",
    wakes: [
      own(cluster, PODS),
      other(cluster, PODS, (_, { type }) => (type === "DELETED" ? waiting() : [])),
      other(cluster, NODES, waiting),
      other(cluster, OFFLOADINGS, waiting),
    ],
    reconcile: (key) => {
      const { name, namespace } = namesIn(key);
      const pod = cluster.get(PODS, name, namespace);
      const offloading = cluster.get(OFFLOADINGS, OFFLOADING, namespace);
      if (pod === undefined || offloading === undefined || isPlaced(pod)) return undefined;
      if (offloading.spec.podOffloadingStrategy !== "Local") place(world, pod, offloading);
      return undefined;
    },
  };
}

const isPlaced = ({ metadata, spec }: Pod): boolean =>
  spec.nodeName !== undefined || metadata.deletionTimestamp !== undefined;

function place(world: World, pod: Pod, offloading: NamespaceOffloading): void {
  const cluster = world.consumer.cluster.as("kube-scheduler");
  const spec = asOffloaded(pod.spec, offloading);
  const nodes = cluster
    .list(NODES)
    .filter((node) => node.metadata.labels?.["liqo.io/type"] === "virtual-node");
  const verdicts = nodes.map((node) => ({ node, why: objection(world, node, spec) }));
  const chosen = verdicts.find(({ why }) => why === undefined)?.node;
  const told = (status: "True" | "False", reason: string, message: string): void => {
    const current = cluster.get(PODS, pod.metadata.name, pod.metadata.namespace);
    if (current === undefined) return;
    const scheduled = condition(current.status?.conditions, stamp(world), {
      type: "PodScheduled",
      status,
      reason,
      message,
    });
    cluster.setStatus(PODS, current, { ...current.status, phase: "Pending", conditions: [scheduled] });
  };
  if (chosen !== undefined) {
    cluster.overwrite(PODS, { ...pod, spec: { ...spec, nodeName: chosen.metadata.name } });
    told("True", "Scheduled", "");
  } else told("False", "Unschedulable", unschedulable(verdicts.map(({ why }) => why ?? "")));
}

const unschedulable = (whys: readonly string[]): string =>
  [`0/${whys.length} virtual nodes are available`, ...new Set(whys)].join(": ");

/** Why a pod cannot go to the node; undefined where it can. */
function objection({ consumer }: World, node: Node, spec: PodSpec): string | undefined {
  if (!isNodeReady(node)) return "not ready";
  if (!mayRunOn(spec, node)) return "didn't match the pod's node affinity, or its taints are not tolerated";
  const missing = shortage(consumer.cluster, node, spec);
  return missing === undefined ? undefined : `Insufficient ${missing}`;
}

/** The pod as Liqo's webhook leaves it. */
export function asOffloaded(pod: PodSpec, { spec }: Pick<NamespaceOffloading, "spec">): PodSpec {
  const toleration = { key: TAINT, operator: "Exists", effect: "NoExecute" };
  const required = bothSelectors(
    pod.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
    imposed(spec),
  );
  const nodeAffinity = {
    ...pod.affinity?.nodeAffinity,
    ...(required === undefined ? {} : { requiredDuringSchedulingIgnoredDuringExecution: required }),
  };
  return {
    ...pod,
    tolerations: [...(pod.tolerations ?? []), toleration],
    affinity: { ...pod.affinity, nodeAffinity },
  };
}

/** `Remote` excludes local nodes from every term; otherwise they are one term more. */
function imposed({
  clusterSelector,
  podOffloadingStrategy,
}: NamespaceOffloading["spec"]): NodeSelector | undefined {
  const terms = clusterSelector?.nodeSelectorTerms ?? [];
  const virtual = { key: "liqo.io/type", operator: "In", values: ["virtual-node"] };
  if (podOffloadingStrategy === "Remote")
    return {
      nodeSelectorTerms: (terms.length === 0 ? [{}] : terms).map((term) => ({
        ...term,
        matchExpressions: [...(term.matchExpressions ?? []), virtual],
      })),
    };
  if (terms.length === 0) return undefined;
  return {
    nodeSelectorTerms: [...terms, { matchExpressions: [{ ...virtual, operator: "NotIn" }] }],
  };
}
