import type { NodeIdentity } from "../../fluidos/flavor.ts";
import { findResource } from "../../kubernetes/discovery.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import { CONFIG_MAPS, type KubeObject, type Resource } from "../../kubernetes/objects.ts";
import type { CallOptions } from "../../kubernetes/requester.ts";

/** Flavors as this cluster serves them, or undefined where it has no such CRD. */
export function findFlavors(
  client: Pick<KubeClient, "raw">,
  call: CallOptions,
): Promise<Resource | undefined> {
  return findResource(
    client,
    { group: "nodecore.fluidos.eu", plural: "flavors", versions: ["v1alpha1"] },
    call,
  );
}

/** Contracts on Flavors, in the same way. */
export function findContracts(
  client: Pick<KubeClient, "raw">,
  call: CallOptions,
): Promise<Resource | undefined> {
  return findResource(
    client,
    { group: "reservation.fluidos.eu", plural: "contracts", versions: ["v1alpha1"] },
    call,
  );
}

const IDENTITY = "fluidos-node-identity";

/** Who the FLUIDOS node of this cluster is, by its ConfigMap; undefined where there is none, or none that we may read. */
export async function readIdentity(
  client: Pick<KubeClient, "get">,
  namespace: string,
  call: CallOptions,
): Promise<NodeIdentity | undefined> {
  try {
    const { data = {} } = await client.get<KubeObject & { data?: Readonly<Record<string, string>> }>(
      CONFIG_MAPS,
      { namespace, name: IDENTITY },
      call,
    );
    const { domain, nodeID, ip = "none", port } = data;
    if (domain === undefined || nodeID === undefined) return undefined;
    return { domain, nodeID, ip: port === undefined ? ip : `${ip}:${port}` };
  } catch (error) {
    if (isKubeError(error, "not-found") || isKubeError(error, "forbidden")) return undefined;
    throw error;
  }
}
