/**
 * A real Kubernetes control plane for tests, from the folder that envtest users know as KUBEBUILDER_ASSETS: etcd,
 * kube-apiserver and, where it is there, kube-controller-manager, on free loopback ports with everything in one
 * temporary folder. Test use only: etcd speaks plain HTTP on loopback. Works with Kubernetes 1.20 and newer.
 */
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KubeClient, kubeClient } from "./kube-client.ts";
import { type Daemon, eventually, freePorts, startDaemon } from "./processes.ts";

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
  readonly stage: string;
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
  /** SIGKILL, as a crash. Open connections are reset. */
  killApiServer(): Promise<void>;
  /** Starts the API server again: same port, same data, same certificates. */
  startApiServer(): Promise<void>;
  /** Finished requests so far; only with `audit`. */
  auditLog(): Promise<AuditEvent[]>;
  /** Ends every process and deletes the folder. */
  stop(): Promise<void>;
}

interface Layout {
  readonly assets: string;
  readonly dir: string;
  readonly etcdPort: number;
  readonly peerPort: number;
  readonly apiPort: number;
  readonly kcmPort: number;
  readonly tokens: Readonly<Record<string, string>>;
  readonly audit: boolean;
}

const adminUser = "flare-test-admin";
const controllerUser = "system:kube-controller-manager";
const controllers = [
  "namespace,garbagecollector,serviceaccount,serviceaccount-token,root-ca-cert-publisher,clusterrole-aggregation",
  "resourcequota,deployment,replicaset,job,cronjob,endpoint,endpointslice,disruption,ttl-after-finished",
].join(",");

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
  const layout = await prepare(assets, options);
  const running = new Map<string, Daemon>();
  const stop = async (): Promise<void> => {
    // The API server drains its watches for up to a minute on SIGTERM; its data is thrown away anyway.
    await Promise.all([...running.values()].map((daemon) => daemon.end(0)));
    await rm(layout.dir, { recursive: true, force: true });
  };
  try {
    running.set("etcd", await startEtcd(layout));
    running.set("kube-apiserver", await startKubeApiServer(layout));
    if (options.controllers !== false && existsSync(join(assets, "kube-controller-manager"))) {
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
    const token = typeof user === "string" ? layout.tokens[user] : user.token;
    if (token === undefined) throw new Error(`no user ${String(user)} in ControlPlaneOptions.users`);
    return kubeconfigYaml(server, caPem, token);
  };
  return {
    url,
    port: layout.apiPort,
    caPem,
    kubeconfig: kubeconfigFor(adminUser),
    kubeconfigFor,
    killApiServer: async () => void (await running.get("kube-apiserver")?.end(0)),
    startApiServer: async () => void running.set("kube-apiserver", await startKubeApiServer(layout)),
    auditLog: async () => parseAuditLog(await readFile(join(layout.dir, "audit.log"), "utf8")),
    stop,
  };
}

async function prepare(assets: string, options: ControlPlaneOptions): Promise<Layout> {
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
  const [etcdPort = 0, peerPort = 0, apiPort = 0, kcmPort = 0] = await freePorts(4);
  return { assets, dir, etcdPort, peerPort, apiPort, kcmPort, tokens, audit: options.audit ?? false };
}

const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules: [{ level: Metadata }]
`;

async function startEtcd(layout: Layout): Promise<Daemon> {
  const client = `http://127.0.0.1:${layout.etcdPort}`;
  const peer = `http://127.0.0.1:${layout.peerPort}`;
  const binary = join(layout.assets, "etcd");
  const help = spawnSync(binary, ["--help"], { encoding: "utf8" });
  const noFsync = `${help.stdout}${help.stderr}`.includes("--unsafe-no-fsync") ? ["--unsafe-no-fsync"] : [];
  const command = [
    binary, "--name=default", `--data-dir=${layout.dir}/etcd`, ...noFsync,
    `--listen-client-urls=${client}`, `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`,
    "--logger=zap", "--log-level=warn",
  ]; // biome-ignore format: one option group per line
  return startAndAwait(layout, "etcd", command, async () => {
    const response = await fetch(`${client}/health`, { signal: AbortSignal.timeout(1000) });
    return (await response.text()).includes("true");
  });
}

async function startKubeApiServer(layout: Layout): Promise<Daemon> {
  const audit = [
    `--audit-policy-file=${layout.dir}/audit.yaml`, `--audit-log-path=${layout.dir}/audit.log`, "--audit-log-mode=blocking",
  ]; // biome-ignore format: one option group per line
  const command = [
    join(layout.assets, "kube-apiserver"), `--etcd-servers=http://127.0.0.1:${layout.etcdPort}`,
    "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", `--secure-port=${layout.apiPort}`,
    // With no certificate given, the server makes a self-signed one here and keeps it over restarts.
    `--cert-dir=${layout.dir}/pki`, `--token-auth-file=${layout.dir}/tokens.csv`, "--authorization-mode=Node,RBAC",
    "--service-account-issuer=https://kubernetes.default.svc", "--api-audiences=https://kubernetes.default.svc",
    `--service-account-key-file=${layout.dir}/pki/sa.pub`, `--service-account-signing-key-file=${layout.dir}/pki/sa.key`,
    "--service-cluster-ip-range=10.0.0.0/24", "--endpoint-reconciler-type=none", "--allow-privileged=true",
    "--profiling=false", ...(layout.audit ? audit : []),
  ]; // biome-ignore format: one option group per line
  return startAndAwait(layout, "kube-apiserver", command, async () => {
    const response = await admin(layout).then((client) => client.request("GET", "/readyz"));
    return response.status === 200;
  });
}

async function startControllers(layout: Layout): Promise<Daemon> {
  const binary = join(layout.assets, "kube-controller-manager");
  const kubeconfig = join(layout.dir, "kcm.kubeconfig");
  const caFile = join(layout.dir, "pki/apiserver.crt");
  const server = `https://127.0.0.1:${layout.apiPort}`;
  await writeFile(
    kubeconfig,
    kubeconfigYaml(server, await readFile(caFile, "utf8"), layout.tokens[controllerUser] ?? ""),
  );
  const version = spawnSync(binary, ["--version"], { encoding: "utf8" }).stdout;
  const minor = Number(/v1\.(\d+)\./.exec(version)?.[1] ?? 99);
  const command = [
    binary, `--kubeconfig=${kubeconfig}`, `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`, "--bind-address=127.0.0.1", `--secure-port=${layout.kcmPort}`,
    ...(minor < 24 ? ["--port=0"] : []), // the insecure port, gone since 1.24
    `--cert-dir=${layout.dir}/pki-kcm`, "--leader-elect=false", "--use-service-account-credentials=true",
    `--controllers=${controllers}`, `--service-account-private-key-file=${layout.dir}/pki/sa.key`, `--root-ca-file=${caFile}`,
  ]; // biome-ignore format: one option group per line
  return startAndAwait(layout, "kube-controller-manager", command, async () => {
    const path = "/api/v1/namespaces/default/serviceaccounts/default";
    const response = await admin(layout).then((client) => client.request("GET", path));
    return response.status === 200;
  });
}

async function admin(layout: Layout): Promise<KubeClient> {
  const caPem = await readFile(join(layout.dir, "pki/apiserver.crt"), "utf8");
  return kubeClient({
    server: `https://127.0.0.1:${layout.apiPort}`,
    caPem,
    token: layout.tokens[adminUser] ?? "",
  });
}

async function startAndAwait(
  layout: Layout,
  name: string,
  command: readonly string[],
  ready: () => Promise<boolean>,
): Promise<Daemon> {
  const log = join(layout.dir, `${name}.log`);
  const daemon = await startDaemon(name, command, log);
  const died = Symbol("died");
  const outcome = await eventually(
    name,
    async () => {
      if (daemon.exited() !== undefined) return died;
      return ready().catch(() => false);
    },
    90_000,
  ).catch(() => died);
  if (outcome !== died) return daemon;
  const tail = (await readFile(log, "utf8")).split("\n").slice(-15).join("\n");
  const how = daemon.exited() ?? "not ready in 90 s";
  await daemon.end(0);
  throw new Error(`${name} did not start (${how}):\n${tail}`);
}

function kubeconfigYaml(server: string, caPem: string, token: string): string {
  return `apiVersion: v1
kind: Config
clusters: [{ name: test, cluster: { server: "${server}", certificate-authority-data: ${btoa(caPem)} } }]
users: [{ name: user, user: { token: "${token}" } }]
contexts: [{ name: test, context: { cluster: test, user: user } }]
current-context: test
`;
}

function parseAuditLog(text: string): AuditEvent[] {
  const complete = text.slice(0, text.lastIndexOf("\n") + 1);
  return complete
    .split("\n")
    .filter(Boolean)
    .map((line): AuditEvent => JSON.parse(line));
}
