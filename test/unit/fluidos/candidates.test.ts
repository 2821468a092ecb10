import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseContract } from "../../../src/fluidos/contract.ts";
import { roundName, roundTime } from "../../../src/fluidos/discovery.ts";
import { gpusOf } from "../../../src/fluidos/gpus.ts";
import { type PeeringCandidate, parsePeeringCandidate } from "../../../src/fluidos/peering-candidate.ts";
import { trueGpus } from "../../../src/fluidos/remainder.ts";
import { candidateObject, sample, samplesAreThere } from "./samples.ts";

const read = (object: unknown, isRegion?: (name: string) => boolean): PeeringCandidate => {
  const parsed = parsePeeringCandidate(object, isRegion);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.candidate;
};
const gpus = (parts: Parameters<typeof candidateObject>[0]) => gpusOf(read(candidateObject(parts)).flavor);
const place = (parts: Parameters<typeof candidateObject>[0], isRegion?: (name: string) => boolean) => {
  const { values } = read(candidateObject(parts), isRegion).flavor;
  return [values["location.fluidos.eu/region"], values["location.fluidos.eu/zone"]];
};

describe("a PeeringCandidate", () => {
  it("tells of one GPU what its Flavor tells of all", () => {
    const { flavor, problems } = read(candidateObject());
    expect(problems).toEqual([]);
    expect(flavor).toMatchObject({
      name: "fluidos.eu-k8slice-a1b2",
      owner: { nodeID: "4ahrqttvng", ip: "172.18.0.4:30001" },
      values: {
        "gpu.fluidos.eu/model": "nvidia-h100",
        "gpu.fluidos.eu/count": 4,
        "gpu.fluidos.eu/memory-per-gpu": 80,
        "gpu.fluidos.eu/cores": 16_896,
        "cost.fluidos.eu/hourly-rate": 4.5,
      },
    });
    expect(gpusOf(flavor)).toEqual({
      kind: "gpus",
      units: { resource: "nvidia.com/gpu", total: 4, free: 4 },
    });
  });

  it.skipIf(!samplesAreThere)("of the samples is read whole (needs ../shared)", () => {
    const candidate = read(sample("06-peeringcandidate"));
    expect(candidate).toMatchObject({
      name: "peeringcandidate-fluidos.eu-k8slice-a1b2",
      namespace: "fluidos",
      available: false,
      interested: ["gpu-discovery", "solar-x7k2p"],
      seenAt: Date.parse("2025-09-02T20:41:25Z"),
      problems: [],
      soldBy: undefined,
      refused: undefined,
    });
    expect(gpusOf(candidate.flavor)).toMatchObject({ kind: "gpus", units: { total: 4 } });
  });

  it("with our annotations tells that it was sold, and until when it is not tried again", () => {
    const annotations = {
      "flare.clastix.io/sold-by": "contract-a",
      "flare.clastix.io/refused-until": "2026-01-01T00:00:00Z",
      "flare.clastix.io/refused-because": "purchase failed",
    };
    expect(read(candidateObject({ annotations }))).toMatchObject({
      soldBy: "contract-a",
      refused: { until: Date.parse("2026-01-01T00:00:00Z"), because: "purchase failed" },
    });
  });

  it("was sold for good, until a round of discovery since it was given back finds it again", () => {
    const at = Date.parse("2026-01-01T00:00:00Z");
    const annotations = {
      "flare.clastix.io/sold-by": "contract-a",
      "flare.clastix.io/given-back": new Date(at).toISOString(),
    };
    const soldBy = (...interestedSolverIDs: string[]) =>
      read(candidateObject({ annotations, spec: { interestedSolverIDs } })).soldBy;
    expect(soldBy()).toBe("contract-a");
    expect(soldBy("somebody", roundName(at - 1), roundName(at))).toBe("contract-a");
    expect(soldBy(roundName(at - 1), roundName(at + 1))).toBeUndefined();
  });

  it.each([
    undefined,
    null,
    7,
    "text",
    [],
    {},
    { spec: { flavor: { spec: { flavorType: { typeIdentifier: "VM" } } } } },
  ])("is a problem and no exception: %j", (object) => {
    expect(parsePeeringCandidate(object)).toMatchObject({
      ok: false,
      problem: expect.stringContaining("K8Slice"),
    });
  });

  it("never throws, whatever is put into its fields", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const json: unknown = JSON.parse(text);
        expect(parsePeeringCandidate(json).ok).toBe(false);
        const mangled = candidateObject({
          gpu: { count: json, memory: json, region: json },
          spec: { available: json, interestedSolverIDs: json },
          status: { lastUpdateTime: json },
          slice: { cpu: json },
          flavorSpec: { owner: json, price: json, location: json },
        });
        expect(gpusOf(read(mangled).flavor).kind).toMatch(/gpus|none|unclear/);
      }),
    );
  });
});

describe("defects of FLUIDOS that a reader meets", () => {
  it.each([
    ["no GPU block", { gpu: null }],
    [
      "an empty GPU block, as every node has",
      { gpu: { vendor: "", model: "", count: undefined, cores: "0", memory: "0" } },
    ],
    ["GPU block without a count, as of a remainder", { gpu: { count: undefined } }],
    ["count zero", { gpu: { count: 0 } }],
  ])("gpu-less flavors match all gpuFilters: a Flavor with %s has no GPU for us", (_, parts) => {
    expect(gpus(parts)).toEqual({ kind: "none" });
  });

  it("upstream tells no count: that is said, and not guessed", () => {
    const gpu = { vendor: undefined, count: undefined };
    expect(gpus({ gpu })).toEqual({
      kind: "unclear",
      problem: expect.stringContaining("does not tell how many GPUs it has"),
    });
  });

  it.each([
    ["as the fork swaps them", { region: "zone-a", zone: "eu-west-1" }, ["eu-west-1", "zone-a"]],
    [
      "a zone that says of which region it is",
      { region: "eu-west-1", zone: "eu-west-1a" },
      ["eu-west-1", "eu-west-1a"],
    ],
    ["the same, swapped", { region: "eu-west-1a", zone: "eu-west-1" }, ["eu-west-1", "eu-west-1a"]],
    ["a region that is known as one", { region: "eu-west-9", zone: "hall-7" }, ["eu-west-9", "hall-7"]],
    [
      "a region alone, which the fork writes as zone",
      { region: undefined, zone: "eu-west-9" },
      ["eu-west-9", undefined],
    ],
    ["neither", { region: undefined, zone: undefined }, [undefined, undefined]],
  ])("region/zone swap: %s", (_, gpu, expected) => {
    expect(place({ gpu }, (name) => name === "eu-west-9")).toEqual(expected);
  });

  it("region/zone swap: a Flavor of a hub like this one is right as it is", () => {
    const data = { additionalProperties: { resource: "nvidia.com/gpu", total: "4", free: "4" } };
    const object = candidateObject({ gpu: { region: "north", zone: "hall-7" } });
    Object.assign(object.spec.flavor.spec.flavorType.typeData, { properties: data });
    expect(read(object).flavor.values).toMatchObject({
      "location.fluidos.eu/region": "north",
      "location.fluidos.eu/zone": "hall-7",
    });
  });

  it("stale PCs and re-enabled `available`: only a round of discovery proves that it was seen", () => {
    const at = Date.parse("2026-11-25T10:00:00Z");
    const interestedSolverIDs = ["other", roundName(at), roundName(at - 60_000), "solar-x7k2p"];
    const status = { lastUpdateTime: "2026-11-25T12:00:00Z" };
    expect(read(candidateObject({ spec: { interestedSolverIDs }, status })).seenAt).toBe(at);
  });

  it("remainder Flavor oversells GPUs: what was sold of them is taken off", () => {
    const sold = read(candidateObject({})).flavor;
    const part = { cpu: 1, memoryBytes: 2 ** 29, pods: 10, gpus: 1 };
    const slice = { cpu: "6936509182n", memory: `${31_206_396 - 2 ** 19}Ki`, pods: "100" };
    const rest = read(candidateObject({ flavor: "fluidos.eu-k8slice-ffff", slice })).flavor;
    const sales = [{ flavor: sold, part }];
    expect(trueGpus(rest, 4, sales)).toBe(3);
    // A second remainder, of the first: 4 - 1 - 2.
    const again = { flavor: rest, part: { ...part, gpus: 2 } };
    const slices = { cpu: "5936509182n", memory: `${31_206_396 - 2 * 2 ** 19}Ki` };
    const last = read(candidateObject({ flavor: "fluidos.eu-k8slice-eeee", slice: slices })).flavor;
    expect(trueGpus(last, 4, [...sales, again])).toBe(1);
    expect(trueGpus(sold, 4, sales)).toBe(4);
  });

  it("remainder Flavor oversells GPUs: the rest of one that was given back is the rest of what that one was of", () => {
    const [first, second, third] = [8, 4, 2].map(
      (cpu) => read(candidateObject({ flavor: `of-${cpu}`, slice: { cpu: String(cpu) } })).flavor,
    );
    if (first === undefined || second === undefined || third === undefined) throw new Error("three Flavors");
    const part = { cpu: 4, memoryBytes: 0, pods: 0, gpus: 1 };
    const again = { flavor: second, part: { ...part, cpu: 2, gpus: 2 } };
    expect(trueGpus(third, 4, [{ flavor: first, part }, again])).toBe(1);
    expect(
      trueGpus(third, 4, [
        { flavor: first, part },
        { ...again, givenBack: true },
      ]),
    ).toBe(3);
  });

  it("remainder Flavor oversells GPUs: what may be the rest of two has what is left of the smaller one", () => {
    const [one, two, rest] = ["one", "two", "rest"].map(
      (flavor) => read(candidateObject({ flavor, slice: { cpu: flavor === "rest" ? "4" : "8" } })).flavor,
    );
    if (one === undefined || two === undefined || rest === undefined) throw new Error("three Flavors");
    const sale = (flavor: typeof one, gpus: number) => ({
      flavor,
      part: { cpu: 4, memoryBytes: 0, pods: 0, gpus },
    });
    expect(trueGpus(rest, 4, [sale(one, 1), sale(two, 3)])).toBe(1);
  });

  it("remainder Flavor oversells GPUs: another node of the same make is none", () => {
    const part = { cpu: 1, memoryBytes: 2 ** 29, pods: 10, gpus: 1 };
    const other = read(candidateObject({ flavor: "fluidos.eu-k8slice-cccc" })).flavor;
    expect(trueGpus(other, 4, [{ flavor: read(candidateObject()).flavor, part }])).toBe(4);
  });
});

describe("what a hub like this one offers through REAR", () => {
  it.each([
    ["tells of how many", { count: "4", total: "4" }, 4, 80],
    ["tells of how many by its units, as earlier ones do", { total: "4" }, 4, 80],
    ["shares each of them", { count: "2", total: "8" }, 2, 160],
  ])("upstream lets only model and totals of a GPU through: a Flavor that %s is read per GPU", (...row) => {
    const [, additional, count, memory] = row;
    const gpu = { vendor: undefined, tier: undefined, provider: undefined, count: undefined };
    const object = candidateObject({ gpu: { ...gpu, hourly_rate: undefined } });
    const additionalProperties = { resource: "nvidia.com/gpu", free: "4", ...additional };
    Object.assign(object.spec.flavor.spec.flavorType.typeData, { properties: { additionalProperties } });
    const { flavor, problems } = read(object);
    expect(problems).toEqual([]);
    expect(flavor.values).toMatchObject({
      "gpu.fluidos.eu/count": count,
      "gpu.fluidos.eu/memory-per-gpu": memory,
      "gpu.fluidos.eu/cores": 67_584 / count,
    });
  });

  const ours = (additionalProperties: object) => {
    const object = candidateObject({});
    Object.assign(object.spec.flavor.spec.flavorType.typeData, { properties: { additionalProperties } });
    return gpusOf(read(object).flavor);
  };

  it("is requested by the resource that it names, and only as much as is free", () => {
    expect(ours({ resource: "nvidia.com/mig-1g.10gb", total: "7", free: "5" })).toEqual({
      kind: "gpus",
      units: { resource: "nvidia.com/mig-1g.10gb", total: 7, free: 5 },
    });
  });

  it.each([
    { resource: "nvidia.com/gpu", total: "7" },
    { resource: "nvidia.com/gpu", total: "many", free: "1" },
    { resource: "nvidia.com/gpu", total: "-1", free: "1" },
  ])("is not offered where it makes no sense: %j", (additional) => {
    expect(ours(additional).kind).toBe("unclear");
  });
});

describe("rounds of discovery", () => {
  it("are named by their time, and told from other Solvers", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (at) => {
        expect(roundTime(roundName(at))).toBe(at);
      }),
    );
    for (const name of ["gpu-discovery", "flare-discovery-", "flare-discovery-!", "flare-discovery-0x1", ""])
      expect(roundTime(name), name).toBeUndefined();
  });
});

describe("a Contract", () => {
  it.skipIf(!samplesAreThere)("of the samples is read without its kubeconfig (needs ../shared)", () => {
    const contract = parseContract(sample("09-contract"));
    expect(contract).toMatchObject({
      name: "contract-fluidos-eu-k8slice-a1b2-02dd",
      transaction: "5f4dcc3b5aa765d61d8327deb882cf99-1756845685123456789",
      buyerCluster: "fluidos-consumer-1",
      sellerCluster: "fluidos-provider-1",
      flavor: { name: "fluidos.eu-k8slice-a1b2" },
      configuration: { cpu: 1, memoryBytes: 2 ** 29, pods: 10, gpus: 0 },
    });
    expect(JSON.stringify(contract)).not.toContain("YXBp");
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const json: unknown = JSON.parse(text);
        expect(parseContract(json).flavor).toBeUndefined();
        expect(parseContract({ spec: { flavor: json, configuration: json, seller: json } }).name).toBe("");
      }),
    );
  });
});
