/** A hub with its Intent controller and provider clusters beside it, in this process. */
import { readFileSync } from "node:fs";
import { hubConfigSchema } from "../../src/hub/config.ts";
import type { Controller } from "../../src/hub/controller.ts";
import { createIntentController } from "../../src/hub/intents/controller.ts";
import { INTENTS } from "../../src/hub/intents/intent-view.ts";
import { catalogueModels } from "../../src/hub/intents/models.ts";
import type { IntentOptions } from "../../src/hub/intents/options.ts";
import { PODS } from "../../src/hub/providers/connection.ts";
import { runHub } from "../../src/hub/run-hub.ts";
import type { IntentStatus } from "../../src/intent/status-schema.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import type { KubeObject, ObjectMeta, Resource } from "../../src/kubernetes/objects.ts";
import { parseTable } from "../../src/mapping/parse-table.ts";
import { compileParsed } from "../../src/mapping/tables.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { REGIONS } from "../unit/hub/builders.ts";
import {
  addProvider,
  applyCrds,
  createNamespace,
  NAMESPACES,
  startCluster,
  type TestCluster,
  writeKubeconfig,
} from "./hub-cluster.ts";
import { settled } from "./hub-harness.ts";

export const JOBS: Resource = { group: "batch", version: "v1", plural: "jobs", namespaced: true };
export const DEPLOYMENTS: Resource = {
  group: "apps",
  version: "v1",
  plural: "deployments",
  namespaced: true,
};

const CATALOGUE = ["catalogue-nvidia.yaml"].flatMap((file) => {
  const parsed = parseTable({ file, text: readFileSync(`mappings/${file}`, "utf8"), origin: "built-in" });
  return parsed.ok ? [parsed.table] : [];
});
const compiled = compileParsed(CATALOGUE);
if (!compiled.ok) throw new Error(compiled.problems.join("\n"));
export const resolveModel = catalogueModels(compiled.tables.catalogue);

/** The Intent controller, in a hurry. */
export const intentController = (options: Partial<IntentOptions> = {}): Controller =>
  createIntentController({ resolveModel, queueEveryMs: 200, retryMs: 200, ...options });

/** Makes the clients of a hub die, as its process would. */
export type Wrap = (client: KubeClient) => KubeClient;

export interface RunningHub {
  readonly log: readonly string[];
  /** What its /metrics tells now. */
  metrics(): Promise<string>;
  /** Resolves when the hub has ended, by itself or by `stop`. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

export interface Federation {
  readonly hub: TestCluster;
  readonly providers: Readonly<Record<string, TestCluster>>;
  /** `config` is what the hub's file would have, beside the hurry that tests are in; `now` is the hub's clock. */
  start(options?: Partial<IntentOptions>, wrap?: Wrap, config?: object, now?: () => number): RunningHub;
  close(): Promise<void>;
}

/** Starts a hub's cluster with our CRDs, and providers whose nodes are still to be added. */
export async function startFederation(names: readonly string[]): Promise<Federation> {
  const [hub, ...clusters] = await Promise.all([startCluster(), ...names.map(() => startCluster())]);
  if (hub === undefined) throw new Error("no hub");
  await applyCrds(hub.client, "manifests/crds");
  for (const name of ["flare-system", "team-a", "team-b"]) await createNamespace(hub.client, name);
  const providers = Object.fromEntries(names.map((name, index) => [name, clusters[index]])) as Record<
    string,
    TestCluster
  >;
  for (const [name, cluster] of Object.entries(providers)) {
    await writeKubeconfig(hub, name, cluster.kubeconfig);
    await addProvider(hub, name);
  }
  const running = new Set<RunningHub>();
  return {
    hub,
    providers,
    start: (options, wrap, config, now) => {
      const started = startHubOn(hub, options, wrap, config, now);
      running.add(started);
      return started;
    },
    close: async () => {
      await Promise.all([...running].map((each) => each.stop()));
      await Promise.all([hub, ...clusters].map((cluster) => cluster.close()));
    },
  };
}

const HURRY = {
  providers: { probeEvery: "100ms", probeTimeout: "5s", unreachableAfter: "500ms", statusEvery: "1s" },
  flavors: { enabled: false },
};

/** Starts a hub in its own cluster. */
export function startHubOn(
  cluster: TestCluster,
  options: Partial<IntentOptions> = {},
  wrap: Wrap = (client) => client,
  config: object = {},
  now: () => number = Date.now,
): RunningHub {
  const client = wrap(createClient({ kubeconfigText: cluster.kubeconfig, userAgent: "flare-hub" }));
  const ending = new AbortController();
  const log: string[] = [];
  let listening: (port: number) => void = () => undefined;
  const port = new Promise<number>((resolve) => {
    listening = resolve;
  });
  const ended = runHub(
    {
      config: hubConfigSchema.parse({ ...HURRY, ...config }),
      namespace: "flare-system",
      identity: "hub-1",
      listen: { host: "127.0.0.1", port: 0 },
    },
    {
      onListening: listening,
      client,
      connect: (destination) =>
        wrap(
          createClient({
            kubeconfigText: "inCluster" in destination ? cluster.kubeconfig : destination.kubeconfigText,
          }),
        ),
      regions: REGIONS,
      controllers: [intentController(options)],
      log: createLogger({ level: "info", write: (line) => log.push(line) }),
      signal: ending.signal,
      now,
      random: () => 0.1,
    },
  ).finally(() => client.close());
  return {
    log,
    metrics: async () => (await fetch(`http://127.0.0.1:${await port}/metrics`)).text(),
    ended,
    stop: async () => {
      ending.abort();
      await ended;
    },
  };
}

type SeenIntent = KubeObject & {
  readonly metadata: ObjectMeta & { readonly finalizers?: readonly string[] };
  readonly status?: IntentStatus;
};

interface IntentParts {
  readonly namespace?: string;
  readonly type?: "Service" | "Batch";
  readonly gpu?: object;
  readonly workload?: object;
  readonly spec?: object;
}

/** An Intent for one H100, or whatever is given. */
export function intent(name: string, parts: IntentParts = {}): KubeObject {
  const { namespace = "team-a", type = "Service", gpu = {}, workload = {}, spec = {} } = parts;
  return {
    apiVersion: "flare.clastix.io/v1alpha1",
    kind: "Intent",
    metadata: { name, namespace },
    spec: {
      objective: "CostMinimization",
      workload: {
        type,
        name,
        image: "ghcr.io/acme/work:1",
        resources: { cpu: 4, memory: "16Gi", gpu: { model: "nvidia-h100", count: 1, ...gpu } },
        ...workload,
      },
      ...spec,
    },
  } as KubeObject;
}

/** What people see and do with Intents. */
export function intentsOf({ client }: TestCluster) {
  const target = (name: string, namespace = "team-a") => ({ name, namespace });
  const read = (name: string, namespace?: string): Promise<SeenIntent> =>
    client.get<SeenIntent>(INTENTS, target(name, namespace));
  return {
    submit: (object: KubeObject) => client.create<SeenIntent>(INTENTS, object),
    read,
    status: async (name: string, namespace?: string): Promise<IntentStatus> =>
      (await read(name, namespace)).status ?? {},
    phase: async (name: string, namespace?: string) => (await read(name, namespace)).status?.phase,
    /** `True Placed` of one condition. */
    condition: async (name: string, type: string): Promise<string> => {
      const found = (await read(name)).status?.conditions?.find((condition) => condition.type === type);
      return `${found?.status} ${found?.reason}`;
    },
    change: (name: string, spec: object, namespace?: string) =>
      client.patch(INTENTS, target(name, namespace), { spec }),
    remove: (name: string, namespace?: string) => client.delete(INTENTS, target(name, namespace)),
    exists: async (name: string, namespace = "team-a"): Promise<boolean> =>
      (await listed<SeenIntent>(client, INTENTS, namespace)).some(({ metadata }) => metadata.name === name),
  };
}

export async function listed<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  namespace?: string,
): Promise<T[]> {
  const found: T[] = [];
  for await (const page of client.list<T>(resource, { namespace })) found.push(...page.items);
  return found;
}

/** Namespaces that a hub made in a provider. */
export async function madeIn({ client }: TestCluster): Promise<string[]> {
  const all = await listed<KubeObject>(client, NAMESPACES);
  return all
    .filter(({ metadata }) => metadata?.labels?.["app.kubernetes.io/managed-by"] === "flare")
    .map(({ metadata }) => metadata?.name ?? "");
}

type Workload = KubeObject & {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly spec?: object; readonly metadata?: object };
  };
};

/** Deployments and Jobs that hubs made in a provider. */
export async function workloadsIn({ client }: TestCluster): Promise<Workload[]> {
  return [...(await listed<Workload>(client, DEPLOYMENTS)), ...(await listed<Workload>(client, JOBS))].filter(
    ({ metadata }) => metadata?.labels?.["app.kubernetes.io/managed-by"] === "flare",
  );
}

/** Does for the only Deployment in a namespace what its controllers and a kubelet would: its replicas are available. */
export async function makeAvailable({ client }: TestCluster, namespace: string): Promise<void> {
  // Where the controllers of a real control plane run they tell of the Deployment, and only of pods that are ready.
  if (process.env.FLARE_TEST_API === "real") return settled(() => makePodsReady(client, namespace));
  const [deployment] = await listed<Workload>(client, DEPLOYMENTS, namespace);
  const { name, generation } = deployment?.metadata ?? {};
  const replicas = deployment?.spec?.replicas ?? 1;
  const status = {
    observedGeneration: generation,
    replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
  };
  await client.patch(DEPLOYMENTS, { name, namespace, subresource: "status" }, { status });
}

async function makePodsReady(client: KubeClient, namespace: string): Promise<void> {
  const [deployment] = await listed<Workload>(client, DEPLOYMENTS, namespace);
  const pods = await listed<KubeObject>(client, PODS, namespace);
  if (pods.length < (deployment?.spec?.replicas ?? 1))
    throw new Error(`${namespace} has ${pods.length} pods`);
  const containerStatuses = [
    { name: "main", image: "i", imageID: "", ready: true, restartCount: 0, state: { running: {} } },
  ];
  const conditions = [{ type: "Ready", status: "True" }];
  for (const { metadata } of pods) {
    const target = { name: metadata?.name, namespace, subresource: "status" };
    await client.patch(PODS, target, { status: { phase: "Running", conditions, containerStatuses } });
  }
}

/** The same for a Job: it runs, or is done, or has failed. */
export async function endJob(
  { client }: TestCluster,
  namespace: string,
  type: "Complete" | "Failed",
): Promise<void> {
  const [job] = await listed<Workload>(client, JOBS, namespace);
  const conditions = [
    { type, status: "True", reason: type === "Failed" ? "BackoffLimitExceeded" : "CompletionsReached" },
  ];
  const status = { conditions, ...(type === "Complete" ? { succeeded: 1 } : { failed: 4 }) };
  await client.patch(JOBS, { name: job?.metadata?.name, namespace, subresource: "status" }, { status });
}

/** A pod of the workload in a namespace: the one its controller made, or (where none runs) one like it; its state as a kubelet tells it. */
export async function addPodOf(cluster: TestCluster, namespace: string, status: object): Promise<void> {
  const { client } = cluster;
  const [made] = await listed<KubeObject>(client, PODS, namespace);
  if (made !== undefined) {
    await client.patch(PODS, { name: made.metadata?.name, namespace, subresource: "status" }, { status });
    return;
  }
  const all = [
    ...(await listed<Workload>(client, DEPLOYMENTS, namespace)),
    ...(await listed<Workload>(client, JOBS, namespace)),
  ];
  const { metadata, spec } = all[0]?.spec?.template ?? {};
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name: "pod-1", namespace }, spec };
  // The quota has room for one: where there is a controller after all, it was quicker.
  await client.create(PODS, pod as KubeObject).catch(async (error: unknown) => {
    if ((await listed(client, PODS, namespace)).length === 0) throw error;
  });
  await addPodOf(cluster, namespace, status);
}
