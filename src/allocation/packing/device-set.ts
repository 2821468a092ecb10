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
  /** What is left when something is taken, by what is taken; filled as it is asked for. */
  readonly left: Map<number, DeviceSet>;
}

const known = new Map<string, DeviceSet>();
let made = 0;

/** The set of devices with so much free on each. */
export function deviceSetOf(devices: readonly number[]): DeviceSet {
  const free = devices.filter((milli) => milli > 0).sort((left, right) => left - right);
  const key = free.join();
  const same = known.get(key);
  if (same !== undefined) return same;
  if (known.size >= MOST_SETS) known.clear();
  const set: DeviceSet = {
    id: made++,
    free,
    whole: free.filter((milli) => milli === DEVICE_MILLI).length,
    idle: free.reduce((sum, milli) => sum + milli, 0),
    left: new Map(),
  };
  known.set(key, set);
  return set;
}

/** Without so many whole devices; all that are left where there are fewer. */
export function withoutWhole(set: DeviceSet, count: number): DeviceSet {
  if (count === 0) return set;
  return remembered(set, -count, () => set.free.slice(0, Math.max(0, set.free.length - count)));
}

/** With so many thousandths less on a device that has so much free. */
export function withoutShare(set: DeviceSet, free: number, milli: number): DeviceSet {
  return remembered(set, free * (DEVICE_MILLI + 1) + milli, () =>
    set.free.with(set.free.indexOf(free), free - milli),
  );
}

function remembered(set: DeviceSet, taken: number, devices: () => readonly number[]): DeviceSet {
  let left = set.left.get(taken);
  if (left === undefined) {
    left = deviceSetOf(devices());
    set.left.set(taken, left);
  }
  return left;
}
