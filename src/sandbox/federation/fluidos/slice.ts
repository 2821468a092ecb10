import type { Draft } from "../cluster.ts";
import type { Contract } from "../fluidos-types.ts";
import { tenantNamespace } from "../liqo/peering.ts";
import type { ResourceSlice, Resources } from "../liqo-types.ts";

/** The ResourceSlice that the virtual fabric manager makes for a Contract, by which VirtualNode and Node are named, too. */
export function sliceFor({ metadata, spec }: Contract, withoutGpus: boolean): Draft<ResourceSlice> {
  const { liqoID } = spec.peeringTargetCredentials;
  return {
    metadata: {
      name: metadata.name,
      namespace: tenantNamespace(liqoID),
      labels: {
        "liqo.io/replication": "true",
        "liqo.io/remoteID": liqoID,
        "liqo.io/remote-cluster-id": liqoID,
      },
      annotations: { "liqo.io/create-virtual-node": "true" },
    },
    spec: {
      class: "default",
      providerClusterID: liqoID,
      resources: { ...boughtResources(spec), ...(withoutGpus ? {} : boughtGpus(spec)) },
    },
  };
}

/** What was configured, or all of the Flavor. */
function boughtResources({ configuration, flavor }: Contract["spec"]): Resources {
  const { cpu, memory, pods } = configuration?.data ?? flavor.spec.flavorType.typeData.characteristics;
  const storage = configuration?.data.storage;
  return { cpu, memory, pods, ...(storage === undefined ? {} : { storage, "ephemeral-storage": storage }) };
}

function boughtGpus({ configuration, flavor }: Contract["spec"]): Resources {
  const gpu =
    configuration === undefined
      ? flavor.spec.flavorType.typeData.characteristics.gpu
      : configuration.data.gpu;
  const count = Number(gpu?.count ?? 0);
  return count > 0 ? { "nvidia.com/gpu": String(count) } : {};
}
