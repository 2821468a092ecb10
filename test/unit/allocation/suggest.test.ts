import { describe, expect, test } from "vitest";
import { decide } from "../../../src/allocation/decide.ts";
import { suggest } from "../../../src/allocation/suggest.ts";
import type { Offer } from "../../../src/allocation/types.ts";
import { offer, requirement, snapshot } from "./builders.ts";

type Asked = Parameters<typeof requirement>[0];

const suggested = (asked: Asked, ...offers: readonly Offer[]) =>
  suggest(snapshot(...offers), requirement(asked));

const cheap = offer("cheap", { unitRate: 1, provider: "beta" });
const dear = offer("dear", { unitRate: 3, gpu: { model: "nvidia-h100", memoryGi: 94 } });

describe("a suggestion", () => {
  /** What is asked in vain, and what is suggested instead, with the hourly rate. */
  const cases: readonly [Asked, readonly [string, number][]][] = [
    [{ gpu: { model: "nvidia-a10" } }, [["GPU model nvidia-a100 instead of nvidia-a10", 1]]],
    [{ gpu: { memoryGiMin: 128 } }, [["GPU memory of at least 94Gi instead of 128Gi", 3]]],
    [{ gpu: { memoryGiMax: 64 } }, [["GPU memory of at most 80Gi instead of 64Gi", 1]]],
    [{ gpu: { count: 10 } }, [["8 GPUs per task instead of 10", 8]]],
    [{ gpu: { computeCapabilityMin: "9.0" } }, [["compute capability of at least 8.0 instead of 9.0", 1]]],
    [{ gpu: { topology: "ring" } }, [["topology nvswitch instead of ring", 1]]],
    [{ gpu: { multiInstance: true } }, [["a whole GPU instead of a MIG slice", 1]]],
    [{ cpu: 80 }, [["60 CPU cores per task instead of 80", 1]]],
    [{ memoryGi: 600 }, [["450Gi of memory per task instead of 600Gi", 1]]],
    [{ constraints: { location: "us" } }, [["location eu-central-1 instead of us", 1]]],
    [{ constraints: { providers: ["gamma"] } }, [["providers gamma, beta", 1]]],
    [{ constraints: { maxLatencyMs: 5 } }, [["network latency of at most 10 ms instead of 5 ms", 1]]],
    [
      { constraints: { sla: { minUptimePercent: 99.99 } } },
      [["uptime of at least 99.9% instead of 99.99%", 1]],
    ],
    [{ constraints: { energy: { maxPue: 1.1 } } }, [["PUE of at most 1.2 instead of 1.1", 1]]],
    [{ constraints: { compliance: { hipaa: true } } }, [["no condition on HIPAA", 1]]],
    [
      { constraints: { maxHourly: { amount: 0.5, currency: "EUR" } } },
      [["up to 1.00 EUR an hour instead of 0.50 EUR", 1]],
    ],
    [
      { runtimeHours: 10, constraints: { maxTotal: { amount: 5, currency: "EUR" } } },
      [["up to 10.00 EUR in all instead of 5.00 EUR", 1]],
    ],
  ];

  test.each(cases)("for %o", (asked, expected) => {
    expect(suggested(asked, cheap, dear).map(({ alternative, rate }) => [alternative, rate?.amount])).toEqual(
      expected,
    );
  });

  test("is not made for what fits", () => {
    expect(suggested({}, cheap)).toEqual([]);
  });

  test("is not made where one change alone does not help", () => {
    expect(suggested({ gpu: { model: "x", memoryGiMin: 999 } }, cheap)).toEqual([]);
  });

  test("for fewer tasks names as many as fit", () => {
    expect(suggested({ tasks: 9 }, cheap).map(({ alternative }) => alternative)).toEqual([
      "8 tasks at once instead of 9",
    ]);
  });

  test("for tasks that have no zone in common lets them go anywhere", () => {
    const away = offer("away", { place: { zone: "elsewhere" } });
    const codes = suggested({ tasks: 10, strategy: "colocated" }, cheap, away).map(({ code }) => code);
    expect(codes).toContain("strategy");
    expect(codes).toContain("tasks");
  });

  test("comes with its difference to what is only busy", () => {
    const busy = offer("busy", { free: 0, unitRate: 4, gpu: { model: "nvidia-h100", fp32Tflops: 39 } });
    const asked = { gpu: { model: "nvidia-h100" } };
    expect(suggested(asked, busy, cheap)).toMatchObject([
      {
        code: "gpu-model",
        costDifference: { amount: -3, currency: "EUR" },
        performanceDifference: expect.closeTo(-0.5, 9),
      },
    ]);
  });

  test("comes with its difference to the bound where nothing matches", () => {
    const asked = {
      gpu: { model: "nvidia-a10" },
      constraints: { maxHourly: { amount: 3, currency: "EUR" } },
    };
    const [first] = suggested(asked, cheap);
    expect(first?.costDifference).toEqual({ amount: -2, currency: "EUR" });
    expect(first).not.toHaveProperty("performanceDifference");
  });

  test("comes cheapest first, and each fits when it is tried", () => {
    const spot = offer("spot", { interruptible: true, unitRate: 0.2, gpu: { model: "nvidia-h100" } });
    const asked = {
      gpu: { model: "nvidia-h100" },
      constraints: { maxHourly: { amount: 2, currency: "EUR" } },
    };
    const found = suggested(asked, cheap, dear, spot);
    expect(found.map(({ code }) => code)).toEqual(["interruptible", "gpu-model", "max-hourly-cost"]);
    for (const one of found) expect(decide(snapshot(cheap, dear, spot), one.requirement).placed).toBe(true);
  });
});
