import type { Requirement } from "./requirement.ts";
import type { Offer } from "./types.ts";

// CPU is counted in whole millicores and memory in whole KiB, so that sums are exact in any order and a release
// restores to the last bit. What is there is rounded down, what is asked is rounded up.
const MILLI = 1000;
const KIBI = 2 ** 20;
const SLACK = 1e-6;
/** Thousandths of a device that nobody uses. */
export const DEVICE_MILLI = 1000;

export const availableMilli = (cores: number): number => Math.floor(cores * MILLI + SLACK);
export const neededMilli = (cores: number): number => Math.ceil(cores * MILLI - SLACK);
export const availableKi = (gibibytes: number): number => Math.floor(gibibytes * KIBI + SLACK);
export const neededKi = (gibibytes: number): number => Math.ceil(gibibytes * KIBI - SLACK);
export const coresOf = (milli: number): number => milli / MILLI;
export const gibibytesOf = (kibibytes: number): number => kibibytes / KIBI;

const times = (has: number, each: number): number =>
  each <= 0 ? Number.MAX_SAFE_INTEGER : Math.max(0, Math.floor(has / each));

/** How many tasks the node's CPU and memory carry. */
export function nodeCapacity(offer: Pick<Offer, "cpu" | "memoryGi">, requirement: Requirement): number {
  const byCpu = times(availableMilli(offer.cpu), neededMilli(requirement.cpu));
  const byMemory = times(availableKi(offer.memoryGi), neededKi(requirement.memoryGi));
  return Math.min(byCpu, byMemory);
}

/** How many tasks the free units of one group carry. */
export function unitCapacity(offer: Pick<Offer, "free" | "devices">, { gpu }: Requirement): number {
  const { milli } = gpu;
  if (milli === undefined) return times(offer.free, gpu.count);
  return (offer.devices ?? []).reduce((sum, free) => sum + times(free, milli), 0);
}

/** The offer as it would be if nobody used it. Of its node's CPU and memory only what is free is known. */
export function emptied(offer: Offer): Offer {
  const { devices, total } = offer;
  return {
    ...offer,
    free: total,
    nodeIdle: true,
    ...(devices && { devices: devices.map(() => DEVICE_MILLI) }),
  };
}

/** Names a node over all providers. A provider's name holds no slash. */
export const nodeKey = (offer: { readonly provider: string; readonly node: string }): string =>
  `${offer.provider}/${offer.node}`;

/** The place that colocated tasks share: the zone, where none is told the region, else the provider as a whole. */
export function zoneKey(offer: Offer): string {
  return `${offer.provider}/${offer.place.zone ?? offer.place.region ?? ""}`;
}
