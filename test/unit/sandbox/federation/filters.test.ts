/** Which Flavors a Solver's selector lets pass: as the CLASTIX fork evaluates it, mistakes included. */
import { describe, expect, it } from "vitest";
import { type Defect, defectsOf } from "../../../../src/sandbox/federation/defects.ts";
import { flavorMatches } from "../../../../src/sandbox/federation/fluidos/filters.ts";
import type { FlavorSpec, Gpu } from "../../../../src/sandbox/federation/fluidos-types.ts";

const h100: Gpu = {
  model: "nvidia-h100",
  vendor: "nvidia",
  cores: "67584",
  memory: "320Gi",
  count: 4,
  tier: "premium",
  architecture: "hopper",
  compute_capability: "9.0",
  fp32_tflops: 83,
  hourly_rate: 4.5,
  dedicated: true,
};

function matches(
  filters: object | undefined,
  gpu: Gpu | "none" = h100,
  off: readonly Defect[] = [],
): boolean {
  const characteristics = {
    architecture: "amd64",
    cpu: "7936509182n",
    memory: "31206396Ki",
    pods: "110",
    storage: "0",
    ...(gpu === "none" ? {} : { gpu }),
  };
  const spec = { flavorType: { typeIdentifier: "K8Slice", typeData: { characteristics } } } as FlavorSpec;
  const selector = { flavorType: "K8Slice", ...(filters === undefined ? {} : { filters: { ...filters } }) };
  const has = defectsOf("clastix", Object.fromEntries(off.map((defect) => [defect, false])));
  return flavorMatches(selector, { spec }, has);
}

const gpuFilter = (field: string, filter: string, data: unknown): object => ({
  gpuFilters: [{ field, filter, data }],
});

describe("the plain filters", () => {
  it.each([
    ["nothing asked", undefined, true],
    ["the architecture", { architectureFilter: { name: "Match", data: { value: "amd64" } } }, true],
    ["another architecture", { architectureFilter: { name: "Match", data: { value: "arm64" } } }, false],
    [
      "a regular expression",
      { architectureFilter: { name: "Range", data: { regex: "^(amd|arm)64$" } } },
      true,
    ],
    ["less CPU than there is", { cpuFilter: { name: "Range", data: { min: "7" } } }, true],
    ["more CPU than there is", { cpuFilter: { name: "Range", data: { min: "8" } } }, false],
    ["at most so much memory", { memoryFilter: { name: "Range", data: { max: "1Gi" } } }, false],
    ["exactly so many pods", { podsFilter: { name: "Match", data: { value: 110 } } }, true],
    ["a filter that is none", { locationFilter: { name: "Match", data: { value: "Turin" } } }, true],
  ])("%s", (_, filters, expected) => {
    expect(matches(filters)).toBe(expected);
  });
});

describe("a gpuFilter", () => {
  it.each([
    ["model", "StringFilter", { value: "nvidia-h100" }, true],
    ["model", "StringFilter", { value: "Any" }, false],
    ["architecture", "StringRangeSelector", { regex: "^(hopper|blackwell)$" }, true],
    ["count", "NumberRangeFilter", { min: 1 }, true],
    ["count", "NumberMatchFilter", { value: 1 }, false],
    ["memory", "ResourceRangeSelector", { min: "70Gi" }, true],
    ["memory", "NumberRangeFilter", { min: 70 }, false],
    ["cores", "ResourceRangeSelector", { min: 1024 }, true],
    ["compute_capability", "ResourceMatchSelector", { value: "9" }, true],
    ["fp32_tflops", "ResourceRangeSelector", { min: 1 }, false],
    ["hourly_rate", "NumberRangeFilter", { max: 5 }, true],
    ["network_latency_ms", "NumberRangeFilter", { max: 5 }, false],
  ])("on %s of kind %s with %j: %s", (field, filter, data, expected) => {
    expect(matches(gpuFilter(field, filter, data))).toBe(expected);
  });

  it("of the same field counts only where it is the last", () => {
    const [one, two] = [{ value: "nvidia-a100" }, { value: "nvidia-h100" }].map((data) => ({
      field: "model",
      filter: "StringFilter",
      data,
    }));
    expect(matches({ gpuFilters: [one, two] })).toBe(true);
    expect(matches({ gpuFilters: [two, one] })).toBe(false);
  });
});

describe("the mistakes, and the same without them", () => {
  it.each<[string, Defect, object, Gpu | "none", boolean]>([
    [
      "true matches nothing",
      "booleanFilterInverted",
      gpuFilter("dedicated", "BooleanFilter", true),
      h100,
      false,
    ],
    [
      "false matches what is true",
      "booleanFilterInverted",
      gpuFilter("dedicated", "BooleanFilter", false),
      h100,
      true,
    ],
    [
      "text is no quantity: the filter is dropped",
      "badFiltersDropped",
      gpuFilter("tier", "ResourceMatchSelector", { value: "budget" }),
      h100,
      true,
    ],
    [
      "the documented NumberFilter is dropped",
      "badFiltersDropped",
      gpuFilter("count", "NumberFilter", { value: 99 }),
      h100,
      true,
    ],
    [
      "a Flavor without a GPU matches",
      "gpulessMatches",
      gpuFilter("model", "StringFilter", { value: "nvidia-h100" }),
      "none",
      true,
    ],
  ])("%s", (_, defect, filters, gpu, expected) => {
    expect(matches(filters, gpu)).toBe(expected);
    expect(matches(filters, gpu, [defect])).toBe(!expected);
  });
});
