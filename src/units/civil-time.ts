/** Wall-clock time of a zone as milliseconds since 1970-01-01T00:00 on that clock: plain arithmetic, no zone in it. */
export type CivilMs = number;

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** What the clocks of one time zone show. */
export interface Clock {
  /** Wall-clock time at an instant (ms since 1970), to the second. */
  civil(instant: number): CivilMs;
  /** The instants at which the clocks show so: none in the hour that is skipped in spring, two in that of autumn. */
  instants(civil: CivilMs): readonly number[];
  /** The first instant in (from, to] at which the clocks are put forward or back; undefined where they are not. */
  transition(from: number, to: number): number | undefined;
}

const FORMAT = {
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
} as const;

/** The clock of an IANA time zone. Throws RangeError for a zone that is not known. */
export function createClock(timeZone: string): Clock {
  const format = new Intl.DateTimeFormat("en-US", { ...FORMAT, timeZone });
  const civil = (instant: number): CivilMs => {
    // As text, `11/25/2026, 13:00:00`: its parts one by one take several times as long.
    const [month = 1, day = 1, year = 0, ...time] = (format.format(instant).match(/\d+/g) ?? []).map(Number);
    const [hour = 0, minute = 0, second = 0] = time;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  };
  const offset = (instant: number): number => civil(instant) - Math.floor(instant / 1000) * 1000;
  return {
    civil,
    instants: (wanted) => {
      // Clocks are put at most once in two days, so the offset is one of those around.
      const offsets = new Set([offset(wanted - DAY_MS), offset(wanted + DAY_MS)]);
      return [...offsets]
        .map((each) => wanted - each)
        .filter((instant) => civil(instant) === wanted)
        .toSorted((left, right) => left - right);
    },
    transition: (from, to) => transition(offset, from, to),
  };
}

/** Halves the time between until it is known to the second. */
function transition(offset: (instant: number) => number, from: number, to: number): number | undefined {
  const before = offset(from);
  if (offset(to) === before) return undefined;
  let [low, high] = [Math.floor(from / 1000), Math.ceil(to / 1000)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle * 1000) === before) low = middle;
    else high = middle;
  }
  return high * 1000;
}
