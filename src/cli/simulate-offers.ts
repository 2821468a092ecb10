import { basename } from "node:path";
import type { CurrencyRates, Offer, Snapshot } from "../allocation/types.ts";
import type { Toleration } from "../hub/inventory/closed.ts";
import { createDescriber } from "../hub/inventory/describer.ts";
import { type KubeNode, nodeRecordOf } from "../hub/inventory/node-record.ts";
import { offersOf } from "../hub/inventory/offers.ts";
import { type KubePod, type PodRecord, podRecordOf } from "../hub/inventory/pod-record.ts";
import { createRegions } from "../hub/inventory/regions.ts";
import { createClient } from "../kubernetes/client.ts";
import { KubeError } from "../kubernetes/kube-error.ts";
import { NODES, type Resource } from "../kubernetes/objects.ts";
import { mapNode } from "../mapping/map-node.ts";
import type { MappingTables } from "../mapping/tables.ts";
import { EXIT_CODES, UserError } from "./exit.ts";
import { readNodes } from "./read-nodes.ts";

/** The nodes of one provider, with the pods on them where those are known. */
interface Site {
  readonly provider: string;
  readonly nodes: readonly KubeNode[];
  readonly pods: readonly PodRecord[];
}

const PODS: Resource = { group: "", version: "v1", plural: "pods", namespaced: true };

/** Nodes of files, `provider=file` or a file whose name is the provider's. What runs on them is not known: all is free. */
export async function fileSites(files: readonly string[]): Promise<readonly Site[]> {
  return Promise.all(
    files.map(async (argument) => {
      const [, name, path = argument] = /^([a-z0-9][-a-z0-9.]*)=(.+)$/.exec(argument) ?? [];
      const nodes = (await readNodes(path)) as readonly KubeNode[];
      const provider = name ?? (path === "-" ? "stdin" : basename(path).replace(/\.(ya?ml|json)$/, ""));
      return { provider, nodes: nodes.map(readyUnlessSaid), pods: [] };
    }),
  );
}

/** Whoever writes a node into a file to try things on does not want to write its conditions too. */
function readyUnlessSaid(node: KubeNode): KubeNode {
  if (node.status?.conditions !== undefined) return node;
  return { ...node, status: { ...node.status, conditions: [{ type: "Ready", status: "True" }] } };
}

interface Connection {
  readonly kubeconfig?: string;
}

/** Nodes and pods of clusters, each under the name of its context; none named: the current one. */
export async function liveSites(
  contexts: readonly string[],
  connection: Connection,
): Promise<readonly Site[]> {
  const names = contexts.length === 0 ? [undefined] : contexts;
  return Promise.all(names.map((context) => liveSite(context, connection)));
}

async function liveSite(context: string | undefined, connection: Connection): Promise<Site> {
  const client = createClient({ ...connection, context });
  try {
    const nodes: KubeNode[] = [];
    const pods: PodRecord[] = [];
    for await (const page of client.list<KubeNode>(NODES)) nodes.push(...page.items);
    for await (const page of client.list<KubePod>(PODS)) pods.push(...page.items.map(podRecordOf));
    return { provider: context ?? "current", nodes, pods };
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    throw new UserError(error.message, EXIT_CODES.failed);
  } finally {
    client.close();
  }
}

/** The offers of all sites, and what is wrong with their nodes. */
export function snapshotOf(
  sites: readonly Site[],
  tables: MappingTables,
  {
    currencyRates,
    tolerations,
  }: { readonly currencyRates: CurrencyRates; readonly tolerations: readonly Toleration[] },
): { readonly snapshot: Snapshot; readonly problems: readonly string[] } {
  const describe = createDescriber();
  const regions = createRegions(tables.lookups.get("regions")?.tree);
  const offers: Offer[] = [];
  const problems: string[] = [];
  for (const { provider, nodes, pods } of sites) {
    const byNode = new Map<string, PodRecord[]>();
    for (const pod of pods) byNode.set(pod.node, [...(byNode.get(pod.node) ?? []), pod]);
    for (const node of nodes) {
      const record = nodeRecordOf(described(node, tables), describe);
      if (record.devices.size === 0) continue;
      const found = offersOf(record, byNode.get(record.name) ?? [], {
        provider,
        stated: {},
        regions,
        tolerations,
      });
      offers.push(...found.offers);
      problems.push(...found.problems.map(({ message }) => `${provider}: ${message}`));
    }
  }
  return { snapshot: { offers, currencyRates }, problems };
}

/** The node with its annotations: those it has, or what the tables make of its labels. */
function described(node: KubeNode, tables: MappingTables): KubeNode {
  const { annotations = {}, labels = {} } = node.metadata ?? {};
  if (Object.keys(annotations).some((key) => key.startsWith("gpu.fluidos.eu/"))) return node;
  const { allocatable } = node.status ?? {};
  const { providerID } = (node.spec ?? {}) as { readonly providerID?: string };
  const mapped = mapNode(tables, {
    name: node.metadata?.name ?? "",
    labels,
    annotations,
    ...(allocatable === undefined ? {} : { allocatable }),
    ...(providerID === undefined ? {} : { providerID }),
  });
  return { ...node, metadata: { ...node.metadata, annotations: { ...mapped.annotations, ...annotations } } };
}
