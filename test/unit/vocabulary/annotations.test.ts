import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { missingRequired, parseAnnotations, type Values } from "../../../src/vocabulary/annotations.ts";
import { allSpellings, KEYS, type Key } from "../../../src/vocabulary/keys.ts";
import { referencePage } from "../../../src/vocabulary/reference-page.ts";

describe("annotations of a node", () => {
  test("are read in every spelling", () => {
    const { values, invalid } = parseAnnotations({
      "gpu.fluidos.eu/memory": "80Gi",
      "gpu.fluidos.eu/compute_capability": "9.0",
      "gpu.fluidos.eu/training_score": "0.9",
      "gpu.fluidos.eu/multi_instance": "true",
      "cost.fluidos.eu/hourly_rate": "3",
    });
    expect(invalid).toEqual([]);
    expect(values).toEqual({
      "gpu.fluidos.eu/memory-per-gpu": 80,
      "gpu.fluidos.eu/compute-capability": "9.0",
      "workload.fluidos.eu/training-score": 0.9,
      "nvidia.fluidos.eu/mig-capable": true,
      "cost.fluidos.eu/hourly-rate": 3,
    });
  });
  test("canonical spellings win over aliases", () => {
    const both = { "gpu.fluidos.eu/memory": "40Gi", "gpu.fluidos.eu/memory-per-gpu": "80Gi" };
    expect(parseAnnotations(both).values["gpu.fluidos.eu/memory-per-gpu"]).toBe(80);
  });
  test("an invalid one is told with its key, value and what is allowed, and the next spelling is tried", () => {
    const { values, invalid } = parseAnnotations({
      "gpu.fluidos.eu/memory-per-gpu": "lots",
      "gpu.fluidos.eu/memory": "80Gi",
      "gpu.fluidos.eu/count": "x".repeat(200),
    });
    expect(values).toEqual({ "gpu.fluidos.eu/memory-per-gpu": 80 });
    expect(invalid.map(({ key, canonical }) => [key, canonical])).toEqual([
      ["gpu.fluidos.eu/count", "gpu.fluidos.eu/count"],
      ["gpu.fluidos.eu/memory-per-gpu", "gpu.fluidos.eu/memory-per-gpu"],
    ]);
    expect(invalid[1]?.message).toBe(
      'annotation gpu.fluidos.eu/memory-per-gpu is "lots", expected memory as a quantity from 1Gi to 4096Gi, such as 80Gi',
    );
    expect(invalid[0]?.message.length).toBeLessThan(200);
  });
  test("of others are left alone", () => {
    expect(parseAnnotations({ "kubernetes.io/x": "1", constructor: "x", __proto__: "y" })).toEqual({
      values: {},
      invalid: [],
    });
  });
  test("never make the reader throw", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...allSpellings()), fc.string()), (annotations) => {
        const { values, invalid } = parseAnnotations(annotations);
        expect(Object.keys(values).length + invalid.length).toBeLessThanOrEqual(
          Object.keys(annotations).length,
        );
      }),
    );
  });
  test("have the types of their keys", () => {
    const { values } = parseAnnotations({});
    expectTypeOf(values["gpu.fluidos.eu/count"]).toEqualTypeOf<number | undefined>();
    expectTypeOf(values["gpu.fluidos.eu/vendor"]).toEqualTypeOf<
      "nvidia" | "amd" | "intel" | "qualcomm" | "apple" | "custom" | undefined
    >();
    expectTypeOf(values["gpu.fluidos.eu/dedicated"]).toEqualTypeOf<boolean | undefined>();
    expectTypeOf(values["compliance.fluidos.eu/certifications"]).toEqualTypeOf<
      readonly string[] | undefined
    >();
    expectTypeOf<Values>().not.toHaveProperty("gpu.fluidos.eu/memory");
  });
  test("lack what is required", () => {
    expect(missingRequired({ "gpu.fluidos.eu/vendor": 1, "gpu.fluidos.eu/model": 1 })).toHaveLength(6);
  });
});

describe("docs/annotations.md", () => {
  test("is current; npm run docs writes it", () => {
    expect(readFileSync("docs/annotations.md", "utf8")).toBe(referencePage());
  });
  test("has a row for every key with its type, meaning and spellings", () => {
    const page = referencePage();
    for (const { key, meaning, aliases = [] } of KEYS as readonly Key[]) {
      const row = page.split("\n").find((line) => line.startsWith(`| \`${key}\``)) ?? "";
      expect(row).toContain(meaning);
      for (const alias of aliases) expect(row).toContain(alias);
    }
  });
});
