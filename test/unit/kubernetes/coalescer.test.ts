import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createCoalescer } from "../../../src/kubernetes/coalescer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A coalescer whose runs are noted by their time; each takes `runMs`. */
function create(runMs = 0) {
  const runs: number[] = [];
  const began = Date.now();
  const coalescer = createCoalescer({ debounceMs: 1000, maxWaitMs: 10_000 }, async () => {
    runs.push(Date.now() - began);
    if (runMs > 0) await new Promise((resolve) => setTimeout(resolve, runMs));
  });
  return { coalescer, runs };
}

const pass = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

describe("a coalescer", () => {
  it("makes one run of a burst, after it is over", async () => {
    const { coalescer, runs } = create();
    for (let i = 0; i < 5; i++) {
      coalescer.trigger();
      await pass(500);
    }
    await pass(5000);
    expect(runs).toEqual([3000]);
  });

  it("cuts a burst that does not end", async () => {
    const { coalescer, runs } = create();
    for (let i = 0; i < 30; i++) {
      coalescer.trigger();
      await pass(500);
    }
    expect(runs).toEqual([10_000]);
  });

  it("runs at once when asked to", async () => {
    const { coalescer, runs } = create();
    coalescer.trigger(true);
    await pass(1);
    expect(runs).toEqual([0]);
  });

  it("never runs twice at a time, and runs once more for what came meanwhile", async () => {
    const { coalescer, runs } = create(5000);
    coalescer.trigger(true);
    await pass(100);
    coalescer.trigger();
    coalescer.trigger();
    await pass(20_000);
    expect(runs).toEqual([0, 6000]);
  });

  it("keeps the earliest of the later wishes, also those of the run itself", async () => {
    const runs: number[] = [];
    const began = Date.now();
    const coalescer = createCoalescer({ debounceMs: 0, maxWaitMs: 0 }, async () => {
      runs.push(Date.now() - began);
      if (runs.length > 1) return;
      coalescer.triggerIn(9000);
      coalescer.triggerIn(4000);
      coalescer.triggerIn(7000);
    });
    coalescer.trigger(true);
    await pass(30_000);
    expect(runs).toEqual([0, 4000]);
  });

  it("keeps a wish for after more days than a timer can count", async () => {
    const day = 86_400_000;
    const { coalescer, runs } = create();
    coalescer.triggerIn(60 * day);
    await pass(59 * day);
    expect(runs).toEqual([]);
    await pass(2 * day);
    expect(runs).toEqual([60 * day]);
  });

  it("waits for the run in progress when it is stopped, and runs no more", async () => {
    const { coalescer, runs } = create(1000);
    coalescer.trigger(true);
    await pass(1);
    coalescer.trigger();
    let stopped = false;
    const stopping = coalescer.stop().then(() => {
      stopped = true;
    });
    await pass(500);
    expect(stopped).toBe(false);
    await pass(500);
    await stopping;
    coalescer.trigger(true);
    await pass(10_000);
    expect(runs).toEqual([0]);
  });
});
