import { type Controller, keyOf, namesIn, other, own } from "../controller.ts";
import type { Allocation, AllocationState, Contract } from "../fluidos-types.ts";
import { ALLOCATIONS, CONTRACTS, FLAVORS, FOREIGN_CLUSTERS } from "../kinds.ts";
import { FLUIDOS, type ProviderSite, stamp, type World } from "../world.ts";
import { takeOffMarket } from "./remainder.ts";

/** The provider's side of an Allocation: the Flavor goes off the market, then the buyer's peering is waited for. */
export function providerAllocationController(world: World, provider: ProviderSite): Controller {
  const cluster = provider.cluster.as("rear-manager");
  return {
    name: `allocation of ${provider.name}`,
    wakes: [
      own(cluster, ALLOCATIONS),
      other(cluster, FOREIGN_CLUSTERS, () => cluster.list(ALLOCATIONS).map(keyOf)),
    ],
    reconcile: (key) => {
      const { name, namespace } = namesIn(key);
      const allocation = cluster.get(ALLOCATIONS, name, namespace);
      const contract = cluster.get(CONTRACTS, allocation?.spec.contract?.name ?? "", FLUIDOS);
      if (allocation === undefined) return undefined;
      const state = allocation.status?.status;
      const set = (next: AllocationState, message: string): undefined => {
        const status = { ...allocation.status, status: next, message, lastUpdateTime: stamp(world) };
        cluster.setStatus(ALLOCATIONS, allocation, status);
      };
      if (state === undefined) return set("Inactive", "Allocation has been set to Inactive");
      if (state === "Error" || state === "Active") return undefined;
      if (contract === undefined) return set("Error", "Error when getting Contract");
      if (state === "Inactive") return reserve(world, provider, contract, set);
      if (state === "Provisioning") provision(provider, contract, allocation, set);
      return undefined;
    },
  };
}

type Set = (state: AllocationState, message: string) => undefined;

function reserve(world: World, provider: ProviderSite, contract: Contract, set: Set): undefined {
  const flavor = provider.cluster.get(FLAVORS, contract.spec.flavor.metadata.name, FLUIDOS);
  if (flavor === undefined) return set("Error", "Error when getting Flavor");
  takeOffMarket(world, provider, flavor, contract);
  return set("Provisioning", "Resources reserved");
}

/** That the buyer's ForeignCluster is there is enough, whatever its state. */
function provision(provider: ProviderSite, { spec }: Contract, allocation: Allocation, set: Set): void {
  const peer = provider.cluster
    .list(FOREIGN_CLUSTERS)
    .some((foreign) => foreign.spec.clusterID === spec.buyerClusterID);
  const message = "ForeignCluster not found, peering not yet started";
  if (peer) set("Active", "Allocation ready, will be used locally");
  else if (allocation.status?.message !== message) set("Provisioning", message);
}
