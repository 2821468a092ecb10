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
/** Rooms whose worth is remembered. */
const MOST_ROOMS = 200_000;

/** What a task costs others. */
export interface Loss {
  /** How much less the room is worth without what the task takes. */
  readonly steps: number;
  /** Free thousandths of the device that a share is best taken from; 0 where the task takes whole devices. */
  readonly free: number;
}

/** What a task costs on each of many offers that have room for it. */
export type LossOf = (offer: Offer) => Loss;

const outlooks = new WeakMap<Forecast, Outlook>();

/** What a task would cost others, by this forecast. */
export function lossFor(forecast: Forecast, requirement: Requirement): LossOf {
  const viewOf = outlooks.get(forecast) ?? createOutlook(forecast);
  outlooks.set(forecast, viewOf);
  const losses = new Map<View, Loss>();
  return (offer) => {
    const view = viewOf(offer);
    let loss = losses.get(view);
    if (loss === undefined) {
      loss = lossAt(view, requirement);
      losses.set(view, loss);
    }
    return loss;
  };
}

/** What is known of offers with the same room. */
interface View {
  readonly cpuMilli: number;
  readonly devices: DeviceSet;
  readonly worthOf: Worth;
  readonly worth: number;
}

/** What room is worth: thousandths of devices that are expected to be used. */
type Worth = (devices: DeviceSet, cpuMilli: number) => number;

type Outlook = (offer: Offer) => View;

function createOutlook(forecast: Forecast): Outlook {
  const worths = new Map<number, { readonly worthOf: Worth; readonly alike: Map<string, View> }>();
  const views = new WeakMap<Offer, View>();
  let rooms = 0;
  return (offer) => {
    const seen = views.get(offer);
    if (seen !== undefined) return seen;
    const offerClass = forecast.classes.classOf(offer);
    let known = worths.get(offerClass);
    if (known === undefined) {
      known = { worthOf: worthIn(forecast, offerClass), alike: new Map() };
      worths.set(offerClass, known);
    }
    const { worthOf, alike } = known;
    const devices = deviceSetOf(devicesOf(offer));
    const cpuMilli = availableMilli(offer.cpu);
    const key = `${devices.id} ${cpuMilli}`;
    let view = alike.get(key);
    if (view === undefined) {
      view = { cpuMilli, devices, worthOf, worth: worthOf(devices, cpuMilli) };
      alike.set(key, view);
      rooms += 1;
    }
    views.set(offer, view);
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

function lossAt({ devices, worthOf, worth, ...view }: View, { gpu, cpu }: Requirement): Loss {
  const cpuMilli = view.cpuMilli - neededMilli(cpu);
  const steps = (left: DeviceSet): number => Math.round((worth - worthOf(left, cpuMilli)) / LOSS_STEP);
  if (gpu.milli === undefined) return { steps: steps(withoutWhole(devices, gpu.count)), free: 0 };
  let best: Loss = { steps: Number.POSITIVE_INFINITY, free: -1 };
  let tried = -1;
  // The tightest first: of equally good ones it is taken.
  for (const free of devices.free) {
    if (free < gpu.milli || free === tried) continue;
    tried = free;
    const loss = steps(withoutShare(devices, free, gpu.milli));
    if (loss < best.steps) best = { steps: loss, free };
  }
  return best;
}
