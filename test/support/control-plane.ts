/**
 * A real Kubernetes control plane for tests, from the folder that envtest users know as KUBEBUILDER_ASSETS: etcd,
 * kube-apiserver and, where it is there, kube-controller-manager, on free loopback ports with everything in one
 * temporary folder. Test use only: etcd speaks plain HTTP on loopback. Works with Kubernetes 1.20 and newer.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  adminUser,
  controllerUser,
  type Layout,
  startControllers,
  startEtcd,
  startKubeApiServer,
} from "./control-plane-processes.ts";
import { withFreePorts } from "./free-ports.ts";
import { kubeconfigYaml } from "./kubeconfig.ts";
import type { Daemon } from "./processes.ts";

export interface ControlPlaneOptions {
  /** Where the binaries are; KUBEBUILDER_ASSETS when not given. */
  readonly assets?: string;
  /** Run kube-controller-manager where its binary is there. Default true. */
  readonly controllers?: boolean;
  /** Users with a static token: name to groups. Their kubeconfigs come from `kubeconfigFor`. */
  readonly users?: Readonly<Record<string, readonly string[]>>;
  /** Log every request to `auditLog()`. */
  readonly audit?: boolean;
}

/** One line of the audit log, the fields that tests read. */
export interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly userAgent?: string;
  readonly responseStatus?: { readonly code: number };
}

export interface ControlPlane {
  readonly url: string;
  readonly port: number;
  /** Kubeconfig (YAML) of a member of system:masters. */
  readonly kubeconfig: string;
  readonly caPem: string;
  /** Kubeconfig of a user of `ControlPlaneOptions.users`, or of any bearer token; through `server` where given. */
  kubeconfigFor(user: string | { readonly token: string }, server?: string): string;
  /** The admin's kubeconfig through another address, such as a proxy's. */
  kubeconfigVia(server: string): string;
  /** SIGKILL, as a crash. Open connections are reset. */
  killApiServer(): Promise<void>;
  /** Starts the API server again: same port, same data, same certificates. */
  startApiServer(): Promise<void>;
  /** Finished requests so far, watches when they end; only with `audit`. */
  auditLog(): Promise<AuditEvent[]>;
  /** Ends every process and deletes the folder. */
  stop(): Promise<void>;
}

/** The folder of the binaries, or undefined where there is none: the tests of a real control plane cannot run. */
export function controlPlaneAssets(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const assets = env.KUBEBUILDER_ASSETS;
  return assets !== undefined && existsSync(join(assets, "kube-apiserver")) ? assets : undefined;
}

/** Starts a control plane; about 6 s on two cores. Throws with the tail of the log of what did not start. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const assets = options.assets ?? controlPlaneAssets();
  if (assets === undefined)
    throw new Error("KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver");
  return withFreePorts(4, async (ports) => startProcesses(await prepare(assets, options, ports), options));
}

async function startProcesses(layout: Layout, options: ControlPlaneOptions): Promise<ControlPlane> {
  const running = new Map<string, Daemon>();
  const stop = async (): Promise<void> => {
    // The API server drains its watches for up to a minute on SIGTERM; its data is thrown away anyway.
    await Promise.all([...running.values()].map((daemon) => daemon.end(0)));
    await rm(layout.dir, { recursive: true, force: true });
  };
  try {
    running.set("etcd", await startEtcd(layout));
    running.set("kube-apiserver", await startKubeApiServer(layout));
    if (options.controllers !== false && existsSync(join(layout.assets, "kube-controller-manager"))) {
      running.set("kube-controller-manager", await startControllers(layout));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return controlPlane(layout, await readFile(join(layout.dir, "pki/apiserver.crt"), "utf8"), running, stop);
}

function controlPlane(
  layout: Layout,
  caPem: string,
  running: Map<string, Daemon>,
  stop: () => Promise<void>,
): ControlPlane {
  const url = `https://127.0.0.1:${layout.apiPort}`;
  const kubeconfigFor: ControlPlane["kubeconfigFor"] = (user, server = url) => {
    if (typeof user !== "string") return kubeconfigYaml(server, caPem, user.token);
    const token = layout.tokens[user];
    if (token === undefined) throw new Error(`no user ${user} in ControlPlaneOptions.users`);
    return kubeconfigYaml(server, caPem, token);
  };
  return {
    url,
    port: layout.apiPort,
    caPem,
    kubeconfig: kubeconfigFor(adminUser),
    kubeconfigFor,
    kubeconfigVia: (server) => kubeconfigFor(adminUser, server),
    killApiServer: async () => running.get("kube-apiserver")?.end(0),
    startApiServer: async () => void running.set("kube-apiserver", await startKubeApiServer(layout)),
    auditLog: async () => parseAuditLog(await readFile(join(layout.dir, "audit.log"), "utf8")),
    stop,
  };
}

async function prepare(
  assets: string,
  options: ControlPlaneOptions,
  [etcdPort = 0, peerPort = 0, apiPort = 0, kcmPort = 0]: readonly number[],
): Promise<Layout> {
  const dir = await mkdtemp(join(tmpdir(), "flare-control-plane-"));
  await mkdir(join(dir, "pki"));
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const users = { [adminUser]: ["system:masters"], [controllerUser]: [], ...options.users };
  const tokens = Object.fromEntries(
    Object.keys(users).map((user) => [user, randomBytes(16).toString("hex")]),
  );
  const rows = Object.entries(users).map(
    ([user, groups]) => `${tokens[user]},${user},${user},"${groups.join(",")}"`,
  );
  await Promise.all([
    writeFile(join(dir, "pki/sa.pub"), publicKey),
    writeFile(join(dir, "pki/sa.key"), privateKey),
    writeFile(join(dir, "tokens.csv"), `${rows.join("\n")}\n`),
    writeFile(join(dir, "audit.yaml"), auditPolicy),
  ]);
  return { assets, dir, etcdPort, peerPort, apiPort, kcmPort, tokens, audit: options.audit ?? false };
}

const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules: [{ level: Metadata }]
`;

function parseAuditLog(text: string): AuditEvent[] {
  const complete = text.slice(0, text.lastIndexOf("\n") + 1);
  return complete
    .split("\n")
    .filter(Boolean)
    .map((line): AuditEvent => JSON.parse(line));
}
