import { type CivilMs, type Clock, createClock, DAY_MS, MINUTE_MS } from "../units/civil-time.ts";
import { parseDateTime } from "../units/dates.ts";
import type { ConstraintsSpec } from "./spec-schema.ts";

export type AvailabilitySpec = NonNullable<ConstraintsSpec["availability"]>;
type MaintenanceWindow = NonNullable<AvailabilitySpec["maintenanceWindows"]>[number];

/** Whether a workload may run now, and until when that holds. */
export interface Availability {
  readonly open: boolean;
  /** Why it is closed. */
  readonly reason?: "window" | "day" | "blackout" | "maintenance";
  /** When it next opens or closes (ms since 1970); undefined where it does not within a year. */
  readonly changesAt?: number;
}

/** A blackout of a whole year is the longest that makes sense. */
const HORIZON_DAYS = 400;

/**
 * Whether the hours, days and dates of an Intent let it run at a time (ms since 1970), and when that changes. Times and
 * days are those of its time zone; a window past midnight belongs to the day on which it starts.
 */
export function availabilityAt(spec: AvailabilitySpec, now: number): Availability {
  const clock = clockOf(spec.timezone ?? "UTC");
  const civil = clock.civil(now);
  const rules = rulesOf(spec, clock, civil);
  const reason = closedBy(rules, civil);
  const changesAt = nextChange(rules, clock, now, reason === undefined);
  return {
    open: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    ...(changesAt === undefined ? {} : { changesAt }),
  };
}

const MOST_CLOCKS = 500;
const clocks = new Map<string, Clock>();

/** Making one costs a hundred times what reading it does. */
function clockOf(timeZone: string): Clock {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  if (clocks.size >= MOST_CLOCKS) clocks.clear();
  const clock = createClock(timeZone);
  clocks.set(timeZone, clock);
  return clock;
}

/** The spec in numbers: times of day in ms since midnight, all else in wall-clock time. */
interface Rules {
  readonly from: number;
  readonly to: number;
  /** Days of the week on which a window may start, 0 Sunday; all of them where undefined. */
  readonly days: ReadonlySet<number> | undefined;
  readonly blackouts: ReadonlySet<CivilMs>;
  /** All that touch the time that is looked at, in order and apart from each other. */
  readonly maintenance: readonly Stretch[];
}

/** From a time until just before another. */
interface Stretch {
  readonly from: CivilMs;
  readonly to: CivilMs;
}

const WEEK = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

function rulesOf(spec: AvailabilitySpec, clock: Clock, now: CivilMs): Rules {
  const { windowStart, windowEnd, daysOfWeek = [], blackoutDates = [], maintenanceWindows = [] } = spec;
  // None lasts for as long as a month.
  const around = { from: now - 32 * DAY_MS, to: now + (HORIZON_DAYS + 1) * DAY_MS };
  return {
    from: windowStart === undefined ? 0 : timeOfDay(windowStart),
    to: windowEnd === undefined ? DAY_MS : timeOfDay(windowEnd),
    days: daysOfWeek.length === 0 ? undefined : new Set(daysOfWeek.map((day) => WEEK.indexOf(day))),
    blackouts: new Set(blackoutDates.map(dayOf)),
    maintenance: merged(maintenanceWindows.flatMap((window) => recurrences(window, clock, around))),
  };
}

function timeOfDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return (hours * 60 + minutes) * MINUTE_MS;
}

const dayOf = (text: string): CivilMs => Date.parse(`${text}T00:00:00Z`);

const WEEK_MS = 7 * DAY_MS;

/** A day alone begins at its midnight, and as an end lasts until the next. None comes before the first. */
function recurrences(
  { start, end, frequency }: MaintenanceWindow,
  clock: Clock,
  { from, to }: Stretch,
): readonly Stretch[] {
  const civil = (text: string, extra: number): CivilMs =>
    text.length > 10 ? clock.civil(parseDateTime(text) ?? 0) : dayOf(text) + extra;
  const first = civil(start, 0);
  const lasts = civil(end, DAY_MS) - first;
  const begins = frequency === "Weekly" ? weekly(first, from, to) : monthly(first, from, to);
  return begins.filter((begin) => begin >= first).map((begin) => ({ from: begin, to: begin + lasts }));
}

function weekly(first: CivilMs, from: CivilMs, to: CivilMs): readonly CivilMs[] {
  const begin = first + Math.floor((from - first) / WEEK_MS) * WEEK_MS;
  return Array.from({ length: Math.ceil((to - begin) / WEEK_MS) }, (_, week) => begin + week * WEEK_MS);
}

/** On the day of the month of the first, or on the last day of a month that is too short for it. */
function monthly(first: CivilMs, from: CivilMs, to: CivilMs): readonly CivilMs[] {
  const [day, begin, end] = [new Date(first).getUTCDate(), new Date(from), new Date(to)];
  const year = begin.getUTCFullYear();
  const months = (end.getUTCFullYear() - year) * 12 + end.getUTCMonth() + 1;
  return Array.from({ length: months - begin.getUTCMonth() }, (_, index) => {
    const month = begin.getUTCMonth() + index;
    const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
    return Date.UTC(year, month, Math.min(day, days)) + (first - midnight(first));
  });
}

/** The same times without an overlap. */
function merged(stretches: readonly Stretch[]): readonly Stretch[] {
  const apart: Stretch[] = [];
  for (const each of stretches.toSorted((left, right) => left.from - right.from)) {
    const last = apart.at(-1);
    if (last === undefined || each.from > last.to) apart.push(each);
    else apart[apart.length - 1] = { from: last.from, to: Math.max(last.to, each.to) };
  }
  return apart;
}

/** The position of the first stretch that ends after a time. */
function firstAfter(stretches: readonly Stretch[], civil: CivilMs): number {
  let [low, high] = [0, stretches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stretches[middle]?.to ?? 0) > civil) high = middle;
    else low = middle + 1;
  }
  return low;
}

const midnight = (civil: CivilMs): CivilMs => Math.floor(civil / DAY_MS) * DAY_MS;

function closedBy(rules: Rules, civil: CivilMs): Availability["reason"] | undefined {
  if (rules.blackouts.has(midnight(civil))) return "blackout";
  if ((rules.maintenance[firstAfter(rules.maintenance, civil)]?.from ?? Infinity) <= civil)
    return "maintenance";
  return hoursClosed(rules, civil);
}

function hoursClosed({ from, to, days }: Rules, civil: CivilMs): "window" | "day" | undefined {
  const today = midnight(civil);
  const time = civil - today;
  const isDay = (day: CivilMs): boolean => days === undefined || days.has(new Date(day).getUTCDay());
  if (from < to) {
    if (time < from || time >= to) return "window";
    return isDay(today) ? undefined : "day";
  }
  // Past midnight: the evening of today's window, or the morning of yesterday's.
  if (time >= from) return isDay(today) ? undefined : "day";
  if (time < to) return isDay(today - DAY_MS) ? undefined : "day";
  return "window";
}

/**
 * The first day, of those to come, some of whose hours are otherwise. Wall-clock time alone tells that; which instants it
 * means is asked of the clock for that day only, since asking is slow.
 */
function nextChange(rules: Rules, clock: Clock, now: number, open: boolean): number | undefined {
  const isOtherwise = (civil: CivilMs): boolean => (closedBy(rules, civil) === undefined) !== open;
  // A day before: where clocks are put back at midnight, yesterday's last hour comes twice.
  const yesterday = midnight(clock.civil(now)) - DAY_MS;
  for (let day = 0; day <= HORIZON_DAYS; day += 1) {
    const date = yesterday + day * DAY_MS;
    const edges = edgesOf(rules, date);
    if (!edges.some(isOtherwise)) continue;
    const changes = instantsOf(edges, clock, date).filter(
      (instant) => instant > now && isOtherwise(clock.civil(instant)),
    );
    if (changes.length > 0) return Math.min(...changes);
  }
  return undefined;
}

/** Times of a day, by the clock on the wall, at which openness may change; its midnight is one. */
function edgesOf({ from, to, maintenance }: Rules, date: CivilMs): readonly CivilMs[] {
  const edges = [0, from, to].map((time) => date + (time % DAY_MS));
  const isToday = (civil: CivilMs): boolean => civil >= date && civil < date + DAY_MS;
  for (
    let at = firstAfter(maintenance, date - 1);
    (maintenance[at]?.from ?? Infinity) < date + DAY_MS;
    at += 1
  ) {
    const { from: begin = 0, to: end = 0 } = maintenance[at] ?? {};
    edges.push(...[begin, end].filter(isToday));
  }
  return edges;
}

/** The instants of these times, and that at which the clocks are put on this day. */
function instantsOf(edges: readonly CivilMs[], clock: Clock, date: CivilMs): readonly number[] {
  const noon = clock.instants(date + DAY_MS / 2)[0] ?? date;
  const put = clock.transition(noon - DAY_MS, noon + DAY_MS);
  const isToday = put !== undefined && midnight(clock.civil(put)) === date;
  return [...edges.flatMap((civil) => clock.instants(civil)), ...(isToday ? [put] : [])];
}
