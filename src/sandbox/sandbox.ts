import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { bootstrap } from "./bootstrap.ts";
import { builtInTypes } from "./built-in-types.ts";
import { createServerCertificate } from "./certificates.ts";
import { startControllers } from "./controllers.ts";
import type { Kernel } from "./kernel.ts";
import { type KubeconfigEntry, kubeconfigYaml } from "./kubeconfig.ts";
import type { User } from "./rbac.ts";
import { createRegistry } from "./registry.ts";
import { createRequestLog, type RequestLog } from "./request-log.ts";
import { type Fault, requestListener } from "./server.ts";
import { createStore } from "./store.ts";
import { createTokenIssuer } from "./tokens.ts";
import { createWatchSet } from "./watches.ts";

export interface SandboxOptions {
  /** 0 (the default) takes any free port of the loopback interface. */
  readonly port?: number;
  /** Name of cluster, user and context in the kubeconfigs. */
  readonly name?: string;
  /** Whether the API serves ResourceSlices, as clusters without DRA do not. Default true. */
  readonly resourceSlices?: boolean;
  /** How often an idle watch gets a bookmark. Default 60 s, as on a real API server. */
  readonly bookmarkIntervalMs?: number;
  /** How many past changes a watch can resume from, at least. Default 10,000. */
  readonly historyLimit?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Whom a kubeconfig is for: a service account that exists (by its name), or any user. */
export type SandboxUser = User | { readonly serviceAccount: string; readonly namespace: string };

/** A Kubernetes API server in this process, reachable over HTTPS on the loopback interface. */
export interface Sandbox {
  readonly url: string;
  /** What the server works on, for simulated controllers in this process: they are no clients, and count as none. */
  readonly kernel: Kernel;
  /** Kubeconfig (YAML) of a user who may do everything. */
  readonly adminKubeconfig: string;
  /** What a kubeconfig entry for the user needs, to put several sandboxes into one file. */
  entryFor(user: SandboxUser): KubeconfigEntry;
  kubeconfigFor(user: SandboxUser): string;
  /** What clients asked for. */
  readonly requests: RequestLog;
  /** Cuts every open watch off, as an API server does that goes away. */
  dropWatches(): void;
  /** Forgets the history: every resourceVersion known so far is too old (410). */
  compact(): void;
  /** Answers the next `count` requests with that status. */
  failNext(count: number, status: number, headers?: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

export const sandboxAdmin: User = { name: "sandbox-admin", groups: ["system:masters"] };

const tokenSeconds = 365 * 24 * 3600;

/** Starts a sandbox with the namespaces and roles of a new cluster. Call `close()` when done. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { name = "sandbox", now = Date.now, random = Math.random, historyLimit = 10_000 } = options;
  const store = createStore(historyLimit);
  const registry = createRegistry(builtInTypes({ resourceSlices: options.resourceSlices ?? true }), store);
  const kernel: Kernel = { store, registry, now, random, admission: new Set() };
  const tokens = createTokenIssuer(randomBytes(32), store, now);
  const watches = createWatchSet();
  const requests = createRequestLog();
  const faults: Fault[] = [];
  const stopControllers = startControllers(kernel);
  bootstrap(kernel);
  // Nobody watched while the cluster was made: its history begins here, as that of an API server with its start.
  store.compact();

  // The certificate is checked by clients against the true time, whatever the clock of this server says.
  const certificate = await createServerCertificate(Date.now());
  const listener = requestListener({
    kernel,
    tokens,
    watches,
    requests,
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
    nextFault: () => faults.shift(),
  });
  const server = createServer({ key: certificate.keyPem, cert: certificate.certPem }, listener);
  const url = await listen(server, options.port ?? 0);

  const tokenFor = (user: SandboxUser): string => {
    if (!("serviceAccount" in user)) return tokens.forUser(user);
    const account = store.get("/serviceaccounts", user.namespace, user.serviceAccount);
    if (account === undefined)
      throw new Error(`no service account ${user.serviceAccount} in namespace ${user.namespace}`);
    const issued = Math.floor(now() / 1000);
    return tokens.forServiceAccount(account, {
      audiences: ["https://kubernetes.default.svc"],
      issued,
      expires: issued + tokenSeconds,
    });
  };
  const entryFor = (user: SandboxUser): KubeconfigEntry => ({
    name,
    url,
    caPem: certificate.caPem,
    token: tokenFor(user),
  });
  return {
    url,
    kernel,
    adminKubeconfig: kubeconfigYaml([entryFor(sandboxAdmin)]),
    entryFor,
    kubeconfigFor: (user) => kubeconfigYaml([entryFor(user)]),
    requests,
    dropWatches: () => watches.endAll(),
    compact: () => store.compact(),
    failNext: (count, status, headers = {}) =>
      faults.push(...Array.from({ length: count }, () => ({ status, headers }))),
    close: async () => {
      stopControllers();
      watches.endAll();
      await closeServer(server);
    },
  };
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  server.removeAllListeners("error");
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
