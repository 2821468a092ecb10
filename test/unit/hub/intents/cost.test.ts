import { describe, expect, it } from "vitest";
import { accrue, startCost, stopCost, untilSpent } from "../../../../src/hub/intents/cost.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const HOUR = 3_600_000;
const running = startCost(undefined, { amount: 4, currency: "EUR" }, START);

describe("the cost of an Intent", () => {
  it("begins at nothing", () => {
    expect(running).toEqual({
      rate: "4 EUR",
      since: "2026-01-01T00:00:00Z",
      started: "2026-01-01T00:00:00Z",
      accrued: "0 EUR",
    });
  });

  it("is the same however often it is counted on the way", () => {
    const once = accrue(running, START + HOUR);
    const often = [0.25, 0.5, 0.75, 1].reduce(
      (cost, part) => accrue(cost, START + part * HOUR),
      accrue(running, START),
    );
    expect(once?.accrued).toBe("4 EUR");
    expect(often).toEqual(once);
  });

  it("counts nothing twice after the clock was stepped back", () => {
    const counted = accrue(running, START + HOUR);
    const back = accrue(counted, START + HOUR / 2);
    expect(back?.accrued).toBe("4 EUR");
    expect(accrue(back, START + HOUR)?.accrued).toBe("6 EUR");
  });

  it("goes on from what it was at another place, at another rate", () => {
    const stopped = stopCost(running, START + HOUR);
    expect(stopped).toEqual({ started: "2026-01-01T00:00:00Z", accrued: "4 EUR" });
    const moved = startCost(stopped, { amount: 2, currency: "EUR" }, START + 2 * HOUR);
    expect(accrue(moved, START + 3 * HOUR)?.accrued).toBe("6 EUR");
  });

  it("stands still where the rate is not known, while the time is counted", () => {
    const unknown = startCost(undefined, undefined, START);
    expect(accrue(unknown, START + HOUR)).toEqual({ ...unknown, since: "2026-01-01T01:00:00Z" });
    expect(unknown.accrued).toBe("0 EUR");
  });

  it("goes on in the currency of the new rate", () => {
    const spent = stopCost(running, START + HOUR);
    const dollars = { amount: 1, currency: "USD" };
    expect(startCost(spent, dollars, START + HOUR, { EUR: 1, USD: 0.8 }).accrued).toBe("5 USD");
    expect(startCost(stopCost(running, START), dollars, START).accrued).toBe("0 USD");
  });

  it.each([
    ["in the time that the rest lasts", 10, 0, 2.5 * HOUR],
    ["less what has passed", 10, HOUR, 1.5 * HOUR],
    ["at once when it is spent", 4, HOUR, 0],
    ["at once when more than it is spent", 1, HOUR, 0],
  ])("is spent %s", (_, limit, passed, expected) => {
    expect(untilSpent(running, { amount: limit, currency: "EUR" }, START + passed)).toBe(expected);
  });

  it("is never compared with a limit in another currency", () => {
    expect(untilSpent(running, { amount: 1, currency: "USD" }, START + HOUR)).toBeUndefined();
  });
});
