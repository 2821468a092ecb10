import type { CurrencyRates, Forecast, ForecastClasses, Offer } from "../types.ts";
import { classesOf } from "./classes.ts";
import type { DemandShape } from "./demand.ts";
import { pressuresOf } from "./pressure.ts";
import { idleMilli, type Room, reservable, roomOf, wholeDevices } from "./room.ts";

/** Orders in which tasks might arrive, and tasks in each. */
const SEQUENCES = 20;
const LENGTH = 30;
/** How much room for tasks with several GPUs weighs once there is as much demand for it as room. */
const RESERVE = 0.45;

/** Makes a forecast from the shapes of the demand, the most frequent first; undefined without any. */
export function forecastOf(
  shapes: readonly DemandShape[],
  { offers, currencyRates }: { readonly offers: readonly Offer[]; readonly currencyRates: CurrencyRates },
): Forecast | undefined {
  if (shapes.length === 0) return undefined;
  const classes = classesOf(shapes, currencyRates);
  const rooms = offers.map((offer) => roomOf(offer, classes.classOf(offer)));
  const idle = rooms.reduce((sum, room) => sum + idleMilli(room), 0);
  const demand = demandFor(classes, idle);
  return {
    classes,
    sequences: sequencesOf(classes),
    reserves: reservesOf(classes, rooms, demand),
    pressures: pressuresOf(classes, rooms, demand),
  };
}

/** Thousandths that each shape will take if all that is idle goes in proportion to the demand. */
function demandFor({ shapes }: ForecastClasses, idle: number): readonly number[] {
  const volumes = shapes.map(({ frequency, devices, deviceMilli }) => frequency * devices * deviceMilli);
  const sum = volumes.reduce((total, volume) => total + volume, 0);
  return volumes.map((volume) => (idle * volume) / sum);
}

/** Drawn with a generator that always begins at the same point: a forecast is a function of its demand. */
function sequencesOf({ shapes }: ForecastClasses): readonly (readonly number[])[] {
  const frequencies = Float64Array.from(shapes, ({ frequency }) => frequency);
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

/** Grows with the square of demand over room: while there is much more room than demand, none needs to be kept. */
function reservesOf(
  { shapes, bits }: ForecastClasses,
  rooms: readonly Room[],
  demand: readonly number[],
): readonly number[] {
  const whole = rooms.map(wholeDevices);
  return shapes.map((shape, position) => {
    if (shape.devices < 2) return 0;
    const bit = bits[position] ?? 0;
    const room = rooms.reduce(
      (sum, each, at) =>
        sum + ((each.class & bit) === 0 ? 0 : reservable(whole[at] ?? 0, each.cpuMilli, shape)),
      0,
    );
    const load = (demand[position] ?? 0) / Math.max(room, shape.devices * shape.deviceMilli);
    return RESERVE * Math.min(1, load) ** 2;
  });
}
