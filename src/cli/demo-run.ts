import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { startAgents } from "./demo-agents.ts";
import { type DemoCluster, startClusters } from "./demo-clusters.ts";
import { type DemoHub, startDemoHub } from "./demo-hub.ts";
import { type PoolRow, poolTable, readPool } from "./demo-pool.ts";
import { type DemoFlags, type DemoShell, stayUp } from "./demo-shell.ts";
import { tellStory } from "./demo-story.ts";

const patienceMs = 15_000;
const pollMs = 100;

/**
 * Runs the demo until its signal aborts, or with `once` until its story is told. Resolves to whether everything came as
 * it should have. Leaves nothing behind.
 */
export async function runDemo(flags: DemoFlags, shell: DemoShell): Promise<boolean> {
  const clusters: DemoCluster[] = [];
  const agents = new AbortController();
  const running: Promise<unknown>[] = [];
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
    const { ok, ...told } = await tellStory(hub, clusters, {
      ...shell,
      show: flags.output === "table" ? shell.print : () => {},
    });
    if (flags.output === "json") shell.print(JSON.stringify({ pool, ...told }, null, 2));
    const complete = pool.length === running.length;
    if (!complete)
      shell.progress(`only ${pool.length} of ${running.length} GPU nodes were described in time`);
    if (flags.once === true || shell.signal.aborted) return complete && (ok || shell.signal.aborted);
    await stayUp([...clusters, hub], (file) => invitation(file, clusters), shell);
    return true;
  } finally {
    agents.abort();
    await hub?.close();
    await Promise.allSettled(running);
    for (const { client, sandbox } of clusters) {
      client.close();
      await sandbox.close();
    }
  }
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

/** What the reader can do now, in commands that work as they stand. */
function invitation(file: string, clusters: readonly DemoCluster[]): string {
  const names = [...clusters.map(({ name }) => name), "hub"];
  return `
Everything stays up. Your own kubectl works on it (contexts ${names.join(", ")}):
  export KUBECONFIG=${file}
Give a node another GPU and see its annotations follow:
  kubectl --context lab-milan label node rtx-1 --overwrite nvidia.com/gpu.product=NVIDIA-L40S nvidia.com/gpu.memory=46068
  kubectl --context lab-milan describe node rtx-1
See who asks for what, what is on offer, and why an Intent is where it is:
  kubectl --context hub get intents,providers,flavors -A
  kubectl --context hub describe intent -n team-a pretrain
Delete the training, and see the one that waits take its place:
  kubectl --context hub delete intent -n team-a train-llm
  kubectl --context hub get intents -A --watch
Take the hub's way to a cluster away, see its Intents move, and give it back:
  kubectl --context hub patch provider aws-us --type merge -p '{"spec":{"kubeconfigSecretRef":{"key":"none"}}}'
  kubectl --context hub patch provider aws-us --type merge -p '{"spec":{"kubeconfigSecretRef":{"key":"kubeconfig"}}}'
Ctrl-C ends everything and removes the kubeconfig.`;
}
