import { createHash } from "node:crypto";
import type { Offer } from "../../allocation/types.ts";
import { buildFlavor } from "../../fluidos/build-flavor.ts";
import type { Flavor, FlavorLocation, NodeIdentity } from "../../fluidos/flavor.ts";
import type { Values } from "../../vocabulary/annotations.ts";
import { KEYS } from "../../workload/identity.ts";
import { labelValue } from "../../workload/names.ts";
import { given } from "../inventory/given.ts";
import type { NodeRecord } from "../inventory/node-record.ts";
import { HUB_MANAGER } from "../manager.ts";

/** Every Flavor that the hub owns, and no other, carries it. */
export const MANAGED_BY = "app.kubernetes.io/managed-by";
export const OWNED_SELECTOR = `${MANAGED_BY}=${HUB_MANAGER}`;

/** What one Flavor tells of: a node of a provider, or one device group of it. */
export interface FlavorTarget {
  readonly provider: string;
  readonly node: string;
  readonly resource: string;
}

export interface FlavorPlace {
  readonly namespace: string;
  readonly owner: NodeIdentity;
  /** The name of the offer's provider where absent. */
  readonly providerID?: string;
  /** By whom an offer is whose node does not say it; its provider where absent. */
  readonly operator?: string;
}

const GIB = 2 ** 30;
/** The CRD requires a text, and an empty one does not survive a server-side apply on Kubernetes 1.20. */
const UNTOLD = "unknown";
/**
 * What of a Flavor's name can be read. FLUIDOS makes a Contract `contract-<name>-<4 digits>` of it, Liqo a Node of the same
 * name, and that a label of the Node, of 63 characters at most: a longer one is sold, and never peered.
 */
const LONGEST_READABLE = 34;

/** The name of a Flavor: readable, and by its hash unlike any other target's. The same at every start. */
export function flavorName(target: FlavorTarget, isOnlyGroup: boolean): string {
  const parts = isOnlyGroup
    ? [target.provider, target.node]
    : [target.provider, target.node, target.resource];
  const hash = createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 8);
  const readable = parts
    .join("-")
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, "-")
    .slice(0, LONGEST_READABLE);
  // No dot or hyphen beside a dot: every part between dots has to be a name.
  return `flare-${readable.replace(/[-.]*\.[-.]*/g, ".").replace(/[-.]+$/, "")}-${hash}`;
}

/** The Flavor of an offer as it is now: everything in it is the offer's, but what an offer has no place for. */
export function flavorOf(name: string, offer: Offer, node: NodeRecord, place: FlavorPlace): Flavor {
  const operator = offer.operator ?? place.operator;
  const values = valuesOf({ ...offer, ...given({ operator }) }, node);
  const rate = values["cost.fluidos.eu/hourly-rate"];
  const location = locationOf(offer);
  return buildFlavor({
    name,
    providerID: offer.provider,
    ...place,
    labels: { [MANAGED_BY]: HUB_MANAGER, [KEYS.provider]: labelValue(offer.provider) },
    architecture: node.architecture,
    cpu: offer.cpu,
    memoryBytes: offer.memoryGi * GIB,
    pods: node.pods,
    values,
    price:
      rate === undefined
        ? { amount: UNTOLD, currency: offer.currency ?? UNTOLD, period: "hourly" }
        : { amount: String(rate), currency: offer.currency ?? "", period: "hourly" },
    available: offer.free > 0,
    ...(location === undefined ? {} : { location }),
    additional: Object.fromEntries(
      Object.entries({
        provider: offer.provider,
        node: offer.node,
        resource: offer.resource,
        // Of the GPU block upstream FLUIDOS lets only the model and two totals through.
        count: String(devicesOf(offer)),
        total: String(offer.total),
        free: String(offer.free),
        // What upstream FLUIDOS does not send on of the GPUs.
        ...given({ operator, variant: offer.gpu.variant, profile: offer.gpu.profile }),
      }),
    ),
  });
}

const devicesOf = ({ total, gpu }: Offer): number => Math.round(total / gpu.replicas);

/** The offer in the words of the vocabulary; abilities of the node as it states them. */
function valuesOf(offer: Offer, node: NodeRecord): Values {
  const { gpu, unitRate, total, network, place } = offer;
  const own = node.description.values;
  return given({
    ...pick(own, [
      "gpu.fluidos.eu/sharing-capable",
      "gpu.fluidos.eu/dedicated",
      "nvidia.fluidos.eu/mig-capable",
      "provider.fluidos.eu/preemptible",
    ]),
    "gpu.fluidos.eu/vendor": gpu.vendor,
    "gpu.fluidos.eu/model": gpu.model,
    "gpu.fluidos.eu/count": devicesOf(offer),
    "gpu.fluidos.eu/memory-per-gpu": gpu.memoryGi,
    "gpu.fluidos.eu/tier": gpu.tier,
    "gpu.fluidos.eu/architecture": gpu.architecture,
    "gpu.fluidos.eu/cores": gpu.cores,
    "gpu.fluidos.eu/compute-capability": gpu.computeCapability,
    "gpu.fluidos.eu/clock-speed": gpu.clockHz,
    "gpu.fluidos.eu/fp32-tflops": gpu.fp32Tflops,
    "gpu.fluidos.eu/interconnect": gpu.interconnect,
    "gpu.fluidos.eu/interconnect-bandwidth-gbps": gpu.interconnectGBps,
    "gpu.fluidos.eu/topology": gpu.topology,
    "gpu.fluidos.eu/multi-gpu-efficiency": gpu.multiGpuEfficiency,
    "gpu.fluidos.eu/sharing-strategy": gpu.sharing,
    "gpu.fluidos.eu/interruptible": offer.interruptible,
    "workload.fluidos.eu/training-score": gpu.scores.training,
    "workload.fluidos.eu/inference-score": gpu.scores.inference,
    "workload.fluidos.eu/hpc-score": gpu.scores.hpc,
    "workload.fluidos.eu/graphics-score": gpu.scores.graphics,
    "location.fluidos.eu/region": place.region,
    "location.fluidos.eu/zone": place.zone,
    "network.fluidos.eu/bandwidth-gbps": network.bandwidthGbps,
    "network.fluidos.eu/latency-ms": network.latencyMs,
    "network.fluidos.eu/tier": network.tier,
    "cost.fluidos.eu/hourly-rate":
      unitRate === undefined ? undefined : Math.round(unitRate * total * 1e4) / 1e4,
    "provider.fluidos.eu/name": offer.operator ?? offer.provider,
  }) as Values;
}

function pick<K extends keyof Values>(values: Values, keys: readonly K[]): Pick<Values, K> {
  return Object.fromEntries(keys.map((key) => [key, values[key]])) as Pick<Values, K>;
}

function locationOf({ place }: Offer): FlavorLocation | undefined {
  const notes = [place.region, place.zone].filter((part) => part !== undefined).join(" / ");
  const location = given({
    country: place.country?.toUpperCase(),
    additionalNotes: notes === "" ? undefined : notes,
  });
  return Object.keys(location).length === 0 ? undefined : location;
}
