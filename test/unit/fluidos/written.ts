/** What a hub writes of FLUIDOS's and Liqo's kinds, in every form that it takes. */
import { buildAllocation } from "../../../src/fluidos/allocation.ts";
import { buildResourceSlice } from "../../../src/fluidos/build-resource-slice.ts";
import { buildDiscovery, buildDiscoverySolver } from "../../../src/fluidos/discovery.ts";
import type { FlavorFacts } from "../../../src/fluidos/flavor-facts.ts";
import * as kinds from "../../../src/fluidos/kinds.ts";
import { buildNamespaceOffloading } from "../../../src/fluidos/liqo.ts";
import { buildReservation } from "../../../src/fluidos/reservation.ts";
import { flavorOf } from "../../../src/hub/flavors/node-flavors.ts";
import { offersOf } from "../../../src/hub/inventory/offers.ts";
import type { KubeObject, Resource } from "../../../src/kubernetes/objects.ts";
import { type NodeParts, nodeRecord, offerOptions } from "../hub/builders.ts";
import { h100Node } from "./h100-node.ts";

export const mark = { labels: { "app.kubernetes.io/managed-by": "flare" }, annotations: { a: "b" } };
export const round = { name: "flare-discovery-x", namespace: "fluidos", labels: mark.labels };

const reservationOf = (
  flavor: FlavorFacts,
  part = { cpu: 4, memoryBytes: 16 * 2 ** 30, pods: 4, gpus: 1 },
): KubeObject =>
  buildReservation({
    name: "flare-1",
    namespace: "fluidos",
    ...mark,
    buyer: { domain: "fluidos.eu", nodeID: "rd5ks7x9yz", ip: "172.18.0.5:30000" },
    candidate: { name: "peeringcandidate-x", namespace: "fluidos", flavor },
    part,
  });
export const reservation = reservationOf(h100Node);

export const offloading = (namespace: string): KubeObject =>
  buildNamespaceOffloading({
    namespace,
    ...mark,
    localCluster: "fluidos-consumer-1",
    remoteClusters: ["b", "a", "b"],
    shortName: "short-1",
  });

export const FLAVORS: Resource = {
  group: "nodecore.fluidos.eu",
  version: "v1alpha1",
  plural: "flavors",
  namespaced: true,
};

/** The Flavor that a hub publishes of a node; `free` of its GPUs are free. */
function published(parts: NodeParts, free?: number): KubeObject {
  const node = nodeRecord(parts);
  const [offer] = offersOf(node, [], offerOptions()).offers;
  if (offer === undefined) throw new Error("the node has no offer");
  const owner = { domain: "fluidos.eu", nodeID: "alpha", ip: "172.18.0.4:30001" };
  const place = { namespace: "fluidos", owner, providerID: "alpha" };
  return flavorOf("flare-lab-gpu-1", free === undefined ? offer : { ...offer, free }, node, place);
}

const MIG = JSON.stringify([
  {
    resource: "nvidia.com/mig-1g.10gb",
    model: "nvidia-h100",
    variant: "sxm5-80gb",
    count: 1,
    memoryGi: 10,
    sharing: "mig",
    replicas: 7,
    profile: "1g.10gb",
  },
]);

export const WRITTEN: readonly (readonly [string, Resource, KubeObject])[] = [
  ["a discovery-only Solver", kinds.SOLVERS, buildDiscoverySolver(round)],
  ["a Discovery", kinds.DISCOVERIES, buildDiscovery(round)],
  ["a Reservation", kinds.RESERVATIONS, reservation],
  [
    "a Reservation of all that there is",
    kinds.RESERVATIONS,
    reservationOf(h100Node, { cpu: 400, memoryBytes: 2 ** 50, pods: 4000, gpus: 4 }),
  ],
  [
    "a Reservation at a seller with a Liqo of its own name",
    kinds.RESERVATIONS,
    reservationOf({
      ...h100Node,
      owner: { ...h100Node.owner, additionalInformation: { liqoID: "fluidos-provider-1" } },
    }),
  ],
  [
    "a Reservation of a Flavor that tells little",
    kinds.RESERVATIONS,
    reservationOf({ ...h100Node, values: {} }),
  ],
  [
    "an Allocation",
    kinds.ALLOCATIONS,
    buildAllocation({
      name: "flare-1",
      namespace: "fluidos",
      ...mark,
      contract: { name: "contract-x", namespace: "fluidos" },
    }),
  ],
  [
    "a ResourceSlice",
    kinds.RESOURCE_SLICES,
    buildResourceSlice({
      contract: "contract-x",
      namespace: "liqo-tenant-p",
      cluster: "p",
      ...mark,
      part: { cpu: 4, memoryBytes: 16 * 2 ** 30, pods: 4, gpus: 1 },
      resource: "nvidia.com/gpu",
    }),
  ],
  ["a NamespaceOffloading", kinds.NAMESPACE_OFFLOADINGS, offloading("team-a-x")],
  ["one with a long name", kinds.NAMESPACE_OFFLOADINGS, offloading("n".repeat(60))],
  ["a Flavor of a node", FLAVORS, published({})],
  ["a Flavor of a node that is taken", FLAVORS, published({}, 0)],
  [
    "a Flavor without a rate",
    FLAVORS,
    published({
      annotations: { "cost.fluidos.eu/hourly-rate": undefined, "cost.fluidos.eu/currency": undefined },
    }),
  ],
  [
    "a Flavor without a place",
    FLAVORS,
    published({
      annotations: { "location.fluidos.eu/region": undefined, "location.fluidos.eu/zone": undefined },
    }),
  ],
  [
    "a Flavor of MIG slices",
    FLAVORS,
    published({
      annotations: { "gpu.fluidos.eu/devices": MIG, "gpu.fluidos.eu/sharing-strategy": "mig" },
      allocatable: { cpu: "192", memory: "2000Gi", pods: "110", "nvidia.com/mig-1g.10gb": "7" },
    }),
  ],
];
