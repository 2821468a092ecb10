import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { KubeNode } from "../agent/node-view.ts";
import { createClient } from "../kubernetes/client.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { NODES } from "../kubernetes/objects.ts";
import { type Sandbox, startSandbox } from "../sandbox/sandbox.ts";
import { UserError } from "./exit.ts";

/** One provider cluster of the demo. */
export interface DemoCluster {
  readonly name: string;
  readonly sandbox: Sandbox;
  readonly client: KubeClient;
  readonly gpuNodes: readonly string[];
}

/** Seen from the bundle in dist/ and from src/cli/. */
const places = ["../fixtures/demo/", "../../fixtures/demo/"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** The fixtures of the demo: the nodes of each cluster, by its name. */
async function readClusters(): Promise<
  readonly { readonly name: string; readonly nodes: readonly KubeNode[] }[]
> {
  for (const folder of places) {
    const files = await readdir(folder).catch(() => []);
    const tables = files.filter((file) => file.endsWith(".yaml")).sort();
    if (tables.length === 0) continue;
    return Promise.all(
      tables.map(async (file) => {
        const list = parse(await readFile(join(folder, file), "utf8")) as {
          readonly items: readonly KubeNode[];
        };
        return { name: file.replace(/\.yaml$/, ""), nodes: list.items };
      }),
    );
  }
  throw new UserError(
    "the demo's nodes (fixtures/demo/*.yaml) are missing; run the demo from a checkout of the repository",
  );
}

/** Starts every cluster with its nodes. The caller closes them, also when this throws. */
export async function startClusters(started: (cluster: DemoCluster) => void): Promise<void> {
  for (const { name, nodes } of await readClusters()) {
    const sandbox = await startSandbox({ name });
    const client = createClient({ kubeconfigText: sandbox.adminKubeconfig, userAgent: "flare-demo" });
    started({ name, sandbox, client, gpuNodes: nodes.filter(hasDevices).map(nameOf) });
    for (const node of nodes) await client.create(NODES, asKubeletWould(node));
  }
}

const nameOf = (node: KubeNode): string => node.metadata?.name ?? "";

/** An agent runs where a device plugin offers something, as the DaemonSet's node affinity has it in a real cluster. */
const hasDevices = (node: KubeNode): boolean =>
  Object.keys(node.status?.allocatable ?? {}).some((resource) => resource.includes("/"));

/** The node with what a kubelet reports of itself, so that kubectl shows it as ready. */
export function asKubeletWould(node: KubeNode): KubeNode & { readonly status: object } {
  const labels = {
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/hostname": nameOf(node),
    ...node.metadata?.labels,
  };
  const ready = {
    type: "Ready",
    status: "True",
    reason: "KubeletReady",
    message: "kubelet is posting ready status",
  };
  const nodeInfo = { kubeletVersion: "v1.34.0", operatingSystem: "linux", architecture: "amd64" };
  return {
    ...node,
    metadata: { ...node.metadata, labels },
    status: {
      ...node.status,
      capacity: node.status?.allocatable,
      conditions: [ready],
      nodeInfo,
    } as KubeNode["status"] & object,
  };
}
