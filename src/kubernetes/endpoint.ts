import { createHash } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { KubeError } from "./kube-error.ts";
import type { KubeConfigSource } from "./kubeconfig.ts";
import { elapsed } from "./timing.ts";

/** A server and how to be let in: everything a request needs besides itself. */
export interface Endpoint {
  readonly url: URL;
  /** The one keep-alive agent of this client. */
  readonly agent: http.Agent;
  /** Authorization and impersonation. Never logged. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Keeps the endpoint current: tokens and certificates on disk change while we run. */
export interface EndpointSource {
  current(): Promise<Endpoint>;
  /** Reads everything again, after a 401. False when that was done so recently that it cannot help. */
  refresh(): Promise<boolean>;
  /** Closes the idle connections: where one went silent the others lead nowhere either, and would be tried first. */
  dropIdle(): void;
  close(): void;
}

/** What `KubeConfig.applyToHTTPSOptions` fills in. */
type Applied = Omit<https.RequestOptions, "headers"> & { headers: Record<string, string> };

/** How long credentials are used before they are looked at again; client-go takes 60 s too. */
const CREDENTIALS_MS = 60_000;
const REFRESH_PAUSE_MS = 10_000;
/** An exec plugin that asks a person, or hangs, must not hang us. */
const CREDENTIALS_TIMEOUT_MS = 30_000;

/**
 * Connections kept for the next request. As many as somebody who works in parallel uses: a new one costs both sides more
 * than the request. None is kept for long.
 */
const MOST_IDLE = 64;
const IDLE_MS = 60_000;

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

interface Held {
  readonly endpoint: Endpoint;
  readonly material: string;
  readonly at: number;
}

/** Creates the endpoint of a kubeconfig. Nothing is read before the first `current()`; `now`: milliseconds that never go back. */
export function createEndpointSource(source: KubeConfigSource, now: () => number = elapsed): EndpointSource {
  let config: KubeConfig | undefined;
  let held: Held | undefined;
  let pending: Promise<Endpoint> | undefined;
  let refreshedAt = Number.NEGATIVE_INFINITY;

  const renew = async (): Promise<Endpoint> => {
    // Loaded late: a program that only prints --help does not pay for it.
    config ??= await (await import("./kubeconfig.ts")).loadKubeConfig(source);
    const url = serverUrl(config);
    const applied = await applyCredentials(config);
    const material = fingerprint(url, applied);
    const agent =
      held !== undefined && held.material === material
        ? held.endpoint.agent
        : createAgent(url, config, applied);
    if (held !== undefined && held.endpoint.agent !== agent) closeIdle(held.endpoint.agent);
    held = { endpoint: { url, agent, headers: headersOf(applied) }, material, at: now() };
    return held.endpoint;
  };
  const current = async (): Promise<Endpoint> => {
    if (held !== undefined && now() - held.at < CREDENTIALS_MS) return held.endpoint;
    pending ??= renew().finally(() => {
      pending = undefined;
    });
    return pending;
  };
  const refresh = async (): Promise<boolean> => {
    if (now() - refreshedAt < REFRESH_PAUSE_MS) return false;
    refreshedAt = now();
    config = undefined;
    if (held !== undefined) held = { ...held, at: Number.NEGATIVE_INFINITY };
    await current();
    return true;
  };
  const dropIdle = (): void => {
    if (held !== undefined) closeIdle(held.endpoint.agent);
  };
  return { current, refresh, dropIdle, close: () => held?.endpoint.agent.destroy() };
}

async function applyCredentials(config: KubeConfig): Promise<Applied> {
  const applied: Applied = { headers: {} };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const user = config.getCurrentUser()?.name ?? "";
    const message = `the credentials of user "${user}" were not there within 30 s: does its exec plugin wait for input?`;
    timer = setTimeout(() => reject(new KubeError("config", message)), CREDENTIALS_TIMEOUT_MS);
  });
  try {
    await Promise.race([config.applyToHTTPSOptions(applied), late]);
  } catch (error) {
    if (error instanceof KubeError) throw error;
    const told = error instanceof Error ? error.message.trim() : String(error);
    const user = config.getCurrentUser()?.name ?? "";
    throw new KubeError("config", `the credentials of user "${user}" cannot be had: ${told}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
  return applied;
}

function serverUrl(config: KubeConfig): URL {
  const cluster = config.getCurrentCluster();
  const server = cluster?.server ?? "";
  if (!URL.canParse(server))
    throw new KubeError("config", `the server "${server}" of cluster "${cluster?.name}" is no URL`);
  const url = new URL(server);
  // kubectl proxy and test servers. The library wants this said before it lets plain HTTP pass.
  if (url.protocol === "http:" && LOOPBACK.test(url.hostname))
    Object.assign(cluster ?? {}, { skipTLSVerify: true });
  return url;
}

function createAgent(url: URL, config: KubeConfig, applied: Applied): http.Agent {
  const keepAlive = { keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: MOST_IDLE, timeout: IDLE_MS };
  if (config.getCurrentCluster()?.proxyUrl && applied.agent instanceof http.Agent) {
    return Object.assign(applied.agent, keepAlive);
  }
  if (url.protocol === "http:") return new http.Agent(keepAlive);
  const { ca, cert, key, servername, rejectUnauthorized } = applied;
  const tls: https.AgentOptions = { ...keepAlive };
  if (ca !== undefined) tls.ca = ca;
  if (cert !== undefined) tls.cert = cert;
  if (key !== undefined) tls.key = key;
  if (servername !== undefined) tls.servername = servername;
  if (rejectUnauthorized !== undefined) tls.rejectUnauthorized = rejectUnauthorized;
  return new https.Agent(tls);
}

function headersOf(applied: Applied): Record<string, string> {
  const headers: Record<string, string> = { ...applied.headers };
  // A token file that an editor or `echo` wrote ends with a newline, which no header may have.
  if (headers.Authorization !== undefined) headers.Authorization = headers.Authorization.trim();
  if (typeof applied.auth === "string")
    headers.Authorization = `Basic ${Buffer.from(applied.auth).toString("base64")}`;
  return headers;
}

/** What a connection was made with: when it changes, old connections are not used for new requests. */
function fingerprint(url: URL, applied: Applied): string {
  const { ca, cert, key, servername, rejectUnauthorized } = applied;
  const material = JSON.stringify([url.href, ca, cert, key, servername, rejectUnauthorized]);
  return createHash("sha256").update(material).digest("hex");
}

/** Closes the idle connections of an agent. Running watches end by themselves. */
export function closeIdle(agent: http.Agent): void {
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}
