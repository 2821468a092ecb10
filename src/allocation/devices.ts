import { DEVICE_MILLI } from "./capacity.ts";
import type { DeviceShare, Placement } from "./decision.ts";
import type { Offer } from "./types.ts";

/** The first devices that are wholly free. */
export function wholeDevices(free: readonly number[], count: number): readonly DeviceShare[] {
  const shares: DeviceShare[] = [];
  for (let device = 0; device < free.length && shares.length < count; device += 1)
    if (free[device] === DEVICE_MILLI) shares.push({ device, milli: DEVICE_MILLI });
  return shares;
}

interface Shares {
  readonly milli: number;
  readonly tasks: number;
  /** Where the first one goes; -1: wherever it fits best. */
  readonly first: number;
}

/** One share after the other, each from the device with the least room that suffices. */
export function shareDevices(
  free: readonly number[],
  { milli, tasks, first }: Shares,
): readonly DeviceShare[] {
  const left = [...free];
  const shares: DeviceShare[] = [];
  for (let task = 0; task < tasks; task += 1) {
    const device = task === 0 && first >= 0 ? first : tightest(left, milli);
    left[device] = (left[device] ?? 0) - milli;
    shares.push({ device, milli });
  }
  return shares;
}

function tightest(free: readonly number[], milli: number): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let device = 0; device < free.length; device += 1) {
    const has = free[device] as number;
    if (has < milli || has >= least) continue;
    best = device;
    least = has;
  }
  return best;
}

/**
 * Gives placements that were chosen side by side devices of their own: each of them saw what was free before all of the
 * others. What was taken before stays where it is; who asks first chooses first. The offers must have room for all.
 */
export function apart(
  offers: readonly Offer[],
  taken: readonly Placement[],
): (placements: readonly Placement[]) => readonly Placement[] {
  const left = new Map<string, number[]>();
  const leftOf = (id: string): number[] => {
    const known = left.get(id) ?? [...(offers.find((offer) => offer.id === id)?.devices ?? [])];
    left.set(id, known);
    return known;
  };
  const take = ({ offer, devices = [] }: Placement): void => {
    for (const { device, milli } of devices) leftOf(offer)[device] = (leftOf(offer)[device] ?? 0) - milli;
  };
  taken.forEach(take);
  return (placements) =>
    placements.map((placement) => {
      if (placement.devices === undefined) return placement;
      const free = leftOf(placement.offer);
      const devices = placement.devices.flatMap(({ milli }) => {
        const shares = shareDevices(free, { milli, tasks: 1, first: -1 });
        take({ ...placement, devices: shares });
        return shares;
      });
      return { ...placement, devices };
    });
}
