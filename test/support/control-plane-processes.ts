/** How each process of the test control plane is started, and how one knows that it is ready. */
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kubeClient } from "./kube-client.ts";
import { kubeconfigYaml } from "./kubeconfig.ts";
import { type Daemon, startReadyDaemon } from "./processes.ts";

/** Where a control plane's files are and which ports it has: all that a restart needs. */
export interface Layout {
  readonly assets: string;
  readonly dir: string;
  readonly etcdPort: number;
  readonly peerPort: number;
  readonly apiPort: number;
  readonly kcmPort: number;
  /** Static tokens by user name. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly audit: boolean;
}

export const adminUser = "flare-test-admin";
export const controllerUser = "system:kube-controller-manager";

const controllers = [
  "namespace,garbagecollector,serviceaccount,serviceaccount-token,root-ca-cert-publisher",
  "clusterrole-aggregation,resourcequota,deployment,replicaset,job,cronjob,endpoint,endpointslice,disruption",
  "pvc-protection",
].join(",");

export async function startEtcd(layout: Layout): Promise<Daemon> {
  const client = `http://127.0.0.1:${layout.etcdPort}`;
  const peer = `http://127.0.0.1:${layout.peerPort}`;
  const binary = join(layout.assets, "etcd");
  const help = spawnSync(binary, ["--help"], { encoding: "utf8" });
  const noFsync = `${help.stdout}${help.stderr}`.includes("--unsafe-no-fsync") ? ["--unsafe-no-fsync"] : [];
  // biome-ignore format: one group of options per line
  const command = [
    binary, "--name=default", `--data-dir=${layout.dir}/etcd`, ...noFsync,
    `--listen-client-urls=${client}`, `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`,
    "--logger=zap", "--log-level=warn",
  ];
  return startAndAwait(layout, "etcd", command, async () => {
    const response = await fetch(`${client}/health`, { signal: AbortSignal.timeout(1000) });
    return (await response.text()).includes("true");
  });
}

export async function startKubeApiServer(layout: Layout): Promise<Daemon> {
  const audit = [`--audit-policy-file=${layout.dir}/audit.yaml`, `--audit-log-path=${layout.dir}/audit.log`];
  // biome-ignore format: one group of options per line
  const command = [
    join(layout.assets, "kube-apiserver"), `--etcd-servers=http://127.0.0.1:${layout.etcdPort}`,
    "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", `--secure-port=${layout.apiPort}`,
    // With no certificate given, the server makes a self-signed one here and keeps it over restarts.
    `--cert-dir=${layout.dir}/pki`,
    `--token-auth-file=${layout.dir}/tokens.csv`, "--authorization-mode=Node,RBAC",
    "--service-account-issuer=https://kubernetes.default.svc", "--api-audiences=https://kubernetes.default.svc",
    `--service-account-key-file=${layout.dir}/pki/sa.pub`, `--service-account-signing-key-file=${layout.dir}/pki/sa.key`,
    "--service-cluster-ip-range=10.0.0.0/24", "--endpoint-reconciler-type=none",
    "--allow-privileged=true", "--profiling=false",
    ...(layout.audit ? audit : []),
  ];
  return startAndAwait(layout, "kube-apiserver", command, () => answers(layout, "/readyz"));
}

export async function startControllers(layout: Layout): Promise<Daemon> {
  const binary = join(layout.assets, "kube-controller-manager");
  const kubeconfig = join(layout.dir, "kcm.kubeconfig");
  const caFile = join(layout.dir, "pki/apiserver.crt");
  const server = `https://127.0.0.1:${layout.apiPort}`;
  const token = layout.tokens[controllerUser] ?? "";
  await writeFile(kubeconfig, kubeconfigYaml(server, await readFile(caFile, "utf8"), token));
  const version = spawnSync(binary, ["--version"], { encoding: "utf8" }).stdout;
  const minor = Number(/v1\.(\d+)\./.exec(version)?.[1] ?? 99);
  // biome-ignore format: one group of options per line
  const command = [
    binary, `--kubeconfig=${kubeconfig}`, "--leader-elect=false", "--use-service-account-credentials=true",
    `--authentication-kubeconfig=${kubeconfig}`, `--authorization-kubeconfig=${kubeconfig}`,
    "--bind-address=127.0.0.1", `--secure-port=${layout.kcmPort}`, `--cert-dir=${layout.dir}/pki-kcm`,
    ...(minor < 24 ? ["--port=0"] : []), // the insecure port, gone since 1.24
    `--controllers=${controllers}`,
    `--service-account-private-key-file=${layout.dir}/pki/sa.key`, `--root-ca-file=${caFile}`,
  ];
  const ready = "/api/v1/namespaces/default/serviceaccounts/default";
  return startAndAwait(layout, "kube-controller-manager", command, () => answers(layout, ready));
}

async function answers(layout: Layout, path: string): Promise<boolean> {
  const caPem = await readFile(join(layout.dir, "pki/apiserver.crt"), "utf8");
  const server = `https://127.0.0.1:${layout.apiPort}`;
  const client = kubeClient({ server, caPem, token: layout.tokens[adminUser] ?? "" });
  try {
    return (await client.get(path)).status === 200;
  } finally {
    client.close();
  }
}

function startAndAwait(
  layout: Layout,
  name: string,
  command: readonly string[],
  ready: () => Promise<boolean>,
): Promise<Daemon> {
  return startReadyDaemon(name, command, join(layout.dir, `${name}.log`), ready, 90_000);
}
