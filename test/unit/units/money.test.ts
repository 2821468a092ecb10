import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatMoney, formatRate, parseMoney } from "../../../src/units/money.ts";

describe("parseMoney", () => {
  it.each([
    ["10 EUR", 10, "EUR"],
    ["10EUR", 10, "EUR"],
    ["EUR 10.50", 10.5, "EUR"],
    ["€10", 10, "EUR"],
    ["$0.45", 0.45, "USD"],
    ["8.50 usd/hour", 8.5, "USD"],
    ["2 GBP/h", 2, "GBP"],
    ["10", 10, "EUR"],
    [2.1, 2.1, "EUR"],
  ])("reads %j", (text, amount, currency) => {
    expect(parseMoney(text)).toEqual({ amount, currency });
  });

  it("takes the default currency where none is named", () => {
    expect(parseMoney(10, "CHF")).toEqual({ amount: 10, currency: "CHF" });
  });

  it.each(["", "EUR", "-1 EUR", "ten EUR", "EUR 10 EUR", "10 EURO", "1,50 EUR", "10 EUR/day", Number.NaN])(
    "refuses %j",
    (text) => {
      expect(parseMoney(text)).toBeUndefined();
    },
  );

  it("reads back whatever formatMoney writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (millionths) => {
        const money = { amount: millionths / 1e6, currency: "EUR" };
        expect(parseMoney(formatMoney(money))?.amount).toBeCloseTo(money.amount, 6);
      }),
    );
  });
});

describe("formatMoney", () => {
  it.each([
    [10, "10 EUR"],
    [8.5, "8.50 EUR"],
    [0.0125, "0.0125 EUR"],
    [0.1 + 0.2, "0.30 EUR"],
  ])("writes %d as %j", (amount, text) => {
    expect(formatMoney({ amount, currency: "EUR" })).toBe(text);
  });

  it("writes a rate", () => {
    expect(formatRate({ amount: 8.5, currency: "EUR" })).toBe("8.50 EUR/hour");
  });
});
