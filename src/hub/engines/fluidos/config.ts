import * as z from "zod";
import { duration, name } from "../../config-fields.ts";

/** Section `fluidos` of the hub's configuration: how Providers with `engine: fluidos` are worked with. */
export const fluidosSection = z.strictObject({
  /** Where FLUIDOS keeps its objects; it is compiled into it. */
  namespace: name.default("fluidos"),
  /** How often the known clusters are asked what they offer, and how long they may take to answer. */
  discoverEvery: duration("1m", "1s"),
  discoveryTimeout: duration("2m", "1s"),
  /** A candidate that was not seen for so long is deleted. */
  forgetAfter: duration("1h", "1m"),
  /** A candidate that failed is not tried again for so long. */
  retryAfter: duration("10m", "0s"),
  /** How long FLUIDOS may take to reserve and buy; to peer, until the virtual node is ready; Liqo to grant the GPUs. */
  reservationTimeout: duration("2m", "1s"),
  peeringTimeout: duration("5m", "1s"),
  /** How long FLUIDOS may take to ask a cluster that is peered for a ResourceSlice; after that the hub asks. */
  sliceTimeout: duration("30s", "1s"),
  grantTimeout: duration("2m", "1s"),
});

export type FluidosConfig = z.output<typeof fluidosSection>;
