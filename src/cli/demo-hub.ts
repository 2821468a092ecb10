import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { defaultHubConfig } from "../hub/config.ts";
import { SECRETS } from "../hub/engines/resources.ts";
import { createIntentController } from "../hub/intents/controller.ts";
import { INTENTS, type KubeIntent } from "../hub/intents/intent-view.ts";
import { catalogueModels } from "../hub/intents/models.ts";
import { createRegions } from "../hub/inventory/regions.ts";
import { PROVIDERS } from "../hub/providers/provider-controller.ts";
import { runHub } from "../hub/run-hub.ts";
import { customResourceDefinitions } from "../intent/crds.ts";
import { createClient } from "../kubernetes/client.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { KubeObject, Resource } from "../kubernetes/objects.ts";
import { createLogger } from "../observability/logger.ts";
import { type Sandbox, startSandbox } from "../sandbox/sandbox.ts";
import { tablesWith } from "./built-in-tables.ts";
import type { DemoCluster } from "./demo-clusters.ts";
import { pretendToRun } from "./demo-kubelet.ts";
import { UserError } from "./exit.ts";
import { table } from "./output.ts";

/** The hub of the demo, at work. */
export interface DemoHub {
  readonly sandbox: Sandbox;
  readonly client: KubeClient;
  /** Submits the demo's Intents and waits until each of them runs or waits. */
  submit(signal: AbortSignal): Promise<readonly IntentRow[]>;
  close(): Promise<void>;
}

export interface IntentRow {
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  readonly model?: string | undefined;
  readonly gpus?: number | undefined;
  readonly provider?: string | undefined;
  readonly node?: string | undefined;
  readonly rate?: string | undefined;
  readonly message: string;
}

const PATIENCE_MS = 10_000;
/** How long a batch of the demo runs: long enough to look at, short enough to see who is next. */
const JOB_MS = 60_000;
const SYSTEM = "flare-system";

const CRDS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  namespaced: false,
};
const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces", namespaced: false };

/** Starts a hub that knows the clusters as its providers, and something that pretends to run what it places there. */
export async function startDemoHub(clusters: readonly DemoCluster[]): Promise<DemoHub> {
  const compiled = await tablesWith([]);
  if (!compiled.ok) throw new UserError(compiled.problems.join("\n"));
  const { lookups, catalogue } = compiled.tables;
  const sandbox = await startSandbox({ name: "hub" });
  const client = createClient({ kubeconfigText: sandbox.adminKubeconfig, userAgent: "flare-demo" });
  await prepare(client, clusters);
  const ending = new AbortController();
  const config = defaultHubConfig();
  const running: Promise<unknown>[] = [
    runHub(
      {
        config: { ...config, providers: { ...config.providers, probeEvery: 2000 } },
        namespace: SYSTEM,
        identity: "demo",
      },
      {
        client,
        connect: (destination) =>
          createClient({
            kubeconfigText: "inCluster" in destination ? sandbox.adminKubeconfig : destination.kubeconfigText,
          }),
        regions: createRegions(lookups.get("regions")?.tree),
        controllers: [
          createIntentController({ resolveModel: catalogueModels(catalogue), maxInterruptionMs: 20_000 }),
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
    submit: (signal) => submit(client, signal),
    close: async () => {
      ending.abort();
      await Promise.allSettled(running);
      client.close();
      await sandbox.close();
    },
  };
}

async function prepare(client: KubeClient, clusters: readonly DemoCluster[]): Promise<void> {
  for (const crd of customResourceDefinitions().values()) await client.create(CRDS, crd as KubeObject);
  for (const name of [SYSTEM, "team-a", "team-b"])
    await client.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  for (const { name, sandbox } of clusters) {
    const kubeconfig = Buffer.from(sandbox.adminKubeconfig).toString("base64");
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: SYSTEM },
      data: { kubeconfig },
    };
    await client.create(SECRETS, secret as KubeObject);
    const spec = { kubeconfigSecretRef: { namespace: SYSTEM, name } };
    const provider = { apiVersion: "flare.clastix.io/v1alpha1", kind: "Provider", metadata: { name }, spec };
    await client.create(PROVIDERS, provider as KubeObject);
  }
}

/** Seen from the bundle in dist/ and from src/cli/. */
const places = ["../fixtures/demo/intents/intents.yaml", "../../fixtures/demo/intents/intents.yaml"];

async function readDemoIntents(): Promise<readonly KubeIntent[]> {
  for (const place of places) {
    const text = await readFile(fileURLToPath(new URL(place, import.meta.url)), "utf8").catch(
      () => undefined,
    );
    if (text !== undefined) return parseAllDocuments(text).map((document) => document.toJS() as KubeIntent);
  }
  throw new UserError("the demo's Intents (fixtures/demo/intents) are missing; run the demo from a checkout");
}

async function submit(client: KubeClient, signal: AbortSignal): Promise<readonly IntentRow[]> {
  await untilServed(client, signal);
  // One after the other, so that the last one is the one for which there is no room.
  let rows: readonly IntentRow[] = [];
  for (const intent of await readDemoIntents()) {
    await client.create(INTENTS, intent, { signal });
    const { name } = intent.metadata ?? {};
    for (let waited = 0; waited < PATIENCE_MS && !signal.aborted; waited += 50) {
      rows = await readIntentRows(client, signal);
      if (SETTLED.includes(rows.find((row) => row.name === name)?.phase ?? "")) break;
      await delay(50);
    }
  }
  return rows;
}

const SETTLED: readonly string[] = ["Running", "Queued", "Failed", "Completed"];

/** Until the hub knows what all of its providers have. */
async function untilServed(client: KubeClient, signal: AbortSignal): Promise<void> {
  type Seen = KubeObject & {
    readonly status?: { readonly nodes?: number; readonly gpus?: { readonly total: number } };
  };
  for (let waited = 0; waited < PATIENCE_MS && !signal.aborted; waited += 50) {
    const seen: Seen[] = [];
    for await (const page of client.list<Seen>(PROVIDERS, {}, { signal })) seen.push(...page.items);
    if (seen.every(({ status }) => (status?.gpus?.total ?? 0) > 0)) return;
    await delay(50);
  }
}

async function readIntentRows(client: KubeClient, signal: AbortSignal): Promise<readonly IntentRow[]> {
  const rows: IntentRow[] = [];
  for await (const page of client.list<KubeIntent>(INTENTS, {}, { signal }))
    rows.push(...page.items.map(rowOf));
  return rows;
}

function rowOf({ metadata, status = {} }: KubeIntent): IntentRow {
  const { placement, message = "", phase = "Pending", cost } = status;
  const { name = "", namespace = "" } = metadata ?? {};
  const { model, gpus, provider, node } = placement ?? {};
  return { namespace, name, phase, model, gpus, provider, node, rate: cost?.rate, message };
}

const HEADER = ["NAMESPACE", "INTENT", "PHASE", "MODEL", "GPUS", "PROVIDER", "NODE", "RATE/H", "MESSAGE"];

export function intentTable(rows: readonly IntentRow[]): string {
  const cells = rows.map(({ namespace, name, phase, model, gpus, provider, node, rate, message }) =>
    [namespace, name, phase, model, gpus, provider, node, rate, message].map((value) =>
      value === undefined ? "-" : String(value),
    ),
  );
  return table([HEADER, ...cells]);
}
