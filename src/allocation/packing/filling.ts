import { DEVICE_MILLI } from "../capacity.ts";
import type { Forecast, ForecastShape } from "../types.ts";
import type { DeviceSet } from "./device-set.ts";
import { MOST_DEVICES } from "./room.ts";

/** How much is free of a device is told apart by so many bits less where tasks are passed over that are too large. */
const LEVEL_BITS = 7;
/** Of devices of which some are wholly free. */
const WHOLE_LEVEL = (DEVICE_MILLI >> LEVEL_BITS) + 2;

/** Rooms of one class of which it is remembered what is taken of them. */
const MOST_ROOMS = 200_000;

/** How many thousandths tasks would take of devices on a node with so much CPU. */
export type Filling = (devices: DeviceSet, cpuMilli: number) => number;

/** Where the tasks of an order begin and end. */
interface Order {
  readonly first: number;
  readonly end: number;
}

/** Tasks that arrive one after the other, in several orders. */
interface Orders {
  /** Of each task: thousandths of one device, or of all of its whole ones. */
  readonly milli: Int32Array;
  readonly cpu: Int32Array;
  readonly each: readonly Order[];
  /** By level of what is free of a device: where to go on from each task, past those that are too large. */
  readonly following: readonly Int16Array[];
}

/** With any CPU from `least` to below `limit` the same tasks find room; whole numbers all, which take the least memory. */
interface Range {
  least: number;
  limit: number;
  /** In all orders together. */
  used: number;
  /** Of the same devices with other CPU. */
  readonly next: Range | undefined;
}

/** More millicores than any node has. */
const NO_LIMIT = 2 ** 30;

/**
 * Lets tasks arrive in each of the forecast's orders on offers with these bits, leaves out those that have no room, and takes
 * the mean.
 */
export function fillingOf(forecast: Forecast, offerClass: number): Filling {
  const orders = ordersOf(forecast, offerClass);
  const known = new Map<number, Range>();
  let rooms = 0;
  return (devices, cpuMilli) => {
    const first = known.get(devices.id);
    for (let range = first; range !== undefined; range = range.next)
      if (range.least <= cpuMilli && cpuMilli < range.limit) return range.used / orders.each.length;
    if (rooms >= MOST_ROOMS) known.clear();
    rooms = known.size === 0 ? 1 : rooms + 1;
    const range = { least: 0, limit: NO_LIMIT, used: 0, next: first };
    for (const order of orders.each) fillOnce(orders, order, devices, cpuMilli, range);
    known.set(devices.id, range);
    return range.used / orders.each.length;
  };
}

/** Only tasks that offers with these bits may get. */
function ordersOf({ classes: { shapes, bits }, sequences }: Forecast, offerClass: number): Orders {
  const each: Order[] = [];
  const tasks: ForecastShape[] = [];
  for (const sequence of sequences) {
    const first = tasks.length;
    for (const position of sequence) {
      const shape = shapes[position];
      if (shape !== undefined && ((bits[position] ?? 0) & offerClass) !== 0) tasks.push(shape);
    }
    each.push({ first, end: tasks.length });
  }
  const milli = new Int32Array(
    tasks.map(({ devices, deviceMilli }) => (devices > 1 ? devices * DEVICE_MILLI : deviceMilli)),
  );
  return {
    milli,
    cpu: new Int32Array(tasks.map(({ cpuMilli }) => cpuMilli)),
    each,
    following: Array.from({ length: WHOLE_LEVEL + 1 }, (_, level) =>
      followingOf(milli, level === WHOLE_LEVEL ? Number.POSITIVE_INFINITY : level << LEVEL_BITS),
    ),
  };
}

/** For each task and for the end: the first one from there on that takes no more than this. */
function followingOf(milli: Int32Array, most: number): Int16Array {
  const following = new Int16Array(milli.length + 1).fill(milli.length);
  for (let task = milli.length - 1; task >= 0; task -= 1)
    following[task] = (milli[task] as number) <= most ? task : (following[task + 1] as number);
  return following;
}

/** Devices while an order is filled in: those in partial use, ascending, and how many are wholly free. */
const partial = new Int32Array(MOST_DEVICES);
let parts = 0;
let whole = 0;

/** What the devices may have room for; more than that is passed over. */
function level(): number {
  if (whole > 0) return WHOLE_LEVEL;
  return parts === 0 ? 0 : ((partial[parts - 1] as number) + (1 << LEVEL_BITS) - 1) >> LEVEL_BITS;
}

/** The tightest device that suffices, `parts` for one that is wholly free; -1 where there is none. */
function placeFor(milli: number): number {
  if (milli > DEVICE_MILLI) return whole * DEVICE_MILLI >= milli ? parts : -1;
  let part = 0;
  while (part < parts && (partial[part] as number) < milli) part += 1;
  return part < parts || whole > 0 ? part : -1;
}

function takeAt(part: number, milli: number): void {
  if (milli > DEVICE_MILLI) {
    whole -= milli / DEVICE_MILLI;
    return;
  }
  const isWhole = part === parts;
  const left = (isWhole ? DEVICE_MILLI : (partial[part] as number)) - milli;
  if (isWhole) {
    whole -= 1;
    if (left === 0) return;
    parts += 1;
  } else if (left === 0) {
    parts -= 1;
    partial.copyWithin(part, part + 1, parts + 1);
    return;
  }
  // Those that have less free than this one now has move up by one.
  let place = part;
  for (; place > 0 && (partial[place - 1] as number) > left; place -= 1)
    partial[place] = partial[place - 1] as number;
  partial[place] = left;
}

/** Fills one order in; adds what is taken to the range, and narrows it to where the same tasks find room. */
function fillOnce(
  orders: Orders,
  { first, end }: Order,
  devices: DeviceSet,
  cpuMilli: number,
  range: Range,
): void {
  const { milli, cpu, following } = orders;
  whole = devices.whole;
  parts = devices.free.length - whole;
  for (let part = 0; part < parts; part += 1) partial[part] = devices.free[part] as number;
  let { idle } = devices;
  let cpuUsed = 0;
  let next = following[level()] as Int16Array;
  for (let task = next[first] as number; task < end && idle > 0; task = next[task + 1] as number) {
    const wanted = milli[task] as number;
    const part = placeFor(wanted);
    if (part < 0) continue;
    const cpuAfter = cpuUsed + (cpu[task] as number);
    if (cpuAfter > cpuMilli) {
      if (cpuAfter < range.limit) range.limit = cpuAfter;
      continue;
    }
    cpuUsed = cpuAfter;
    if (wanted === 0) continue;
    idle -= wanted;
    takeAt(part, wanted);
    next = following[level()] as Int16Array;
  }
  range.used += devices.idle - idle;
  if (cpuUsed > range.least) range.least = cpuUsed;
}
