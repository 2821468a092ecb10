import { availableMilli, DEVICE_MILLI, neededMilli } from "../capacity.ts";
import type { Requirement } from "../requirement.ts";
import type { Forecast, Offer } from "../types.ts";
import { type DeviceSet, deviceSetOf, withoutShare, withoutWhole } from "./device-set.ts";
import { type Filling, fillingOf } from "./filling.ts";
import { devicesFor, devicesOf } from "./room.ts";

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

/** All of a task that matters for what it costs others. */
export interface Size {
  readonly cpuMilli: number;
  readonly devices: number;
  /** Of one device, where it asks a share. */
  readonly share: number | undefined;
}

export const sizeOf = ({ gpu, cpu }: Requirement): Size => ({
  cpuMilli: neededMilli(cpu),
  devices: gpu.count,
  share: gpu.milli,
});

/** What is free of an offer, as those see it whom a forecast expects. */
export interface View {
  readonly devices: DeviceSet;
  readonly cpuMilli: number;
  readonly worth: number;
  readonly worthOf: Worth;
}

/** What room is worth: thousandths of devices that are expected to be used. */
type Worth = (devices: DeviceSet, cpuMilli: number) => number;

/** How room looks on offers of one class. */
export type Outlook = (offerClass: number, devices: DeviceSet, cpuMilli: number) => View;

const outlooks = new WeakMap<Forecast, Outlook>();
/** What is filled goes by the orders alone: forecasts that differ in what they keep together share it. */
const fillings = new WeakMap<Forecast["sequences"], Map<number, Filling>>();

/** What was worked out for a forecast is kept as long as the forecast. */
export function outlookOf(forecast: Forecast): Outlook {
  const known = outlooks.get(forecast) ?? createOutlook(forecast);
  outlooks.set(forecast, known);
  return known;
}

function createOutlook(forecast: Forecast): Outlook {
  const worths = new Map<number, Worth>();
  return (offerClass, devices, cpuMilli) => {
    const worthOf = worths.get(offerClass) ?? worthIn(forecast, offerClass);
    worths.set(offerClass, worthOf);
    return { devices, cpuMilli, worth: worthOf(devices, cpuMilli), worthOf };
  };
}

/** What a task would cost others on any of many offers that have room for it; equal rooms are looked at once. */
export function lossFor(forecast: Forecast, requirement: Requirement): (offer: Offer) => Loss {
  const outlook = outlookOf(forecast);
  const size = sizeOf(requirement);
  const known = new Map<string, Loss>();
  return (offer) => {
    const offerClass = forecast.classes.classOf(offer);
    const devices = deviceSetOf(devicesOf(offer));
    const cpuMilli = availableMilli(offer.cpu);
    const key = `${offerClass} ${devices.id} ${cpuMilli}`;
    const loss = known.get(key) ?? lossAt(outlook(offerClass, devices, cpuMilli), size);
    known.set(key, loss);
    return loss;
  };
}

/** What room is worth on offers of one class: what is filled, what is kept together, and what is scarce. */
function worthIn(forecast: Forecast, offerClass: number): Worth {
  const filling = knownFilling(forecast, offerClass);
  const kept = keptIn(forecast, offerClass);
  const pressure = forecast.pressures.get(offerClass) ?? 0;
  return (devices, cpuMilli) => {
    const cpu = Math.floor(cpuMilli / CPU_STEP) * CPU_STEP;
    return filling(devices, cpu) + kept(devices.whole, cpu) + devices.idle * pressure;
  };
}

function knownFilling(forecast: Forecast, offerClass: number): Filling {
  const known = fillings.get(forecast.sequences) ?? new Map<number, Filling>();
  fillings.set(forecast.sequences, known);
  const filling = known.get(offerClass) ?? fillingOf(forecast, offerClass);
  known.set(offerClass, filling);
  return filling;
}

/** What room is worth that is kept together: all that the likeliest of those who need it whole would take, times how likely it is. */
function keptIn({ reserves }: Forecast, offerClass: number): (whole: number, cpuMilli: number) => number {
  const open = reserves.filter(({ bits }) => (bits & offerClass) !== 0);
  return (whole, cpuMilli) => {
    if (whole < 2) return 0;
    let most = 0;
    for (const reserve of open) {
      const kept = reserve.chance * devicesFor(whole, cpuMilli, reserve);
      if (kept > most) most = kept;
    }
    return most * DEVICE_MILLI;
  };
}

/** What a task of this size costs others where there is room for it. */
export function lossAt(view: View, { cpuMilli, devices: count, share }: Size): Loss {
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
  // Devices beyond those that are looked at: nothing is known.
  return free < 0 ? { steps: 0, free } : { steps, free };
}

const stepsTo = ({ worth, worthOf }: View, devices: DeviceSet, cpuMilli: number): number =>
  Math.round((worth - worthOf(devices, cpuMilli)) / LOSS_STEP);
