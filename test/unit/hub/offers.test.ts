import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Offer } from "../../../src/allocation/types.ts";
import { tolerates } from "../../../src/hub/inventory/closed.ts";
import { offersOf } from "../../../src/hub/inventory/offers.ts";
import { gpuPod, type NodeParts, nodeRecord, offerOptions, podRecord } from "./builders.ts";

const devices = (...entries: object[]): string => JSON.stringify(entries);
const offers = (
  parts: NodeParts = {},
  pods = [] as ReturnType<typeof podRecord>[],
  options = offerOptions(),
) => offersOf(nodeRecord(parts), pods, options).offers;
const only = (...given: Parameters<typeof offers>): Offer => {
  const [first, ...more] = offers(...given);
  if (first === undefined || more.length > 0) throw new Error(`not one offer: ${more.length + 1}`);
  return first;
};

describe("the offer of a node with eight whole GPUs", () => {
  it("says what its annotations say", () => {
    expect(only()).toEqual({
      id: "alpha/gpu-1/nvidia.com/gpu",
      provider: "alpha",
      operator: "aws",
      node: "gpu-1",
      resource: "nvidia.com/gpu",
      gpu: {
        vendor: "nvidia",
        model: "nvidia-h100",
        variant: "sxm5-80gb",
        memoryGi: 80,
        architecture: "hopper",
        tier: "premium",
        cores: 16896,
        clockHz: 1.98e9,
        computeCapability: "9.0",
        fp32Tflops: 66.9,
        interconnect: "nvlink",
        interconnectGBps: 900,
        topology: "nvswitch",
        sharing: "none",
        replicas: 1,
        scores: { training: 0.9 },
      },
      total: 8,
      free: 8,
      nodeGpus: 8,
      nodeIdle: true,
      cpu: 192,
      memoryGi: 2000,
      unitRate: 10,
      currency: "USD",
      interruptible: false,
      place: {
        region: "eu-west-1",
        zone: "eu-west-1a",
        country: "ie",
        continent: "europe",
        groups: ["eu", "eea", "europe", "emea"],
      },
      network: {},
      energy: { watts: 700, pue: 1.2 },
      compliance: { certifications: [], dataResidency: [] },
      security: {},
      sla: {},
    });
  });

  it("reads the other spellings of the annotations", () => {
    const annotations = {
      "gpu.fluidos.eu/fp32-tflops": undefined,
      "gpu.fluidos.eu/fp32_tflops": "51.2",
      "cost.fluidos.eu/hourly-rate": undefined,
      "cost.fluidos.eu/hourly_rate": "40",
    };
    expect(only({ annotations })).toMatchObject({ gpu: { fp32Tflops: 51.2 }, unitRate: 5 });
  });

  it("loses nothing but the value of an annotation that is nonsense, and reports it", () => {
    const node = nodeRecord({
      annotations: { "gpu.fluidos.eu/cores": "lots", "cost.fluidos.eu/hourly-rate": "cheap" },
    });
    const { offers: found, problems } = offersOf(node, [], offerOptions());
    expect(found[0]).toMatchObject({ free: 8, gpu: { model: "nvidia-h100" } });
    expect(found[0]).not.toHaveProperty("unitRate");
    expect(found[0]?.gpu).not.toHaveProperty("cores");
    expect(problems.map(({ code }) => code)).toEqual(["invalid-annotation", "invalid-annotation"]);
    expect(problems[0]?.message).toMatch(/node gpu-1: annotation gpu.fluidos.eu\/cores is "lots", expected/);
  });
});

describe("what is free", () => {
  it.each([
    ["nothing runs", [], 8, true],
    ["a pod holds two", [gpuPod(2)], 6, false],
    ["several pods hold some", [gpuPod(2), gpuPod(1), gpuPod(4)], 1, false],
    ["pods hold all", [gpuPod(8)], 0, false],
    ["more is requested than is there (a device plugin lost GPUs)", [gpuPod(9)], 0, false],
    ["a pod is bound but has not started", [gpuPod(3, { phase: "Pending" })], 5, false],
    ["a pod has ended", [gpuPod(3, { phase: "Succeeded" }), gpuPod(3, { phase: "Failed" })], 8, true],
    ["pods use other resources only", [podRecord({ requests: { cpu: "4" } })], 8, true],
  ])("when %s", (_, pods, free, nodeIdle) => {
    expect(only({}, pods)).toMatchObject({ total: 8, free, nodeIdle });
  });

  it("is no more than is described, where somebody cut the GPUs and did not tell (HAMi: ten units for each)", () => {
    const cut = { allocatable: { cpu: "192", memory: "2000Gi", pods: "110", "nvidia.com/gpu": "80" } };
    expect(only(cut)).toMatchObject({ total: 8, free: 8 });
    expect(only(cut, [gpuPod(3)])).toMatchObject({ total: 8, free: 5 });
  });

  it("leaves the CPU and memory that nobody requests, of pods without GPUs too", () => {
    const pods = [
      podRecord({ requests: { cpu: "100m", memory: "1Gi" } }),
      podRecord({ requests: { cpu: "91900m", memory: "999Gi", "nvidia.com/gpu": "1" } }),
    ];
    expect(only({}, pods)).toMatchObject({ cpu: 100, memoryGi: 1000 });
  });

  it("does not count pods of an Intent whose reservation is counted elsewhere", () => {
    const pods = [gpuPod(2, { intent: "mine" }), gpuPod(1, { intent: "gone" }), gpuPod(1)];
    const options = offerOptions({ isReserved: (intent) => intent === "mine" });
    expect(only({}, pods, options)).toMatchObject({ free: 6 });
    expect(only({}, pods)).toMatchObject({ free: 4 });
  });

  it("is never below nothing nor above all, whatever the pods", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 12 })), fc.boolean(), (requests, closed) => {
        const pods = requests.map((gpus) => gpuPod(gpus));
        const options = offerOptions(closed ? { closed: "paused" } : {});
        const { free, total, nodeIdle } = only({}, pods, options);
        const used = requests.reduce((sum, gpus) => sum + gpus, 0);
        expect(total).toBe(8);
        expect(free).toBe(closed ? 0 : Math.max(0, 8 - used));
        expect(nodeIdle).toBe(used === 0);
      }),
    );
  });
});

describe("nothing is free, though the node stays known,", () => {
  const taint = (key: string, effect: string, value?: string) => ({
    spec: { taints: [{ key, effect, ...(value === undefined ? {} : { value }) }] },
  });
  it.each<[string, NodeParts, RegExp | undefined]>([
    ["of a node that is not ready", { ready: "False" }, /not ready/],
    ["of a node that nobody hears from", { ready: "Unknown" }, /not ready/],
    ["of a cordoned node", { spec: { unschedulable: true } }, /cordoned/],
    ["of a node that is being deleted", { deleting: true }, /being deleted/],
    ["behind a taint", taint("team", "NoSchedule", "a"), /taint team=a:NoSchedule is not tolerated/],
    ["behind a taint that evicts", taint("maintenance", "NoExecute"), /taint maintenance:NoExecute/],
    ["but not behind a taint that only asks", taint("team", "PreferNoSchedule"), undefined],
    [
      "but not behind the usual taint of GPU nodes",
      taint("nvidia.com/gpu", "NoSchedule", "present"),
      undefined,
    ],
  ])("%s", (_, parts, reason) => {
    const { offers: found, problems } = offersOf(nodeRecord(parts), [], offerOptions());
    expect(found[0]).toMatchObject({ total: 8, free: reason === undefined ? 8 : 0 });
    const told = problems.filter(({ code }) => code === "closed").map(({ message }) => message);
    expect(told).toEqual(reason === undefined ? [] : [expect.stringMatching(reason)]);
  });

  it("of a provider that is paused", () => {
    const { problems } = offersOf(nodeRecord(), [], offerOptions({ closed: "provider alpha is paused" }));
    expect(problems.map(({ message }) => message)).toEqual(["node gpu-1: provider alpha is paused"]);
  });

  it("but a taint that the provider's tolerations cover is no obstacle", () => {
    const stated = { tolerations: [{ key: "team", operator: "Exists" as const }] };
    expect(only(taint("team", "NoSchedule", "a"), [], offerOptions({ stated }))).toMatchObject({ free: 8 });
  });
});

describe("a toleration", () => {
  const taint = { key: "team", value: "a", effect: "NoSchedule" };
  it.each([
    ["of the same key and value", { key: "team", value: "a" }, true],
    ["of another value", { key: "team", value: "b" }, false],
    ["of the key, whatever the value", { key: "team", operator: "Exists" }, true],
    ["of everything", { operator: "Exists" }, true],
    ["of another effect", { key: "team", operator: "Exists", effect: "NoExecute" }, false],
    ["without key or operator", {}, false],
  ] as const)("%s", (_, toleration, expected) => {
    expect(tolerates(toleration, taint)).toBe(expected);
  });
});

describe("device groups", () => {
  const MIG = devices(
    {
      resource: "nvidia.com/gpu",
      model: "nvidia-h100",
      count: 4,
      memoryGi: 80,
      sharing: "none",
      replicas: 1,
    },
    {
      resource: "nvidia.com/mig-1g.10gb",
      model: "nvidia-h100",
      profile: "1g.10gb",
      count: 28,
      memoryGi: 10,
      sharing: "mig",
      replicas: 1,
    },
  );
  const mixed = {
    annotations: { "gpu.fluidos.eu/devices": MIG },
    allocatable: { cpu: "192", memory: "2000Gi", "nvidia.com/gpu": "4", "nvidia.com/mig-1g.10gb": "28" },
  };

  it("become an offer each, with its own count", () => {
    const pods = [podRecord({ requests: { "nvidia.com/mig-1g.10gb": "3" } })];
    const found = offers(mixed, pods).map(({ resource, total, free, nodeIdle, nodeGpus }) => ({
      resource,
      total,
      free,
      nodeIdle,
      nodeGpus,
    }));
    expect(found).toEqual([
      { resource: "nvidia.com/gpu", total: 4, free: 4, nodeIdle: false, nodeGpus: 32 },
      { resource: "nvidia.com/mig-1g.10gb", total: 28, free: 25, nodeIdle: false, nodeGpus: 32 },
    ]);
  });

  it("share the node's rate by memory, and the shares add up to it", () => {
    const found = offers(mixed);
    expect(found.map(({ unitRate }) => unitRate)).toEqual([10.666667, 1.333333]);
    const sum = found.reduce((total, offer) => total + (offer.unitRate ?? 0) * offer.total, 0);
    expect(sum).toBeCloseTo(80, 4);
  });

  it("other than the core group say only what is known of them", () => {
    const [whole, slice] = offers(mixed);
    expect(whole?.gpu).toMatchObject({ cores: 16896, scores: { training: 0.9 } });
    expect(slice?.gpu).toEqual({
      vendor: "nvidia",
      model: "nvidia-h100",
      profile: "1g.10gb",
      memoryGi: 10,
      architecture: "hopper",
      tier: "premium",
      clockHz: 1.98e9,
      computeCapability: "9.0",
      sharing: "mig",
      replicas: 1,
      scores: {},
    });
  });

  it("of another model take nothing from the core keys", () => {
    const other = {
      resource: "amd.com/gpu",
      model: "amd-mi210",
      count: 1,
      memoryGi: 64,
      sharing: "none",
      replicas: 1,
    };
    const annotations = { "gpu.fluidos.eu/devices": devices(JSON.parse(MIG)[0], other) };
    const allocatable = { "nvidia.com/gpu": "4", "amd.com/gpu": "1" };
    const [, amd] = offers({ annotations, allocatable });
    expect(amd?.gpu).toEqual({
      vendor: "amd",
      model: "amd-mi210",
      memoryGi: 64,
      sharing: "none",
      replicas: 1,
      scores: {},
    });
  });

  it("that are shared are offered by the share", () => {
    const entry = { resource: "nvidia.com/gpu", model: "nvidia-h100", count: 2, memoryGi: 80, replicas: 4 };
    const shared = (sharing: string) => ({
      annotations: { "gpu.fluidos.eu/devices": devices({ ...entry, sharing }) },
      allocatable: { "nvidia.com/gpu": "8" },
    });
    expect(only(shared("time-slicing"))).toMatchObject({
      total: 8,
      unitRate: 10,
      nodeGpus: 2,
      energy: { watts: 175 },
      gpu: { replicas: 4, memoryGi: 80 },
    });
    expect(only(shared("mps")).gpu).toMatchObject({ sharing: "mps", memoryGi: 20 });
  });

  it("that one resource name stands for are one offer of what they have in common", () => {
    const entry = (model: string, memoryGi: number) => ({
      resource: "nvidia.com/gpu",
      model,
      count: 1,
      memoryGi,
      sharing: "none",
      replicas: 1,
    });
    const annotations = {
      "gpu.fluidos.eu/devices": devices(entry("nvidia-h100", 80), entry("nvidia-a30", 24)),
    };
    const found = only({ annotations, allocatable: { "nvidia.com/gpu": "2" } });
    expect(found).toMatchObject({ total: 2, nodeGpus: 2, gpu: { vendor: "nvidia", memoryGi: 24 } });
    expect(found.gpu).not.toHaveProperty("model");
  });

  it("that are not allocatable are no offer, but a problem", () => {
    const { offers: found, problems } = offersOf(
      nodeRecord({ allocatable: { cpu: "1" } }),
      [],
      offerOptions(),
    );
    expect(found).toEqual([]);
    expect(problems).toEqual([
      {
        code: "not-allocatable",
        message: "node gpu-1: nvidia.com/gpu is described but not allocatable; does its device plugin run?",
      },
    ]);
  });

  it("whose device plugin restarts stay known, with no unit", () => {
    expect(only({ allocatable: { "nvidia.com/gpu": "0" } })).toMatchObject({
      total: 0,
      free: 0,
      nodeGpus: 8,
    });
  });

  it("are guessed from the core keys where a person annotated the node", () => {
    const annotations = { "gpu.fluidos.eu/devices": undefined };
    expect(only({ annotations })).toMatchObject({
      resource: "nvidia.com/gpu",
      total: 8,
      gpu: { model: "nvidia-h100", replicas: 1 },
    });
    expect(only({ annotations, allocatable: { "nvidia.com/gpu": "32" } }).gpu.replicas).toBe(4);
  });

  it("are missing where nothing tells them", () => {
    const node = nodeRecord({
      annotations: { "gpu.fluidos.eu/devices": undefined, "gpu.fluidos.eu/vendor": undefined },
    });
    expect(offersOf(node, [], offerOptions()).problems.map(({ code }) => code)).toEqual(["unknown-devices"]);
  });
});

describe("what the Provider says of its nodes", () => {
  it("fills in as a default, and wins as an override", () => {
    const facts = {
      currency: "EUR",
      energy: { pue: 1.9, carbonIntensity: 300 },
      compliance: { certifications: ["iso27001"], gdpr: true },
    };
    expect(only({}, [], offerOptions({ stated: { defaults: facts } }))).toMatchObject({
      currency: "USD",
      energy: { pue: 1.2, carbonIntensity: 300 },
      compliance: { certifications: ["iso27001"], gdpr: true },
    });
    expect(only({}, [], offerOptions({ stated: { overrides: facts } }))).toMatchObject({
      currency: "EUR",
      energy: { pue: 1.9, carbonIntensity: 300 },
      compliance: { gdpr: true },
    });
  });

  it.each([
    ["a factor on every rate", { priceFactor: 1.5 }, 15, "USD"],
    [
      "a rate by model where the node has one",
      { defaults: { hourlyRates: { "nvidia-h100": "3 EUR" } } },
      10,
      "USD",
    ],
    ["a rate by model that wins", { overrides: { hourlyRates: { "nvidia-h100": "3 EUR" } } }, 3, "EUR"],
    [
      "a rate by variant before one by model",
      { overrides: { hourlyRates: { "nvidia-h100": "3 EUR", "nvidia-h100-sxm5-80gb": "4 EUR" } } },
      4,
      "EUR",
    ],
    ["rates of other models", { overrides: { hourlyRates: { "nvidia-a100": "3 EUR" } } }, 10, "USD"],
  ])("sets prices: %s", (_, stated, unitRate, currency) => {
    expect(only({}, [], offerOptions({ stated }))).toMatchObject({ unitRate, currency });
  });

  it("gives a slice its part of a rate by model", () => {
    const entry = {
      resource: "nvidia.com/mig-2g.20gb",
      model: "nvidia-h100",
      profile: "2g.20gb",
      count: 3,
      memoryGi: 20,
      sharing: "mig",
      replicas: 1,
    };
    const node = {
      annotations: { "gpu.fluidos.eu/devices": devices(entry) },
      allocatable: { "nvidia.com/mig-2g.20gb": "3" },
    };
    const stated = { overrides: { hourlyRates: { "nvidia-h100": "7 EUR" } } };
    expect(only(node, [], offerOptions({ stated }))).toMatchObject({ unitRate: 2, energy: { watts: 200 } });
  });
});

describe("the place of an offer", () => {
  const nowhere = { "location.fluidos.eu/region": undefined, "location.fluidos.eu/zone": undefined };
  it.each([
    ["by its annotations", {}, {}, { region: "eu-west-1", country: "ie" }],
    [
      "by Kubernetes' labels",
      {
        annotations: nowhere,
        labels: {
          "topology.kubernetes.io/region": "eu-central-1",
          "topology.kubernetes.io/zone": "eu-central-1b",
        },
      },
      {},
      { region: "eu-central-1", zone: "eu-central-1b", country: "de" },
    ],
    [
      "by the provider's default",
      { annotations: nowhere },
      { defaults: { location: { country: "IT" } } },
      { country: "it", continent: "europe", groups: ["eu", "eea", "europe", "emea"] },
    ],
    [
      "by the provider's override",
      {},
      { overrides: { location: { region: "rack-7", country: "CH" } } },
      { region: "rack-7", country: "ch", groups: ["europe", "emea"] },
    ],
    [
      "of a region that nobody knows",
      { annotations: { "location.fluidos.eu/region": "basement" } },
      {},
      { region: "basement", groups: [] },
    ],
  ])("%s", (_, parts, stated, place) => {
    expect(only(parts, [], offerOptions({ stated })).place).toMatchObject(place);
  });
});

it("whatever stands in the annotations, reading them does not throw", () => {
  const value = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom("0", "-1", "1e9", "[]", "{}", "null", "[null]"),
  );
  const keys = Object.keys(nodeRecord().description.values);
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...keys), value), (annotations) => {
      const { offers: found } = offersOf(nodeRecord({ annotations }), [gpuPod(1)], offerOptions());
      for (const { free, total, unitRate } of found) {
        expect(free).toBeGreaterThanOrEqual(0);
        expect(free).toBeLessThanOrEqual(total);
        expect(Number.isNaN(unitRate)).toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});
