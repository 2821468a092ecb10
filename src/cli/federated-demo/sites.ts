import { stringify } from "yaml";
import { createClient } from "../../kubernetes/client.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { CONFIG_MAPS, type KubeObject, NODES } from "../../kubernetes/objects.ts";
import { type FakeGpuProfile, fakeGpuNode } from "../../sandbox/fake-gpus.ts";
import type { Dialect } from "../../sandbox/federation/defects.ts";
import { type Federation, startFederation } from "../../sandbox/federation/federation.ts";
import { realTimings, type Timings } from "../../sandbox/federation/timings.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { asKubeletWould } from "../demo-clusters.ts";
import { addNamespace, SYSTEM } from "../demo-hub.ts";

/** A cluster of the demo, with somebody who may do everything there. */
export interface DemoSite {
  readonly name: string;
  readonly sandbox: Sandbox;
  readonly client: KubeClient;
  readonly gpuNodes: readonly string[];
}

/** The clusters of the federated demo, and the simulated FLUIDOS and Liqo between three of them. */
export interface DemoSites {
  /** The hub's own cluster, by which it buys. */
  readonly hub: DemoSite;
  /** Sells through the CLASTIX fork of FLUIDOS, which reads GPUs from the agents' annotations. */
  readonly alpha: DemoSite;
  /** Sells through upstream FLUIDOS, which knows nothing of GPUs. */
  readonly beta: DemoSite;
  /** Is no part of the federation: the hub has its kubeconfig. */
  readonly lab: DemoSite;
  readonly federation: Federation;
}

interface NodeFacts {
  readonly name: string;
  readonly profile: FakeGpuProfile;
  readonly count: number;
  /** EUR for one GPU and hour. */
  readonly rate: number;
}

interface SiteFacts {
  readonly name: string;
  readonly region: string;
  readonly nodes: readonly NodeFacts[];
}

const ALPHA: SiteFacts = {
  name: "alpha",
  region: "eu-south-1",
  nodes: [
    { name: "alpha-1", profile: "h100", count: 4, rate: 2.4 },
    { name: "alpha-2", profile: "h100", count: 4, rate: 2.6 },
  ],
};
const BETA: SiteFacts = {
  name: "beta",
  region: "eu-central-2",
  nodes: [{ name: "beta-1", profile: "h100", count: 4, rate: 2.1 }],
};
const LAB: SiteFacts = {
  name: "lab",
  region: "eu-south-1",
  nodes: [{ name: "lab-1", profile: "l40s", count: 2, rate: 0.9 }],
};

/** Where the prices of a site are: what its agents lay over the built-in tables. */
export const SITE_TABLE = { namespace: SYSTEM, name: "flare-site-mappings" } as const;

/** Slow enough that the steps of a peering can be seen, quick enough to wait for them. */
const timings: Timings = {
  ...realTimings,
  rearMs: 50,
  lookMs: 100,
  establishMs: 400,
  grantMs: 200,
  nodeMs: 400,
  namespaceMs: 200,
  podMs: 300,
};

/** Starts all clusters and the federation. The caller ends them with `closeSites`, also when this throws. */
export async function startSites(started: (site: DemoSite) => void): Promise<DemoSites> {
  const start = async (facts: SiteFacts): Promise<DemoSite> => {
    const sandbox = await startSandbox({ name: facts.name });
    const client = createClient({ kubeconfigText: sandbox.adminKubeconfig, userAgent: "flare-demo" });
    const site = { name: facts.name, sandbox, client, gpuNodes: facts.nodes.map(({ name }) => name) };
    started(site);
    if (facts.nodes.length > 0) await fill(client, facts);
    return site;
  };
  const hub = await start({ name: "hub", region: "", nodes: [] });
  const [alpha, beta, lab] = [await start(ALPHA), await start(BETA), await start(LAB)];
  const member = ({ name, sandbox }: DemoSite, dialect: Dialect) => ({ name, sandbox, dialect });
  const federation = startFederation({
    consumer: member(hub, "clastix"),
    providers: [member(alpha, "clastix"), member(beta, "upstream")],
    timings,
    runWorkloads: true,
  });
  return { hub, alpha, beta, lab, federation };
}

export async function closeSites(sites: readonly DemoSite[]): Promise<void> {
  for (const { client, sandbox } of sites) {
    client.close();
    await sandbox.close();
  }
}

async function fill(client: KubeClient, facts: SiteFacts): Promise<void> {
  await addNamespace(client, SYSTEM);
  const data = { "site.yaml": stringify(siteTable(facts)) };
  const table = { apiVersion: "v1", kind: "ConfigMap", metadata: SITE_TABLE, data };
  await client.create(CONFIG_MAPS, table as KubeObject);
  for (const node of facts.nodes) await client.create(NODES, asKubeletWould(fakeGpuNode(node)));
}

/** What no label tells: whose the nodes are, where they are, and what they cost. */
const siteTable = ({ name, region, nodes }: SiteFacts): object => ({
  about: { title: `Prices of ${name}` },
  values: nodes.map((node) => ({
    rule: node.name,
    when: [{ label: "kubernetes.io/hostname", in: [node.name] }],
    set: {
      "provider.fluidos.eu/name": name,
      "location.fluidos.eu/region": region,
      "cost.fluidos.eu/hourly-rate": Number((node.rate * node.count).toFixed(2)),
      "cost.fluidos.eu/currency": "EUR",
    },
  })),
});
