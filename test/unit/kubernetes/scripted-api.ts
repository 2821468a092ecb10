import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type ClientOptions, createClient } from "../../../src/kubernetes/client.ts";
import type { KubeClient } from "../../../src/kubernetes/kube-client.ts";

export interface ScriptedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export type Answer = (request: ScriptedRequest, response: ServerResponse) => void;

export interface ScriptedApi {
  readonly url: string;
  readonly client: KubeClient;
  /** Every request so far, in order. */
  readonly requests: ScriptedRequest[];
  kubeconfig(): string;
  stop(): Promise<void>;
}

/** An HTTP server that plays API server by a script: the n-th request gets the n-th answer, the last one repeats. */
export async function startScriptedApi(
  script: readonly Answer[],
  options: ClientOptions = {},
): Promise<ScriptedApi> {
  const requests: ScriptedRequest[] = [];
  const sockets = new Set<Socket>();
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? "/", "http://localhost");
    let body = "";
    for await (const chunk of incoming) body += chunk;
    const request: ScriptedRequest = {
      method: incoming.method ?? "",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: incoming.headers,
      body,
    };
    requests.push(request);
    script[Math.min(requests.length, script.length) - 1]?.(request, response);
  };
  // A request that is cut while it is read needs no answer.
  const server = createServer((incoming, response) => void answer(incoming, response).catch(() => undefined));
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient({ kubeconfigText: kubeconfigOf(url), ...options });
  return {
    url,
    client,
    requests,
    kubeconfig: () => kubeconfigOf(url),
    stop: async () => {
      client.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A kubeconfig for a server, as JSON (which is YAML). */
export function kubeconfigOf(
  server: string,
  user: Record<string, unknown> = { token: "secret-token" },
): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "test", cluster: { server } }],
    users: [{ name: "test", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
  });
}

/** Answers with JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Answers with a Status, as the API server does for failures. */
export function failure(
  code: number,
  reason: string,
  extra: Record<string, unknown> = {},
  headers = {},
): Answer {
  return json(
    { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: reason, ...extra },
    code,
    headers,
  );
}

/** Answers with watch events, then ends, stays open or cuts the connection. Strings go out as they are. */
export function stream(lines: readonly (object | string)[], then: "end" | "hang" | "cut" = "end"): Answer {
  return (_request, response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.flushHeaders();
    for (const line of lines) response.write(typeof line === "string" ? line : `${JSON.stringify(line)}\n`);
    if (then === "end") response.end();
    if (then === "cut") setTimeout(() => response.socket?.destroy(), 20);
  };
}

/** A Node with a name and a resourceVersion. */
export function node(name: string, resourceVersion: number, labels: Record<string, string> = {}) {
  return {
    kind: "Node",
    apiVersion: "v1",
    metadata: { name, resourceVersion: String(resourceVersion), labels },
  };
}

/** A list of Nodes. */
export function nodeList(resourceVersion: number, items: readonly object[], continueToken = "") {
  return {
    kind: "NodeList",
    apiVersion: "v1",
    metadata: { resourceVersion: String(resourceVersion), continue: continueToken },
    items,
  };
}
