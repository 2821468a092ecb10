import { findResource } from "../kubernetes/discovery.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { KubeObject, Resource } from "../kubernetes/objects.ts";
import type { DeviceAttribute, DraDevice } from "../mapping/facts.ts";

type AttributeValue = { readonly [kind in "string" | "int" | "bool" | "version"]?: DeviceAttribute };

interface DeviceSpec {
  /** Draws on counters that other devices draw on too: one of several ways to cut the same GPU. */
  readonly consumesCounters?: readonly unknown[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly capacity?: Readonly<Record<string, { readonly value?: string } | string>>;
}

/** A ResourceSlice of resource.k8s.io: v1 and v1beta2 describe a device itself, v1beta1 under `basic`. */
export interface ResourceSlice extends KubeObject {
  readonly spec?: {
    readonly driver?: string;
    readonly pool?: { readonly name?: string; readonly generation?: number };
    readonly devices?: readonly (DeviceSpec & { readonly name?: string; readonly basic?: DeviceSpec })[];
  };
}

/** What is kept of a ResourceSlice. */
export interface SliceView {
  readonly pool: string;
  readonly generation: number;
  readonly devices: readonly DraDevice[];
}

/** A slice holds at most 128 devices, a node seldom more than a few slices. */
const MAX_DEVICES = 1024;

/** Finds ResourceSlices in the newest version that we understand and the API serves. */
export function findResourceSlices(
  client: Pick<KubeClient, "raw">,
  signal?: AbortSignal,
): Promise<Resource | undefined> {
  const wanted = {
    group: "resource.k8s.io",
    plural: "resourceslices",
    versions: ["v1", "v1beta2", "v1beta1"],
  };
  return findResource(client, wanted, { signal });
}

/** Reduces a ResourceSlice to its devices. */
export function viewOfSlice(slice: ResourceSlice): SliceView {
  const { driver = "", pool = {}, devices = [] } = slice.spec ?? {};
  const name = pool.name ?? "";
  return {
    pool: `${driver}/${name}`,
    generation: pool.generation ?? 0,
    devices: devices.slice(0, MAX_DEVICES).map((device) => {
      const { attributes = {}, capacity = {}, consumesCounters = [] } = device.basic ?? device;
      return {
        driver,
        pool: name,
        name: device.name ?? "",
        attributes: {
          ...mapEntries(attributes, (value) => value.string ?? value.int ?? value.bool ?? value.version),
          ...(consumesCounters.length > 0 ? { overlapping: true } : {}),
        },
        capacity: mapEntries(capacity, (value) => (typeof value === "string" ? value : value.value)),
      };
    }),
  };
}

/** The devices of a node. While a driver replaces its slices, those of an older generation of the pool are void. */
export function devicesOf(slices: readonly SliceView[]): readonly DraDevice[] {
  const newest = new Map<string, number>();
  for (const { pool, generation } of slices) newest.set(pool, Math.max(newest.get(pool) ?? 0, generation));
  return slices
    .filter(({ pool, generation }) => newest.get(pool) === generation)
    .flatMap((slice) => slice.devices)
    .slice(0, MAX_DEVICES);
}

/** Renames `gpu.nvidia.com/productName` to `productName` and drops what has no value. */
function mapEntries<V, R>(
  record: Readonly<Record<string, V>>,
  convert: (value: V) => R | undefined,
): Record<string, R> {
  const result: Record<string, R> = {};
  for (const [qualified, value] of Object.entries(record)) {
    const converted = convert(value);
    if (converted !== undefined) result[qualified.slice(qualified.lastIndexOf("/") + 1)] = converted;
  }
  return result;
}
