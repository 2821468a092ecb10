import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accrue, startCost, stopCost } from "../../../../src/hub/intents/cost.ts";
import { usageBetween } from "../../../../src/hub/intents/usage.ts";
import type { IntentStatus, IntentTask } from "../../../../src/intent/status-schema.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const HOUR = 3_600_000;
const RATE = { amount: 6, currency: "EUR" };

const task = (provider: string, units: number, rate?: string): IntentTask => ({
  index: 0,
  provider,
  node: "gpu-1",
  resource: "nvidia.com/gpu",
  units,
  ...(rate === undefined ? {} : { rate }),
});
const placed = (tasks: readonly IntentTask[], cost: IntentStatus["cost"]): IntentStatus => ({
  placement: { provider: "alpha", gpus: 1, tasks: [...tasks] },
  ...(cost === undefined ? {} : { cost }),
});
const reserved = (status: "True" | "False", at: number) => [
  { type: "Reserved", status, reason: "Test", message: "", lastTransitionTime: new Date(at).toISOString() },
];
const costs = (rate: typeof RATE | undefined = RATE) => startCost(undefined, rate, START);

describe("what an Intent used between two of its states", () => {
  it("is the time times its GPUs, and what was added to its cost", () => {
    const before = placed([task("alpha", 4)], costs());
    const after = placed([task("alpha", 4)], accrue(costs(), START + HOUR));
    expect(usageBetween(before, after)).toEqual([
      { provider: "alpha", gpuSeconds: 4 * 3600, cost: { amount: 6, currency: "EUR" } },
    ]);
  });

  it("is parted among its providers by what each costs", () => {
    const tasks = [task("alpha", 1, "4 EUR"), task("beta", 1, "2 EUR")];
    const after = placed(tasks, accrue(costs(), START + HOUR));
    expect(usageBetween(placed(tasks, costs()), after)).toEqual([
      { provider: "alpha", gpuSeconds: 3600, cost: { amount: 4, currency: "EUR" } },
      { provider: "beta", gpuSeconds: 3600, cost: { amount: 2, currency: "EUR" } },
    ]);
  });

  it("is time alone where nobody tells the rate", () => {
    const unknown = startCost(undefined, undefined, START);
    const before = placed([task("alpha", 2)], unknown);
    const after = placed([task("alpha", 2)], accrue(unknown, START + HOUR));
    expect(usageBetween(before, after)).toEqual([{ provider: "alpha", gpuSeconds: 7200 }]);
  });

  it("ends when its GPUs were given back", () => {
    const before = placed([task("alpha", 1)], costs());
    const end = START + HOUR / 2;
    const left: IntentStatus = {
      cost: stopCost(costs(), end) ?? {},
      conditions: reserved("False", end),
    };
    expect(usageBetween(before, left)).toEqual([
      { provider: "alpha", gpuSeconds: 1800, cost: { amount: 3, currency: "EUR" } },
    ]);
  });

  it.each([
    ["before it had a place", {}, placed([task("alpha", 1)], costs())],
    ["while nothing was counted", placed([task("alpha", 1)], costs()), placed([task("alpha", 1)], costs())],
    [
      "after it gave its GPUs back",
      { ...placed([task("alpha", 1)], stopCost(costs(), START)), conditions: reserved("False", START) },
      { ...placed([task("alpha", 1)], stopCost(costs(), START)), conditions: reserved("False", START) },
    ],
    [
      "after the clock was stepped back",
      placed([task("alpha", 1)], accrue(costs(), START + HOUR)),
      placed([task("alpha", 1)], accrue(costs(), START)),
    ],
  ])("is nothing %s", (_, before, after) => {
    expect(usageBetween(before, after)).toEqual([]);
  });

  it("adds up to its cost and its time, however often it is counted and whoever counts", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 7200 }), { minLength: 1, maxLength: 20 }), (steps) => {
        let now = START;
        let before = placed([task("alpha", 3)], costs());
        let seconds = 0;
        let amount = 0;
        for (const step of steps) {
          now += step * 1000;
          const after = placed([task("alpha", 3)], accrue(before.cost, now));
          for (const usage of usageBetween(before, after)) {
            seconds += usage.gpuSeconds;
            amount += usage.cost?.amount ?? 0;
          }
          before = after;
        }
        expect(seconds).toBe((3 * (now - START)) / 1000);
        expect(`${amount.toFixed(4)}`).toBe(Number.parseFloat(before.cost?.accrued ?? "").toFixed(4));
      }),
    );
  });
});
