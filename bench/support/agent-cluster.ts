/** The cluster that a benched agent lives in: a sandbox in this process, with one GPU node. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { kubeClientFrom } from "../../test/support/kube-client.ts";
import { eventually } from "../../test/support/processes.ts";
import { gpuNode, gpuNodeStatus } from "./gpu-node.ts";

export interface Call {
  readonly verb: string;
  readonly resource: string;
  readonly count: number;
}

export interface BenchCluster {
  readonly node: string;
  readonly kubeconfigFile: string;
  /** A new Node, as before anybody published on it. */
  resetNode(): Promise<void>;
  /** The model that is published, if any. */
  published(): Promise<string | undefined>;
  /** A timestamp changes: a label of GPU Feature Discovery, or the kubelet's conditions. */
  heartbeat(kind: "label" | "status", beat: number): Promise<void>;
  /** The GPUs are others: a change that has to be published. */
  setProduct(product: string): Promise<void>;
  /** Cuts all watches and resolves when the Node is watched again. */
  cutWatches(): Promise<void>;
  /** What the agent asked of the API while `work` ran. */
  callsDuring(work: () => Promise<void>): Promise<readonly Call[]>;
  close(): Promise<void>;
}

const node = "gpu-1";
const agentUser = { name: "bench-agent", groups: ["system:masters"] };

export async function startCluster(): Promise<BenchCluster> {
  const sandbox = await startSandbox();
  const admin = kubeClientFrom(sandbox.adminKubeconfig);
  const dir = await mkdtemp(join(tmpdir(), "flare-bench-"));
  const kubeconfigFile = join(dir, "kubeconfig");
  await writeFile(kubeconfigFile, sandbox.kubeconfigFor(agentUser));
  const path = `/api/v1/nodes/${node}`;
  let own: Record<string, number> = {};
  const patch = async (subresource: string, body: unknown): Promise<void> => {
    own[`nodes${subresource}`] = (own[`nodes${subresource}`] ?? 0) + 1;
    const { status, body: answer } = await admin.patch(`${path}${subresource}`, "merge", body);
    if (status !== 200) throw new Error(`patch of ${node}: ${status} ${answer.message}`);
  };
  return {
    node,
    kubeconfigFile,
    resetNode: async () => {
      await admin.delete(path);
      await admin.create("/api/v1/nodes", gpuNode(node));
      await patch("/status", gpuNodeStatus("2026-01-01T00:00:00Z"));
    },
    published: async () => (await admin.get(path)).body.metadata?.annotations?.["gpu.fluidos.eu/model"],
    heartbeat: (kind, beat) => {
      const time = new Date(Date.UTC(2026, 0, 1) + beat * 1000).toISOString();
      if (kind === "status") return patch("/status", gpuNodeStatus(time.replace(/\.\d+Z$/, "Z")));
      return patch("", {
        metadata: { labels: { "nvidia.com/gfd.timestamp": String(1_732_000_000 + beat) } },
      });
    },
    setProduct: (product) => patch("", { metadata: { labels: { "nvidia.com/gpu.product": product } } }),
    cutWatches: async () => {
      const opened = (): number => sandbox.requests.count({ verb: "watch", resource: "nodes" });
      const before = opened();
      sandbox.dropWatches();
      await eventually("the watches are back", () => opened() > before, 60_000);
    },
    callsDuring: async (work) => {
      sandbox.requests.reset();
      own = {};
      await work();
      // The bench's own heartbeats are patches too.
      const mine = ({ verb, resource }: Call): number => (verb === "patch" ? (own[resource] ?? 0) : 0);
      return sandbox.requests.all().map((call) => ({ ...call, count: call.count - mine(call) }));
    },
    close: async () => {
      admin.close();
      await sandbox.close();
      await rm(dir, { recursive: true });
    },
  };
}
