import type { Controller } from "../controller.ts";
import type { World } from "../world.ts";
import { consumerPeeringController, providerPeeringController } from "./foreign-cluster.ts";
import { namespaceMapController } from "./namespace-maps.ts";
import { offloadingController } from "./offloading.ts";
import { podController } from "./pods.ts";
import { schedulerController } from "./scheduler.ts";
import { sliceController } from "./slices.ts";
import { virtualNodeController, virtualNodeCreator } from "./virtual-nodes.ts";

/** All of Liqo in all clusters. */
export const liqoControllers = (world: World): readonly Controller[] => [
  sliceController(world),
  virtualNodeCreator(world),
  virtualNodeController(world),
  consumerPeeringController(world),
  ...world.providers.map((provider) => providerPeeringController(world, provider)),
  offloadingController(world),
  namespaceMapController(world),
  schedulerController(world),
  podController(world),
];
