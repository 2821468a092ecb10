/** A hub in the consumer cluster of a simulated federation: what it has no kubeconfig of, it buys. */
import { afterEach } from "vitest";
import type { IntentOptions } from "../../src/hub/intents/options.ts";
import type { IntentStatus } from "../../src/intent/status-schema.ts";
import {
  addGpuNode,
  h100Annotations,
  startTestFederation,
  type TestFederation,
  type TestFederationOptions,
} from "../support/federation.ts";
import { type FederatedCluster, federatedClusterOf } from "./federated-cluster.ts";
import { addDoor, applyCrds, createNamespace } from "./hub-cluster.ts";
import { until } from "./hub-harness.ts";
import { intentsOf, type RunningHub, startHubOn, type Wrap } from "./intents-harness.ts";

/** Every time limit short, but for what a test gives. */
const HURRY = {
  discoverEvery: "1s",
  discoveryTimeout: "10s",
  forgetAfter: "10m",
  retryAfter: "1m",
  reservationTimeout: "60s",
  peeringTimeout: "60s",
  sliceTimeout: "20s",
  grantTimeout: "3s",
};

export interface FederatedHub {
  readonly federation: TestFederation;
  readonly hub: FederatedCluster;
  readonly intents: ReturnType<typeof intentsOf>;
  /** Starts a hub; `fluidos` is what that section of its file says beside the hurry, `now` its clock. */
  start(parts?: HubParts): RunningHub;
  /** Adds a node with four GPUs to a provider; returns its Flavor's name. */
  addNode(provider: string, name: string, rate: string): Promise<string>;
  close(): Promise<void>;
}

interface HubParts {
  readonly fluidos?: object;
  readonly wrap?: Wrap;
  readonly config?: object;
  readonly intents?: Partial<IntentOptions>;
  readonly now?: () => number;
}

/** Whole GPUs, at a rate of a node's. */
const gpuNode = (rate: string, count = "4"): Readonly<Record<string, string>> => ({
  ...h100Annotations,
  "gpu.fluidos.eu/sharing-strategy": "none",
  "gpu.fluidos.eu/count": count,
  "cost.fluidos.eu/hourly-rate": rate,
});

/** Starts federation and hub's cluster; `nodes` are rates of nodes by provider. */
export async function startFederatedHub(
  nodes: Readonly<Record<string, readonly string[]>>,
  options: TestFederationOptions = {},
): Promise<FederatedHub & { readonly flavors: Readonly<Record<string, readonly string[]>> }> {
  const dialects = Object.fromEntries(Object.keys(nodes).map((name) => [name, "clastix" as const]));
  const federation = await startTestFederation({ providers: dialects, ...options });
  const hub = await federatedClusterOf(federation.consumer);
  await applyCrds(hub.client, "manifests/crds");
  for (const name of ["flare-system", "team-a"]) await createNamespace(hub.client, name);
  const flavors: Record<string, string[]> = {};
  for (const [provider, rates] of Object.entries(nodes)) {
    flavors[provider] = [];
    for (const [at, rate] of rates.entries())
      flavors[provider]?.push(await addGpuNode(federation.site(provider), `gpu-${at + 1}`, gpuNode(rate)));
  }
  await addDoor(hub);
  const running = new Set<RunningHub>();
  return {
    federation,
    flavors,
    hub,
    intents: intentsOf(hub),
    addNode: (provider, name, rate) => addGpuNode(federation.site(provider), name, gpuNode(rate)),
    start: ({ fluidos = {}, wrap, config = {}, intents = {}, now } = {}) => {
      const file = { fluidos: { ...HURRY, ...fluidos }, ...config };
      const started = startHubOn(hub, intents, wrap, file, now);
      running.add(started);
      return started;
    },
    close: async () => {
      await Promise.all([...running].map((each) => each.stop()));
      await hub.close();
      await federation.close();
    },
  };
}

export type StartedHub = Awaited<ReturnType<typeof startFederatedHub>>;

/** Starts federations with hubs, which are closed after each test of a file, as whatever else is `open`. */
export function federatedHubs() {
  const open: Pick<FederatedHub, "close">[] = [];
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  const started = async (...args: Parameters<typeof startFederatedHub>): Promise<StartedHub> => {
    const hub = await startFederatedHub(...args);
    open.push(hub);
    return hub;
  };
  return { open, started };
}

/** What of a federation's objects is there, by kind; of candidates and the hub's own rounds nothing. */
export async function objectsIn({ federation }: FederatedHub): Promise<Record<string, readonly string[]>> {
  const { consumer } = federation;
  const kinds = ["reservations", "transactions", "contracts", "allocations"] as const;
  const entries = await Promise.all(kinds.map(async (kind) => [kind, await consumer.names(kind)] as const));
  const tenants = (await consumer.names("namespaces")).filter((name) => name.startsWith("liqo-tenant-"));
  const liqo = await Promise.all(
    (["resourceslices", "virtualnodes"] as const).map(async (kind) => {
      const all = await Promise.all(tenants.map((tenant) => consumer.names(kind, tenant)));
      return [kind, all.flat()] as const;
    }),
  );
  return Object.fromEntries([...entries, ...liqo].filter(([, names]) => names.length > 0));
}

/** The Intent's status once its workload is in its place. */
export async function deployed(hub: FederatedHub, name: string): Promise<IntentStatus> {
  await until(() => hub.intents.condition(name, "Deployed")).toBe("True ObjectsApplied");
  return hub.intents.status(name);
}
