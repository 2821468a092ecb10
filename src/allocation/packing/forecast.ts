import type { CurrencyRates, Forecast, ForecastClasses, ForecastShape, Offer } from "../types.ts";
import { classesOf } from "./classes.ts";
import { type DemandShape, meanMilli, volumeOf } from "./demand.ts";
import { pressuresOf } from "./pressure.ts";
import { createWatch, type Watch } from "./reserve.ts";
import { idleMilli, type Room, roomOf } from "./room.ts";

/** Orders in which tasks might arrive, and tasks in each. */
const SEQUENCES = 20;
const LENGTH = 30;
/** Share of the tasks with CPU alone that an offer has to expect once they need all CPU that tasks with GPUs leave over. */
const PASSING = 0.5;

interface Pool {
  readonly offers: readonly Offer[];
  readonly currencyRates: CurrencyRates;
}

/**
 * Makes a forecast from the shapes of the demand, the most frequent first, with the watch over what it keeps together; undefined
 * where none asks for devices.
 */
export function foresight(
  shapes: readonly DemandShape[],
  { offers, currencyRates }: Pool,
): { readonly forecast: Forecast; readonly watch: Watch } | undefined {
  if (!shapes.some(asksDevices)) return undefined;
  const classes = classesOf(shapes, currencyRates);
  // Those that do may be among the shapes that are left out.
  if (!classes.shapes.some(asksDevices)) return undefined;
  const rooms = offers.map((offer) => roomOf(offer, classes.classOf(offer)));
  const idle = rooms.reduce((sum, room) => sum + idleMilli(room), 0);
  const demand = demandFor(classes, idle);
  const asked = shapes.reduce((sum, shape) => sum + shape.asked, 0);
  const watch = createWatch(classes, offers, rooms, asked);
  const forecast = {
    classes,
    sequences: sequencesOf(classes, passingShare(classes, rooms, idle)),
    reserves: watch.look(offers),
    pressures: pressuresOf(classes, rooms, demand),
  };
  return { forecast, watch };
}

const asksDevices = ({ devices }: ForecastShape): boolean => devices > 0;

/** Thousandths that each shape will take if all that is idle goes in proportion to the demand. */
function demandFor({ shapes }: ForecastClasses, idle: number): readonly number[] {
  const mean = meanMilli(shapes);
  return shapes.map((shape) => (idle * volumeOf(shape)) / mean);
}

/** Drawn with a generator that always begins at the same point: a forecast is a function of its demand. */
function sequencesOf({ shapes }: ForecastClasses, passing: number): readonly (readonly number[])[] {
  const frequencies = Float64Array.from(shapes, ({ frequency, devices }) =>
    devices > 0 ? frequency : frequency * passing,
  );
  const total = frequencies.reduce((sum, frequency) => sum + frequency, 0);
  let state = 12_345;
  const draw = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    let left = (state / 2 ** 32) * total;
    for (let position = 0; position < frequencies.length; position += 1) {
      left -= frequencies[position] as number;
      if (left <= 0) return position;
    }
    return 0;
  };
  return Array.from({ length: SEQUENCES }, () => Array.from({ length: LENGTH }, draw));
}

/**
 * The share of tasks with CPU alone that come by at any offer. They go where there is CPU that tasks with GPUs cannot use; the
 * nearer they come to needing all of it, the more of them end up elsewhere.
 */
function passingShare({ shapes }: ForecastClasses, rooms: readonly Room[], idle: number): number {
  const milli = meanMilli(shapes);
  let besides = 0;
  let alone = 0;
  for (const { frequency, devices, cpuMilli } of shapes) {
    if (devices > 0) besides += frequency * cpuMilli;
    else alone += frequency * cpuMilli;
  }
  const spare = rooms.reduce(
    (sum, room) => sum + Math.max(0, Math.floor(room.cpuMilli - (idleMilli(room) * besides) / milli)),
    0,
  );
  const load = (idle * alone) / milli / Math.max(1, spare);
  return PASSING * Math.min(1, load) ** 4;
}
