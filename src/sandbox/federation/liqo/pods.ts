import { sleep } from "../../../kubernetes/timing.ts";
import type { WorkResult } from "../../../kubernetes/work-queue.ts";
import type { Cluster } from "../cluster.ts";
import { type Controller, faultsOf, keyOf, namesIn, other, own } from "../controller.ts";
import { NAMESPACE_MAPS, NODES, PODS } from "../kinds.ts";
import type { Container, Pod, PodSpec, PodStatus } from "../liqo-types.ts";
import { type ProviderSite, providerById, stamp, type World } from "../world.ts";
import { isNodeReady } from "./node.ts";
import { tenantNamespace } from "./peering.ts";
import { shortage } from "./room.ts";

const OFFLOADED = "liqo.io/shadowPod";
const MANAGED = { "liqo.io/managed-by": "shadowpod" };

/** The virtual kubelets: pods on their nodes run in the provider's cluster, and their state is told here. */
export function podController(world: World): Controller {
  const cluster = world.consumer.cluster.as("virtual-kubelet");
  const offloaded = (): readonly string[] =>
    cluster
      .list(PODS)
      .filter(({ spec }) => spec.nodeName !== undefined)
      .map(keyOf);
  return {
    name: "virtual kubelets",
    concurrency: 10,
    wakes: [
      own(cluster, PODS),
      other(cluster, NAMESPACE_MAPS, offloaded),
      ...world.providers.map((provider) =>
        other(provider.cluster, PODS, (pod, { type }) => [
          ...localKeys(world, provider, pod),
          // Room that became free there is for those that wait.
          ...(type === "DELETED" ? offloaded() : []),
        ]),
      ),
    ],
    pokes: world.providers.map((provider) => faultsOf(provider, offloaded)),
    reconcile: async (key, signal) => {
      const { name, namespace } = namesIn(key);
      const pod = cluster.get(PODS, name, namespace);
      const provider = pod === undefined ? undefined : providerOf(world, pod);
      if (pod === undefined || provider === undefined || provider.faults.away) return undefined;
      const remote = remoteNamespace(world, provider, namespace ?? "");
      if (pod.metadata.deletionTimestamp !== undefined) return end(cluster, provider, pod, remote);
      return remote === undefined ? undefined : run(world, provider, pod, remote, signal);
    },
  };
}

function providerOf({ consumer, ...world }: World, { spec }: Pod): ProviderSite | undefined {
  const node = spec.nodeName === undefined ? undefined : consumer.cluster.get(NODES, spec.nodeName);
  if (node?.metadata.labels?.["liqo.io/type"] !== "virtual-node") return undefined;
  return providerById({ consumer, ...world }, node.metadata.labels["liqo.io/remote-cluster-id"] ?? "");
}

/** Where the pods of a local namespace run; undefined until it is there. */
function remoteNamespace({ consumer }: World, { liqoId }: ProviderSite, local: string): string | undefined {
  const map = consumer.cluster.get(NAMESPACE_MAPS, liqoId, tenantNamespace(liqoId));
  const mapped = map?.status?.currentMapping?.[local];
  return mapped?.phase === "Accepted" ? mapped.remoteNamespace : undefined;
}

function localKeys({ consumer }: World, { liqoId }: ProviderSite, { metadata }: Pod): readonly string[] {
  const map = consumer.cluster.get(NAMESPACE_MAPS, liqoId, tenantNamespace(liqoId));
  return Object.entries(map?.status?.currentMapping ?? {})
    .filter(([, { remoteNamespace: remote }]) => remote === metadata.namespace)
    .map(([local]) => `${local}/${metadata.name}`);
}

/** The remote pod goes first; then the local one has nothing to wait for. */
function end(
  cluster: Cluster,
  provider: ProviderSite,
  { metadata }: Pod,
  namespace: string | undefined,
): undefined {
  if (namespace !== undefined)
    provider.cluster.as("liqo").remove(PODS, metadata.name, namespace, { gracePeriodSeconds: 0 });
  cluster.remove(PODS, metadata.name, metadata.namespace, { gracePeriodSeconds: 0 });
}

async function run(
  world: World,
  provider: ProviderSite,
  pod: Pod,
  namespace: string,
  signal: AbortSignal,
): Promise<WorkResult | undefined> {
  const remote = provider.cluster.as("liqo");
  const { name } = pod.metadata;
  const known = remote.get(PODS, name, namespace) ?? remote.create(PODS, remotePod(pod, namespace));
  const placed = known.spec.nodeName === undefined ? placeRemote(remote, known) : known;
  if (placed.spec.nodeName !== undefined && (placed.status?.phase ?? "Pending") === "Pending") {
    await sleep(world.timings.podMs, signal);
    const current = remote.get(PODS, name, namespace);
    if (signal.aborted || current === undefined || provider.faults.away) return undefined;
    remote.setStatus(PODS, current, runningStatus(world, current.spec.containers));
  }
  const restMs = endTask(world, remote, name, namespace);
  reflect(world, provider, pod, namespace);
  return restMs === undefined ? undefined : { requeueAfterMs: restMs };
}

/** Ends a pod that is to end by itself when its time is over; before, returns how long that is yet. */
function endTask(world: World, remote: Cluster, name: string, namespace: string): number | undefined {
  const pod = remote.get(PODS, name, namespace);
  if (pod?.status?.phase !== "Running" || (pod.spec.restartPolicy ?? "Always") === "Always") return undefined;
  const { startTime = stamp(world) } = pod.status;
  const restMs = Date.parse(startTime) + world.timings.taskMs - world.now();
  if (restMs > 0) return restMs;
  remote.setStatus(PODS, pod, { phase: "Succeeded", startTime });
  return undefined;
}

function remotePod({ metadata, spec }: Pod, namespace: string): Pick<Pod, "metadata" | "spec"> {
  const { nodeName: _, affinity: __, tolerations: ___, ...bare } = spec;
  const labels = { ...metadata.labels, ...MANAGED };
  return { metadata: { name: metadata.name, namespace, labels }, spec: bare as PodSpec };
}

/** The provider's own scheduler: the first real node with room; a pod that fits nowhere waits. */
function placeRemote(cluster: Cluster, pod: Pod): Pod {
  const node = cluster
    .list(NODES)
    .filter((each) => each.metadata.labels?.["liqo.io/type"] !== "virtual-node" && mayServe(each))
    .find((each) => shortage(cluster, each, pod.spec) === undefined);
  if (node === undefined) return pod;
  return cluster.overwrite(PODS, { ...pod, spec: { ...pod.spec, nodeName: node.metadata.name } });
}

/** Nodes of tests that say nothing of their readiness count as ready. */
const mayServe = (node: Parameters<typeof isNodeReady>[0]): boolean =>
  node?.status?.conditions === undefined || isNodeReady(node);

function runningStatus(world: World, containers: readonly Container[]): PodStatus {
  const now = stamp(world);
  const ready = { status: "True", lastTransitionTime: now };
  return {
    phase: "Running",
    startTime: now,
    conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({
      type,
      ...ready,
    })),
    containerStatuses: containers.map(({ name, image }) => ({
      name,
      image,
      imageID: "",
      ready: true,
      restartCount: 0,
      state: { running: { startedAt: now } },
    })),
  };
}

/** Tells here what is known there; what the remote scheduler thinks is not told. */
function reflect(world: World, provider: ProviderSite, { metadata }: Pod, namespace: string): void {
  const cluster = world.consumer.cluster.as("virtual-kubelet");
  const local = cluster.get(PODS, metadata.name, metadata.namespace);
  const remote = provider.cluster.get(PODS, metadata.name, namespace);
  if (local === undefined || remote === undefined) return;
  const labels = { ...local.metadata.labels, [OFFLOADED]: "true" };
  const marked =
    local.metadata.labels?.[OFFLOADED] === "true"
      ? local
      : cluster.update(PODS, { ...local, metadata: { ...local.metadata, labels } });
  if (remote.status?.phase === undefined || remote.status.phase === "Pending") return;
  cluster.setStatus(PODS, marked, remote.status);
}
