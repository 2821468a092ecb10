import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AvailabilitySpec, availabilityAt } from "../../../src/intent/availability.ts";

const at = (text: string): number => Date.parse(text);
const told = (spec: AvailabilitySpec, now: string): readonly [string, string | undefined] => {
  const { open, reason, changesAt } = availabilityAt(spec, at(now));
  return [
    open ? "open" : `closed: ${reason}`,
    changesAt === undefined ? undefined : new Date(changesAt).toISOString().replace(".000", ""),
  ];
};

const NIGHT = { windowStart: "20:00", windowEnd: "07:00", timezone: "Europe/Rome" } as const;
const OFFICE = {
  windowStart: "09:00",
  windowEnd: "17:00",
  daysOfWeek: ["Mon", "Tue", "Wed", "Thu", "Fri"],
} satisfies AvailabilitySpec;

describe("a workload may run", () => {
  it.each([
    ["always, where nothing is said", {}, "2026-11-25T12:00:00Z", "open", undefined],
    ["before the window", OFFICE, "2026-11-25T08:59:59Z", "closed: window", "2026-11-25T09:00:00Z"],
    ["as it opens", OFFICE, "2026-11-25T09:00:00Z", "open", "2026-11-25T17:00:00Z"],
    ["as it closes", OFFICE, "2026-11-25T17:00:00Z", "closed: window", "2026-11-26T09:00:00Z"],
    ["on Friday evening", OFFICE, "2026-11-27T17:00:00Z", "closed: window", "2026-11-30T09:00:00Z"],
    ["on Saturday", OFFICE, "2026-11-28T10:00:00Z", "closed: day", "2026-11-30T09:00:00Z"],
    ["an empty list of days is every day", { daysOfWeek: [] }, "2026-11-28T10:00:00Z", "open", undefined],
    ["past midnight: in the evening", NIGHT, "2026-11-25T19:00:00Z", "open", "2026-11-26T06:00:00Z"],
    ["past midnight: in the morning", NIGHT, "2026-11-26T05:59:00Z", "open", "2026-11-26T06:00:00Z"],
    ["past midnight: by day", NIGHT, "2026-11-26T06:00:00Z", "closed: window", "2026-11-26T19:00:00Z"],
    [
      "past midnight: the morning belongs to the day before",
      { ...NIGHT, daysOfWeek: ["Fri"] },
      "2026-11-28T05:00:00Z",
      "open",
      "2026-11-28T06:00:00Z",
    ],
    [
      "past midnight: the evening after does not",
      { ...NIGHT, daysOfWeek: ["Fri"] },
      "2026-11-28T20:00:00Z",
      "closed: day",
      "2026-12-04T19:00:00Z",
    ],
    [
      "on a blackout date of its zone",
      { blackoutDates: ["2026-12-25"], timezone: "Asia/Kolkata" },
      "2026-12-24T18:30:00Z",
      "closed: blackout",
      "2026-12-25T18:30:00Z",
    ],
    [
      "before it",
      { blackoutDates: ["2026-12-25"], timezone: "Asia/Kolkata" },
      "2026-12-24T18:29:59Z",
      "open",
      "2026-12-24T18:30:00Z",
    ],
    [
      "leap days count",
      { blackoutDates: ["2028-02-29"] },
      "2028-02-29T12:00:00Z",
      "closed: blackout",
      "2028-03-01T00:00:00Z",
    ],
    [
      "in a weekly maintenance window, two weeks on",
      {
        maintenanceWindows: [
          { start: "2026-11-04T22:00:00Z", end: "2026-11-05T02:00:00Z", frequency: "Weekly" },
        ],
      },
      "2026-11-19T01:00:00Z",
      "closed: maintenance",
      "2026-11-19T02:00:00Z",
    ],
    [
      "before the first of them",
      {
        maintenanceWindows: [
          { start: "2026-11-04T22:00:00Z", end: "2026-11-05T02:00:00Z", frequency: "Weekly" },
        ],
      },
      "2026-10-28T23:00:00Z",
      "open",
      "2026-11-04T22:00:00Z",
    ],
    [
      "in a monthly one by days, on the last day of a short month",
      { maintenanceWindows: [{ start: "2026-10-31", end: "2026-10-31", frequency: "Monthly" }] },
      "2026-11-30T12:00:00Z",
      "closed: maintenance",
      "2026-12-01T00:00:00Z",
    ],
    [
      "weekly windows keep their hour when the clocks are put",
      {
        timezone: "Europe/Rome",
        maintenanceWindows: [
          { start: "2026-10-20T02:00:00+02:00", end: "2026-10-20T03:00:00+02:00", frequency: "Weekly" },
        ],
      },
      "2026-10-26T12:00:00Z",
      "open",
      "2026-10-27T01:00:00Z",
    ],
    [
      "an opening in the hour that is skipped comes with the new hour",
      { windowStart: "02:30", windowEnd: "05:00", timezone: "Europe/Rome" },
      "2026-03-28T22:00:00Z",
      "closed: window",
      "2026-03-29T01:00:00Z",
    ],
    [
      "an opening before the clocks are put is not passed over for it",
      { windowStart: "00:00", windowEnd: "03:01", timezone: "America/New_York" },
      "2026-03-08T00:00:00Z",
      "closed: window",
      "2026-03-08T05:00:00Z",
    ],
    [
      "an hour that comes twice opens twice",
      { windowStart: "02:00", windowEnd: "02:30", timezone: "Europe/Rome" },
      "2026-10-25T00:30:00Z",
      "closed: window",
      "2026-10-25T01:00:00Z",
    ],
  ] satisfies readonly (readonly [string, AvailabilitySpec, string, string, string | undefined])[])(
    "%s",
    (_, spec, now, state, changes) => {
      expect(told(spec, now)).toEqual([state, changes]);
    },
  );
});

const clockTime = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, "0")).join(":"));
const anySpec: fc.Arbitrary<AvailabilitySpec> = fc
  .record({
    times: fc.option(fc.tuple(clockTime, clockTime).filter(([start, end]) => start !== end)),
    days: fc.subarray(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const),
    timezone: fc.constantFrom(
      "UTC",
      "Europe/Rome",
      "America/New_York",
      "Asia/Kolkata",
      "Australia/Lord_Howe",
    ),
    blackouts: fc.subarray(["2026-10-25", "2026-03-29", "2026-04-05", "2026-11-01"]),
    maintenance: fc.option(
      fc.record({
        start: fc.constantFrom("2026-01-31T23:30:00Z", "2026-02-04T01:15:00-05:00", "2026-02-28"),
        end: fc.constantFrom("2026-02-04T07:00:00Z", "2026-03-01"),
        frequency: fc.constantFrom("Weekly", "Monthly"),
      }),
    ),
  })
  .map(({ times, days, timezone, blackouts, maintenance }) => ({
    ...(times === null ? {} : { windowStart: times[0], windowEnd: times[1] }),
    daysOfWeek: [...days],
    timezone,
    blackoutDates: [...blackouts],
    ...(maintenance === null ? {} : { maintenanceWindows: [maintenance] }),
  }));
/** Around the days on which clocks are put, somewhere. */
const anyTime = fc
  .tuple(
    fc.constantFrom(
      "2026-03-08",
      "2026-03-29",
      "2026-04-05",
      "2026-10-04",
      "2026-10-25",
      "2026-11-01",
      "2026-07-15",
    ),
    fc.integer({ min: -36 * 60, max: 36 * 60 }),
  )
  .map(([day, minutes]) => at(`${day}T00:00:00Z`) + minutes * 60_000);

describe("the next change", () => {
  it("is the first minute that is otherwise, and nothing changes before it", () => {
    fc.assert(
      fc.property(anySpec, anyTime, (spec, now) => {
        const { open, changesAt } = availabilityAt(spec, now);
        const isOpen = (time: number): boolean => availabilityAt(spec, time).open;
        if (changesAt !== undefined) {
          expect(changesAt).toBeGreaterThan(now);
          expect(isOpen(changesAt)).toBe(!open);
        }
        const until = Math.min(changesAt ?? Number.POSITIVE_INFINITY, now + 30 * 3_600_000);
        for (let time = now + 5 * 60_000; time < until; time += 15 * 60_000) expect(isOpen(time)).toBe(open);
      }),
      { numRuns: 60 },
    );
  });
});

/** The rules read aloud: what the clock on the wall shows at a time, and what is said of that. */
function ruleOf(spec: AvailabilitySpec): (time: number) => boolean {
  const DAY = 86_400_000;
  const { windowStart = "00:00", windowEnd = "24:00", timezone = "UTC", daysOfWeek = [] } = spec;
  const style = { timeZone: timezone, dateStyle: "short", timeStyle: "medium" } as const;
  const wall = new Intl.DateTimeFormat("sv-SE", style);
  const starts = (day: number): boolean =>
    daysOfWeek.length === 0 || daysOfWeek.some((name) => new Date(day).toUTCString().startsWith(name));
  const onTheWall = (text: string, days: number): number =>
    text.length > 10 ? at(`${wall.format(at(text)).replace(" ", "T")}Z`) : at(`${text}T00:00Z`) + days * DAY;
  const maintenance = (spec.maintenanceWindows ?? []).flatMap(({ start, end, frequency }) => {
    const [first, last] = [onTheWall(start, 0), onTheWall(end, 1)];
    return Array.from({ length: 60 }, (_, count) => {
      const begin = new Date(first);
      if (frequency === "Weekly") begin.setUTCDate(begin.getUTCDate() + 7 * count);
      else {
        begin.setUTCDate(1);
        begin.setUTCMonth(begin.getUTCMonth() + count + 1, 0);
        begin.setUTCDate(Math.min(begin.getUTCDate(), new Date(first).getUTCDate()));
      }
      return [begin.getTime(), begin.getTime() + last - first] as const;
    });
  });
  return (time) => {
    const [date = "", clock = ""] = wall.format(time).split(" ");
    const [day, now, minute] = [at(`${date}T00:00Z`), clock.slice(0, 5), at(`${date}T${clock}Z`)];
    const inHours =
      windowStart < windowEnd
        ? now >= windowStart && now < windowEnd && starts(day)
        : (now >= windowStart && starts(day)) || (now < windowEnd && starts(day - DAY));
    const inMaintenance = maintenance.some(([begin, end]) => minute >= begin && minute < end);
    return inHours && !inMaintenance && !(spec.blackoutDates ?? []).includes(date);
  };
}

describe("a week", () => {
  it("is open in just the minutes in which its rules say so", () => {
    fc.assert(
      fc.property(anySpec, anyTime, (spec, start) => {
        const isOpen = ruleOf(spec);
        let { open, changesAt = Number.POSITIVE_INFINITY } = availabilityAt(spec, start);
        for (let time = start; time < start + 7 * 86_400_000; time += 60_000) {
          if (time >= changesAt)
            ({ open, changesAt = Number.POSITIVE_INFINITY } = availabilityAt(spec, time));
          if (open === isOpen(time)) continue;
          throw new Error(`${new Date(time).toISOString()} is told ${open ? "open" : "closed"}`);
        }
      }),
      { numRuns: 8 },
    );
  }, 60_000);

  it("is told soon, also where it never opens", () => {
    const days = Array.from({ length: 366 }, (_, day) => at("2026-11-25T00:00Z") + day * 86_400_000);
    const blackoutDates = days.map((day) => new Date(day).toISOString().slice(0, 10));
    expect(told({ blackoutDates }, "2026-11-25T12:00:00Z")).toEqual([
      "closed: blackout",
      "2027-11-26T00:00:00Z",
    ]);
    const maintenanceWindows = ["02", "03", "04", "05", "06", "07", "08"].map((day) => ({
      start: `2026-11-${day}`,
      end: `2026-11-${day}`,
      frequency: "Weekly" as const,
    }));
    expect(told({ maintenanceWindows }, "2026-11-25T12:00:00Z")).toEqual(["closed: maintenance", undefined]);
  });
});
