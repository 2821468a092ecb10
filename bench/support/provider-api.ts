/** A provider's API as far as the hub reads it: large lists made up page by page, and watches that can be told things. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { H100 } from "../../test/unit/hub/builders.ts";
import { gpuNode, gpuNodeStatus } from "./gpu-node.ts";

export interface ProviderApi {
  readonly kubeconfig: string;
  /** Tells every open watch of the plural that the object is as given now. */
  tell(plural: "nodes" | "pods", object: object): void;
  /** Ends all watches: the past is gone. In the lists every node is newer, and the last one not ready any more. */
  forget(): void;
  close(): Promise<void>;
}

type Make = (index: number) => object;

/** One of the nodes: 15 KB of labels, images and conditions, with the agent's annotations. */
export function benchNode(index: number, version: number, ready = true): object {
  const node = gpuNode(nodeName(index)) as { metadata: { labels: object } };
  const { status } = gpuNodeStatus("2026-01-01T00:00:00Z") as {
    status: { conditions: { type: string; status: string }[] };
  };
  for (const condition of status.conditions)
    if (condition.type === "Ready") condition.status = ready ? "True" : "False";
  const labels = { ...node.metadata.labels, "node.fluidos.eu/gpu": "true" };
  const own = {
    uid: `node-${index}`,
    resourceVersion: String(version),
    annotations: { ...H100, "cost.fluidos.eu/hourly-rate": String(60 + (index % 40)) },
  };
  return { ...node, metadata: { ...node.metadata, ...own, labels }, status };
}

/** One of the pods: some 4 KB, a quarter of a node's GPUs or less. */
export function benchPod(index: number, nodes: number, version: number): object {
  const env = Array.from({ length: 40 }, (_, number) => ({
    name: `VARIABLE_${number}`,
    value: `some-value-of-it-${number}`,
  }));
  return {
    metadata: {
      name: `worker-${index}`,
      namespace: `team-${index % 50}`,
      uid: `pod-${index}`,
      resourceVersion: String(version),
      labels: { app: "worker" },
    },
    spec: {
      nodeName: nodeName(index % nodes),
      containers: [
        {
          name: "main",
          image: "registry.example/team/image:1",
          env,
          resources: { requests: { cpu: "4", memory: "16Gi", "nvidia.com/gpu": "1" } },
        },
      ],
    },
    status: { phase: "Running", podIP: "10.0.0.1" },
  };
}

export const nodeName = (index: number): string => `gpu-${String(index).padStart(5, "0")}.cluster.internal`;

/** Serves so many nodes and pods on a free port of the loopback interface. */
export async function startProviderApi(nodes: number, pods: number): Promise<ProviderApi> {
  let version = 1;
  const watches = { nodes: new Set<ServerResponse>(), pods: new Set<ServerResponse>() };
  const makers: Readonly<Record<"nodes" | "pods", readonly [number, Make]>> = {
    nodes: [nodes, (index) => benchNode(index, version, version === 1 || index < nodes - 1)],
    pods: [pods, (index) => benchPod(index, nodes, version)],
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://provider");
    response.setHeader("Content-Type", "application/json");
    if (url.pathname === "/version") return void response.end('{"gitVersion":"v1.34.0"}');
    const plural = url.pathname.endsWith("/pods") ? "pods" : "nodes";
    if (url.searchParams.get("watch") === "true") return watch(watches[plural], request, response);
    response.end(page(url.searchParams, ...makers[plural]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    kubeconfig: `{"apiVersion":"v1","kind":"Config","current-context":"a","contexts":[{"name":"a","context":{"cluster":"a","user":"a"}}],"clusters":[{"name":"a","cluster":{"server":"http://127.0.0.1:${port}"}}],"users":[{"name":"a","user":{"token":"t"}}]}`,
    tell: (plural, object) => {
      for (const response of watches[plural])
        response.write(`${JSON.stringify({ type: "MODIFIED", object })}\n`);
    },
    forget: () => {
      version += 1_000_000;
      const gone = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
      for (const response of [...watches.nodes, ...watches.pods])
        response.end(`${JSON.stringify({ type: "ERROR", object: gone })}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function watch(open: Set<ServerResponse>, request: IncomingMessage, response: ServerResponse): void {
  open.add(response);
  request.on("close", () => open.delete(response));
  response.flushHeaders();
}

function page(query: URLSearchParams, total: number, make: Make): string {
  const count =
    query.has("fieldSelector") && query.get("fieldSelector")?.startsWith("metadata.name") ? 0 : total;
  const from = Number(query.get("continue") ?? 0);
  const to = Math.min(count, from + Number(query.get("limit") ?? 500));
  const items = Array.from({ length: Math.max(0, to - from) }, (_, index) => make(from + index));
  return JSON.stringify({
    metadata: { resourceVersion: "1", ...(to < count ? { continue: String(to) } : {}) },
    items,
  });
}
