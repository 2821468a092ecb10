/** What a hub costs with a large provider, how long a change takes to become an Offer, and what a full resync costs. */
import {
  addProvider,
  applyCrds,
  createNamespace,
  startCluster,
  writeKubeconfig,
} from "../../test/integration/hub-cluster.ts";
import { type BenchResult, conditionsOf, type Figure, median, percentile } from "../support/figures.ts";
import {
  benchNode,
  benchPod,
  nodeName,
  type ProviderApi,
  startProviderApi,
} from "../support/provider-api.ts";
import { type HubProcess, startHubProcess } from "./hub-process.ts";
import { clock } from "./processes.ts";

export interface InventorySize {
  readonly nodes: number;
  readonly pods: number;
  readonly changes: number;
}

export async function benchInventory(size: InventorySize): Promise<BenchResult> {
  const cluster = await startCluster();
  await applyCrds(cluster.client, "manifests/crds/flare.clastix.io_providers.yaml");
  await createNamespace(cluster.client, "flare-system");
  const api = await startProviderApi(size.nodes, size.pods);
  const hub = startHubProcess(cluster.kubeconfig, { intents: false, flavors: false, changes: true });
  try {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const before = hub.memory();
    await writeKubeconfig(cluster, "large", api.kubeconfig);
    const startedAt = clock();
    const synced = hub.next("synced");
    await addProvider(cluster, "large");
    let peak = 0;
    const sampling = setInterval(() => {
      peak = Math.max(peak, hub.memory().resident);
    }, 50);
    const { offers, at } = await synced;
    if (offers !== size.nodes) throw new Error(`${offers} offers of ${size.nodes} nodes`);
    const took = await changes(hub, api, size);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const after = hub.memory();
    const highest = peak;
    const resynced = await resync(hub, api, size);
    clearInterval(sampling);
    const perNode = ((after.resident - before.resident) * 1024) / size.nodes;
    const figures: Figure[] = [
      { name: "resident memory, no provider", value: before.resident, unit: "MiB" },
      { name: "resident memory, all known, at rest", value: after.resident, unit: "MiB", atMost: 300 },
      { name: "resident memory, highest until then", value: highest, unit: "MiB", atMost: 300 },
      { name: "for each node with its pods", value: perNode, unit: "KiB" },
      { name: "first list until every Offer is there", value: (at - startedAt) / 1000, unit: "s" },
      { name: "a change until its Offer, median", value: median(took), unit: "ms" },
      { name: "a change until its Offer, p99", value: percentile(took, 0.99), unit: "ms", atMost: 1000 },
      ...resynced,
      { name: "resident memory, highest of all", value: peak, unit: "MiB", atMost: 300 },
    ];
    const conditions = conditionsOf({ nodes: size.nodes, pods: size.pods });
    return { bench: "hub, inventory", conditions, figures };
  } finally {
    await hub.end();
    await api.close();
    await cluster.close();
  }
}

/** Milliseconds from the moment a change is sent by the provider's API until the Offer has changed. */
async function changes(hub: HubProcess, api: ProviderApi, size: InventorySize): Promise<number[]> {
  const took: number[] = [];
  for (let round = 0; round < size.changes; round++) {
    const index = (round * 37) % size.nodes;
    const name = nodeName(index);
    const changed = hub.next("changed", ({ node }) => node === name);
    const sentAt = clock();
    // In turn a node that stops being ready, and a pod that takes a GPU of another one.
    if (round % 2 === 0) api.tell("nodes", benchNode(index, round + 2, false));
    else api.tell("pods", podOn(index, round));
    took.push((await changed).at - sentAt);
  }
  return took;
}

function podOn(index: number, round: number): object {
  const pod = benchPod(index, index + 1, round + 2) as { metadata: object };
  return { ...pod, metadata: { ...pod.metadata, name: `new-${round}` } };
}

/** The past is gone: everything is listed anew, each node with a newer version, and the last one different. */
async function resync(hub: HubProcess, api: ProviderApi, { nodes }: InventorySize): Promise<Figure[]> {
  const changed = hub.next("changed", ({ node }) => node === nodeName(nodes - 1));
  const [startedAt, cpuBefore] = [clock(), hub.cpuMilliseconds()];
  api.forget();
  const { at } = await changed;
  const cpu = hub.cpuMilliseconds() - cpuBefore;
  return [
    { name: "full resync until the last Offer", value: (at - startedAt) / 1000, unit: "s" },
    { name: "full resync, CPU of the hub", value: cpu / 1000, unit: "s" },
  ];
}
