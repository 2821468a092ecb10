/** A simulated federation in this process, with the hub's CRDs, tenants and Provider in the cluster that buys. */
import { setTimeout as delay } from "node:timers/promises";
import { hubConfigSchema } from "../../src/hub/config.ts";
import { runHub } from "../../src/hub/run-hub.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { type Cluster, clusterOf as insideOf } from "../../src/sandbox/federation/cluster.ts";
import type { Defect, Dialect } from "../../src/sandbox/federation/defects.ts";
import { type Federation, startFederation } from "../../src/sandbox/federation/federation.ts";
import { CONTRACTS, NODES } from "../../src/sandbox/federation/kinds.ts";
import { quickTimings, type Timings } from "../../src/sandbox/federation/timings.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import {
  addDoor,
  applyCrds,
  clusterOf,
  createNamespace,
  type TestCluster,
} from "../../test/integration/hub-cluster.ts";
import { REGIONS } from "../../test/unit/hub/builders.ts";
import { TEAMS } from "../hub/site.ts";

/** A FLUIDOS node that sells. */
export interface Seller {
  readonly name: string;
  readonly dialect: Dialect;
  /** What happens in its cluster, without being a client of it. */
  readonly cluster: Cluster;
  /** Adds nodes of four H100 each; FLUIDOS or the hub of role provider makes Flavors of them. */
  addNodes(count: number, rate: number): void;
  /** How many Contracts it has. */
  contracts(): number;
}

export interface FederationSite {
  readonly federation: Federation;
  readonly consumer: Sandbox;
  /** What happens in the cluster that buys, without being a client of it. */
  readonly cluster: Cluster;
  /** The same as its clients see it. */
  readonly hub: TestCluster;
  readonly sellers: readonly Seller[];
  close(): Promise<void>;
}

export interface SiteOptions {
  readonly sellers: Readonly<Record<string, Dialect>>;
  readonly buyer?: Dialect;
  readonly liqo?: "v1.0" | "head";
  readonly defects?: Partial<Record<Defect, boolean>>;
  readonly timings?: Timings;
  readonly runWorkloads?: boolean;
  readonly random?: () => number;
}

export const GPUS_OF_A_NODE = 4;

/** Starts everything but the hub. Where FLUIDOS makes no Flavors with GPUs a hub of role `provider` does. */
export async function startSite(options: SiteOptions): Promise<FederationSite> {
  const { sellers: dialects, buyer = "clastix", random = Math.random, timings = quickTimings } = options;
  const consumer = await startSandbox({ name: "consumer", historyLimit: 100_000, random });
  const sandboxes = await Promise.all(
    Object.entries(dialects).map(async ([name, dialect]) => ({
      name,
      dialect,
      sandbox: await startSandbox({ name, random }),
    })),
  );
  const { liqo = "v1.0", defects = {}, runWorkloads = false } = options;
  const federation = startFederation({
    consumer: { name: "consumer", sandbox: consumer, dialect: buyer },
    providers: sandboxes,
    liqo,
    defects,
    timings,
    runWorkloads,
    random,
  });
  const hub = await prepareHub(consumer);
  const ends = sandboxes
    .filter(({ dialect }) => dialect === "upstream")
    .map(({ name, sandbox }) => startProviderHub(name, sandbox));
  return {
    federation,
    consumer,
    hub,
    cluster: insideOf(consumer.kernel, "bench"),
    sellers: sandboxes.map(sellerOf),
    close: async () => {
      await Promise.all(ends.map((end) => end()));
      await federation.stop();
      hub.client.close();
      await Promise.all([consumer, ...sandboxes.map(({ sandbox }) => sandbox)].map((each) => each.close()));
    },
  };
}

async function prepareHub({ url, adminKubeconfig: kubeconfig }: Sandbox): Promise<TestCluster> {
  const hub = clusterOf({ kind: "sandbox", url, kubeconfig, stop: () => Promise.resolve() });
  await applyCrds(hub.client, "manifests/crds");
  for (const name of ["flare-system", "team-a", ...TEAMS]) await createNamespace(hub.client, name);
  await addDoor(hub);
  return hub;
}

/** Publishes Flavors with GPUs beside a FLUIDOS that knows none. */
function startProviderHub(name: string, { adminKubeconfig: kubeconfigText }: Sandbox): () => Promise<void> {
  const stopper = new AbortController();
  const client = createClient({ kubeconfigText, userAgent: "flare-hub" });
  const config = { role: "provider", provider: { name }, flavors: { every: "50ms", perSecond: 500 } };
  const running = runHub(
    { config: hubConfigSchema.parse(config), namespace: "flare-system", identity: name },
    {
      client,
      connect: () => createClient({ kubeconfigText, userAgent: "flare-hub" }),
      regions: REGIONS,
      controllers: [],
      log: createLogger({ level: "error" }),
      signal: stopper.signal,
    },
  ).finally(() => client.close());
  return async () => {
    stopper.abort();
    await running;
  };
}

function sellerOf({ name, dialect, sandbox }: { name: string; dialect: Dialect; sandbox: Sandbox }): Seller {
  const cluster = insideOf(sandbox.kernel, "bench");
  let added = 0;
  return {
    name,
    dialect,
    cluster,
    contracts: () => cluster.list(CONTRACTS).length,
    addNodes: (count, rate) => {
      for (let index = 0; index < count; index += 1)
        cluster.create(NODES, gpuNode(`gpu-${added++}`, rate, dialect) as never);
    },
  };
}

/** What FLUIDOS knows no GPUs of is left to the hub: FLUIDOS makes nothing of a node without its label. */
function gpuNode(name: string, rate: number, dialect: Dialect): object {
  const allocatable = {
    cpu: "32",
    memory: "131072000Ki",
    pods: "110",
    "nvidia.com/gpu": String(GPUS_OF_A_NODE),
  };
  const annotations = {
    "gpu.fluidos.eu/vendor": "nvidia",
    "gpu.fluidos.eu/model": "nvidia-h100",
    "gpu.fluidos.eu/count": String(GPUS_OF_A_NODE),
    "gpu.fluidos.eu/memory-per-gpu": "80Gi",
    "gpu.fluidos.eu/sharing-strategy": "none",
    "cost.fluidos.eu/hourly-rate": String(rate),
    "location.fluidos.eu/region": "eu-west-1",
  };
  const label = dialect === "clastix" ? "node-role.fluidos.eu/resources" : "node.fluidos.eu/gpu";
  return {
    metadata: { name, annotations, labels: { [label]: "true", "kubernetes.io/hostname": name } },
    status: {
      allocatable,
      capacity: allocatable,
      conditions: [{ type: "Ready", status: "True" }],
      nodeInfo: { architecture: "amd64" },
    },
  };
}

/** Waits until it is so; throws with what is not where it does not come about. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 240_000,
): Promise<void> {
  const limit = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > limit) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await delay(20);
  }
}
