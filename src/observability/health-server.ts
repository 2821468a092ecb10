import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./metrics.ts";

/** The answer of a health check: fine, or a sentence that says what is not. */
export type Health =
  | { readonly ok: true; readonly message?: string }
  | { readonly ok: false; readonly message: string };

export interface HealthServerOptions {
  /** Empty for every address of the machine, IPv6 and IPv4. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Is the program alive? A "no" gets it restarted. */
  readonly healthy: () => Health;
  /** Has it done what it is there for? */
  readonly ready: () => Health;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves /healthz, /readyz and /metrics. Rejects with a message that names the address when it cannot listen. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer(
    { requestTimeout: 5000, headersTimeout: 5000, maxHeaderSize: 8192 },
    (request, response) => {
      answer(options, request, response).catch((error: unknown) => {
        send(
          response,
          500,
          "text/plain; charset=utf-8",
          `${error instanceof Error ? error.message : String(error)}\n`,
        );
      });
    },
  );
  server.maxConnections = 64;
  server.keepAliveTimeout = 65_000;
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  options: HealthServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A body, if one comes, is nobody's: read and drop it.
  request.resume();
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return send(response, 405, "text/plain; charset=utf-8", "only GET and HEAD\n");
  }
  const path = (request.url ?? "/").split("?", 1)[0];
  if (path === "/metrics")
    return send(response, 200, options.metrics.contentType, await options.metrics.metrics());
  if (path === "/healthz") return sendHealth(response, options.healthy());
  if (path === "/readyz") return sendHealth(response, options.ready());
  return send(response, 404, "text/plain; charset=utf-8", "there is /healthz, /readyz and /metrics\n");
}

function sendHealth(response: ServerResponse, health: Health): void {
  send(response, health.ok ? 200 : 503, "text/plain; charset=utf-8", `${health.message ?? "ok"}\n`);
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    "Content-Type": contentType,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

function listen(server: Server, { host, port }: HealthServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "another program listens there" : error.message;
      reject(
        new Error(`cannot serve health and metrics on ${host}:${port}: ${why}; choose another with --listen`),
      );
    });
    server.listen({ port, ...(host === "" ? {} : { host }) }, resolve);
  });
}
