import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { defaultHubConfig } from "../hub/config.ts";
import { SECRETS } from "../hub/engines/resources.ts";
import { createIntentController } from "../hub/intents/controller.ts";
import { catalogueModels, type ResolveModel } from "../hub/intents/models.ts";
import { createRegions, type Regions } from "../hub/inventory/regions.ts";
import { PROVIDERS } from "../hub/providers/providers.ts";
import { runHub } from "../hub/run-hub.ts";
import { customResourceDefinitions } from "../intent/crds.ts";
import { createClient } from "../kubernetes/client.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { type KubeObject, NAMESPACES, type Resource } from "../kubernetes/objects.ts";
import { createLogger } from "../observability/logger.ts";
import { type KubeconfigEntry, kubeconfigYaml } from "../sandbox/kubeconfig.ts";
import { type Sandbox, sandboxAdmin, startSandbox } from "../sandbox/sandbox.ts";
import { tablesWith } from "./built-in-tables.ts";
import type { DemoCluster } from "./demo-clusters.ts";
import { pretendToRun } from "./demo-kubelet.ts";
import { type DemoLine, startLine } from "./demo-line.ts";
import { UserError } from "./exit.ts";

/** The hub of the demo, at work. */
export interface DemoHub {
  readonly sandbox: Sandbox;
  readonly client: KubeClient;
  /** How long what runs bears that its provider does not answer. */
  readonly patienceMs: number;
  /** The hub's way to a cluster. */
  line(cluster: string): DemoLine | undefined;
  close(): Promise<void>;
}

/** How long a batch of the demo runs: long enough to look at, short enough to see who is next. */
export const JOB_MS = 60_000;
export const SYSTEM = "flare-system";
/** Quicker than in production, where a network may take a moment to recover, and nobody sits and waits. */
const PATIENCE_MS = 3000;
/** A line that is cut fails at once; a machine that is busy only answers late, and is no reason to move anything. */
export const HASTE = { probeEvery: 1000, probeTimeout: 10_000, unreachableAfter: 2000, statusEvery: 1000 };

export const CRDS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  namespaced: false,
};

/** Starts a hub that knows the clusters as its providers, and something that pretends to run what it places there. */
export async function startDemoHub(clusters: readonly DemoCluster[]): Promise<DemoHub> {
  const { regions, resolveModel } = await builtInKnowledge();
  const sandbox = await startSandbox({ name: "hub" });
  const client = createClient({ kubeconfigText: sandbox.adminKubeconfig, userAgent: "flare-demo" });
  const lines = new Map<string, DemoLine>();
  for (const cluster of clusters) lines.set(cluster.name, await startLine(cluster.sandbox.url));
  await prepare(client, clusters, lines);
  const ending = new AbortController();
  const config = defaultHubConfig();
  const running: Promise<unknown>[] = [
    runHub(
      {
        config: { ...config, providers: { ...config.providers, ...HASTE } },
        namespace: SYSTEM,
        identity: "demo",
      },
      {
        client,
        connect: (destination) =>
          createClient({
            kubeconfigText: "inCluster" in destination ? sandbox.adminKubeconfig : destination.kubeconfigText,
          }),
        regions,
        controllers: [
          createIntentController({
            resolveModel,
            maxInterruptionMs: PATIENCE_MS,
            retryMs: 1000,
            queueEveryMs: 1000,
          }),
        ],
        log: createLogger({ level: "error" }),
        signal: ending.signal,
        version: "demo",
      },
    ),
    ...clusters.map((cluster) => pretendToRun(cluster.client, JOB_MS, ending.signal)),
  ];
  return {
    sandbox,
    client,
    patienceMs: PATIENCE_MS,
    line: (cluster) => lines.get(cluster),
    close: async () => {
      ending.abort();
      await Promise.allSettled(running);
      client.close();
      for (const line of lines.values()) await line.close();
      await sandbox.close();
    },
  };
}

/** What every hub knows by the built-in tables: regions, and what people call GPU models. */
export async function builtInKnowledge(): Promise<{
  readonly regions: Regions;
  readonly resolveModel: ResolveModel;
}> {
  const compiled = await tablesWith([]);
  if (!compiled.ok) throw new UserError(compiled.problems.join("\n"));
  const { lookups, catalogue } = compiled.tables;
  return { regions: createRegions(lookups.get("regions")?.tree), resolveModel: catalogueModels(catalogue) };
}

/** Seen from the bundle in dist/ and from src/cli/. Without it there are no Flavors, and nothing else is missing. */
async function flavorCrd(): Promise<readonly unknown[]> {
  for (const folder of ["../manifests/crds/fluidos/", "../../manifests/crds/fluidos/"]) {
    const file = new URL(`${folder}nodecore.fluidos.eu_flavors.yaml`, import.meta.url);
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text !== undefined) return [parse(text)];
  }
  return [];
}

async function prepare(
  client: KubeClient,
  clusters: readonly DemoCluster[],
  lines: ReadonlyMap<string, DemoLine>,
): Promise<void> {
  for (const crd of [...customResourceDefinitions().values(), ...(await flavorCrd())])
    await client.create(CRDS, crd as KubeObject);
  for (const name of [SYSTEM, "fluidos", "team-a", "team-b"]) await addNamespace(client, name);
  for (const { name, sandbox } of clusters)
    await addDirectProvider(client, name, {
      ...sandbox.entryFor(sandboxAdmin),
      url: lines.get(name)?.url ?? sandbox.url,
    });
}

export const addNamespace = (client: KubeClient, name: string): Promise<KubeObject> =>
  client.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } });

/** Makes a cluster a provider of the hub: a Secret with the way to it, and the Provider that names it. */
export async function addDirectProvider(
  client: KubeClient,
  name: string,
  entry: KubeconfigEntry,
): Promise<void> {
  const kubeconfig = Buffer.from(kubeconfigYaml([entry])).toString("base64");
  const metadata = { name, namespace: SYSTEM };
  await client.create(SECRETS, {
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    data: { kubeconfig },
  } as KubeObject);
  await addProvider(client, name, { kubeconfigSecretRef: { namespace: SYSTEM, name } });
}

export const addProvider = (client: KubeClient, name: string, spec: object): Promise<KubeObject> =>
  client.create(PROVIDERS, {
    apiVersion: "flare.clastix.io/v1alpha1",
    kind: "Provider",
    metadata: { name },
    spec,
  } as KubeObject);
