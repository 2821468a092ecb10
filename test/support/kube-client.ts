/** A bare HTTPS client for tests: what a test does to the API must not go through the code under test. */
import { Agent, request as httpsRequest } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";

export interface KubeEndpoint {
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
}

/** An object, a list or a Status as a server sends it: the fields that tests read, all of them optional. */
export interface KubeBody {
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly { readonly manager?: string; readonly operation?: string }[];
  };
  readonly items?: readonly KubeBody[];
  readonly status?: unknown;
  readonly message?: string;
  readonly reason?: string;
  readonly [field: string]: unknown;
}

export interface KubeResponse {
  readonly status: number;
  /** The parsed body; `{ message }` where it is no JSON. */
  readonly body: KubeBody;
}

export type PatchKind = "apply" | "merge" | "strategic" | "json";

export interface KubeClient {
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<KubeResponse>;
  get(path: string): Promise<KubeResponse>;
  /** Creates an object; throws where the server refuses it. */
  create(path: string, body: unknown): Promise<KubeResponse>;
  patch(path: string, kind: PatchKind, body: unknown): Promise<KubeResponse>;
  delete(path: string): Promise<KubeResponse>;
  close(): void;
}

const patchTypes: Readonly<Record<PatchKind, string>> = {
  apply: "application/apply-patch+yaml",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
};

/** A client of the endpoint. Connections are kept: `close()` when done. */
export function kubeClient(endpoint: KubeEndpoint): KubeClient {
  const agent = new Agent({ keepAlive: true, ca: endpoint.caPem });
  const request: KubeClient["request"] = (method, path, body, contentType = "application/json") =>
    send(
      agent,
      endpoint,
      method,
      path,
      body === undefined ? undefined : { text: JSON.stringify(body), contentType },
    );
  return {
    request,
    get: (path) => request("GET", path),
    create: async (path, body) => expectOk(await request("POST", path, body), `POST ${path}`),
    patch: (path, kind, body) => request("PATCH", path, body, patchTypes[kind]),
    delete: (path) => request("DELETE", path),
    close: () => agent.destroy(),
  };
}

/** A client from a kubeconfig with a CA and a token, as the test servers write them. */
export function kubeClientFrom(kubeconfig: string): KubeClient {
  return kubeClient(endpointOf(kubeconfig));
}

/** The current context's server, CA and token. */
export function endpointOf(kubeconfig: string): KubeEndpoint {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const cluster = config.getCurrentCluster();
  const caPem = Buffer.from(cluster?.caData ?? "", "base64").toString();
  return { server: cluster?.server ?? "", caPem, token: config.getCurrentUser()?.token ?? "" };
}

function expectOk(response: KubeResponse, what: string): KubeResponse {
  if (response.status < 300) return response;
  throw new Error(`${what}: ${response.status} ${JSON.stringify(response.body)}`);
}

function send(
  agent: Agent,
  endpoint: KubeEndpoint,
  method: string,
  path: string,
  payload: { readonly text: string; readonly contentType: string } | undefined,
): Promise<KubeResponse> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${endpoint.token}`,
    accept: "application/json",
  };
  if (payload) {
    headers["content-type"] = payload.contentType;
    // Node frames the body of a DELETE only when its length is told.
    headers["content-length"] = String(Buffer.byteLength(payload.text));
  }
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      new URL(path, endpoint.server),
      { method, headers, agent, timeout: 20_000 },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response
          .on("error", reject)
          .on("end", () => resolve({ status: response.statusCode ?? 0, body: parse(text) }));
      },
    );
    request.on("timeout", () => request.destroy(new Error(`${method} ${path}: no answer in 20 s`)));
    request.on("error", reject).end(payload?.text);
  });
}

function parse(text: string): KubeBody {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}
