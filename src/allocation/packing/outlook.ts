import { availableMilli, neededMilli } from "../capacity.ts";
import type { Requirement } from "../requirement.ts";
import type { Forecast, Offer } from "../types.ts";
import { type DeviceSet, deviceSetOf, withoutShare, withoutWhole } from "./device-set.ts";
import { fillingOf } from "./filling.ts";
import { devicesOf, reservable } from "./room.ts";

/** CPU is told apart in steps of this many millicores, so that more rooms are the same. */
const CPU_STEP = 500;
/** Losses are told apart in steps of this many thousandths of a device; what is nearer is equal. */
const LOSS_STEP = 40;

/** What a task costs others. */
export interface Loss {
  /** How much less the room is worth without what the task takes. */
  readonly steps: number;
  /** Free thousandths of the device that a share is best taken from; -1 where the task takes whole devices. */
  readonly free: number;
}

/** What a task costs on each of many offers that have room for it. */
export type LossOf = (offer: Offer) => Loss;

/** What a task would cost others, by this forecast. */
export function lossFor(forecast: Forecast, requirement: Requirement): LossOf {
  const { viewOf, lossIn } = outlookOf(forecast);
  const lossOf = lossIn(requirement);
  return (offer) => lossOf(viewOf(offer));
}

/** How offers look to whom a forecast expects. */
export interface Outlook {
  readonly viewOf: (offer: Offer) => View;
  /** What a task costs on offers that have room for it. */
  readonly lossIn: (requirement: Requirement) => (view: View) => Loss;
}

const outlooks = new WeakMap<Forecast, Outlook>();

/** What was worked out for a forecast is kept as long as the forecast. */
export function outlookOf(forecast: Forecast): Outlook {
  const known = outlooks.get(forecast) ?? createOutlook(forecast);
  outlooks.set(forecast, known);
  return known;
}

/** All of a task that matters for what it costs others. */
interface Size {
  readonly cpuMilli: number;
  readonly devices: number;
  /** Of one device, where it asks a share. */
  readonly share: number | undefined;
}

const sizeOf = ({ gpu, cpu }: Requirement): Size => ({
  cpuMilli: neededMilli(cpu),
  devices: gpu.count,
  share: gpu.milli,
});

/** What is known of offers with the same room. */
export interface View {
  readonly cpuMilli: number;
  readonly devices: DeviceSet;
  readonly worthOf: Worth;
  readonly worth: number;
  /** What tasks cost here, by the number of their size; filled as it is asked for. */
  readonly losses: (Loss | undefined)[];
}

/** What room is worth: thousandths of devices that are expected to be used. */
type Worth = (devices: DeviceSet, cpuMilli: number) => number;

function createOutlook(forecast: Forecast): Outlook {
  /** Sizes are counted as they come. */
  const sizes = new Map<string, number>();
  const classes = new Map<number, (offer: Offer) => View>();
  return {
    viewOf: (offer) => {
      const offerClass = forecast.classes.classOf(offer);
      const viewIn = classes.get(offerClass) ?? viewsIn(forecast, offerClass);
      classes.set(offerClass, viewIn);
      return viewIn(offer);
    },
    lossIn: (requirement) => {
      const size = sizeOf(requirement);
      const key = JSON.stringify(size);
      const number = sizes.get(key) ?? sizes.size;
      sizes.set(key, number);
      return (view) => {
        const known = view.losses[number] ?? lossAt(view, size);
        view.losses[number] = known;
        return known;
      };
    },
  };
}

/** Offers of one class; those with the same room have the same view. */
function viewsIn(forecast: Forecast, offerClass: number): (offer: Offer) => View {
  const worthOf = worthIn(forecast, offerClass);
  const alike = new Map<DeviceSet, Map<number, View>>();
  return (offer) => {
    const devices = deviceSetOf(devicesOf(offer));
    const cpuMilli = availableMilli(offer.cpu);
    const byCpu = alike.get(devices) ?? new Map<number, View>();
    let view = byCpu.get(cpuMilli);
    if (view === undefined) {
      view = { cpuMilli, devices, worthOf, worth: worthOf(devices, cpuMilli), losses: [] };
      byCpu.set(cpuMilli, view);
      alike.set(devices, byCpu);
    }
    return view;
  };
}

/** What room is worth on offers of one class: what is filled, what is kept together, and what is scarce. */
function worthIn(forecast: Forecast, offerClass: number): Worth {
  const filling = fillingOf(forecast, offerClass);
  const kept = keptIn(forecast, offerClass);
  const pressure = forecast.pressures.get(offerClass) ?? 0;
  return (devices, cpuMilli) => {
    const cpu = Math.floor(cpuMilli / CPU_STEP) * CPU_STEP;
    return filling(devices, cpu) + kept(devices.whole, cpu) + devices.idle * pressure;
  };
}

/** What room is worth that is kept together for tasks with several devices. */
function keptIn(
  { classes, reserves }: Forecast,
  offerClass: number,
): (whole: number, cpuMilli: number) => number {
  const keeping = classes.shapes.flatMap((shape, position) => {
    const reserve = reserves[position] ?? 0;
    const isOpen = ((classes.bits[position] ?? 0) & offerClass) !== 0;
    return isOpen && reserve > 0 ? [{ ...shape, reserve }] : [];
  });
  return (whole, cpuMilli) => {
    if (whole < 2) return 0;
    let sum = 0;
    for (const shape of keeping) sum += shape.reserve * reservable(whole, cpuMilli, shape);
    return sum;
  };
}

function lossAt(view: View, { cpuMilli, devices: count, share }: Size): Loss {
  const { devices } = view;
  const cpuLeft = view.cpuMilli - cpuMilli;
  if (share === undefined) return { steps: stepsTo(view, withoutWhole(devices, count), cpuLeft), free: -1 };
  let steps = Number.POSITIVE_INFINITY;
  let free = -1;
  let tried = -1;
  // The tightest first: of equally good ones it is taken.
  for (const each of devices.free) {
    if (each < share || each === tried) continue;
    tried = each;
    const loss = stepsTo(view, withoutShare(devices, each, share), cpuLeft);
    if (loss >= steps) continue;
    steps = loss;
    free = each;
  }
  return { steps, free };
}

const stepsTo = ({ worth, worthOf }: View, devices: DeviceSet, cpuMilli: number): number =>
  Math.round((worth - worthOf(devices, cpuMilli)) / LOSS_STEP);
