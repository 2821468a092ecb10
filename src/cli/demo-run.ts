import { setMaxListeners } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AGENT_DEFAULTS } from "../agent/options.ts";
import { runAgent } from "../agent/run-agent.ts";
import { createLogger } from "../observability/logger.ts";
import { kubeconfigYaml } from "../sandbox/kubeconfig.ts";
import { sandboxAdmin } from "../sandbox/sandbox.ts";
import { agentTables } from "./agent-tables.ts";
import { type DemoCluster, startClusters } from "./demo-clusters.ts";
import { type DemoHub, type IntentRow, intentTable, startDemoHub } from "./demo-hub.ts";
import { type PoolRow, poolTable, readPool } from "./demo-pool.ts";

export interface DemoFlags {
  readonly once?: boolean;
  readonly output: "table" | "json";
}

export interface DemoShell {
  /** Ends the demo. */
  readonly signal: AbortSignal;
  /** Takes the result. */
  readonly print: (text: string) => void;
  /** Takes what a person may want to know meanwhile. */
  readonly progress: (text: string) => void;
}

const patienceMs = 15_000;
const pollMs = 100;

/**
 * Runs the demo until its signal aborts, or with `once` until the pool is printed. Resolves to whether every GPU node
 * was described in time. Leaves nothing behind.
 */
export async function runDemo(flags: DemoFlags, shell: DemoShell): Promise<boolean> {
  const clusters: DemoCluster[] = [];
  const agents = new AbortController();
  const running: Promise<unknown>[] = [];
  let folder: string | undefined;
  let hub: DemoHub | undefined;
  try {
    await startClusters((cluster) => clusters.push(cluster));
    // Every agent listens to it, which is no leak.
    setMaxListeners(0, agents.signal);
    for (const cluster of clusters) running.push(...startAgents(cluster, agents.signal));
    shell.progress(`${clusters.length} clusters are up, ${running.length} agents look at their nodes`);
    const pool = await waitForPool(clusters, running.length, shell);
    if (flags.output === "table") shell.print(poolTable(pool));
    hub = await startDemoHub(clusters);
    const intents = shell.signal.aborted ? [] : await submitIntents(hub, shell);
    shell.print(
      flags.output === "json" ? JSON.stringify({ pool, intents }, null, 2) : `\n${intentTable(intents)}`,
    );
    const complete = pool.length === running.length;
    if (!complete)
      shell.progress(`only ${pool.length} of ${running.length} GPU nodes were described in time`);
    if (flags.once === true || shell.signal.aborted) return complete;
    folder = await mkdtemp(join(tmpdir(), "flare-demo-"));
    const file = join(folder, "kubeconfig");
    await writeFile(file, kubeconfigOf(clusters, hub), { mode: 0o600 });
    shell.progress(invitation(file, clusters));
    await ended(shell.signal);
    return true;
  } finally {
    agents.abort();
    await hub?.close();
    await Promise.allSettled(running);
    for (const { client, sandbox } of clusters) {
      client.close();
      await sandbox.close();
    }
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** An agent for each GPU node, quicker to react than in production, where a second more costs nobody anything. */
function startAgents({ client, gpuNodes }: DemoCluster, signal: AbortSignal): readonly Promise<unknown>[] {
  const compile = agentTables({ aliases: false });
  const log = createLogger({ level: "error" });
  const haste = { debounceMs: 200, maxWaitMs: 1000, graceMs: 60_000 };
  return gpuNodes.map((node) =>
    runAgent({ ...AGENT_DEFAULTS, ...haste, node }, { client, compile, log, signal, version: "demo" }),
  );
}

async function waitForPool(
  clusters: readonly DemoCluster[],
  wanted: number,
  { signal, progress }: DemoShell,
): Promise<readonly PoolRow[]> {
  let pool: readonly PoolRow[] = [];
  for (let waited = 0; waited < patienceMs && !signal.aborted; waited += pollMs) {
    const seen = pool.length;
    pool = await readPool(clusters, AbortSignal.timeout(patienceMs));
    if (pool.length > seen) progress(`${pool.length} of ${wanted} GPU nodes are described`);
    if (pool.length >= wanted) break;
    await delay(pollMs);
  }
  return pool;
}

async function submitIntents(hub: DemoHub, { signal, progress }: DemoShell): Promise<readonly IntentRow[]> {
  progress("a hub takes Intents and places them on the clusters; what runs their pods only pretends to");
  return hub.submit(signal);
}

const kubeconfigOf = (clusters: readonly DemoCluster[], hub: DemoHub): string =>
  kubeconfigYaml([...clusters, hub].map(({ sandbox }) => sandbox.entryFor(sandboxAdmin)));

/** What the reader can do now, in commands that work as they stand. */
function invitation(file: string, clusters: readonly DemoCluster[]): string {
  const cluster = clusters.find(({ gpuNodes }) => gpuNodes.length > 0);
  const [node = ""] = cluster?.gpuNodes ?? [];
  const kubectl = `kubectl --kubeconfig ${file} --context ${cluster?.name ?? ""}`;
  const onHub = `kubectl --kubeconfig ${file} --context hub`;
  return `
The clusters stay up; your own kubectl works on them (contexts ${[...clusters.map(({ name }) => name), "hub"].join(", ")}):
  ${kubectl} get nodes
  ${kubectl} describe node ${node}
Give a node another GPU and see its annotations follow:
  ${kubectl} label node ${node} --overwrite nvidia.com/gpu.product=NVIDIA-H100-PCIe nvidia.com/gpu.memory=81559
  ${kubectl} get node ${node} -o yaml | grep fluidos.eu
  ${kubectl} get events
Ask the hub for GPUs, see why they went where they went, and who waits for what:
  ${onHub} get providers
  ${onHub} get intents -A
  ${onHub} describe intent -n team-a pretrain
Delete the training, and see the one that waits take its place:
  ${onHub} delete intent -n team-a train-llm
  ${onHub} get intents -A --watch
Ctrl-C ends them and removes the kubeconfig.`;
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
