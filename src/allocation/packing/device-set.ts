import { DEVICE_MILLI } from "../capacity.ts";

/** Sets that are remembered; beyond them equal sets may be told apart, which costs time and changes no answer. */
const MOST_SETS = 200_000;

/** What is free on the devices of an offer, in whatever order they come; sets that are equal are the same object. */
export interface DeviceSet {
  readonly id: number;
  /** Free thousandths of the devices that are not in use as a whole, ascending. */
  readonly free: readonly number[];
  /** How many of them are wholly free: the last ones. */
  readonly whole: number;
  /** Free thousandths in all. */
  readonly idle: number;
  /** What is left when something is taken, by what is taken; of most sets nothing is. */
  left: Map<number, DeviceSet> | undefined;
}

const sets = new Map<string, DeviceSet>();
let made = 0;

/** The set of devices with so much free on each. */
export function deviceSetOf(devices: readonly number[]): DeviceSet {
  const key = devices.join();
  const known = sets.get(key) ?? equalSet(devices);
  sets.set(key, known);
  return known;
}

function equalSet(devices: readonly number[]): DeviceSet {
  if (sets.size >= MOST_SETS) sets.clear();
  const free = devices.filter((milli) => milli > 0).sort((left, right) => left - right);
  const key = free.join();
  const known = sets.get(key) ?? createSet(free);
  sets.set(key, known);
  return known;
}

function createSet(free: readonly number[]): DeviceSet {
  made += 1;
  return {
    id: made,
    free,
    whole: free.filter((milli) => milli === DEVICE_MILLI).length,
    idle: free.reduce((sum, milli) => sum + milli, 0),
    left: undefined,
  };
}

/** Without so many whole devices; all that are left where there are fewer. */
export function withoutWhole(set: DeviceSet, count: number): DeviceSet {
  if (count === 0) return set;
  const known = set.left?.get(-count);
  return known ?? remember(set, -count, set.free.slice(0, Math.max(0, set.free.length - count)));
}

/** With so many thousandths less on a device that has so much free. */
export function withoutShare(set: DeviceSet, free: number, milli: number): DeviceSet {
  const taken = free * (DEVICE_MILLI + 1) + milli;
  return set.left?.get(taken) ?? remember(set, taken, set.free.with(set.free.indexOf(free), free - milli));
}

function remember(set: DeviceSet, taken: number, devices: readonly number[]): DeviceSet {
  const left = deviceSetOf(devices);
  set.left ??= new Map();
  set.left.set(taken, left);
  return left;
}
