import { sell } from "./fluidos/gateway.ts";
import { transactionName } from "./fluidos/names.ts";
import { FLAVORS, FOREIGN_CLUSTERS } from "./kinds.ts";
import type { OpenTransaction, ProviderSite, RearCall, World } from "./world.ts";
import { FLUIDOS } from "./world.ts";

/** A provider of a running federation: who it is, and what can be done to it. */
export interface FederatedProvider {
  readonly name: string;
  /** How Liqo calls it. */
  readonly liqoId: string;
  /** host:port of its REAR gateway, as KnownClusters and owners of Flavors have it. */
  readonly address: string;
  /** From now on nothing of it answers: gateway, API server, what runs there. */
  goAway(): void;
  comeBack(): void;
  /** The next so many requests of that sort are answered with 500. */
  failNext(call: RearCall, count?: number): void;
  /** ResourceSlices are granted without what has a `/` in its name, such as `nvidia.com/gpu`. */
  withholdGpus(on?: boolean): void;
  /** ResourceSlices are denied. */
  denySlices(on?: boolean): void;
  /** The network between the clusters breaks: virtual nodes are not ready, ForeignClusters say so. */
  losePeering(): void;
  restorePeering(): void;
  /** The consumer's ForeignCluster is deleted, as by `liqoctl unpeer`; it comes back with `restorePeering`. */
  dropForeignCluster(): void;
  /** Somebody else buys the Flavor. Candidates of it still look as before. */
  sellElsewhere(flavor: string): void;
  /** The Flavor is gone, as when its node left. Candidates of it still look as before. */
  withdraw(flavor: string): void;
}

export function createFaultHandle(world: World, provider: ProviderSite): FederatedProvider {
  const { faults, cluster, name, liqoId, identity } = provider;
  const change = (alter: () => void): void => {
    alter();
    for (const listener of provider.onFault) listener();
  };
  return {
    name,
    liqoId,
    address: identity.ip,
    goAway: () =>
      change(() => {
        faults.away = true;
      }),
    comeBack: () =>
      change(() => {
        faults.away = false;
      }),
    failNext: (call, count = 1) => {
      faults.failing[call] += count;
    },
    withholdGpus: (on = true) =>
      change(() => {
        faults.withholdsGpus = on;
      }),
    denySlices: (on = true) =>
      change(() => {
        faults.deniesSlices = on;
      }),
    losePeering: () =>
      change(() => {
        faults.peeringLost = true;
      }),
    restorePeering: () =>
      change(() => {
        faults.peeringLost = false;
        faults.foreignClusterDropped = false;
      }),
    dropForeignCluster: () =>
      change(() => {
        faults.foreignClusterDropped = true;
        world.consumer.cluster.remove(FOREIGN_CLUSTERS, liqoId);
      }),
    sellElsewhere: (flavor) => sellToStranger(world, provider, flavor),
    withdraw: (flavor) => cluster.remove(FLAVORS, flavor, FLUIDOS),
  };
}

function sellToStranger(world: World, provider: ProviderSite, name: string): void {
  const flavor = provider.cluster.get(FLAVORS, name, FLUIDOS);
  if (flavor === undefined) throw new Error(`${provider.name} has no Flavor "${name}"`);
  const stranger: OpenTransaction = {
    id: transactionName(world.random, world.now()),
    flavorID: name,
    buyer: { domain: "fluidos.eu", nodeID: "stranger", ip: "192.0.2.1:30000" },
    clusterID: "stranger",
    expiresAt: world.now() + world.timings.transactionMs,
  };
  sell(world, provider, flavor, stranger);
}
