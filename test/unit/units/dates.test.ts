import { describe, expect, it } from "vitest";
import { isDate, isTimeZone, parseDateTime } from "../../../src/units/dates.ts";
import { formatGoDuration } from "../../../src/units/go-duration.ts";

describe("isDate", () => {
  it.each(["2026-12-24", "2024-02-29", "2000-02-29"])("knows %s", (text) => expect(isDate(text)).toBe(true));
  it.each(["2026-02-30", "2025-02-29", "2026-13-01", "2026-00-10", "26-12-24", "2026-12-24T00:00:00Z", ""])(
    "refuses %j",
    (text) => expect(isDate(text)).toBe(false),
  );
});

describe("parseDateTime", () => {
  it.each([
    ["2026-12-01T08:00:00Z", Date.UTC(2026, 11, 1, 8)],
    ["2026-12-01t08:00:00.5z", Date.UTC(2026, 11, 1, 8, 0, 0, 500)],
    ["2026-12-01T08:00:00+02:00", Date.UTC(2026, 11, 1, 6)],
    ["2016-12-31T23:59:60Z", Date.UTC(2016, 11, 31, 23, 59, 59)],
  ])("reads %j", (text, time) => expect(parseDateTime(text)).toBe(time));
  it.each([
    "2026-12-01",
    "2026-12-01T08:00Z",
    "2026-12-01 08:00:00Z",
    "2026-12-01T08:00:00",
    "2026-02-30T08:00:00Z",
    "2026-12-01T24:00:00Z",
    "soon",
  ])("refuses %j", (text) => expect(parseDateTime(text)).toBeUndefined());
});

describe("isTimeZone", () => {
  it.each(["Europe/Rome", "UTC", "America/New_York"])("knows %s", (name) =>
    expect(isTimeZone(name)).toBe(true),
  );
  it.each(["Europe/Atlantis", "", "+25:00", "+02:00", "Rome"])("refuses %j", (name) =>
    expect(isTimeZone(name)).toBe(false),
  );
});

describe("formatGoDuration", () => {
  it.each([
    [3_600_000, "1h"],
    [172_800_000, "48h"],
    [5_400_000, "1h30m"],
    [90_000, "1m30s"],
    [50, "50ms"],
  ])("writes %d ms as %j, without days, which Go does not know", (milliseconds, text) => {
    expect(formatGoDuration(milliseconds)).toBe(text);
  });
});
