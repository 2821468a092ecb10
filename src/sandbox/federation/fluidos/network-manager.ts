import { timestamp } from "../../object.ts";
import type { Cluster } from "../cluster.ts";
import { type Controller, faultsOf, namesIn, own } from "../controller.ts";
import type { KnownCluster } from "../fluidos-types.ts";
import { KNOWN_CLUSTERS } from "../kinds.ts";
import { FLUIDOS, type ProviderSite, type World } from "../world.ts";
import { knownClusterName } from "./names.ts";

/** A provider becomes known, as if an administrator had made it: without a status nobody ever deletes it. */
export function introduce(cluster: Cluster, { identity }: ProviderSite): KnownCluster {
  const name = knownClusterName(identity.nodeID);
  return (
    cluster.get(KNOWN_CLUSTERS, name, FLUIDOS) ??
    cluster.create(KNOWN_CLUSTERS, {
      metadata: { name, namespace: FLUIDOS },
      spec: { address: identity.ip },
    })
  );
}

/** Hears of providers by multicast: keeps their KnownClusters from expiring, and deletes those that did. */
export function networkManager(world: World): Controller {
  const cluster = world.consumer.cluster.as("network-manager");
  const { multicastMs, forgetMs } = world.timings;
  const keyOf = ({ identity }: ProviderSite): string => `${FLUIDOS}/${knownClusterName(identity.nodeID)}`;
  return {
    name: "known clusters",
    wakes: [own(cluster, KNOWN_CLUSTERS)],
    pokes: world.providers.map((provider) => faultsOf(provider, () => [keyOf(provider)])),
    reconcile: (key) => {
      const { name, namespace } = namesIn(key);
      const provider = world.providers.find((one) => keyOf(one) === key);
      if (provider === undefined) return undefined;
      const now = world.now();
      const known = cluster.get(KNOWN_CLUSTERS, name, namespace);
      const heard = Date.parse(known?.status?.lastUpdateTime ?? "");
      if (provider.faults.away) {
        if (!(heard + forgetMs > now)) cluster.remove(KNOWN_CLUSTERS, name, namespace);
        return known === undefined ? undefined : { requeueAfterMs: multicastMs };
      }
      // Its own write wakes it, too; until the next message there is nothing to tell.
      if (!(heard + multicastMs > now))
        cluster.setStatus(KNOWN_CLUSTERS, introduce(cluster, provider), {
          lastUpdateTime: timestamp(now),
          expirationTime: timestamp(now + forgetMs),
        });
      return { requeueAfterMs: multicastMs };
    },
  };
}
