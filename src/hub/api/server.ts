import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import { sleep } from "../../kubernetes/timing.ts";
import type { Logger } from "../../observability/logger.ts";
import { readTlsPair, type TlsFiles, watchTlsPair } from "./tls-files.ts";

export interface ServerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: TlsFiles | undefined;
  readonly log: Logger;
  /** How often the certificate's files are looked at. */
  readonly tlsEveryMs?: number;
}

export interface ApiServer {
  readonly port: number;
  /** Takes no more requests, and ends when those that came were answered, or a while later at most. */
  close(): Promise<void>;
}

/** A client that does not get on with it is not waited for. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 32_768,
  connectionsCheckingInterval: 5000,
} as const;
const MOST_CONNECTIONS = 4096;
/** Kubernetes gives a pod ten seconds by our manifests. */
const DRAIN_MS = 5000;

/** Serves an application. Rejects with a message that names the address, or the certificate, when it cannot. */
export async function serveApp(
  app: Hono<{ Bindings: HttpBindings }>,
  options: ServerOptions,
): Promise<ApiServer> {
  const { tls, log } = options;
  const ending = new AbortController();
  // Its own Request and Response take the place of Node's for all of the process: a text that is there as a whole is sent as
  // such, in half the time that a stream of one takes.
  const answer = getRequestListener(app.fetch);
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(request, response);
  };
  const pair = tls && (await readTlsPair(tls));
  const server =
    pair === undefined
      ? createHttpServer(LIMITS, listener)
      : createHttpsServer({ ...LIMITS, ...pair, minVersion: "TLSv1.2" }, listener);
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, options.listen);
  if (tls !== undefined && pair !== undefined) {
    const secure = server as HttpsServer;
    const onPair = (next: typeof pair): void => {
      secure.setSecureContext({ ...next, minVersion: "TLSv1.2" });
      log.info({ certFile: tls.certFile }, "the API has a new certificate");
    };
    const onError = (error: unknown): void =>
      log.error({ error: String(error) }, "the API's certificate cannot be read anew; the old one stays");
    const everyMs = options.tlsEveryMs ?? 10_000;
    void watchTlsPair(tls, { current: pair, everyMs, onPair, onError }, ending.signal);
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      ending.abort();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      // Connections are kept alive for the next request; those that have none any more are cut as they become idle.
      const cutting = setInterval(() => server.closeIdleConnections(), 50);
      const waited = new AbortController();
      await Promise.race([closed, sleep(DRAIN_MS, waited.signal)]);
      waited.abort();
      clearInterval(cutting);
      server.closeAllConnections();
      await closed;
    },
  };
}

function listening(server: Server | HttpsServer, { host, port }: ServerOptions["listen"]): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "another program listens there" : error.message;
      reject(new Error(`cannot serve the API on ${host}:${port}: ${why}; choose another by api.listen`));
    });
    server.listen({ port, ...(host === "" ? {} : { host }) }, () => resolve());
  });
}
