/**
 * What a hub costs with a large provider, and how long a change takes to become an Offer. The hub runs in a process of its
 * own; the provider's API is made up. `npm run bench:hub -- --nodes 10000 --pods 40000 --json FILE`
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { hubConfigSchema } from "../src/hub/config.ts";
import type { Controller } from "../src/hub/controller.ts";
import { runHub } from "../src/hub/run-hub.ts";
import { createClient } from "../src/kubernetes/client.ts";
import { createLogger } from "../src/observability/logger.ts";
import {
  addProvider,
  applyCrds,
  createNamespace,
  startCluster,
  type TestCluster,
  writeKubeconfig,
} from "../test/integration/hub-cluster.ts";
import { REGIONS } from "../test/unit/hub/builders.ts";
import { type BenchResult, type Figure, median, printResult, saveResult } from "./support/figures.ts";
import { memoryOf } from "./support/proc.ts";
import { benchNode, benchPod, nodeName, type ProviderApi, startProviderApi } from "./support/provider-api.ts";

const { values: options } = parseArgs({
  options: {
    nodes: { type: "string", default: "10000" },
    pods: { type: "string", default: "40000" },
    changes: { type: "string", default: "300" },
    json: { type: "string" },
  },
});

/** What the hub's process tells. */
type Message =
  | { readonly type: "synced"; readonly offers: number }
  | { readonly type: "changed"; readonly node: string; readonly at: number };

const clock = (): number => performance.timeOrigin + performance.now();

/** The hub, in the child: reports when it knows everything, and each change of the pool. */
async function hubProcess(kubeconfig: string): Promise<void> {
  const report: Controller = {
    name: "report",
    start: async ({ pool, providers, signal }) => {
      const tell = (message: Message): void => void process.send?.(message);
      let synced = false;
      pool.subscribe((changes) => {
        if (synced) for (const { node } of changes) tell({ type: "changed", node, at: clock() });
      });
      const timer = setInterval(() => {
        if (synced || providers.get("large")?.synced() !== true) return;
        synced = true;
        tell({ type: "synced", offers: pool.offers().length });
      }, 5);
      signal.addEventListener("abort", () => clearInterval(timer));
    },
  };
  const stopper = new AbortController();
  process.once("SIGTERM", () => stopper.abort());
  process.once("disconnect", () => stopper.abort());
  const code = await runHub(
    {
      config: hubConfigSchema.parse({ flavors: { enabled: false } }),
      namespace: "flare-system",
      identity: "bench",
    },
    {
      client: createClient({ kubeconfigText: kubeconfig }),
      connect: (to) => createClient({ kubeconfigText: "inCluster" in to ? kubeconfig : to.kubeconfigText }),
      regions: REGIONS,
      controllers: [report],
      log: createLogger({ level: "warn" }),
      signal: stopper.signal,
    },
  );
  process.exit(code);
}

interface Hub {
  readonly child: ChildProcess;
  next<T extends Message["type"]>(
    type: T,
    matches?: (message: Message) => boolean,
  ): Promise<Extract<Message, { type: T }>>;
}

function startHubProcess(kubeconfig: string): Hub {
  const child = fork(process.argv[1] ?? "", [], {
    env: { ...process.env, BENCH_HUB_KUBECONFIG: kubeconfig },
    // As the image runs it: memory is worth more than the last bit of speed.
    execArgv: ["--max-semi-space-size=16"],
  });
  child.setMaxListeners(0);
  const next: Hub["next"] = (type, matches = () => true) =>
    new Promise((resolve, reject) => {
      const heard = (message: Message): void => {
        if (message.type !== type || !matches(message)) return;
        child.off("message", heard);
        resolve(message as never);
      };
      child.on("message", heard);
      child.once("exit", (code) => reject(new Error(`the hub ended with ${code}`)));
    });
  return { child, next };
}

const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN;

/** Milliseconds from the moment a change is sent by the provider's API until the Offer has changed. */
async function changes(hub: Hub, api: ProviderApi, nodes: number): Promise<number[]> {
  const took: number[] = [];
  for (let round = 0; round < Number(options.changes); round++) {
    const index = (round * 37) % nodes;
    const name = nodeName(index);
    const changed = hub.next("changed", (message) => message.type === "changed" && message.node === name);
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

async function measure(cluster: TestCluster): Promise<BenchResult> {
  const [nodes, pods] = [Number(options.nodes), Number(options.pods)];
  const api = await startProviderApi(nodes, pods);
  const hub = startHubProcess(cluster.kubeconfig);
  try {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const before = memoryOf(hub.child.pid ?? 0);
    await writeKubeconfig(cluster, "large", api.kubeconfig);
    const startedAt = clock();
    const synced = hub.next("synced");
    await addProvider(cluster, "large");
    let peak = 0;
    const sampling = setInterval(() => {
      peak = Math.max(peak, memoryOf(hub.child.pid ?? 0).resident);
    }, 50);
    const { offers } = await synced;
    const syncSeconds = (clock() - startedAt) / 1000;
    if (offers !== nodes) throw new Error(`${offers} offers of ${nodes} nodes`);
    const took = await changes(hub, api, nodes);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    clearInterval(sampling);
    const after = memoryOf(hub.child.pid ?? 0);
    const figures: Figure[] = [
      { name: "resident memory, no provider", value: before.resident, unit: "MiB" },
      { name: "resident memory, all known, at rest", value: after.resident, unit: "MiB", atMost: 300 },
      { name: "resident memory, highest", value: peak, unit: "MiB", atMost: 300 },
      {
        name: "for each node with its pods",
        value: ((after.resident - before.resident) * 1024) / nodes,
        unit: "KiB",
      },
      { name: "first list until every Offer is there", value: syncSeconds, unit: "s" },
      { name: "a change until its Offer, median", value: median(took), unit: "ms" },
      { name: "a change until its Offer, p99", value: percentile(took, 0.99), unit: "ms", atMost: 1000 },
    ];
    const conditions = {
      nodes,
      pods,
      node: process.version,
      cpu: `${cpus().length} x ${cpus()[0]?.model ?? "?"}`,
    };
    return { bench: "hub", conditions, figures };
  } finally {
    hub.child.removeAllListeners("exit");
    hub.child.kill("SIGTERM");
    await once(hub.child, "exit");
    await api.close();
  }
}

async function main(): Promise<void> {
  const cluster = await startCluster();
  try {
    await applyCrds(cluster.client, "manifests/crds/flare.clastix.io_providers.yaml");
    await createNamespace(cluster.client, "flare-system");
    const result = await measure(cluster);
    printResult(result);
    await saveResult(result, options.json);
  } finally {
    await cluster.close();
  }
}

const kubeconfig = process.env.BENCH_HUB_KUBECONFIG;
await (kubeconfig === undefined ? main() : hubProcess(kubeconfig));
