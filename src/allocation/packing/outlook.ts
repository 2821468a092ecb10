import { DEVICE_MILLI, neededMilli } from "../capacity.ts";
import type { Requirement } from "../requirement.ts";
import type { Offer } from "../types.ts";
import type { Forecast } from "./forecast.ts";
import { idleMilli, type Room, reservable, roomOf } from "./room.ts";

/** CPU is told apart in steps of this many millicores, so that more rooms are the same. */
const CPU_STEP = 500;
/** Losses are told apart in steps of this many thousandths of a device; what is nearer is equal. */
const LOSS_STEP = 40;
/** Rooms whose worth is remembered. */
const MOST_ROOMS = 200_000;

/** What a task costs others. */
export interface Loss {
  /** Steps of worth that the room loses beyond what the task itself needs at least. */
  readonly steps: number;
  /** The device that a share is best taken from; -1 where the task takes whole devices. */
  readonly device: number;
}

export type LossOf = (offer: Offer) => Loss;

/** What room is worth: thousandths of devices that the forecast expects to be used. */
export interface Outlook {
  readonly worth: (room: Room) => number;
  /** Prepares a requirement for many offers that have room for it. */
  readonly lossFor: (requirement: Requirement) => LossOf;
}

const outlooks = new WeakMap<Forecast, Outlook>();

/** The forecast, ready to be asked; what it worked out once it remembers. */
export function outlookOf(forecast: Forecast): Outlook {
  const known = outlooks.get(forecast);
  if (known !== undefined) return known;
  const made = createOutlook(forecast);
  outlooks.set(forecast, made);
  return made;
}

function createOutlook(forecast: Forecast): Outlook {
  const fill = fillerOf(forecast);
  const remembered = new Map<string, number>();
  const worth = (room: Room): number => {
    const cpuMilli = Math.floor(room.cpuMilli / CPU_STEP) * CPU_STEP;
    const devices = room.devices.toSorted((left, right) => left - right);
    const key = `${room.class} ${cpuMilli} ${devices.join()}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const sorted = { class: room.class, cpuMilli, devices };
    const idle = idleMilli(sorted);
    const value =
      idle === 0 ? 0 : fill(sorted, idle) + keptFor(forecast, sorted) + pressed(forecast, sorted, idle);
    if (remembered.size >= MOST_ROOMS) remembered.clear();
    remembered.set(key, value);
    return value;
  };
  return { worth, lossFor: (requirement) => lossFor(forecast, worth, requirement) };
}

/** Room that is kept together for tasks with several devices. */
function keptFor({ classes, reserves }: Forecast, room: Room): number {
  let sum = 0;
  for (const [position, reserve] of reserves.entries()) {
    if (reserve === 0 || (room.class & (classes.bits[position] ?? 0)) === 0) continue;
    const shape = classes.shapes[position];
    if (shape !== undefined) sum += reserve * reservable(room, shape.cpuMilli, shape.devices);
  }
  return sum;
}

const pressed = ({ pressures }: Forecast, room: Room, idle: number): number =>
  idle * (pressures.get(room.class) ?? 0);

function lossFor(forecast: Forecast, worth: Outlook["worth"], { gpu, cpu }: Requirement): LossOf {
  const taken = neededMilli(cpu);
  const { milli } = gpu;
  return (offer) => {
    const room = roomOf(offer, forecast.classes.classOf(offer));
    const before = worth(room);
    const stepsTo = (devices: readonly number[]): number =>
      Math.round(
        (before - worth({ class: room.class, cpuMilli: room.cpuMilli - taken, devices })) / LOSS_STEP,
      );
    if (milli === undefined) return { steps: stepsTo(withoutWhole(room.devices, gpu.count)), device: -1 };
    return bestDevice(room.devices, milli, stepsTo);
  };
}

/** The devices without so many whole ones. */
function withoutWhole(devices: readonly number[], count: number): readonly number[] {
  if (count === 0) return devices;
  let missing = count;
  return devices.filter((free) => free !== DEVICE_MILLI || missing-- <= 0);
}

/** The device on which the share costs least; among equals the tightest one. */
function bestDevice(
  devices: readonly number[],
  milli: number,
  stepsTo: (devices: readonly number[]) => number,
): Loss {
  let best: Loss = { steps: Number.POSITIVE_INFINITY, device: -1 };
  let tightest = Number.POSITIVE_INFINITY;
  for (const [device, free] of devices.entries()) {
    if (free < milli || devices.indexOf(free) < device) continue;
    const steps = stepsTo(devices.with(device, free - milli));
    if (steps > best.steps || (steps === best.steps && free >= tightest)) continue;
    best = { steps, device };
    tightest = free;
  }
  return best;
}

/** Lets tasks arrive in each of the orders and counts what they take, on average. */
function fillerOf({ classes, sequences }: Forecast): (room: Room, idle: number) => number {
  const cpu = Int32Array.from(classes.shapes, ({ cpuMilli }) => cpuMilli);
  const count = Int32Array.from(classes.shapes, ({ devices }) => devices);
  const milli = Int32Array.from(classes.shapes, ({ deviceMilli }) => deviceMilli);
  const bits = Int32Array.from(classes.bits);
  const orders = sequences.map((sequence) => Int32Array.from(sequence));
  const free = new Int32Array(64);
  const fillOnce = (order: Int32Array, room: Room, idle: number): number => {
    const size = room.devices.length;
    let cpuLeft = room.cpuMilli;
    let left = idle;
    for (let at = 0; at < order.length && left > 0; at += 1) {
      const shape = order[at] as number;
      const asks = (milli[shape] as number) * (count[shape] as number);
      const isOpen = ((bits[shape] as number) & room.class) !== 0;
      if (!isOpen || (cpu[shape] as number) > cpuLeft || asks > left) continue;
      if (!takeDevices(free, size, milli[shape] as number, count[shape] as number)) continue;
      cpuLeft -= cpu[shape] as number;
      left -= asks;
    }
    return idle - left;
  };
  return (room, idle) => {
    let used = 0;
    const size = room.devices.length;
    for (const order of orders) {
      for (let device = 0; device < size; device += 1) free[device] = room.devices[device] ?? 0;
      used += fillOnce(order, room, idle);
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
