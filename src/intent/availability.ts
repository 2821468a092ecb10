import { type CivilMs, type Clock, createClock, DAY_MS, MINUTE_MS } from "../units/civil-time.ts";
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
  const rules = rulesOf(spec, clock);
  const reason = closedBy(rules, clock.civil(now));
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
  readonly maintenance: readonly Recurring[];
}

interface Recurring {
  readonly start: CivilMs;
  readonly lasts: number;
  readonly frequency: MaintenanceWindow["frequency"];
}

const WEEK = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

function rulesOf(spec: AvailabilitySpec, clock: Clock): Rules {
  const { windowStart, windowEnd, daysOfWeek = [], blackoutDates = [], maintenanceWindows = [] } = spec;
  return {
    from: windowStart === undefined ? 0 : timeOfDay(windowStart),
    to: windowEnd === undefined ? DAY_MS : timeOfDay(windowEnd),
    days: daysOfWeek.length === 0 ? undefined : new Set(daysOfWeek.map((day) => WEEK.indexOf(day))),
    blackouts: new Set(blackoutDates.map(dayOf)),
    maintenance: maintenanceWindows.map((window) => recurring(window, clock)),
  };
}

function timeOfDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return (hours * 60 + minutes) * MINUTE_MS;
}

const dayOf = (text: string): CivilMs => Date.parse(`${text}T00:00:00Z`);

/** A day alone begins at its midnight, and as an end lasts until the next. */
function recurring({ start, end, frequency }: MaintenanceWindow, clock: Clock): Recurring {
  const civil = (text: string, extra: number): CivilMs =>
    text.length > 10 ? clock.civil(Date.parse(text)) : dayOf(text) + extra;
  const from = civil(start, 0);
  return { start: from, lasts: civil(end, DAY_MS) - from, frequency };
}

const midnight = (civil: CivilMs): CivilMs => Math.floor(civil / DAY_MS) * DAY_MS;

function closedBy(rules: Rules, civil: CivilMs): Availability["reason"] | undefined {
  if (rules.blackouts.has(midnight(civil))) return "blackout";
  if (rules.maintenance.some((window) => isWithin(window, civil))) return "maintenance";
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

function isWithin({ start, lasts, frequency }: Recurring, civil: CivilMs): boolean {
  if (civil < start) return false;
  if (frequency === "Weekly") return (civil - start) % (7 * DAY_MS) < lasts;
  return [0, 1].some((ago) => {
    const begun = monthly(start, civil, ago);
    return begun >= start && civil >= begun && civil < begun + lasts;
  });
}

/** The window's beginning in the month of `civil`, or so many months before: on the last day where it is too short. */
function monthly(start: CivilMs, civil: CivilMs, monthsAgo: number): CivilMs {
  const [first, at] = [new Date(start), new Date(civil)];
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth() - monthsAgo];
  const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(first.getUTCDate(), days)) + (start - midnight(start));
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
  const hours = [0, from, to].map((time) => date + (time % DAY_MS));
  return [...hours, ...maintenance.flatMap((window) => edgesOfWindow(window, date))];
}

/** The instants of these times, and that at which the clocks are put on this day. */
function instantsOf(edges: readonly CivilMs[], clock: Clock, date: CivilMs): readonly number[] {
  const noon = clock.instants(date + DAY_MS / 2)[0] ?? date;
  const put = clock.transition(noon - DAY_MS, noon + DAY_MS);
  return [...edges.flatMap((civil) => clock.instants(civil)), ...(put === undefined ? [] : [put])];
}

function edgesOfWindow({ start, lasts, frequency }: Recurring, date: CivilMs): readonly CivilMs[] {
  const begins =
    frequency === "Weekly"
      ? [0, 1].map(
          (ago) => start + (Math.floor((date + DAY_MS - 1 - start) / (7 * DAY_MS)) - ago) * 7 * DAY_MS,
        )
      : [0, 1].map((ago) => monthly(start, date, ago));
  return begins
    .flatMap((begin) => [begin, begin + lasts])
    .filter((edge) => edge >= date && edge < date + DAY_MS);
}
