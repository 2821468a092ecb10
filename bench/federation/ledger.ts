/** What must hold of a federation, whatever happened: nothing is sold twice, and nothing is left behind. */
import { INTENTS, type KubeIntent } from "../../src/hub/intents/intent-view.ts";
import type { KubeObject } from "../../src/kubernetes/objects.ts";
import type { Flavor } from "../../src/sandbox/federation/fluidos-types.ts";
import * as kinds from "../../src/sandbox/federation/kinds.ts";
import type { KubeObject as Stored } from "../../src/sandbox/object.ts";
import { KEYS } from "../../src/workload/identity.ts";
import { type FederationSite, GPUS_OF_A_NODE } from "./site.ts";

const FLUIDOS = "fluidos";
/** Liqo's mark on what it makes at a provider for a consumer. */
const OFFLOADED = "liqo.io/remote-cluster-id";

/** All Intents, as the API has them now. */
export async function intentsOf({ hub }: FederationSite): Promise<readonly KubeIntent[]> {
  const found: KubeIntent[] = [];
  for await (const page of hub.client.list<KubeIntent>(INTENTS)) found.push(...page.items);
  return found;
}

export const conditionOf = ({ status }: KubeIntent, type: string) =>
  status?.conditions?.find((condition) => condition.type === type);

export const isDeployed = (found: KubeIntent): boolean => conditionOf(found, "Deployed")?.status === "True";

/** What is sold to more than one: Flavors that two Intents have, and Contracts that two Allocations use. */
export function doubleSales({ cluster }: FederationSite, intents: readonly KubeIntent[]): readonly string[] {
  const places = intents.flatMap(({ metadata, status }) => {
    const { placement } = status ?? {};
    const flavors = new Set([placement?.node, ...(placement?.tasks ?? []).map(({ node }) => node)]);
    return [...flavors].flatMap((flavor) =>
      flavor === undefined ? [] : [[flavor, `${metadata?.namespace}/${metadata?.name}`] as const],
    );
  });
  const uses = cluster
    .list(kinds.ALLOCATIONS, FLUIDOS)
    .map(
      ({ metadata, spec }) => [spec.contract?.name ?? "", metadata.labels?.[KEYS.intentUid] ?? ""] as const,
    );
  return [...twice("Flavor", places), ...twice("Contract", uses)];
}

function twice(what: string, pairs: readonly (readonly [sold: string, to: string])[]): readonly string[] {
  const buyers = new Map<string, Set<string>>();
  for (const [sold, to] of pairs) buyers.set(sold, (buyers.get(sold) ?? new Set()).add(to));
  return [...buyers]
    .filter(([, to]) => to.size > 1)
    .map(([sold, to]) => `${what} ${sold}: ${[...to].join(", ")}`);
}

/** GPUs of one node that virtual nodes have, which are more than the node has: `alpha/gpu-3: 5 of 4`. */
export function oversold({ cluster, sellers }: FederationSite): readonly string[] {
  return sellers.flatMap((seller) => {
    const taken = new Map<string, number>();
    for (const { metadata, spec } of cluster.list(kinds.ALLOCATIONS, FLUIDOS)) {
      if (metadata.labels?.[KEYS.intentUid] === undefined) continue;
      const contract = cluster.get(kinds.CONTRACTS, spec.contract?.name ?? "", FLUIDOS);
      if (contract?.spec.seller.additionalInformation?.liqoID !== seller.name) continue;
      const flavor = seller.cluster.get(kinds.FLAVORS, contract.spec.flavor.metadata.name, FLUIDOS);
      if (flavor === undefined) continue;
      const node = nodeOf(flavor);
      const gpus = Number(contract.spec.configuration?.data.gpu?.count ?? 0);
      taken.set(node, (taken.get(node) ?? 0) + gpus);
    }
    return [...taken]
      .filter(([node, gpus]) => node !== "" && gpus > GPUS_OF_A_NODE)
      .map(([node, gpus]) => `${seller.name}/${node}: ${gpus} of ${GPUS_OF_A_NODE} GPUs`);
  });
}

/** FLUIDOS's own Flavors, and what is left of a sale, are owned by their node; the hub's say it. */
function nodeOf({ metadata, spec }: Flavor): string {
  const { additionalProperties } = spec.flavorType.typeData.properties as {
    readonly additionalProperties?: { readonly node?: string };
  };
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === "Node");
  return owner?.name ?? additionalProperties?.node ?? "";
}

/**
 * What is left where no Intent is: of the hub, and of FLUIDOS and Liqo what follows from what the hub wrote. Not counted
 * are candidates, Transactions (FLUIDOS keeps them), and what tells of a peering as such.
 */
export function orphans({ cluster, sellers }: FederationSite): readonly string[] {
  const here = [
    ...named("Reservation", cluster.list(kinds.RESERVATIONS)),
    ...named("Contract", cluster.list(kinds.CONTRACTS)),
    ...named("Allocation", cluster.list(kinds.ALLOCATIONS)),
    ...named("ResourceSlice", cluster.list(kinds.SLICES)),
    ...named("VirtualNode", cluster.list(kinds.VIRTUAL_NODES)),
    ...named("NamespaceOffloading", cluster.list(kinds.OFFLOADINGS)),
    ...named("Node", cluster.list(kinds.NODES)),
    ...named("Namespace", cluster.list(kinds.NAMESPACES).filter(isOurs)),
    ...named("Deployment", cluster.list(kinds.DEPLOYMENTS)),
    ...named("Job", cluster.list(kinds.JOBS)),
    ...named("Pod", cluster.list(kinds.PODS)),
    ...cluster
      .list(kinds.NAMESPACE_MAPS)
      .flatMap(({ spec }) => Object.keys(spec?.desiredMapping ?? {}).map((name) => `mapping of ${name}`)),
  ];
  const there = sellers.flatMap((seller) =>
    [
      ...named("ResourceSlice", seller.cluster.list(kinds.SLICES)),
      ...named("Pod", seller.cluster.list(kinds.PODS)),
      ...named("Namespace", seller.cluster.list(kinds.NAMESPACES).filter(isOffloaded)),
    ].map((name) => `${seller.name}: ${name}`),
  );
  return [...here, ...there];
}

const named = (kind: string, objects: readonly Stored[]): readonly string[] =>
  objects.map(({ metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`);

const isOurs = ({ metadata }: Stored): boolean =>
  metadata.labels?.["app.kubernetes.io/managed-by"] === "flare";

/** Namespaces of tenants tell of the peering as such. */
const isOffloaded = ({ metadata }: Stored): boolean =>
  metadata.labels?.[OFFLOADED] !== undefined && metadata.labels["liqo.io/tenant-namespace"] === undefined;

/** Intents that are where no Intent should be at rest, with the reason that they give. */
export const stuck = (intents: readonly KubeIntent[]): readonly string[] =>
  intents
    .filter((found) => !isDeployed(found) && found.status?.phase !== "Completed")
    .map((found) => {
      const { phase, message } = found.status ?? {};
      const reason = conditionOf(found, "Deployed")?.reason ?? conditionOf(found, "Reserved")?.reason;
      return `${nameOf(found)}: ${phase ?? "new"} ${reason ?? ""} ${message ?? ""}`.trim();
    });

export const nameOf = ({ metadata }: KubeObject): string => `${metadata?.namespace}/${metadata?.name}`;
