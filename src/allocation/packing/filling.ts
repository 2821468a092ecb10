import { DEVICE_MILLI } from "../capacity.ts";
import type { Forecast } from "../types.ts";
import type { DeviceSet } from "./device-set.ts";
import { levelOf, NO_LIMIT, type Open, type Order, type Orders, ordersOf, WHOLE_LEVEL } from "./orders.ts";
import { MOST_DEVICES } from "./room.ts";

/** Rooms of one class of which it is remembered what is taken of them, with 252 bytes each. */
const MOST_ROOMS = 50_000;
const FIRST_ROOMS = 64;

/** How many thousandths tasks would take of devices on a node with so much CPU. */
export type Filling = (devices: DeviceSet, cpuMilli: number) => number;

/** What is free of a node. */
interface Free {
  readonly devices: DeviceSet;
  readonly cpuMilli: number;
}

// What is remembered of an order is a row of numbers, of all orders of a room a page: first a row of all of them together, then
// one of each. A row says that with any CPU from LEAST to below LIMIT the same tasks find room, which take USED.
const LEAST = 0;
const LIMIT = 1;
const USED = 2;
const ROW = 3;

/**
 * Lets tasks arrive in each of the forecast's orders on offers with these bits, leaves out those that have no room, and takes
 * the mean.
 *
 * The pages of the same devices stand in the order of their CPU. Whatever is the same with less and with more CPU is so in
 * between: only those orders are filled in that neither neighbour knows.
 */
export function fillingOf(forecast: Forecast, offerClass: number, mostRooms = MOST_ROOMS): Filling {
  const orders = ordersOf(forecast, offerClass);
  const count = orders.each.length;
  const pageSize = (count + 1) * ROW;
  /** By set of devices: where its pages begin. */
  const known = new Map<number, number[]>();
  let rows = new Int32Array(FIRST_ROOMS * pageSize);
  let end = 0;
  /** Notes the orders of a room, of whose neighbours these are the pages. */
  const addPage = (room: Free, below?: number, above?: number): number => {
    const { cpuMilli } = room;
    if (end === rows.length) rows = twice(rows);
    const page = end;
    end += pageSize;
    let least = 0;
    let limit = NO_LIMIT;
    let used = 0;
    for (let order = 0; order < count; order += 1) {
      const at = (order + 1) * ROW;
      const row = page + at;
      if (below !== undefined && cpuMilli < (rows[below + at + LIMIT] as number))
        copyRow(rows, below + at, row);
      else if (above !== undefined && (rows[above + at + LEAST] as number) <= cpuMilli)
        copyRow(rows, above + at, row);
      else fillOnce(orders, orders.each[order] as Order, room, rows, row);
      least = Math.max(least, rows[row + LEAST] as number);
      limit = Math.min(limit, rows[row + LIMIT] as number);
      used += rows[row + USED] as number;
    }
    rows[page + LEAST] = least;
    rows[page + LIMIT] = limit;
    rows[page + USED] = used;
    return page;
  };
  const pagesOf = (devices: DeviceSet): number[] => {
    const pages = known.get(devices.id) ?? [];
    if (pages.length === 0) known.set(devices.id, pages);
    return pages;
  };
  return (devices, cpuMilli) => {
    const pages = pagesOf(devices);
    const place = placeAmong(pages, rows, cpuMilli);
    const below = pages[place - 1];
    if (below !== undefined && cpuMilli < (rows[below + LIMIT] as number))
      return (rows[below + USED] as number) / count;
    const page = addPage({ devices, cpuMilli }, below, pages[place]);
    const used = rows[page + USED] as number;
    if (end < mostRooms * pageSize) pages.splice(place, 0, page);
    else {
      known.clear();
      end = 0;
    }
    return used / count;
  };
}

function twice(rows: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * rows.length);
  larger.set(rows);
  return larger;
}

/** How many of these pages begin at this CPU or below. */
function placeAmong(pages: readonly number[], rows: Int32Array, cpuMilli: number): number {
  let from = 0;
  let to = pages.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((rows[(pages[middle] as number) + LEAST] as number) <= cpuMilli) from = middle + 1;
    else to = middle;
  }
  return from;
}

function copyRow(rows: Int32Array, from: number, to: number): void {
  rows[to + LEAST] = rows[from + LEAST] as number;
  rows[to + LIMIT] = rows[from + LIMIT] as number;
  rows[to + USED] = rows[from + USED] as number;
}

/** What is free of the devices in partial use while an order is filled in, ascending. */
const partial = new Int32Array(MOST_DEVICES);

/** Fills one order in, and notes the row of it: each task takes the tightest device that suffices. */
function fillOnce(
  { milli, cpu, open }: Orders,
  { first, end }: Order,
  { devices, cpuMilli }: Free,
  rows: Int32Array,
  row: number,
): void {
  const { free } = devices;
  let { idle, whole } = devices;
  let parts = free.length - whole;
  for (let part = 0; part < parts; part += 1) partial[part] = free[part] as number;
  let cpuLeft = cpuMilli;
  /** With so much more CPU other tasks may find room. */
  let lacking = NO_LIMIT - cpuMilli;
  let { next, leastCpu } = openFor(open, whole, parts);
  for (let task = next[first] as number; task < end && idle > 0; task = next[task + 1] as number) {
    const lackingAll = (leastCpu[task] as number) - cpuLeft;
    if (lackingAll > 0) {
      lacking = Math.min(lacking, lackingAll);
      break;
    }
    const wanted = milli[task] as number;
    const part = placeFor(wanted, parts, whole);
    if (part < 0) continue;
    const lacks = (cpu[task] as number) - cpuLeft;
    if (lacks > 0) {
      lacking = Math.min(lacking, lacks);
      continue;
    }
    cpuLeft = -lacks;
    if (wanted === 0) continue;
    idle -= wanted;
    if (part === parts) whole -= Math.ceil(wanted / DEVICE_MILLI);
    parts = takeAt(part, parts, wanted);
    if (whole === 0) ({ next, leastCpu } = openFor(open, whole, parts));
  }
  rows[row + LEAST] = cpuMilli - cpuLeft;
  rows[row + LIMIT] = cpuMilli + lacking;
  rows[row + USED] = devices.idle - idle;
}

/** The tightest part that suffices, `parts` for devices that are wholly free; -1 where there is none. */
function placeFor(wanted: number, parts: number, whole: number): number {
  if (wanted >= DEVICE_MILLI) return whole * DEVICE_MILLI >= wanted ? parts : -1;
  if (wanted === 0) return parts;
  let part = parts;
  while (part > 0 && (partial[part - 1] as number) >= wanted) part -= 1;
  return part < parts || whole > 0 ? part : -1;
}

/** Takes it there; returns how many parts there are then. */
function takeAt(part: number, parts: number, wanted: number): number {
  if (wanted >= DEVICE_MILLI) return parts;
  const isWhole = part === parts;
  const left = (isWhole ? DEVICE_MILLI : (partial[part] as number)) - wanted;
  const after = isWhole ? parts + 1 : parts;
  let place = part;
  if (left === 0) {
    for (; place < after - 1; place += 1) partial[place] = partial[place + 1] as number;
    return after - 1;
  }
  // Those that have less free than this one now has move up by one.
  for (; place > 0 && (partial[place - 1] as number) > left; place -= 1)
    partial[place] = partial[place - 1] as number;
  partial[place] = left;
  return after;
}

/** The tasks that the devices may have room for; larger ones are passed over. */
function openFor(open: readonly Open[], whole: number, parts: number): Open {
  if (whole > 0) return open[WHOLE_LEVEL] as Open;
  return open[parts === 0 ? 0 : levelOf(partial[parts - 1] as number)] as Open;
}
