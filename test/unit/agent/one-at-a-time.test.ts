import { describe, expect, it } from "vitest";
import { oneAtATime } from "../../../src/agent/one-at-a-time.ts";

/** Work whose runs end by hand, in their order. */
function byHand() {
  const ends: ((error?: Error) => void)[] = [];
  const run = oneAtATime(
    () => new Promise((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve()))),
  );
  const settle = async (index: number, error?: Error): Promise<void> => {
    ends[index]?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { run, settle, begun: () => ends.length };
}

describe("work one at a time", () => {
  it("runs once more for all calls during a run, and then again when it is asked", async () => {
    const { run, settle, begun } = byHand();
    const calls = [run(), run(), run(), run()];
    expect(begun()).toBe(1);
    await settle(0);
    expect(begun()).toBe(2);
    await settle(1);
    await Promise.all(calls);
    const later = run();
    expect(begun()).toBe(3);
    await settle(2);
    await later;
  });

  it("tells the caller of a failure, and goes on with those who wait", async () => {
    const { run, settle } = byHand();
    const failing = expect(run()).rejects.toThrow("disk gone");
    const waiting = run();
    await settle(0, new Error("disk gone"));
    await failing;
    await settle(1);
    await waiting;
  });
});
