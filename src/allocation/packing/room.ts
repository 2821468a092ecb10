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

/** What a task takes of an offer. */
export interface Wanted {
  readonly cpuMilli: number;
  readonly devices: number;
}

/** Devices that tasks of this size would take together where so many are wholly free. */
export function devicesFor(whole: number, cpuMilli: number, { devices, cpuMilli: cpu }: Wanted): number {
  const byDevices = Math.floor(whole / devices);
  return devices * (cpu <= 0 ? byDevices : Math.min(byDevices, Math.floor(cpuMilli / cpu)));
}
