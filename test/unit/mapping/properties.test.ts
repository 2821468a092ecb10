import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DraDevice, NodeFacts } from "../../../src/mapping/facts.ts";
import { mapNode } from "../../../src/mapping/map-node.ts";
import type { MappingTables } from "../../../src/mapping/tables.ts";
import { parseAnnotations } from "../../../src/vocabulary/annotations.ts";
import { canonicalKey } from "../../../src/vocabulary/keys.ts";
import { fixtureNodes } from "./real-nodes.ts";
import { builtIn } from "./tables.ts";

const real = fixtureNodes().map(({ facts }) => facts);
const keys = [
  ...new Set([
    ...real.flatMap((facts) => Object.keys(facts.labels)).filter((key) => !key.includes("cpuid")),
    "amd.com/gpu.compute-memory-partition",
    "gpu.intel.com/memory.max",
    "gpu.intel.com/millicores",
    "nvidia.com/mig-3g.20gb.count",
    "nvidia.com/gpu.slices.gi",
    "cloud.google.com/gke-accelerator",
    "cloud.google.com/gke-gpu-partition-size",
    "karpenter.k8s.aws/instance-gpu-name",
    "karpenter.k8s.aws/instance-gpu-count",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
  ]),
];
const seen = [...new Set(real.flatMap((facts) => Object.values(facts.labels)))];
const resources = [
  ...new Set(real.flatMap((facts) => Object.keys(facts.allocatable ?? {}))),
  "amd.com/gpu",
  "amd.com/cpx_nps4",
  "gpu.intel.com/xe",
  "nvidia.com/mig-7g.80gb",
];

/** What labels hold that should not: wrong types, 0, negative, huge, empty, foreign letters, the longest. */
const odd = [
  "",
  "0",
  "-1",
  "-0",
  "1e9",
  "NaN",
  "Infinity",
  "9".repeat(63),
  "é",
  "东京",
  "x".repeat(63),
  "true",
  "none",
  "{key}",
  "__proto__",
  "constructor",
  "1.5",
  " 8 ",
  "*",
];
const value = fc.oneof(
  fc.constantFrom(...seen),
  fc.constantFrom(...odd),
  fc.string({ maxLength: 63, unit: "grapheme" }),
  fc.integer().map(String),
);
const labels = fc.dictionary(
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...keys) },
    { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
  ),
  value,
  { maxKeys: 24 },
);
const amounts = fc.oneof(fc.nat(64).map(String), fc.constantFrom(...odd, "8k", "100000", "1Gi"));
const allocatable = fc.dictionary(fc.constantFrom(...resources), amounts, { maxKeys: 6 });
const attribute = fc.oneof(
  fc.constantFrom("gpu", "mig", "amdgpu", "amdgpu-partition", "1g.10gb", "NVIDIA H100 PCIe", "9.0.0", ...odd),
  fc.boolean(),
  fc.integer(),
);
const device: fc.Arbitrary<DraDevice> = fc.record({
  driver: fc.constantFrom("gpu.nvidia.com", "gpu.amd.com", "other"),
  pool: fc.constant("pool"),
  name: fc.string(),
  attributes: fc.dictionary(
    fc.constantFrom(
      "type",
      "profile",
      "productName",
      "cudaComputeCapability",
      "partitionProfile",
      "computePartition",
      "deviceID",
      "overlapping",
    ),
    attribute,
  ),
  capacity: fc.dictionary(
    fc.constantFrom("memory", "multiprocessors", "computeUnits"),
    fc.constantFrom("81559Mi", "24Gi", "132", ...odd),
  ),
});
const gpuFunction = fc.record({
  address: fc.constant("0000:00:00.0"),
  vendor: fc.constantFrom("10de", "1002", "8086"),
  device: fc.constantFrom("2684", "74a1", "56c0"),
  class: fc.constant("030200"),
});
const facts: fc.Arbitrary<NodeFacts> = fc.record(
  {
    name: fc.constant("node"),
    labels: fc.oneof(
      labels,
      fc.tuple(fc.constantFrom(...real), labels).map(([node, more]) => ({ ...node.labels, ...more })),
    ),
    annotations: fc.constant({}),
    allocatable,
    providerID: fc.constantFrom("aws:///us-east-1a/i-1", "gce://p/z/n", "openstack:///x", "", "://"),
    draDevices: fc.array(device, { maxLength: 6 }),
    hardware: fc.record({
      gpus: fc.array(gpuFunction, { maxLength: 4 }),
      networkGbps: fc.double({ noNaN: false }),
    }),
  },
  { requiredKeys: ["name", "labels", "annotations"] },
);

describe("any node", () => {
  test("gets valid annotations or none, and never makes the mapping throw", () => {
    fc.assert(
      fc.property(facts, (node) => {
        const { annotations, labels: published, devices } = mapNode(builtIn(), node);
        const { values, invalid } = parseAnnotations(annotations);
        expect(invalid).toEqual([]);
        expect(Object.keys(annotations).every((key) => canonicalKey(key) !== undefined)).toBe(true);
        expect(Object.keys(annotations).length > 0).toBe(devices.length > 0);
        expect(published).toEqual(devices.length > 0 ? { "node.fluidos.eu/gpu": "true" } : {});
        if (devices.length > 0) expect(values["gpu.fluidos.eu/devices"]).toHaveLength(devices.length);
      }),
      { numRuns: 600 },
    );
  });

  test("is never promised more devices than are allocatable", () => {
    fc.assert(
      fc.property(facts, (node) => {
        const promised = new Map<string, number>();
        for (const { resource, count, replicas } of mapNode(builtIn(), node).devices)
          promised.set(resource, (promised.get(resource) ?? 0) + count * replicas);
        for (const [resource, slots] of promised) {
          const told = node.allocatable?.[resource];
          if (told !== undefined) expect(slots).toBeLessThanOrEqual(Number(told));
        }
      }),
      { numRuns: 400 },
    );
  });

  test("means the same in whatever order its labels and resources come", () => {
    const shuffled = (map: Readonly<Record<string, string>>) =>
      fc
        .shuffledSubarray(Object.keys(map), { minLength: Object.keys(map).length })
        .map((order) => Object.fromEntries(order.map((key) => [key, map[key] ?? ""])));
    const pair = facts.chain((node) =>
      fc.tuple(fc.constant(node), shuffled(node.labels), shuffled(node.allocatable ?? {})),
    );
    fc.assert(
      fc.property(pair, ([node, otherLabels, otherResources]) => {
        const other = {
          ...node,
          labels: otherLabels,
          ...(node.allocatable ? { allocatable: otherResources } : {}),
        };
        expect(mapNode(builtIn(), other, { explain: true })).toEqual(
          mapNode(builtIn(), node, { explain: true }),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("means the same the second time, and with or without explanations", () => {
    fc.assert(
      fc.property(facts, (node) => {
        const first = mapNode(builtIn(), node);
        expect(mapNode(builtIn(), node)).toEqual(first);
        const { provenance, ...explained } = mapNode(builtIn(), node, { explain: true });
        expect(explained).toEqual(first);
        expect(provenance?.every(({ key, value: text }) => first.annotations[key] === text)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("means the same where no rule is passed over", () => {
    const always = { needed: () => true };
    const patient: MappingTables = {
      ...builtIn(),
      devices: builtIn().devices.map((rule) => ({ ...rule, ...always })),
      problems: builtIn().problems.map((rule) => ({ ...rule, ...always })),
    };
    fc.assert(
      fc.property(facts, (node) => {
        expect(mapNode(patient, node, { explain: true })).toEqual(
          mapNode(builtIn(), node, { explain: true }),
        );
      }),
      { numRuns: 600 },
    );
  });

  test("is read back from its annotations as it was meant, with or without aliases", () => {
    fc.assert(
      fc.property(facts, (node) => {
        const all = parseAnnotations(mapNode(builtIn(), node).annotations).values;
        expect(parseAnnotations(mapNode(builtIn(), node, { aliases: false }).annotations).values).toEqual(
          all,
        );
      }),
      { numRuns: 200 },
    );
  });
});
