import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatQuantity, parseQuantity, quantityOf, quantityToNumber } from "../../../src/units/quantity.ts";

const canonical = (text: string | number): string | undefined => {
  const quantity = parseQuantity(text);
  return quantity === undefined ? undefined : formatQuantity(quantity);
};

describe("quantities", () => {
  it.each([
    ["0", 0, "0"],
    ["1", 1, "1"],
    [4, 4, "4"],
    [0.5, 0.5, "500m"],
    ["500m", 0.5, "500m"],
    ["1000m", 1, "1"],
    ["1.98G", 1.98e9, "1980M"],
    ["7936509182n", 7.936509182, "7936509182n"],
    ["80Gi", 80 * 2 ** 30, "80Gi"],
    ["1.5Gi", 1.5 * 2 ** 30, "1536Mi"],
    ["2048Gi", 2 ** 41, "2Ti"],
    ["512Ki", 2 ** 19, "512Ki"],
    ["31206396Ki", 31_206_396 * 1024, "31206396Ki"],
    ["0.5Ki", 512, "512"],
    ["64000", 64_000, "64k"],
    ["1e3", 1000, "1k"],
    ["12E", 12e18, "12E"],
    ["1E2", 100, "100"],
    [".5", 0.5, "500m"],
    ["5.", 5, "5"],
    ["-1500m", -1.5, "-1500m"],
    ["0.1n", 1e-9, "1n"],
  ])("%j is %d and is written %j", (text, number, written) => {
    const quantity = parseQuantity(text);
    expect(quantity && quantityToNumber(quantity)).toBeCloseTo(number, 9);
    expect(canonical(text)).toBe(written);
  });

  it.each(["", ".", "Gi", "1 Gi", "1gi", "1KB", "0x10", "1e999", "--1", "1e3Gi", "1Zi", "nan"])(
    "refuses %j",
    (text) => {
      expect(parseQuantity(text)).toBeUndefined();
    },
  );

  it("means the same after it was written", () => {
    const suffix = fc.constantFrom("", "n", "u", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti");
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }), suffix, (amount, unit) => {
        const quantity = parseQuantity(`${amount}${unit}`);
        const again = parseQuantity(canonical(`${amount}${unit}`) ?? "");
        expect(again?.nanos).toBe(quantity?.nanos);
      }),
    );
  });

  it("holds whole numbers exactly", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom(2 as const, 10 as const), (number, base) => {
        const again = parseQuantity(formatQuantity(quantityOf(number, base)));
        expect(again && quantityToNumber(again)).toBe(number);
      }),
    );
  });
});

it.each([
  ["1836m", 1.836],
  ["7936509182n", 7.936509182],
  ["-1836m", -1.836],
  ["0.1", 0.1],
  ["9007199254740993", 9007199254740992],
])("%s is the very number %d", (text, number) => {
  const quantity = parseQuantity(text);
  expect(quantity && quantityToNumber(quantity)).toBe(number);
});
