import { parseAllocation } from "../../fluidos/allocation.ts";
import { parseContract } from "../../fluidos/contract.ts";
import * as kinds from "../../fluidos/kinds.ts";
import * as liqo from "../../fluidos/liqo.ts";
import { parseReservation } from "../../fluidos/reservation.ts";
import { PODS } from "../../hub/engines/resources.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { type KubeObject, NAMESPACES, NODES, type Resource } from "../../kubernetes/objects.ts";
import { KEYS } from "../../workload/identity.ts";
import { table } from "../output.ts";
import type { DemoSite, DemoSites } from "./sites.ts";

/** An object that stands for something of a purchase, and how it stands with it. */
export interface ObjectRow {
  readonly kind: string;
  readonly cluster: string;
  readonly namespace?: string | undefined;
  readonly name: string;
  /** Who made it. */
  readonly by: string;
  readonly state: string;
}

const GPU = "nvidia.com/gpu";
const OURS = "app.kubernetes.io/managed-by=flare";
/** Namespaces that Liqo made for those of others; its own ones between two clusters stay as long as the peering. */
const OFFLOADED = `${liqo.REMOTE_CLUSTER_LABEL},!liqo.io/tenant-namespace`;
const SHADOW_PODS = "liqo.io/managed-by=shadowpod";

export async function listAll(
  client: KubeClient,
  resource: Resource,
  labelSelector?: string,
): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = [];
  for await (const page of client.list<KubeObject>(resource, { labelSelector })) found.push(...page.items);
  return found;
}

/** What was made for the Intent of that uid, in the order in which it is made. Nothing where nothing was bought. */
export async function objectsOf(hub: DemoSite, seller: DemoSite, uid: string): Promise<readonly ObjectRow[]> {
  const { client } = hub;
  const ours = `${OURS},${KEYS.intentUid}=${uid}`;
  const [reservation] = (await listAll(client, kinds.RESERVATIONS, ours)).map((object) =>
    parseReservation(object),
  );
  const contractName = reservation?.contract?.name;
  if (reservation === undefined || contractName === undefined) return [];
  const ofContract = async <T extends { readonly name: string }>(
    resource: Resource,
    parse: (object: unknown) => T,
  ): Promise<readonly T[]> =>
    (await listAll(client, resource))
      .map((object) => parse(object))
      .filter(({ name }) => name === contractName);
  const offloadings = await listAll(client, kinds.NAMESPACE_OFFLOADINGS, ours);
  const pods = (await listAll(client, PODS, ours)).map(podOf);
  const remote = (await listAll(seller.client, PODS, SHADOW_PODS)).map(podOf);
  const at = (cluster: string) => (row: Omit<ObjectRow, "cluster">) => ({ cluster, ...row });
  const rows = [
    bought(reservation),
    ...(await listAll(client, kinds.TRANSACTIONS))
      .filter(({ metadata }) => metadata?.name === reservation.transaction)
      .map(agreed),
    ...(await ofContract(kinds.CONTRACTS, parseContract)).map(sold),
    ...(await listAll(client, kinds.ALLOCATIONS, ours)).map(parseAllocation).map(allocated),
    ...(await ofContract(kinds.RESOURCE_SLICES, liqo.parseResourceSlice)).map(granted),
    ...(await ofContract(kinds.VIRTUAL_NODES, liqo.parseVirtualNode)).map(virtual),
    ...(await ofContract(NODES, liqo.parseLiqoNode)).map(noded),
    ...offloadings.map(liqo.parseNamespaceOffloading).map(offloaded),
    ...pods.map((pod) => ({ ...pod, kind: "Pod", by: "Kubernetes", state: `${pod.phase} on ${pod.node}` })),
  ];
  const there = remote
    .filter(({ name }) => pods.some((pod) => pod.name === name))
    .map((pod) => ({ ...pod, kind: "Pod", by: "Liqo", state: `${pod.phase} on ${pod.node}` }));
  return [...rows.map(at(hub.name)), ...there.map(at(seller.name))].map(
    ({ kind, cluster, namespace, name, by, state }) => ({ kind, cluster, namespace, name, by, state }),
  );
}

type Row = Omit<ObjectRow, "cluster">;

const bought = ({ name, namespace, phase }: ReturnType<typeof parseReservation>): Row => ({
  kind: "Reservation",
  namespace,
  name,
  by: "FLARE",
  state: phase,
});

const agreed = ({ metadata }: KubeObject): Row => ({
  kind: "Transaction",
  namespace: metadata?.namespace,
  name: metadata?.name ?? "",
  by: "FLUIDOS",
  state: "agreed with the seller",
});

const sold = ({ name, namespace, configuration, sellerCluster }: ReturnType<typeof parseContract>): Row => ({
  kind: "Contract",
  namespace,
  name,
  by: "FLUIDOS",
  state: `${configuration?.gpus ?? 0} GPUs of ${sellerCluster}`,
});

const allocated = ({ name, namespace, state }: ReturnType<typeof parseAllocation>): Row => ({
  kind: "Allocation",
  namespace,
  name,
  by: "FLARE",
  state,
});

const granted = ({ name, namespace, granted: has, resources }: liqo.ResourceSlice): Row => ({
  kind: "ResourceSlice",
  namespace,
  name,
  by: "FLUIDOS, GPUs by FLARE",
  state: `${resources}, ${GPU}: ${has[GPU] ?? 0}`,
});

const virtual = ({ name, namespace, kubelet }: liqo.VirtualNode): Row => ({
  kind: "VirtualNode",
  namespace,
  name,
  by: "Liqo",
  state: `kubelet ${kubelet}`,
});

const noded = ({ name, ready, allocatable }: liqo.LiqoNode): Row => ({
  kind: "Node",
  name,
  by: "Liqo",
  state: `${ready ? "Ready" : "not ready"}, ${GPU}: ${allocatable[GPU] ?? 0}`,
});

const offloaded = ({ namespace, phase }: liqo.NamespaceOffloading): Row => ({
  kind: "NamespaceOffloading",
  namespace,
  name: liqo.OFFLOADING,
  by: "FLARE",
  state: phase,
});

type SeenPod = KubeObject & {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
};

const podOf = (object: KubeObject) => {
  const { metadata, spec, status } = object as SeenPod;
  const { name = "", namespace } = metadata ?? {};
  return { name, namespace, phase: status?.phase ?? "Pending", node: spec?.nodeName ?? "no node" };
};

export function objectTable(rows: readonly ObjectRow[]): string {
  const header = ["OBJECT", "CLUSTER", "NAMESPACE", "NAME", "MADE BY", "STATE"];
  const cells = rows.map(({ kind, cluster, namespace, name, by, state }) => [
    kind,
    cluster,
    namespace ?? "-",
    name,
    by,
    state,
  ]);
  return table([header, ...cells]);
}

/** Everything of FLARE, FLUIDOS and Liqo that only an Intent gives a reason to be: `hub Contract x`. */
export async function leftBehind({ hub, alpha, beta, lab }: DemoSites): Promise<readonly string[]> {
  const seek: readonly (readonly [DemoSite, string, Resource, string?])[] = [
    [hub, "Reservation", kinds.RESERVATIONS],
    [hub, "Transaction", kinds.TRANSACTIONS],
    [hub, "Contract", kinds.CONTRACTS],
    [hub, "Allocation", kinds.ALLOCATIONS],
    [hub, "ResourceSlice", kinds.RESOURCE_SLICES],
    [hub, "VirtualNode", kinds.VIRTUAL_NODES],
    [hub, "Node", NODES, liqo.VIRTUAL_NODE_SELECTOR],
    [hub, "NamespaceOffloading", kinds.NAMESPACE_OFFLOADINGS],
    [hub, "Namespace", NAMESPACES, OURS],
    [lab, "Namespace", NAMESPACES, OURS],
    ...[alpha, beta].flatMap((site) => [
      [site, "Namespace", NAMESPACES, OFFLOADED] as const,
      [site, "Pod", PODS, SHADOW_PODS] as const,
    ]),
  ];
  const found = await Promise.all(
    seek.map(async ([site, kind, resource, selector]) =>
      (await listAll(site.client, resource, selector)).map(
        ({ metadata }) => `${site.name} ${kind} ${metadata?.name}`,
      ),
    ),
  );
  return found.flat();
}
