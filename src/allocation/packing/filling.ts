import { DEVICE_MILLI } from "../capacity.ts";
import type { Forecast } from "../types.ts";
import type { DeviceSet } from "./device-set.ts";
import { MOST_DEVICES } from "./room.ts";

/** Free thousandths of a device are told apart in so many bits less when tasks are passed over that are too large. */
const LEVEL_BITS = 7;
const LEVELS = (DEVICE_MILLI >> LEVEL_BITS) + 2;

/** How many thousandths tasks would take of devices on a node with so much CPU. */
export type Filling = (devices: DeviceSet, cpuMilli: number) => number;

/** Tasks that arrive one after the other, in several orders. */
interface Orders {
  /** Of each task: its devices, the thousandths of each, and its CPU. */
  readonly count: Int32Array;
  readonly milli: Int32Array;
  readonly cpu: Int32Array;
  /** Where each order ends. */
  readonly ends: readonly number[];
  /** By level of what is free of a device: where to go on from each task, past those that are too large. */
  readonly following: readonly Int32Array[];
}

/** With any CPU from `least` to below `limit` the same tasks find room. */
interface Range {
  least: number;
  limit: number;
  used: number;
}

/**
 * Lets tasks arrive in each of the forecast's orders on offers with these bits, leaves out those that have no room, and takes
 * the mean.
 */
export function fillingOf(forecast: Forecast, offerClass: number): Filling {
  const orders = ordersOf(forecast, offerClass);
  const known = new Map<number, Range[]>();
  return (devices, cpuMilli) => {
    let ranges = known.get(devices.id);
    if (ranges === undefined) {
      ranges = [];
      known.set(devices.id, ranges);
    }
    for (const { least, limit, used } of ranges) if (least <= cpuMilli && cpuMilli < limit) return used;
    const range = { least: 0, limit: Number.POSITIVE_INFINITY, used: 0 };
    let first = 0;
    for (const end of orders.ends) {
      fillOnce(orders, first, end, devices, cpuMilli, range);
      first = end;
    }
    range.used /= orders.ends.length;
    ranges.push(range);
    return range.used;
  };
}

/** Only tasks that offers with these bits may get. */
function ordersOf({ classes: { shapes, bits }, sequences }: Forecast, offerClass: number): Orders {
  const ends: number[] = [];
  const tasks = sequences.flatMap((sequence) => {
    const open = sequence.filter((shape) => ((bits[shape] ?? 0) & offerClass) !== 0);
    ends.push((ends.at(-1) ?? 0) + open.length);
    return open.flatMap((shape) => shapes[shape] ?? []);
  });
  const milli = Int32Array.from(tasks, ({ devices, deviceMilli }) => (devices > 1 ? DEVICE_MILLI : deviceMilli));
  return {
    milli,
    count: Int32Array.from(tasks, ({ devices }) => devices),
    cpu: Int32Array.from(tasks, ({ cpuMilli }) => cpuMilli),
    ends,
    following: Array.from({ length: LEVELS }, (_, level) => followingOf(milli, level << LEVEL_BITS)),
  };
}

/** For each task and for the end: the first one from there on that takes no more of a device than this. */
function followingOf(milli: Int32Array, most: number): Int32Array {
  const following = new Int32Array(milli.length + 1).fill(milli.length);
  for (let task = milli.length - 1; task >= 0; task -= 1)
    following[task] = (milli[task] as number) <= most ? task : (following[task + 1] as number);
  return following;
}

const levelOf = (milli: number): number => (milli + (1 << LEVEL_BITS) - 1) >> LEVEL_BITS;

/** What is free of the devices in partial use, ascending, while an order is filled in. */
const partial = new Int32Array(MOST_DEVICES);

/** Adds what is taken to the range, and narrows it to where the same tasks would find room. */
function fillOnce(
  { milli, count, cpu, following }: Orders,
  first: number,
  end: number,
  devices: DeviceSet,
  cpuMilli: number,
  range: Range,
): void {
  let { whole, idle } = devices;
  let parts = devices.free.length - whole;
  for (let at = 0; at < parts; at += 1) partial[at] = devices.free[at] as number;
  let cpuUsed = 0;
  let next = following[LEVELS - 1] as Int32Array;
  for (let task = first; idle > 0; task += 1) {
    if (whole === 0) next = following[levelOf(partial[parts - 1] as number)] as Int32Array;
    task = next[task] as number;
    if (task >= end) break;
    const cpuAfter = cpuUsed + (cpu[task] as number);
    const wanted = count[task] as number;
    const share = milli[task] as number;
    let part = 0;
    if (wanted > 1) {
      if (whole < wanted) continue;
    } else {
      // The tightest device that suffices.
      while (part < parts && (partial[part] as number) < share) part += 1;
      if (part === parts && whole === 0) continue;
    }
    if (cpuAfter > cpuMilli) {
      if (cpuAfter < range.limit) range.limit = cpuAfter;
      continue;
    }
    cpuUsed = cpuAfter;
    if (wanted > 1) {
      whole -= wanted;
      idle -= wanted * DEVICE_MILLI;
      continue;
    }
    idle -= share;
    let left = DEVICE_MILLI - share;
    if (part < parts) {
      left = (partial[part] as number) - share;
      parts -= 1;
      for (let at = part; at < parts; at += 1) partial[at] = partial[at + 1] as number;
    } else whole -= 1;
    if (left > 0) {
      part = parts;
      while (part > 0 && (partial[part - 1] as number) > left) {
        partial[part] = partial[part - 1] as number;
        part -= 1;
      }
      partial[part] = left;
      parts += 1;
    }
  }
  range.used += devices.idle - idle;
  if (cpuUsed > range.least) range.least = cpuUsed;
}
