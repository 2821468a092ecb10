import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { validate } from "../../../src/vocabulary/annotations.ts";
import {
  allSpellings,
  canonicalKey,
  findKey,
  KEYS,
  type Key,
  REQUIRED_KEYS,
} from "../../../src/vocabulary/keys.ts";
import { distance, nearestKeys } from "../../../src/vocabulary/nearest.ts";
import { formatValue, parseValue } from "../../../src/vocabulary/values.ts";

const rows: readonly Key[] = KEYS;
const key = (name: string): Key => {
  const row = findKey(name);
  if (!row) throw new Error(`no key ${name}`);
  return row;
};

describe("the table of keys", () => {
  test("has each spelling once", () => {
    const spellings = rows.flatMap((row) => [row.key, ...(row.aliases ?? [])]);
    expect(new Set(spellings).size).toBe(spellings.length);
    expect(allSpellings()).toEqual([...spellings].sort());
  });
  test("has no FLUIDOS key twice", () => {
    const names = rows.flatMap((row) => row.fluidos ?? []);
    expect(new Set(names).size).toBe(names.length);
  });
  test("has keys that Kubernetes accepts", () => {
    for (const spelling of allSpellings())
      expect(spelling).toMatch(/^[a-z]+\.fluidos\.eu\/[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/);
  });
  test("leads every spelling to its canonical key, and nothing else anywhere", () => {
    for (const row of rows)
      for (const spelling of [row.key, ...(row.aliases ?? [])]) expect(canonicalKey(spelling)).toBe(row.key);
    for (const other of ["gpu.fluidos.eu/nope", "constructor", "__proto__", ""])
      expect(canonicalKey(other)).toBeUndefined();
  });
  test("requires what FLARE's reference requires", () => {
    expect(REQUIRED_KEYS.map((name) => name.split("/")[1])).toEqual([
      "vendor",
      "model",
      "count",
      "memory-per-gpu",
      "tier",
      "region",
      "hourly-rate",
      "currency",
    ]);
  });
  test("names the nearest keys of a mistyped one", () => {
    expect(nearestKeys("gpu.fluidos.eu/memory-per-gpus")[0]).toBe("gpu.fluidos.eu/memory-per-gpu");
    expect(distance("kitten", "sitting")).toBe(3);
    expect(distance("modle", "model")).toBe(1);
  });
});

/** Text, and its canonical form; undefined: refused. */
const cases: readonly (readonly [key: string, text: string, canonical: string | undefined])[] = [
  ["gpu.fluidos.eu/vendor", "NVIDIA", "nvidia"],
  ["gpu.fluidos.eu/vendor", "voodoo", undefined],
  ["gpu.fluidos.eu/model", " nvidia-h100 ", "nvidia-h100"],
  ["gpu.fluidos.eu/model", "H100", undefined],
  ["gpu.fluidos.eu/model", "nvidia h100", undefined],
  ["gpu.fluidos.eu/count", "8", "8"],
  ["gpu.fluidos.eu/count", "0", undefined],
  ["gpu.fluidos.eu/count", "-1", undefined],
  ["gpu.fluidos.eu/count", "1.5", undefined],
  ["gpu.fluidos.eu/count", "1e3", undefined],
  ["gpu.fluidos.eu/count", "9".repeat(63), undefined],
  ["gpu.fluidos.eu/memory-per-gpu", "80Gi", "80Gi"],
  ["gpu.fluidos.eu/memory-per-gpu", "80", "80Gi"],
  ["gpu.fluidos.eu/memory-per-gpu", "80 GiB", "80Gi"],
  ["gpu.fluidos.eu/memory-per-gpu", "81920Mi", "80Gi"],
  ["gpu.fluidos.eu/memory-per-gpu", "0.1Ti", "102Gi"],
  ["gpu.fluidos.eu/memory-per-gpu", "0Gi", undefined],
  ["gpu.fluidos.eu/memory-per-gpu", "80GHz", undefined],
  ["gpu.fluidos.eu/memory-per-gpu", "5000Gi", undefined],
  ["gpu.fluidos.eu/compute-capability", "9.0", "9.0"],
  ["gpu.fluidos.eu/compute-capability", "9", undefined],
  ["gpu.fluidos.eu/clock-speed", "1.98G", "1.98G"],
  ["gpu.fluidos.eu/clock-speed", "1980 MHz", "1.98G"],
  ["gpu.fluidos.eu/clock-speed", "735000000", "735M"],
  ["gpu.fluidos.eu/clock-speed", "1.98Gi", undefined],
  ["gpu.fluidos.eu/clock-speed", "999.99999M", "1G"],
  ["gpu.fluidos.eu/clock-speed", "0.000001", undefined],
  ["gpu.fluidos.eu/fp32-tflops", "66.90", "66.9"],
  ["gpu.fluidos.eu/fp32-tflops", "-3", undefined],
  ["gpu.fluidos.eu/fp32-tflops", "NaN", undefined],
  ["gpu.fluidos.eu/dedicated", "True", "true"],
  ["gpu.fluidos.eu/dedicated", "yes", undefined],
  ["workload.fluidos.eu/training-score", "0.876", "0.88"],
  ["workload.fluidos.eu/training-score", "1.01", undefined],
  ["location.fluidos.eu/region", "eu-west-1", "eu-west-1"],
  ["location.fluidos.eu/region", "EU West", undefined],
  ["cost.fluidos.eu/hourly-rate", "98.32000", "98.32"],
  ["cost.fluidos.eu/hourly-rate", "$3", undefined],
  ["cost.fluidos.eu/currency", "EUR", "EUR"],
  ["cost.fluidos.eu/currency", "eur", undefined],
  ["provider.fluidos.eu/name", "Rechenzentrum Süd", "Rechenzentrum Süd"],
  ["provider.fluidos.eu/name", "a\nb", undefined],
  ["provider.fluidos.eu/name", "", undefined],
  ["amd.fluidos.eu/gfx-architecture", "gfx90a", "gfx90a"],
  ["nvidia.fluidos.eu/driver-version", "unknown.unknown", undefined],
  ["compliance.fluidos.eu/certifications", "iso27001, soc2", "iso27001,soc2"],
  ["compliance.fluidos.eu/certifications", "a,,b", undefined],
  [
    "gpu.fluidos.eu/devices",
    '[{"resource":"nvidia.com/gpu","count":1,"sharing":"none","replicas":1}]',
    '[{"resource":"nvidia.com/gpu","count":1,"sharing":"none","replicas":1}]',
  ],
  [
    "gpu.fluidos.eu/devices",
    '[{"resource":"nvidia.com/gpu","count":0,"sharing":"none","replicas":1}]',
    undefined,
  ],
  ["gpu.fluidos.eu/devices", '{"resource":1}', undefined],
  ["gpu.fluidos.eu/devices", "[null]", undefined],
  ["gpu.fluidos.eu/devices", "not json", undefined],
];

describe("values", () => {
  test.each(cases)("%s: %j is %j", (name, text, canonical) => {
    const checked = validate(key(name), text);
    expect(checked.ok ? checked.text : undefined).toBe(canonical);
    if (!checked.ok) expect(checked.expected.length).toBeGreaterThan(5);
  });
  test("every kind of value has a case that is accepted and one that is refused", () => {
    const kinds = (accepted: boolean): readonly string[] =>
      [
        ...new Set(
          cases.filter(([, , to]) => (to !== undefined) === accepted).map(([name]) => key(name).type.kind),
        ),
      ].sort();
    const all = [...new Set(rows.map((row) => row.type.kind))].sort();
    expect(kinds(true)).toEqual(all);
    expect(kinds(false)).toEqual(all);
  });
});

describe("any text for any key", () => {
  const odd = fc.constantFrom(
    "",
    "0",
    "-1",
    "80Gi",
    "1.98G",
    "true",
    "1.005",
    "0.000001",
    "eu-west-1",
    "a,b",
    "[]",
    "9.0",
    "gfx942",
    "EUR",
  );
  const text = fc.oneof(
    odd,
    fc.string({ maxLength: 70, unit: "grapheme" }),
    fc.double({ noNaN: true }).map(String),
    fc.integer().map(String),
  );
  test("is read or refused, and what is written is read back as the same text", () => {
    fc.assert(
      fc.property(fc.constantFrom(...rows), text, (row, given) => {
        const parsed = parseValue(row.type, given);
        if (!parsed.ok) return;
        const written = formatValue(row.type, parsed.value);
        const again = parseValue(row.type, written);
        expect(again.ok && formatValue(row.type, again.value), `${row.key} ${JSON.stringify(given)}`).toBe(
          written,
        );
      }),
      { numRuns: 3000 },
    );
  });
  test("small numbers in range stay in range when their digits are cut", () => {
    for (const row of rows) {
      if (row.type.kind !== "decimal") continue;
      for (const number of [row.type.min, row.type.max]) {
        const written = formatValue(row.type, number);
        expect(parseValue(row.type, written).ok, `${row.key} ${written}`).toBe(true);
      }
    }
  });
});
