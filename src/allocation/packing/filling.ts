import { DEVICE_MILLI } from "../capacity.ts";
import type { Forecast } from "../types.ts";

/** Free thousandths of devices in ascending order, in a buffer from `first` on. */
export interface Devices {
  readonly buffer: ArrayLike<number>;
  readonly first: number;
  readonly end: number;
}

/** How many thousandths tasks would take of a room with so much CPU, whose class has these bits. */
export type Filling = (devices: Devices, cpuMilli: number, offerClass: number) => number;

/** Lets tasks arrive in each of the forecast's orders, leaves out those that have no room, and takes the mean. */
export function fillingOf({ classes, sequences }: Forecast): Filling {
  const cpu = Int32Array.from(classes.shapes, ({ cpuMilli }) => cpuMilli);
  const count = Int32Array.from(classes.shapes, ({ devices }) => devices);
  const milli = Int32Array.from(classes.shapes, ({ deviceMilli }) => deviceMilli);
  const bits = Int32Array.from(classes.bits);
  const orders = sequences.map((sequence) => Int32Array.from(sequence));
  const free = new Int32Array(64);
  const fillOnce = (order: Int32Array, size: number, cpuMilli: number, offerClass: number): number => {
    let cpuLeft = cpuMilli;
    let used = 0;
    let idle = 0;
    for (let device = 0; device < size; device += 1) idle += free[device] as number;
    for (let at = 0; at < order.length && used < idle; at += 1) {
      const shape = order[at] as number;
      if (((bits[shape] as number) & offerClass) === 0 || (cpu[shape] as number) > cpuLeft) continue;
      if (!takeDevices(free, size, milli[shape] as number, count[shape] as number)) continue;
      cpuLeft -= cpu[shape] as number;
      used += (milli[shape] as number) * (count[shape] as number);
    }
    return used;
  };
  return ({ buffer, first, end }, cpuMilli, offerClass) => {
    let used = 0;
    for (const order of orders) {
      for (let at = first; at < end; at += 1) free[at - first] = buffer[at] as number;
      used += fillOnce(order, end - first, cpuMilli, offerClass);
    }
    return used / orders.length;
  };
}

/** Takes a share from the tightest device, or whole devices; false where there is no room. */
function takeDevices(free: Int32Array, size: number, milli: number, count: number): boolean {
  if (count > 1) return takeWhole(free, size, count);
  let best = -1;
  let least = DEVICE_MILLI + 1;
  for (let device = 0; device < size; device += 1) {
    const has = free[device] as number;
    if (has < milli || has >= least) continue;
    least = has;
    best = device;
  }
  if (best < 0) return false;
  free[best] = least - milli;
  return true;
}

function takeWhole(free: Int32Array, size: number, count: number): boolean {
  let found = 0;
  for (let device = 0; device < size; device += 1) if (free[device] === DEVICE_MILLI) found += 1;
  if (found < count) return false;
  let missing = count;
  for (let device = 0; missing > 0; device += 1) {
    if (free[device] !== DEVICE_MILLI) continue;
    free[device] = 0;
    missing -= 1;
  }
  return true;
}
