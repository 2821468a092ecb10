import { sleep } from "../../../kubernetes/timing.ts";
import type { Cluster } from "../cluster.ts";
import { FOREIGN_CLUSTERS, NAMESPACES } from "../kinds.ts";
import { providerById, type World } from "../world.ts";

/** Where a cluster keeps what concerns a peer. */
export const tenantNamespace = (peer: string): string => `liqo-tenant-${peer}`;

/**
 * Network and authentication between the consumer and a provider: tenant namespaces and ForeignClusters on both sides.
 * What is there already stays. False where the signal ended it. Throws where the provider does not answer.
 */
export async function establish(world: World, liqoId: string, signal: AbortSignal): Promise<boolean> {
  const { consumer, timings } = world;
  const provider = providerById(world, liqoId);
  if (provider === undefined || provider.faults.away) throw new Error(`${liqoId} does not answer`);
  const isNew = consumer.cluster.get(FOREIGN_CLUSTERS, liqoId) === undefined;
  meet(consumer.cluster.as("liqo"), liqoId);
  meet(provider.cluster.as("liqo"), consumer.liqoId);
  if (isNew) await sleep(timings.establishMs, signal);
  return !signal.aborted;
}

/** Makes what one side keeps of a peer, where it is missing. */
export function meet(cluster: Cluster, peer: string): void {
  const name = tenantNamespace(peer);
  const labels = { "liqo.io/remote-cluster-id": peer };
  if (cluster.get(NAMESPACES, name) === undefined)
    cluster.create(NAMESPACES, {
      metadata: { name, labels: { ...labels, "liqo.io/tenant-namespace": "true" } },
    });
  if (cluster.get(FOREIGN_CLUSTERS, peer) === undefined)
    cluster.create(FOREIGN_CLUSTERS, { metadata: { name: peer, labels }, spec: { clusterID: peer } });
}
