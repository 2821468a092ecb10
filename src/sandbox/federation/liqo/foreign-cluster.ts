import { type Controller, faultsOf, namesIn, other, own } from "../controller.ts";
import { FOREIGN_CLUSTERS, NODES, SLICES, VIRTUAL_NODES } from "../kinds.ts";
import type { ForeignCluster, ForeignClusterStatus, LiqoCondition } from "../liqo-types.ts";
import { type ProviderSite, providerById, stamp, type World } from "../world.ts";
import { condition, isNodeReady } from "./node.ts";
import { meet, tenantNamespace } from "./peering.ts";

/** Whether everything stands that FLUIDOS looks at. */
export function isEstablished({ status }: ForeignCluster): boolean {
  const { role = "", modules } = status ?? {};
  if (modules === undefined || !["Provider", "ConsumerAndProvider"].includes(role)) return false;
  const { networking, authentication, offloading } = modules;
  const connected = networking.conditions?.some(
    (one) => one.type === "NetworkConnectionStatus" && one.status === "Established",
  );
  return connected === true && networking.enabled && authentication.enabled && offloading.enabled;
}

/** Tells in the consumer's ForeignClusters how its peerings are. */
export function consumerPeeringController(world: World): Controller {
  const cluster = world.consumer.cluster.as("liqo");
  return {
    name: "foreign clusters",
    wakes: [
      own(cluster, FOREIGN_CLUSTERS),
      other(cluster, VIRTUAL_NODES, ({ spec }) => [spec.clusterID ?? ""]),
      other(cluster, NODES, ({ metadata }) => [metadata.labels?.["liqo.io/remote-cluster-id"] ?? ""]),
    ],
    pokes: world.providers.map((provider) => faultsOf(provider, () => [provider.liqoId])),
    reconcile: (key) => {
      const provider = providerById(world, key);
      const used = cluster.list(VIRTUAL_NODES).some(({ spec }) => spec.clusterID === key);
      if (provider !== undefined && used && !provider.faults.foreignClusterDropped) meet(cluster, key);
      const foreign = cluster.get(FOREIGN_CLUSTERS, key);
      if (foreign !== undefined && provider !== undefined)
        cluster.setStatus(FOREIGN_CLUSTERS, foreign, consumerView(world, provider, foreign));
      return undefined;
    },
  };
}

/** Tells in a provider's ForeignCluster how the consumer's peering with it is. */
export function providerPeeringController(world: World, provider: ProviderSite): Controller {
  const cluster = provider.cluster.as("liqo");
  return {
    name: `foreign clusters of ${provider.name}`,
    wakes: [own(cluster, FOREIGN_CLUSTERS), other(cluster, SLICES, () => [world.consumer.liqoId])],
    pokes: [faultsOf(provider, () => [world.consumer.liqoId])],
    reconcile: (key) => {
      const { name } = namesIn(key);
      const foreign = cluster.get(FOREIGN_CLUSTERS, name);
      if (foreign !== undefined && name === world.consumer.liqoId)
        cluster.setStatus(FOREIGN_CLUSTERS, foreign, providerView(world, provider, foreign));
      return undefined;
    },
  };
}

type Word = Omit<LiqoCondition, "lastTransitionTime">;

const connection = (up: boolean): Word =>
  up
    ? { type: "NetworkConnectionStatus", status: "Established", reason: "ConnectionEstablished" }
    : { type: "NetworkConnectionStatus", status: "Error", reason: "ConnectionError" };

const counted = (type: string, name: string, ready: number, all: number): Word =>
  ready === all
    ? { type, status: "Ready", reason: `${name}Ready` }
    : ready === 0
      ? { type, status: "NotReady", reason: `${name}NotReady` }
      : { type, status: "SomeNotReady", reason: `${name}SomeNotReady` };

function consumerView(world: World, provider: ProviderSite, { metadata, status }: ForeignCluster) {
  const { cluster } = world.consumer;
  const { liqoId, faults } = provider;
  const nodes = cluster
    .list(VIRTUAL_NODES)
    .filter(({ spec }) => spec.clusterID === liqoId)
    .map((virtual) => ({ virtual, node: cluster.get(NODES, virtual.metadata.name) }));
  const running = nodes.filter(({ virtual }) =>
    virtual.status?.conditions?.some(
      ({ type, status: state }) => type === "VirtualKubelet" && state === "Running",
    ),
  );
  const ready = nodes.filter(({ node }) => isNodeReady(node));
  const say = teller(world, status);
  return viewOf(world, metadata.generation, {
    role: "Provider",
    apiServerUrl: `https://${provider.identity.ip.split(":")[0]}:6443`,
    conditions: [
      say(
        faults.away
          ? { type: "APIServerStatus", status: "Error", reason: "APIServerNotReady" }
          : { type: "APIServerStatus", status: "Established", reason: "APIServerReady" },
      ),
    ],
    modules: {
      networking: {
        enabled: true,
        conditions: [say(connection(!faults.away && !faults.peeringLost))],
      },
      authentication: {
        enabled: true,
        conditions: [
          say({ type: "AuthIdentityControlPlaneStatus", status: "Ready", reason: "IdentityReady" }),
        ],
      },
      offloading: {
        enabled: nodes.length > 0,
        conditions:
          nodes.length === 0
            ? []
            : [
                say(counted("OffloadingVirtualNodeStatus", "VirtualNodes", running.length, nodes.length)),
                say(counted("OffloadingNodeStatus", "Nodes", ready.length, nodes.length)),
              ],
      },
    },
    tenantNamespace: {
      local: tenantNamespace(liqoId),
      remote: tenantNamespace(world.consumer.liqoId),
    },
  });
}

function providerView(world: World, provider: ProviderSite, { metadata, status }: ForeignCluster) {
  const { faults } = provider;
  const namespace = tenantNamespace(world.consumer.liqoId);
  const slices = provider.cluster.list(SLICES, namespace);
  const say = teller(world, status);
  return viewOf(world, metadata.generation, {
    role: "Consumer",
    modules: {
      networking: {
        enabled: true,
        conditions: [say(connection(!faults.away && !faults.peeringLost))],
      },
      authentication: {
        enabled: true,
        conditions: [say({ type: "AuthTenantStatus", status: "Ready", reason: "TenantReady" })],
      },
      offloading: { enabled: slices.length > 0, conditions: [] },
    },
    tenantNamespace: { local: namespace },
  });
}

function teller(world: World, status: ForeignClusterStatus | undefined): (next: Word) => LiqoCondition {
  const { modules } = status ?? {};
  const before = [
    ...(status?.conditions ?? []),
    ...Object.values(modules ?? {}).flatMap(({ conditions }) => conditions ?? []),
  ];
  return (next) => condition(before, stamp(world), next);
}

/** HEAD of Liqo also tells which generation it has seen. */
const viewOf = (
  { liqo }: World,
  generation: number | undefined,
  view: ForeignClusterStatus,
): ForeignClusterStatus => (liqo === "head" ? { ...view, observedGeneration: generation ?? 1 } : view);
