import { describe, expect, it } from "vitest";
import { createClock } from "../../../src/units/civil-time.ts";

const at = (text: string): number => Date.parse(text);
const civil = (text: string): number => Date.parse(`${text}Z`);

describe("what a clock shows", () => {
  it.each([
    ["UTC", "2026-11-25T12:00:00Z", "2026-11-25T12:00:00"],
    ["Europe/Rome", "2026-11-25T12:00:00Z", "2026-11-25T13:00:00"],
    ["Europe/Rome", "2026-07-25T12:00:00.999Z", "2026-07-25T14:00:00"],
    ["Asia/Kolkata", "2026-11-25T18:30:00Z", "2026-11-26T00:00:00"],
    ["America/Los_Angeles", "2027-01-01T07:59:59Z", "2026-12-31T23:59:59"],
    ["Australia/Lord_Howe", "2026-11-25T12:00:00Z", "2026-11-25T23:00:00"],
    ["Australia/Lord_Howe", "2026-07-25T12:00:00Z", "2026-07-25T22:30:00"],
    ["Asia/Kathmandu", "2028-02-28T18:15:00Z", "2028-02-29T00:00:00"],
  ])("in %s at %s: %s", (zone, instant, shown) => {
    expect(createClock(zone).civil(at(instant))).toBe(civil(shown));
  });
});

describe("when a clock shows a time", () => {
  it.each([
    ["Europe/Rome", "2026-11-25T13:00:00", ["2026-11-25T12:00:00Z"]],
    ["Europe/Rome", "2026-03-29T02:30:00", []],
    ["Europe/Rome", "2026-10-25T02:30:00", ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]],
    ["Europe/Rome", "2026-10-25T03:00:00", ["2026-10-25T02:00:00Z"]],
    ["Australia/Lord_Howe", "2026-10-04T02:15:00", []],
    ["America/New_York", "2026-11-01T01:30:00", ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"]],
  ])("%s, %s: %j", (zone, shown, instants) => {
    expect(createClock(zone).instants(civil(shown))).toEqual(instants.map(at));
  });
});

describe("when clocks are put", () => {
  it.each([
    ["Europe/Rome", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z", "2026-03-29T01:00:00Z"],
    ["Europe/Rome", "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", "2026-10-25T01:00:00Z"],
    ["Europe/Rome", "2026-11-24T00:00:00Z", "2026-11-26T00:00:00Z", undefined],
    ["UTC", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z", undefined],
  ])("%s between %s and %s: %s", (zone, from, to, instant) => {
    expect(createClock(zone).transition(at(from), at(to))).toBe(
      instant === undefined ? undefined : at(instant),
    );
  });
});

it("there is no clock of a zone that nobody knows", () => {
  expect(() => createClock("Mars/Olympus")).toThrow(RangeError);
});
