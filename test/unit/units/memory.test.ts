import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatBytes, GIB, parseBytes } from "../../../src/units/memory.ts";

describe("parseBytes", () => {
  it.each([
    ["70Gi", 70 * GIB],
    ["70GiB", 70 * GIB],
    ["70 GiB", 70 * GIB],
    ["70", 70 * GIB],
    [70, 70 * GIB],
    [0.5, GIB / 2],
    ["512Mi", 512 * 2 ** 20],
    ["70G", 70e9],
    ["70GB", 70e9],
    ["1.5Ti", 1.5 * 1024 * GIB],
    [85_899_345_920, 80 * GIB],
  ])("reads %j as %d bytes", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it("takes the GB of GPU makers for GiB, and only that", () => {
    expect(parseBytes("80GB", "binary")).toBe(80 * GIB);
    expect(parseBytes("80G", "binary")).toBe(80e9);
  });

  it.each(["", "0", 0, -1, "-1Gi", "lots", "70gi", "Gi", "1e30", "70Gb", "999999999Pi"])(
    "refuses %j",
    (text) => {
      expect(parseBytes(text)).toBeUndefined();
    },
  );

  it("reads back whatever formatBytes writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000, max: 2 ** 52 }), (bytes) => {
        expect(parseBytes(formatBytes(bytes))).toBe(bytes);
      }),
    );
  });
});
