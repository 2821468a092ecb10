import { sleep } from "../../../kubernetes/timing.ts";
import type { Cluster } from "../cluster.ts";
import { type Controller, faultsOf, keyOf, namesIn, other, own } from "../controller.ts";
import { NAMESPACE_MAPS, NAMESPACES } from "../kinds.ts";
import type { MappedNamespace, NamespaceMap } from "../liqo-types.ts";
import { type ProviderSite, providerById, type World } from "../world.ts";
import { addFinalizer, dropFinalizer } from "./finalizers.ts";
import { tenantNamespace } from "./peering.ts";

const FINALIZER = "namespacemap-controller.liqo.io/finalizer";
const MANAGED_BY = "liqo.io/managed-by-namespace-map";

type Mapping = Readonly<Record<string, MappedNamespace>>;

/** Makes the remote namespaces that NamespaceMaps name in the providers' clusters, and removes them again. */
export function namespaceMapController(world: World): Controller {
  const cluster = world.consumer.cluster.as("liqo");
  return {
    name: "namespace maps",
    concurrency: 10,
    wakes: [
      own(cluster, NAMESPACE_MAPS),
      ...world.providers.map((provider) => other(provider.cluster, NAMESPACES, () => [mapKey(provider)])),
    ],
    pokes: world.providers.map((provider) => faultsOf(provider, () => [mapKey(provider)])),
    reconcile: async (key, signal) => {
      const { name, namespace } = namesIn(key);
      const provider = providerById(world, name);
      const found = cluster.get(NAMESPACE_MAPS, name, namespace);
      if (provider === undefined || found === undefined || provider.faults.away) return undefined;
      if (hasNew(found)) await sleep(world.timings.namespaceMs, signal);
      const map = cluster.get(NAMESPACE_MAPS, name, namespace);
      if (signal.aborted || map === undefined) return undefined;
      const ending = map.metadata.deletionTimestamp !== undefined;
      const kept = ending ? map : addFinalizer(cluster, NAMESPACE_MAPS, map, FINALIZER);
      const currentMapping = {
        ...makeAll(world, provider, kept, ending),
        ...removeRest(provider, kept, ending),
      };
      const told = cluster.setStatus(NAMESPACE_MAPS, kept, { currentMapping });
      if (ending && Object.keys(currentMapping).length === 0)
        dropFinalizer(cluster, NAMESPACE_MAPS, told, FINALIZER);
      return undefined;
    },
  };
}

const mapKey = ({ liqoId }: ProviderSite): string => `${tenantNamespace(liqoId)}/${liqoId}`;

const hasNew = ({ spec, status }: NamespaceMap): boolean =>
  Object.keys(spec?.desiredMapping ?? {}).some((name) => status?.currentMapping?.[name] === undefined);

function makeAll(world: World, provider: ProviderSite, map: NamespaceMap, ending: boolean): Mapping {
  const desired = ending ? {} : (map.spec?.desiredMapping ?? {});
  return Object.fromEntries(
    Object.entries(desired).map(([local, remote]) => [
      local,
      {
        remoteNamespace: remote,
        phase: make(world, provider, keyOf(map), { local, remote }) ? "Accepted" : "CreationLoopBackOff",
      },
    ]),
  );
}

/** False where somebody else has a namespace of that name. */
function make(
  { consumer }: World,
  provider: ProviderSite,
  owner: string,
  { local, remote }: { readonly local: string; readonly remote: string },
): boolean {
  const cluster = provider.cluster.as("liqo");
  const known = cluster.get(NAMESPACES, remote);
  if (known !== undefined)
    return (
      known.metadata.annotations?.[MANAGED_BY] === owner && known.metadata.deletionTimestamp === undefined
    );
  cluster.create(NAMESPACES, {
    metadata: {
      name: remote,
      annotations: { [MANAGED_BY]: owner, "liqo.io/original-name": local },
      labels: { "liqo.io/remote-cluster-id": consumer.liqoId },
    },
  });
  return true;
}

function removeRest(provider: ProviderSite, map: NamespaceMap, ending: boolean): Mapping {
  const cluster = provider.cluster.as("liqo");
  const desired = map.spec?.desiredMapping ?? {};
  const surplus = Object.entries(map.status?.currentMapping ?? {}).filter(
    ([local]) => ending || desired[local] === undefined,
  );
  const left = surplus.filter(([, { remoteNamespace }]) => remove(cluster, remoteNamespace, keyOf(map)));
  return Object.fromEntries(left.map(([local, state]) => [local, { ...state, phase: "Terminating" }]));
}

/** True while it is still there. */
function remove(cluster: Cluster, name: string, owner: string): boolean {
  const namespace = cluster.get(NAMESPACES, name);
  if (namespace?.metadata.annotations?.[MANAGED_BY] !== owner) return false;
  if (namespace.metadata.deletionTimestamp === undefined) cluster.remove(NAMESPACES, name);
  return cluster.get(NAMESPACES, name) !== undefined;
}
