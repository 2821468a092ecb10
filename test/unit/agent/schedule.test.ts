import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAgentHealth } from "../../../src/agent/health.ts";
import { cronProblem, startSchedule } from "../../../src/agent/schedule.ts";

describe("an interval", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([
    [0, [900, 1800, 2700]],
    [0.5, [1000, 2000, 3000]],
    [1, [1100, 2200, 3300]],
  ])("runs with a tenth of jitter to either side (random %d)", async (random, expected) => {
    const stopper = new AbortController();
    const began = Date.now();
    const runs: number[] = [];
    await startSchedule(
      { everyMs: 1000 },
      () => runs.push(Date.now() - began),
      stopper.signal,
      () => random,
    );
    vi.advanceTimersByTime(3500);
    expect(runs).toEqual(expected);
    stopper.abort();
    vi.advanceTimersByTime(10_000);
    expect(runs).toEqual(expected);
  });
});

describe("cronProblem", () => {
  it.each(["0 3 * * *", "*/15 * * * 1-5"])("accepts %s", async (expression) => {
    expect(await cronProblem(expression)).toBeUndefined();
  });

  it.each(["every day", "61 * * * *", ""])("refuses %j and shows how it is written", async (expression) => {
    expect(await cronProblem(expression)).toContain('such as "0 3 * * *"');
  });
});

describe("an agent's health", () => {
  it("is alive while something happens, and says since when nothing did", () => {
    const clock = { now: 0 };
    const health = createAgentHealth(60_000, () => clock.now);
    clock.now = 60_000;
    expect(health.healthy()).toEqual({ ok: true });
    clock.now = 90_000;
    expect(health.healthy()).toEqual({
      ok: false,
      message: "no sign of life for 1m30s: neither a watch nor a pass",
    });
    health.signOfLife();
    expect(health.healthy()).toEqual({ ok: true });
  });

  it("stays ready when the watch is in trouble after a pass, and says why before one", () => {
    const health = createAgentHealth(60_000, () => 0);
    health.waiting("forbidden");
    expect(health.ready()).toEqual({ ok: false, message: "forbidden" });
    health.report(true, "published 4 keys");
    health.waiting("forbidden");
    expect(health.ready()).toEqual({ ok: true, message: "published 4 keys" });
  });
});
