import { DEVICE_MILLI } from "../capacity.ts";
import type { Forecast, ForecastShape } from "../types.ts";

/** More millicores than any node has. */
export const NO_LIMIT = 2 ** 30;

/** What is free of a device is told apart by so many bits less where tasks are passed over that are too large. */
const LEVEL_BITS = 7;
/** Of devices of which some are wholly free. */
export const WHOLE_LEVEL = (DEVICE_MILLI >> LEVEL_BITS) + 2;

/** The level of devices of which none is wholly free and the largest part that is free is this; 0 for none. */
export const levelOf = (most: number): number => (most + (1 << LEVEL_BITS) - 1) >> LEVEL_BITS;

/** Where the tasks of an order begin and end. */
export interface Order {
  readonly first: number;
  readonly end: number;
}

/** The tasks that are not larger than what is free of any device; of each task: */
export interface Open {
  /** The first of them from there on; the end of the order, or one beyond, where there is none. */
  readonly next: Int16Array;
  /** The least CPU that one of them takes from there to the end of the order. */
  readonly leastCpu: Int32Array;
}

/** Tasks that arrive one after the other, in several orders. */
export interface Orders {
  /** Of each task: thousandths of one device, or of all of its whole ones. */
  readonly milli: Int32Array;
  readonly cpu: Int32Array;
  readonly each: readonly Order[];
  /** By level. */
  readonly open: readonly Open[];
}

/** The forecast's orders, of tasks that offers with these bits may get. */
export function ordersOf({ classes: { shapes, bits }, sequences }: Forecast, offerClass: number): Orders {
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
  const all = {
    milli: Int32Array.from(tasks, ({ devices, deviceMilli }) =>
      devices > 1 ? devices * DEVICE_MILLI : deviceMilli,
    ),
    cpu: Int32Array.from(tasks, ({ cpuMilli }) => cpuMilli),
    each,
  };
  const open = Array.from({ length: WHOLE_LEVEL }, (_, level) => openOf(all, level << LEVEL_BITS));
  return { ...all, open: [...open, openOf(all, Number.POSITIVE_INFINITY)] };
}

/** Those that take no more than this. */
function openOf({ milli, cpu, each }: Omit<Orders, "open">, most: number): Open {
  const next = new Int16Array(milli.length + 1).fill(milli.length);
  const leastCpu = new Int32Array(milli.length + 1);
  for (const { first, end } of each) {
    let [following, least] = [end, NO_LIMIT];
    for (let task = end - 1; task >= first; task -= 1) {
      if ((milli[task] as number) <= most) [following, least] = [task, Math.min(least, cpu[task] as number)];
      next[task] = following;
      leastCpu[task] = least;
    }
  }
  return { next, leastCpu };
}
