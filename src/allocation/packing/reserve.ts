import type { ForecastClasses, ForecastReserve, Offer } from "../types.ts";
import { meanMilli } from "./demand.ts";
import { devicesFor, idleMilli, type Room, roomOf, type Wanted, wholeDevices } from "./room.ts";

/** So often a task that takes the largest room whole counts as asked, although none was (Krichevsky and Trofimov). */
const UNSEEN = 0.5;
/** ... with this share of its CPU. */
const UNSEEN_CPU = 0.9;
/** How fast chance falls with every standard deviation of room beyond the need. */
const STEEPNESS = 1.5;
/** Below this nothing is kept. */
const LEAST_CHANCE = 0.001;
const ANY_CLASS = -1;

/** Keeps account of the room for tasks with several devices while offers change. */
export interface Watch {
  /** What is to be kept together now. */
  look(offers: readonly Offer[]): readonly ForecastReserve[];
}

type Sized = Pick<ForecastReserve, "devices" | "cpuMilli" | "bits">;

/** The same for the same size on offers that meet the same conditions. */
export const sizeKey = ({ devices, cpuMilli, bits }: Sized): string => `${devices} ${cpuMilli} ${bits}`;

/** A size that is asked, and what tasks at least as large will take of each task that comes, whatever it asks. */
interface Want extends Wanted {
  readonly bits: number;
  readonly devicesEach: number;
  readonly squareEach: number;
}

/** Watches the room on offers, which have these now, for demand of which so many tasks were seen. */
export function createWatch(
  classes: ForecastClasses,
  offers: readonly Offer[],
  rooms: readonly Room[],
  asked: number,
): Watch {
  // Apart from each other: to find who changed, only the offers are read.
  const seen = offers.slice();
  const counted = rooms.slice();
  const wants = wantsOf(classes, largestOf(rooms), asked);
  const have = wants.map(() => 0);
  const mean = meanMilli(classes.shapes);
  let idle = 0;
  const count = (room: Room, sign: 1 | -1): void => {
    idle += sign * idleMilli(room);
    const whole = wholeDevices(room);
    if (whole < 2) return;
    for (let at = 0; at < wants.length; at += 1) {
      const want = wants[at] as Want;
      if ((room.class & want.bits) === 0) continue;
      have[at] = (have[at] as number) + sign * devicesFor(whole, room.cpuMilli, want);
    }
  };
  for (const room of counted) count(room, 1);
  return {
    look: (now) => {
      for (const room of counted.splice(now.length)) count(room, -1);
      seen.length = counted.length;
      for (let at = 0; at < now.length; at += 1) {
        const offer = now[at] as Offer;
        if (seen[at] === offer) continue;
        const known = counted[at];
        if (known !== undefined) count(known, -1);
        const room = roomOf(offer, classes.classOf(offer));
        count(room, 1);
        seen[at] = offer;
        counted[at] = room;
      }
      const tasks = idle / mean;
      return wants.flatMap((want, at) => reserveFor(want, have[at] ?? 0, tasks, asked));
    },
  };
}

/** A task that takes the largest room whole: the one of which nobody knows who has not seen it. */
function largestOf(rooms: readonly Room[]): Wanted {
  let largest = { devices: 0, cpuMilli: 0 };
  for (const room of rooms) {
    const { cpuMilli } = room;
    const whole = wholeDevices(room);
    const isLarger = whole > largest.devices || (whole === largest.devices && cpuMilli > largest.cpuMilli);
    if (room.class !== 0 && isLarger) largest = { devices: whole, cpuMilli };
  }
  return { devices: largest.devices, cpuMilli: Math.floor(largest.cpuMilli * UNSEEN_CPU) };
}

function wantsOf({ shapes, bits }: ForecastClasses, largest: Wanted, asked: number): readonly Want[] {
  const sizes = [
    ...shapes.map((shape, at) => ({ ...shape, bits: bits[at] ?? 0 })),
    { ...largest, bits: ANY_CLASS, frequency: UNSEEN / asked },
  ].filter(({ devices }) => devices > 1);
  const wants = new Map<string, Want>();
  for (const size of sizes) {
    const { devices, cpuMilli, bits: own } = size;
    const key = sizeKey(size);
    if (wants.has(key)) continue;
    let devicesEach = 0;
    let squareEach = 0;
    for (const other of sizes) {
      if (other.devices < devices || other.cpuMilli < cpuMilli || (other.bits & own) === 0) continue;
      devicesEach += other.frequency * other.devices;
      squareEach += other.frequency * other.devices ** 2;
    }
    wants.set(key, { devices, cpuMilli, bits: own, devicesEach, squareEach });
  }
  return [...wants.values()];
}

/**
 * How likely it is that those who need such room will need all that there is before everything is full. So many of them come
 * as a Poisson distribution says whose mean was guessed from those who were seen: its variance grows by the share of what is to
 * come over what was seen. Its tail is that of a logistic distribution.
 */
function reserveFor(
  { devices, cpuMilli, bits, devicesEach, squareEach }: Want,
  have: number,
  tasks: number,
  asked: number,
): readonly ForecastReserve[] {
  const need = devicesEach * tasks;
  const deviation = Math.sqrt(squareEach * tasks * (1 + tasks / asked)) + devices;
  const chance = 1 / (1 + Math.exp((STEEPNESS * (have - need)) / deviation));
  return chance > LEAST_CHANCE ? [{ devices, cpuMilli, bits, chance }] : [];
}
