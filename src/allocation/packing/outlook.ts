import { DEVICE_MILLI, neededMilli } from "../capacity.ts";
import type { Requirement } from "../requirement.ts";
import type { Forecast, Offer } from "../types.ts";
import { type Devices, fillingOf } from "./filling.ts";
import { MOST_DEVICES, reservable, roomOf } from "./room.ts";

/** CPU is told apart in steps of this many millicores, so that more rooms are the same. */
const CPU_STEP = 500;
/** Losses are told apart in steps of this many thousandths of a device; what is nearer is equal. */
const LOSS_STEP = 40;
/** Rooms whose worth is remembered. */
const MOST_ROOMS = 200_000;

/** What a task costs others. */
export interface Loss {
  /** How much less the room is worth without what the task takes. */
  readonly steps: number;
  /** The device that a share is best taken from; -1 where the task takes whole devices. */
  readonly device: number;
}

/** What a task costs on each of many offers that have room for it. */
export type LossOf = (offer: Offer) => Loss;

const outlooks = new WeakMap<Forecast, Outlook>();

/** What a task would cost others, by this forecast. */
export function lossFor(forecast: Forecast, requirement: Requirement): LossOf {
  const outlook = outlooks.get(forecast) ?? createOutlook(forecast);
  outlooks.set(forecast, outlook);
  const { milli } = requirement.gpu;
  const losses = new Map<View, Best>();
  return (offer) => {
    const view = outlook.viewOf(offer);
    const best = losses.get(view) ?? lossAt(outlook, view, requirement);
    losses.set(view, best);
    return { steps: best.steps, device: milli === undefined ? -1 : (offer.devices ?? []).indexOf(best.free) };
  };
}

interface Best {
  readonly steps: number;
  /** How much is free on the device to take a share from. */
  readonly free: number;
}

/** What is known of offers with the same room. */
interface View {
  readonly class: number;
  readonly cpuMilli: number;
  /** In ascending order. */
  readonly devices: Uint16Array;
  readonly worth: number;
}

interface Outlook {
  readonly viewOf: (offer: Offer) => View;
  /** What the room is worth: thousandths of devices that are expected to be used. */
  readonly worth: (offerClass: number, cpuMilli: number, devices: Uint16Array, size: number) => number;
}

function createOutlook(forecast: Forecast): Outlook {
  const filling = fillingOf(forecast);
  const kept = keptBy(forecast);
  const remembered = new Map<number, Remembered>();
  const state: number[] = [];
  const worth: Outlook["worth"] = (offerClass, cpuMilli, devices, size) => {
    const steps = Math.floor(cpuMilli / CPU_STEP);
    state.length = 0;
    state.push(offerClass, steps);
    for (let at = 0; at < size; at += 1) if (devices[at] !== 0) state.push(devices[at] as number);
    const key = hashOf(state);
    const known = remembered.get(key);
    if (known !== undefined && isSame(known.state, state)) return known.worth;
    const room = { buffer: state, first: 2, end: state.length };
    const value =
      filling(room, steps * CPU_STEP, offerClass) +
      kept(room, steps * CPU_STEP, offerClass) +
      idleOf(room) * (forecast.pressures.get(offerClass) ?? 0);
    if (remembered.size >= MOST_ROOMS) remembered.clear();
    remembered.set(key, { state: state.slice(), worth: value });
    return value;
  };
  const views = new WeakMap<Offer, View>();
  const alike = new Map<string, View>();
  const viewOf = (offer: Offer): View => {
    const known = views.get(offer);
    if (known !== undefined) return known;
    const room = roomOf(offer, forecast.classes.classOf(offer));
    const devices = Uint16Array.from(room.devices).sort();
    const key = `${room.class} ${room.cpuMilli} ${devices.join()}`;
    const view = alike.get(key) ?? {
      class: room.class,
      cpuMilli: room.cpuMilli,
      devices,
      worth: worth(room.class, room.cpuMilli, devices, devices.length),
    };
    if (alike.size >= MOST_ROOMS) alike.clear();
    alike.set(key, view);
    views.set(offer, view);
    return view;
  };
  return { viewOf, worth };
}

/** Class, CPU and devices of a room, and what it is worth. */
interface Remembered {
  readonly state: readonly number[];
  readonly worth: number;
}

/** Rooms with the same hash take the place of each other; 30 bits, which the engine keeps as small integers. */
function hashOf(state: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < state.length; at += 1) hash = Math.imul(hash ^ (state[at] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}

function isSame(left: readonly number[], right: readonly number[]): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at += 1) if (left[at] !== right[at]) return false;
  return true;
}

function idleOf({ buffer, first, end }: Devices): number {
  let sum = 0;
  for (let at = first; at < end; at += 1) sum += buffer[at] as number;
  return sum;
}

/** What room is worth that is kept together for tasks with several devices. */
function keptBy({
  classes,
  reserves,
}: Forecast): (room: Devices, cpuMilli: number, offerClass: number) => number {
  const keeping = classes.shapes.flatMap((shape, position) => {
    const reserve = reserves[position] ?? 0;
    return reserve > 0 ? [{ ...shape, reserve, bit: classes.bits[position] ?? 0 }] : [];
  });
  return ({ buffer, first, end }, cpuMilli, offerClass) => {
    let whole = 0;
    for (let at = end - 1; at >= first && buffer[at] === DEVICE_MILLI; at -= 1) whole += 1;
    if (whole < 2) return 0;
    let sum = 0;
    for (const shape of keeping) {
      if ((offerClass & shape.bit) !== 0) sum += shape.reserve * reservable(whole, cpuMilli, shape);
    }
    return sum;
  };
}

const scratch = new Uint16Array(MOST_DEVICES);

function lossAt({ worth }: Outlook, view: View, { gpu, cpu }: Requirement): Best {
  const { devices } = view;
  const cpuMilli = view.cpuMilli - neededMilli(cpu);
  const size = devices.length;
  const steps = (left: number): number =>
    Math.round((view.worth - worth(view.class, cpuMilli, scratch, left)) / LOSS_STEP);
  if (gpu.milli === undefined) {
    // Whole devices are the last ones.
    const left = Math.max(0, size - gpu.count);
    scratch.set(devices.subarray(0, left));
    return { steps: steps(left), free: DEVICE_MILLI };
  }
  let best = Number.POSITIVE_INFINITY;
  let tightest = -1;
  let tried = -1;
  // The tightest first: of equally good ones it is taken.
  for (let at = 0; at < size; at += 1) {
    const free = devices[at] as number;
    if (free < gpu.milli || free === tried) continue;
    tried = free;
    withShare(devices, at, free - gpu.milli);
    const loss = steps(size);
    if (loss >= best) continue;
    best = loss;
    tightest = free;
  }
  return { steps: best, free: tightest };
}

/** Writes the devices into the scratch with one of them less free, still in ascending order. */
function withShare(devices: Uint16Array, at: number, left: number): void {
  scratch.set(devices);
  let place = at;
  while (place > 0 && (scratch[place - 1] as number) > left) {
    scratch[place] = scratch[place - 1] as number;
    place -= 1;
  }
  scratch[place] = left;
}
