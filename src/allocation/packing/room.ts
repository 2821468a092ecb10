import { availableMilli, DEVICE_MILLI } from "../capacity.ts";
import type { Offer } from "../types.ts";

/** Devices of an offer that are looked at: beyond them one more or less makes no difference. */
export const MOST_DEVICES = 32;
const EMPTY: readonly number[] = [];
const WHOLE: readonly (readonly number[])[] = Array.from({ length: MOST_DEVICES + 1 }, (_, count) =>
  Array.from({ length: count }, () => DEVICE_MILLI),
);

/** What is free of one offer: thousandths of each device, and the CPU of its node. */
export interface Room {
  /** The sets of conditions that the offer meets, as bits. */
  readonly class: number;
  readonly cpuMilli: number;
  readonly devices: readonly number[];
}

export function roomOf(offer: Offer, offerClass: number): Room {
  return { class: offerClass, cpuMilli: availableMilli(offer.cpu), devices: devicesOf(offer) };
}

/** Free thousandths of each device. */
export function devicesOf({ devices, free }: Offer): readonly number[] {
  if (devices === undefined) return WHOLE[Math.min(free, MOST_DEVICES)] ?? EMPTY;
  return devices.length > MOST_DEVICES ? devices.slice(0, MOST_DEVICES) : devices;
}

/** Free thousandths of all devices. */
export function idleMilli({ devices }: Room): number {
  let sum = 0;
  for (const free of devices) sum += free;
  return sum;
}

/** Devices that are wholly free. */
export function wholeDevices({ devices }: Room): number {
  let count = 0;
  for (const free of devices) if (free === DEVICE_MILLI) count += 1;
  return count;
}

interface Wanted {
  readonly cpuMilli: number;
  readonly devices: number;
}

/** Thousandths that tasks with several devices could use of so many whole ones; half of what their CPU suffices not for. */
export function reservable(whole: number, cpuMilli: number, wanted: Wanted): number {
  const byCpu = wanted.cpuMilli <= 0 ? Number.MAX_SAFE_INTEGER : Math.floor(cpuMilli / wanted.cpuMilli);
  if (whole < wanted.devices || byCpu === 0) return 0;
  const byDevices = Math.floor(whole / wanted.devices);
  return whole * DEVICE_MILLI * (0.5 + 0.5 * Math.min(1, byCpu / byDevices));
}
