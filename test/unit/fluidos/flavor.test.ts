import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { buildFlavor } from "../../../src/fluidos/build-flavor.ts";
import { ANY_PART, type FlavorFacts } from "../../../src/fluidos/flavor-facts.ts";
import { parseFlavor } from "../../../src/fluidos/parse-flavor.ts";
import { compileSchema } from "../../../src/sandbox/custom-schema.ts";
import type { KubeObject } from "../../../src/sandbox/object.ts";
import { toJsonSchema } from "../../../src/sandbox/structural-schema.ts";
import { parseAnnotations, type Values } from "../../../src/vocabulary/annotations.ts";
import { structuralFaults } from "../intent/structural-faults.ts";
import { h100Node } from "./h100-node.ts";

const referenceCrd = "../shared/crds/nodecore.fluidos.eu_flavors.yaml";
const samples = "../shared/data/fluidos";

/** What a Flavor has no place for, or what its zeros mean already. */
function told(values: Values): Values {
  const silent = ["cost.fluidos.eu/currency", "gpu.fluidos.eu/interruptible"];
  return Object.fromEntries(Object.entries(values).filter(([key]) => !silent.includes(key)));
}

describe("a Flavor that we build", () => {
  const flavor = buildFlavor(h100Node);

  it("has the wire form of FLUIDOS", async () => {
    await expect(`${JSON.stringify(flavor, null, 2)}\n`).toMatchFileSnapshot("golden/h100.json");
  });

  it.skipIf(!existsSync(samples))(
    "has the GPU block of FLUIDOS's own, but region and zone the right way round (needs ../shared)",
    () => {
      const theirs = parse(readFileSync(`${samples}/02-flavor-gpu.yaml`, "utf8"));
      const { gpu, ...characteristics } = theirs.spec.flavorType.typeData.characteristics;
      const ours = flavor.spec.flavorType.typeData;
      expect(ours.characteristics.gpu).toEqual({ ...gpu, region: gpu.zone, zone: gpu.region });
      expect(ours.characteristics).toMatchObject(characteristics);
      expect(ours.policies).toEqual(theirs.spec.flavorType.typeData.policies);
    },
  );

  it.skipIf(!existsSync(referenceCrd))("is valid against FLUIDOS's own definition (needs ../shared)", () => {
    const crd = parse(readFileSync(referenceCrd, "utf8"));
    const validate = new Ajv({ strict: false, allErrors: true }).compile(
      toJsonSchema(crd.spec.versions[0].schema.openAPIV3Schema) as object,
    );
    expect(validate(flavor), JSON.stringify(validate.errors)).toBe(true);
  });

  it("tells totals, which are zero without a count", () => {
    const values = parseAnnotations({
      "gpu.fluidos.eu/memory-per-gpu": "80Gi",
      "gpu.fluidos.eu/cores": "100",
    }).values;
    const { gpu } = buildFlavor({ ...h100Node, values }).spec.flavorType.typeData.characteristics;
    expect(gpu).toEqual({
      vendor: "",
      model: "",
      cores: "0",
      memory: "0",
      clock_speed: "0",
      network_bandwidth: "0",
      interconnect_bandwidth: "0",
    });
  });

  it("keeps what the GPU block has no place for", () => {
    const built = buildFlavor({ ...h100Node, additional: { variant: "sxm5-80gb" }, available: false });
    expect(built.spec.flavorType.typeData.properties).toEqual({
      additionalProperties: { variant: "sxm5-80gb" },
    });
    expect(built.spec.availability).toBe(false);
  });
});

describe("parseFlavor", () => {
  it("gives back the facts", () => {
    expect(parseFlavor(buildFlavor(h100Node))).toEqual({
      ok: true,
      facts: {
        ...h100Node,
        values: told(h100Node.values),
        providerID: "4ahrqttvng",
        partitionability: ANY_PART,
      },
      problems: [],
    });
  });

  it("gives back the facts of any node", () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        expect(parseFlavor(buildFlavor(facts))).toEqual({ ok: true, facts, problems: [] });
      }),
    );
  });

  const gpuOf = (gpu: object): unknown => ({
    metadata: { name: "x" },
    spec: {
      flavorType: { typeIdentifier: "K8Slice", typeData: { characteristics: { gpu: { count: 2, ...gpu } } } },
    },
  });

  it.each([
    [
      "numbers for quantities",
      { memory: 171_798_691_840, cores: 20_480 },
      { "gpu.fluidos.eu/memory-per-gpu": 80, "gpu.fluidos.eu/cores": 10_240 },
    ],
    [
      "milli and kilo",
      { cores: "64k", interconnect_bandwidth: "900000m" },
      { "gpu.fluidos.eu/cores": 32_000, "gpu.fluidos.eu/interconnect-bandwidth-gbps": 900 },
    ],
    [
      "memory that does not divide",
      { count: 3, memory: "100Gi" },
      { "gpu.fluidos.eu/memory-per-gpu": 33.333333333 },
    ],
    [
      "hyphens and camel case",
      { "compute-capability": "9.0", clockSpeed: "1980M" },
      { "gpu.fluidos.eu/compute-capability": "9.0", "gpu.fluidos.eu/clock-speed": 1.98e9 },
    ],
    [
      "numbers as text",
      { fp32_tflops: "83", hourly_rate: "4.5" },
      { "gpu.fluidos.eu/fp32-tflops": 83, "cost.fluidos.eu/hourly-rate": 4.5 },
    ],
    [
      "an efficiency as a number",
      { multi_gpu_efficiency: 0.95 },
      { "gpu.fluidos.eu/multi-gpu-efficiency": 0.95 },
    ],
  ])("reads %s", (_, gpu, values) => {
    const parsed = parseFlavor(gpuOf(gpu));
    expect(parsed).toMatchObject({ ok: true, facts: { values }, problems: [] });
  });

  it("turns region and zone of FLUIDOS's own Flavors round", () => {
    expect(parseFlavor(gpuOf({ region: "zone-a", zone: "eu-west-1" }), { swapped: true })).toMatchObject({
      facts: { values: { "location.fluidos.eu/region": "eu-west-1", "location.fluidos.eu/zone": "zone-a" } },
    });
  });

  it("leaves out what an edit by hand has broken, and says so", () => {
    const parsed = parseFlavor(gpuOf({ memory: "lots", tier: "golden", model: "nvidia-h100" }));
    expect(parsed).toMatchObject({ ok: true, facts: { values: { "gpu.fluidos.eu/model": "nvidia-h100" } } });
    expect(parsed.ok && parsed.problems).toEqual([
      expect.stringContaining('characteristics.gpu.memory is "lots", expected memory'),
      expect.stringContaining('characteristics.gpu.tier is "golden", expected one of premium'),
    ]);
  });

  it.each([undefined, {}, { spec: { flavorType: { typeIdentifier: "VM" } } }, "text"])(
    "refuses %j",
    (object) => {
      expect(parseFlavor(object)).toMatchObject({
        ok: false,
        problem: expect.stringContaining("expected K8Slice"),
      });
    },
  );

  const noCounts: readonly unknown[] = [
    { toString: "" },
    { valueOf: null },
    [{ toString: 1 }],
    {},
    "NaN",
    -4,
  ];
  it.each(noCounts.map((count) => ({ count })))(
    "tells that $count is no count, and divides no total by it",
    ({ count }) => {
      const parsed = parseFlavor(gpuOf({ count, memory: "80Gi" }));
      if (!parsed.ok) expect.fail(parsed.problem);
      expect(parsed.facts.values["gpu.fluidos.eu/count"]).toBeUndefined();
      expect(parsed.facts.values["gpu.fluidos.eu/memory-per-gpu"]).toBe(80);
      expect(parsed.problems).toEqual([expect.stringContaining("characteristics.gpu.count")]);
    },
  );

  it("never throws", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        const json: unknown = JSON.parse(text);
        expect(parseFlavor(json).ok).toBe(false);
        expect(typeof parseFlavor(gpuOf({ memory: json, count: json, model: json })).ok).toBe("boolean");
      }),
    );
  });
});

describe("our definition of the Flavor", () => {
  const crd = parse(readFileSync("manifests/crds/fluidos/nodecore.fluidos.eu_flavors.yaml", "utf8"));
  const schema = compileSchema(crd.spec.versions[0].schema.openAPIV3Schema);

  it("is structural", () => {
    expect(structuralFaults(crd.spec.versions[0].schema.openAPIV3Schema)).toEqual([]);
  });

  it("takes what we build, whole", () => {
    const flavor = buildFlavor(h100Node) as unknown as KubeObject;
    expect(schema.problems(flavor)).toEqual([]);
    expect(schema.unknownFields(flavor)).toEqual([]);
  });

  it.skipIf(!existsSync(samples))(
    "takes every Flavor of the samples, whole, embedded ones too (needs ../shared)",
    () => {
      const found = readdirSync(samples)
        .filter((file) => file.endsWith(".yaml"))
        .flatMap((file) => parseAllDocuments(readFileSync(`${samples}/${file}`, "utf8")))
        .flatMap((document) => flavorsIn(document.toJS()));
      expect(found.length).toBeGreaterThanOrEqual(3);
      for (const { spec } of found) {
        const object = {
          apiVersion: "nodecore.fluidos.eu/v1alpha1",
          kind: "Flavor",
          metadata: { name: "x" },
          spec,
        };
        expect(schema.problems(object as KubeObject)).toEqual([]);
        expect(schema.unknownFields(object as KubeObject)).toEqual([]);
        expect(parseFlavor(object)).toMatchObject({ ok: true, problems: [] });
      }
    },
  );
});

/** Everything in a document that has the spec of a Flavor. */
function flavorsIn(value: unknown): readonly { readonly spec: unknown }[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.values(value).flatMap(flavorsIn);
  const { spec } = value as { readonly spec?: unknown };
  const isFlavor = typeof spec === "object" && spec !== null && "flavorType" in spec && "price" in spec;
  return isFlavor ? [{ spec }, ...inside] : inside;
}

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/);
const score = fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100);

/** Facts with every value that a Flavor carries; zeros are left out, as they are on the wire. */
const anyFacts: fc.Arbitrary<FlavorFacts> = fc
  .record({
    count: fc.integer({ min: 1, max: 16 }),
    memory: fc.integer({ min: 1, max: 512 }),
    cores: fc.integer({ min: 1, max: 20_000 }),
    clock: fc.integer({ min: 1, max: 4000 }),
    rate: fc.integer({ min: 1, max: 1_000_000 }),
    latency: fc.integer({ min: 1, max: 1000 }),
    bandwidth: fc.integer({ min: 1, max: 800_000 }),
    efficiency: score,
    training: score,
    milliCpu: fc.integer({ min: 0, max: 512_000 }),
    kibibytes: fc.integer({ min: 0, max: 2 ** 32 }),
    pods: fc.integer({ min: 0, max: 1000 }),
    name: word,
    region: word,
    zone: word,
    available: fc.boolean(),
  })
  .map((any) => ({
    name: any.name,
    namespace: "fluidos",
    owner: {
      domain: any.region,
      nodeID: any.zone,
      ip: "10.0.0.1:30000",
      additionalInformation: { liqoID: any.name },
    },
    providerID: any.name,
    architecture: "arm64",
    cpu: any.milliCpu / 1000,
    memoryBytes: any.kibibytes * 1024,
    pods: any.pods,
    values: {
      "gpu.fluidos.eu/vendor": "nvidia",
      "gpu.fluidos.eu/model": `nvidia-${any.name}`,
      "gpu.fluidos.eu/count": any.count,
      "gpu.fluidos.eu/memory-per-gpu": any.memory,
      "gpu.fluidos.eu/cores": any.cores,
      "gpu.fluidos.eu/clock-speed": any.clock * 1e6,
      "gpu.fluidos.eu/multi-gpu-efficiency": any.efficiency,
      "workload.fluidos.eu/training-score": any.training,
      "gpu.fluidos.eu/dedicated": true,
      "location.fluidos.eu/region": any.region,
      "location.fluidos.eu/zone": any.zone,
      "cost.fluidos.eu/hourly-rate": any.rate / 10_000,
      "network.fluidos.eu/latency-ms": any.latency,
      "network.fluidos.eu/bandwidth-gbps": any.bandwidth / 1000,
    } satisfies Values,
    price: { amount: String(any.rate), currency: "EUR", period: "hourly" },
    available: any.available,
    location: { country: "Italy" },
    partitionability: ANY_PART,
  }));
