import type { OfferSharing } from "../../allocation/types.ts";
import type { Values } from "../../vocabulary/annotations.ts";
import type { DeviceEntry } from "../../vocabulary/value-types.ts";
import type { NodeRecord } from "./node-record.ts";

/** Equal devices of a node that pods request by one resource name. */
export interface OfferedGroup {
  readonly resource: string;
  readonly model: string | undefined;
  readonly variant: string | undefined;
  readonly profile: string | undefined;
  readonly memoryGi: number | undefined;
  readonly sharing: OfferSharing;
  /** Devices, and units that share one of them. */
  readonly count: number;
  readonly replicas: number;
  /** The group that the node's core keys (cores, tier, scores ...) describe. */
  readonly isCore: boolean;
}

const SHARINGS: readonly string[] = ["none", "mig", "time-slicing", "mps", "sriov"] satisfies OfferSharing[];
const isSharing = (text: string): text is OfferSharing => SHARINGS.includes(text);

/** The device groups of a node by its annotations, one for each resource name; the core group first. */
export function groupsOf(node: NodeRecord): readonly OfferedGroup[] {
  const { values } = node.description;
  const entries = values["gpu.fluidos.eu/devices"];
  const groups =
    entries === undefined
      ? describedByHand(node)
      : entries.map((entry, index) => fromEntry(entry, index === 0));
  const byResource = new Map<string, OfferedGroup>();
  for (const group of groups) {
    const known = byResource.get(group.resource);
    byResource.set(group.resource, known === undefined ? group : merge(known, group));
  }
  return [...byResource.values()];
}

function fromEntry(entry: DeviceEntry, isCore: boolean): OfferedGroup {
  const { resource, model, variant, profile, memoryGi, sharing, count, replicas } = entry;
  const known = isSharing(sharing) ? sharing : "none";
  return { resource, model, variant, profile, memoryGi, sharing: known, count, replicas, isCore };
}

/** Without `gpu.fluidos.eu/devices`: one group from the core keys, of the resource that its vendor's plugin offers. */
function describedByHand(node: NodeRecord): readonly OfferedGroup[] {
  const { values } = node.description;
  const vendor = values["gpu.fluidos.eu/vendor"];
  const offered = [...node.devices.keys()].filter(
    (name) => vendor !== undefined && domainOf(name).includes(vendor),
  );
  const resource = offered.find((name) => name.endsWith("/gpu")) ?? offered[0];
  if (resource === undefined) return [];
  const units = node.devices.get(resource) ?? 0;
  const count = values["gpu.fluidos.eu/count"] ?? units;
  return [
    {
      resource,
      model: values["gpu.fluidos.eu/model"],
      variant: values["gpu.fluidos.eu/variant"],
      profile: undefined,
      memoryGi: values["gpu.fluidos.eu/memory-per-gpu"],
      sharing: sharingOf(values),
      count,
      // Whole multiples of the devices can only come from sharing.
      replicas: count > 0 && units > count && units % count === 0 ? units / count : 1,
      isCore: true,
    },
  ];
}

const domainOf = (resource: string): string => resource.slice(0, resource.indexOf("/"));
const sharingOf = (values: Values): OfferSharing => {
  const stated = values["gpu.fluidos.eu/sharing-strategy"] ?? "none";
  return isSharing(stated) ? stated : "none";
};

/** Groups that one resource name stands for cannot be told apart by who requests them: only what holds for all is said. */
function merge(left: OfferedGroup, right: OfferedGroup): OfferedGroup {
  const same = <T>(one: T, other: T): T | undefined => (one === other ? one : undefined);
  const model = same(left.model, right.model);
  return {
    resource: left.resource,
    model,
    variant: same(left.variant, right.variant),
    profile: same(left.profile, right.profile),
    memoryGi: least(left.memoryGi, right.memoryGi),
    sharing: left.sharing === "none" ? right.sharing : left.sharing,
    count: left.count + right.count,
    replicas: Math.max(left.replicas, right.replicas),
    isCore: left.isCore && model !== undefined,
  };
}

const least = (left: number | undefined, right: number | undefined): number | undefined =>
  left === undefined || right === undefined ? undefined : Math.min(left, right);

/**
 * The part of a GPU that one device of the group is: `2g.20gb` has two of seven compute slices. 1 for whole GPUs, and
 * for slices whose names do not tell.
 */
export function shareOfGpu({ profile }: Pick<OfferedGroup, "profile">): number {
  const slices = Number(/^([1-7])g\.\d+gb/.exec(profile ?? "")?.[1] ?? Number.NaN);
  return Number.isNaN(slices) ? 1 : slices / COMPUTE_SLICES;
}

/** Of every GPU that is cut by MIG but the smallest ones, whose slices count for a little less than they are. */
const COMPUTE_SLICES = 7;
