import type { Lot } from "./lots.ts";
import { lossAt, type Outlook, outlookOf, type Size, sizeOf, type View } from "./packing/outlook.ts";
import type { Requirement } from "./requirement.ts";
import { emptySlots } from "./slots.ts";
import type { Forecast } from "./types.ts";

/** Losses that are kept in all, one for each size and offer, with 12 bytes each; questions keep those that they go by. */
const MOST_LOSSES = 3_000_000;

/** How the lots of a board look in one forecast. */
export interface Sight {
  readonly forecast: Forecast;
  readonly outlook: Outlook;
  /** By slot: the lot that was looked at, and how it looks. */
  readonly lots: (Lot | undefined)[];
  readonly views: (View | undefined)[];
  /** By size. */
  readonly losses: Map<string, Losses>;
}

/** What a task of one size costs others on each lot, by slot; worked out as it is asked for. */
export interface Losses {
  readonly size: Size;
  /** The number of the lot that it was worked out for. */
  readonly lots: Int32Array;
  readonly steps: Int32Array;
  readonly free: Int32Array;
}

/** Of so many offers, none of which was looked at yet. */
export const createSight = (forecast: Forecast, length: number): Sight => ({
  forecast,
  outlook: outlookOf(forecast),
  lots: emptySlots(length),
  views: emptySlots(length),
  losses: new Map(),
});

/** What such a task costs; questions that differ in their conditions alone share it. */
export function lossesIn({ losses, lots: { length } }: Sight, requirement: Requirement): Losses {
  const size = sizeOf(requirement);
  const key = `${size.cpuMilli} ${size.devices} ${size.share}`;
  const known = losses.get(key);
  if (known !== undefined) return known;
  if ((losses.size + 1) * length > MOST_LOSSES) losses.clear();
  const unknown = (): Int32Array => new Int32Array(length);
  const made = { size, lots: unknown(), steps: unknown(), free: unknown() };
  losses.set(key, made);
  return made;
}

/** How much less the lot's room is worth without what the task takes, which it has room for. */
export function stepsAt(sight: Sight, { size, lots, steps, free }: Losses, lot: Lot): number {
  const { slot, number } = lot;
  if (lots[slot] !== number) {
    const loss = lossAt(viewAt(sight, lot), size);
    lots[slot] = number;
    steps[slot] = loss.steps;
    free[slot] = loss.free;
  }
  return steps[slot] as number;
}

function viewAt({ forecast, outlook, lots, views }: Sight, lot: Lot): View {
  const { slot, kind, devices, cpuMilli } = lot;
  const known = views[slot];
  if (known !== undefined && lots[slot] === lot) return known;
  const view = outlook(forecast.classes.classOf(kind.sample), devices, cpuMilli);
  lots[slot] = lot;
  views[slot] = view;
  return view;
}
