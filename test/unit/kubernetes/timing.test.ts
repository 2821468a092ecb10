import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { createLimit } from "../../../src/kubernetes/timing.ts";

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

describe("a limit", () => {
  it("ends when its time is over, and says so", async () => {
    const limit = createLimit(new AbortController().signal, 5);
    await aborted(limit.signal);
    expect(limit.isOver()).toBe(true);
    limit.dispose();
  });

  it("ends with the signal around it, which is no lack of time", async () => {
    const outer = new AbortController();
    const limit = createLimit(outer.signal, 60_000);
    outer.abort();
    await aborted(limit.signal);
    expect(limit.isOver()).toBe(false);
    limit.dispose();
  });

  it("has ended before it begins where the signal around it has", () => {
    const limit = createLimit(AbortSignal.abort(), 60_000);
    expect(limit.signal.aborted).toBe(true);
    limit.dispose();
  });

  it("leaves nothing at a signal that lives on", () => {
    const outer = new AbortController();
    for (let round = 0; round < 100; round += 1) createLimit(outer.signal, 60_000).dispose();
    expect(getEventListeners(outer.signal, "abort")).toEqual([]);
  });
});
