import type { KubeObject } from "../kubernetes/objects.ts";
import { formatQuantity, quantityOf } from "../units/quantity.ts";
import type { Part } from "./configuration.ts";
import { REMOTE_CLUSTER_LABEL } from "./liqo.ts";

export interface SliceFacts {
  /** Name of the Contract: VirtualNode and Node get it too. */
  readonly contract: string;
  /** Liqo's namespace for the provider's cluster, and its name for that. */
  readonly namespace: string;
  readonly cluster: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly part: Part;
  /** Kubernetes resource of the GPUs. */
  readonly resource: string;
}

/** The ResourceSlice that FLUIDOS makes for a Contract, in Liqo v1.0 and later; with the GPUs, which FLUIDOS leaves out. */
export function buildResourceSlice(facts: SliceFacts): KubeObject {
  const { contract, namespace, cluster, labels, annotations, part, resource } = facts;
  const object = {
    apiVersion: "authentication.liqo.io/v1beta1",
    kind: "ResourceSlice",
    metadata: {
      name: contract,
      namespace,
      labels: {
        ...labels,
        "liqo.io/replication": "true",
        "liqo.io/remoteID": cluster,
        [REMOTE_CLUSTER_LABEL]: cluster,
      },
      annotations: { ...annotations, "liqo.io/create-virtual-node": "true" },
    },
    spec: {
      class: "default",
      providerClusterID: cluster,
      resources: {
        cpu: formatQuantity(quantityOf(part.cpu)),
        memory: formatQuantity(quantityOf(part.memoryBytes, 2)),
        pods: formatQuantity(quantityOf(part.pods)),
        [resource]: String(part.gpus),
      },
    },
  };
  return object;
}
