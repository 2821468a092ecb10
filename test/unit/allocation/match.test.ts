import { describe, expect, test } from "vitest";
import { match } from "../../../src/allocation/match.ts";
import { REASON_CODES, type Reason } from "../../../src/allocation/reasons.ts";
import type { Constraints, GpuRequirement, Requirement } from "../../../src/allocation/requirement.ts";
import type { Offer } from "../../../src/allocation/types.ts";
import { offer, RATES, requirement } from "./builders.ts";

const reasons = (asked: Requirement, offered: Offer): readonly Reason[] => match(asked, offered, RATES);

describe("the GPU", () => {
  /** What is asked of the GPU, and the reasons of the A100 of the builders. */
  const cases: readonly [string, Partial<GpuRequirement>, readonly Reason[]][] = [
    ["nothing in particular", {}, []],
    ["its model, in any variant", { model: "nvidia-a100" }, []],
    [
      "another model",
      { model: "nvidia-a10" },
      [{ code: "gpu-model", has: "nvidia-a100", needs: "nvidia-a10" }],
    ],
    ["its variant", { model: "nvidia-a100", variant: "sxm4-80gb" }, []],
    [
      "another variant",
      { variant: "pcie-40gb" },
      [{ code: "gpu-variant", has: "sxm4-80gb", needs: "pcie-40gb" }],
    ],
    ["GPUs of its maker", { vendor: "nvidia" }, []],
    ["GPUs of any maker", { vendor: "any" }, []],
    ["GPUs of another maker", { vendor: "amd" }, [{ code: "gpu-vendor", has: "nvidia", needs: "amd" }]],
    ["all GPUs of the node", { count: 8 }, []],
    [
      "more than the node has",
      { count: 9 },
      [
        { code: "gpu-count", has: 8, needs: 9 },
        { code: "gpu-free", has: 8, needs: 9 },
      ],
    ],
    ["just its memory", { memoryGiMin: 80 }, []],
    ["more memory", { memoryGiMin: 94 }, [{ code: "gpu-memory", has: 80, needs: 94 }]],
    ["its memory at most", { memoryGiMax: 80 }, []],
    ["less memory", { memoryGiMax: 48 }, [{ code: "gpu-memory-max", has: 80, needs: 48 }]],
    ["just its cores", { coresMin: 6912, coresMax: 6912 }, []],
    ["more cores", { coresMin: 7000 }, [{ code: "gpu-cores", has: 6912, needs: 7000 }]],
    ["fewer cores", { coresMax: 5000 }, [{ code: "gpu-cores-max", has: 6912, needs: 5000 }]],
    ["a faster clock", { clockHzMin: 2e9 }, [{ code: "gpu-clock", has: 1.41e9, needs: 2e9 }]],
    ["its compute capability, written shorter", { computeCapabilityMin: "8" }, []],
    ["an older compute capability", { computeCapabilityMin: "7.5" }, []],
    [
      "a compute capability of two digits",
      { computeCapabilityMin: "10.0" },
      [{ code: "compute-capability", has: "8.0", needs: "10.0" }],
    ],
    ["just its TFLOPS", { fp32TflopsMin: 19.5 }, []],
    ["more TFLOPS", { fp32TflopsMin: 60 }, [{ code: "fp32-tflops", has: 19.5, needs: 60 }]],
    [
      "a better scaling",
      { multiGpuEfficiencyMin: 0.95 },
      [{ code: "multi-gpu-efficiency", has: 0.9, needs: 0.95 }],
    ],
    ["its architecture", { architecture: "ampere" }, []],
    [
      "another architecture",
      { architecture: "hopper" },
      [{ code: "architecture", has: "ampere", needs: "hopper" }],
    ],
    ["another tier", { tier: "budget" }, [{ code: "tier", has: "premium", needs: "budget" }]],
    ["a worse interconnect", { interconnect: "pcie" }, []],
    ["its interconnect", { interconnect: "nvlink" }, []],
    [
      "another vendor's interconnect",
      { interconnect: "xe-link" },
      [{ code: "interconnect", has: "nvlink", needs: "xe-link" }],
    ],
    ["another topology", { topology: "ring" }, [{ code: "topology", has: "nvswitch", needs: "ring" }]],
  ];

  test.each(cases)("asked for %s", (_, gpu, expected) => {
    expect(reasons(requirement({ gpu }), offer("a"))).toEqual(expected);
  });

  test("PCIe does for PCIe, and not for NVLink", () => {
    const pcie = offer("a", { gpu: { interconnect: "pcie" } });
    expect(reasons(requirement({ gpu: { interconnect: "pcie" } }), pcie)).toEqual([]);
    expect(reasons(requirement({ gpu: { interconnect: "nvlink" } }), pcie)).toEqual([
      { code: "interconnect", has: "pcie", needs: "nvlink" },
    ]);
  });
});

describe("whole GPUs and shares of them", () => {
  const whole = offer("whole");
  const slice = offer("slice", { gpu: { sharing: "mig", profile: "1g.10gb", memoryGi: 10 } });
  const timeSlice = offer("time", { gpu: { sharing: "time-slicing", replicas: 4 } });
  const mps = offer("mps", { gpu: { sharing: "mps", replicas: 4 } });
  const busy = offer("busy", { nodeIdle: false });

  const cases: readonly [string, Partial<GpuRequirement>, readonly string[]][] = [
    ["by default, a whole GPU", {}, ["whole", "busy"]],
    ["shared, any share and a whole one too", { shared: true }, ["whole", "slice", "time", "mps", "busy"]],
    ["not shared, a whole GPU", { shared: false }, ["whole", "busy"]],
    ["multi-instance, a MIG slice", { multiInstance: true }, ["slice"]],
    ["multi-instance, a slice as large as asked", { multiInstance: true, memoryGiMin: 20 }, []],
    ["multi-instance and shared, a MIG slice", { multiInstance: true, shared: true }, ["slice"]],
    ["dedicated, a whole GPU of an idle node", { dedicated: true }, ["whole"]],
    ["dedicated and shared, a whole GPU of an idle node", { dedicated: true, shared: true }, ["whole"]],
  ];

  test.each(cases)("%s", (_, gpu, expected) => {
    const fitting = [whole, slice, timeSlice, mps, busy].filter(
      (one) => reasons(requirement({ gpu }), one).length === 0,
    );
    expect(fitting.map(({ id }) => id)).toEqual(expected);
  });

  test("a spot node is taken only by who allows it", () => {
    const spot = offer("spot", { interruptible: true });
    expect(reasons(requirement(), spot)).toEqual([{ code: "interruptible", has: true, needs: false }]);
    expect(reasons(requirement({ gpu: { interruptible: true } }), spot)).toEqual([]);
    expect(reasons(requirement({ gpu: { interruptible: true } }), whole)).toEqual([]);
  });
});

describe("what the node has free", () => {
  test.each([
    ["all of its CPU", { cpu: 64 }, []],
    ["a millicore more", { cpu: 64.001 }, [{ code: "cpu", has: 64, needs: 64.001 }]],
    ["all of its memory", { memoryGi: 512 }, []],
    ["more memory", { memoryGi: 513 }, [{ code: "memory", has: 512, needs: 513 }]],
  ])("%s", (_, parts, expected) => {
    expect(reasons(requirement(parts), offer("a"))).toEqual(expected);
  });

  test("a full node says how many are free, which is another reason than how many there are", () => {
    expect(reasons(requirement({ gpu: { count: 4 } }), offer("a", { free: 3 }))).toEqual([
      { code: "gpu-free", has: 3, needs: 4 },
    ]);
  });

  test("a node that is in use is not dedicated", () => {
    expect(reasons(requirement({ gpu: { dedicated: true } }), offer("a", { nodeIdle: false }))).toEqual([
      { code: "node-busy", has: "busy", needs: "idle" },
    ]);
  });
});

describe("the site", () => {
  const stated = offer("a", {
    operator: "AWS",
    compliance: { certifications: ["iso27001"], dataResidency: ["de", "eu"], gdpr: true, hipaa: false },
    security: { networkIsolation: "private", vpnAccess: true },
  });

  const cases: readonly [string, Constraints, readonly Reason["code"][]][] = [
    ["its region", { location: "EU-Central-1" }, []],
    ["its country", { location: "DE" }, []],
    ["its continent", { location: "Europe" }, []],
    ["its group", { location: "EU" }, []],
    ["another country", { location: "fr" }, ["location"]],
    ["its zone", { availabilityZone: "eu-central-1a" }, []],
    ["another zone", { availabilityZone: "eu-central-1b" }, ["availability-zone"]],
    ["its provider", { providers: ["beta", "Alpha"] }, []],
    ["who runs the provider", { providers: ["aws"] }, []],
    ["no provider in particular", { providers: [] }, []],
    ["other providers", { providers: ["gcp"] }, ["provider"]],
    ["just its latency", { maxLatencyMs: 10 }, []],
    ["less latency", { maxLatencyMs: 9 }, ["latency"]],
    ["time enough to peer and start", { deadlineSeconds: 50 }, []],
    ["an end before it can start", { deadlineSeconds: 49 }, ["deadline"]],
    ["just its emission", { energy: { maxCarbonPerHour: 144 } }, []],
    ["less emission", { energy: { maxCarbonPerHour: 143 } }, ["carbon"]],
    ["renewable energy only", { energy: { renewableOnly: true } }, ["renewable"]],
    ["renewable energy not asked", { energy: { renewableOnly: false } }, []],
    ["its rating", { energy: { ratingMin: "B" } }, []],
    ["a worse rating", { energy: { ratingMin: "F" } }, []],
    ["a better rating", { energy: { ratingMin: "A" } }, ["energy-rating"]],
    ["just its PUE", { energy: { maxPue: 1.2 } }, []],
    ["a better PUE", { energy: { maxPue: 1.1 } }, ["pue"]],
    ["a green certificate", { energy: { greenCertifiedOnly: true } }, ["green-certified"]],
    ["its certificate, in other letters", { compliance: { certifications: ["ISO27001"] } }, []],
    ["one certificate more", { compliance: { certifications: ["ISO27001", "SOC2"] } }, ["certification"]],
    ["data in one of its places", { compliance: { dataResidency: ["FR", "DE"] } }, []],
    ["data elsewhere", { compliance: { dataResidency: ["us"] } }, ["data-residency"]],
    ["GDPR", { compliance: { gdpr: true } }, []],
    ["HIPAA, which it denies", { compliance: { hipaa: true } }, ["hipaa"]],
    [
      "encryption, of which it says nothing",
      { compliance: { encryptionAtRest: true, encryptionInTransit: true } },
      ["encryption-at-rest", "encryption-in-transit"],
    ],
    ["an audit log", { compliance: { auditLogging: true } }, ["audit-logging"]],
    ["a private network", { security: { networkIsolation: "private" } }, []],
    [
      "a public network, which a private one is better than",
      { security: { networkIsolation: "public" } },
      [],
    ],
    ["VPN", { security: { vpnAccess: true } }, []],
    [
      "a bastion, detection and scans",
      {
        security: { bastionHost: true, intrusionDetection: true, vulnerabilityScanning: true },
      },
      ["bastion-host", "intrusion-detection", "vulnerability-scanning"],
    ],
    ["just its bandwidth", { sla: { minBandwidthGbps: 100 } }, []],
    ["more bandwidth", { sla: { minBandwidthGbps: 200 } }, ["bandwidth"]],
    ["less jitter", { sla: { maxJitterMs: 4 } }, ["jitter"]],
    ["just its uptime", { sla: { minUptimePercent: 99.9 } }, []],
    ["more uptime", { sla: { minUptimePercent: 99.99 } }, ["uptime"]],
    ["a faster start", { sla: { maxColdStartSeconds: 10 } }, ["cold-start"]],
  ];

  test.each(cases)("asked for %s", (_, constraints, expected) => {
    expect(reasons(requirement({ constraints }), stated).map(({ code }) => code)).toEqual(expected);
  });

  test("a deadline has room for the run as well", () => {
    const asked = requirement({ runtimeHours: 1, constraints: { deadlineSeconds: 3600 } });
    expect(reasons(asked, stated)).toEqual([{ code: "deadline", has: 3650, needs: 3600 }]);
    expect(reasons(asked, { ...stated, peered: true, warm: true })).toEqual([]);
  });
});

describe("money", () => {
  test.each([
    ["just its rate", { maxHourly: { amount: 2, currency: "EUR" } }, []],
    [
      "less",
      { maxHourly: { amount: 1.99, currency: "EUR" } },
      [{ code: "max-hourly-cost", has: 2, needs: 1.99 }],
    ],
    ["enough in another currency", { maxHourly: { amount: 2.3, currency: "USD" } }, []],
    [
      "too little in another currency",
      { maxHourly: { amount: 2.2, currency: "USD" } },
      [{ code: "max-hourly-cost", has: 2, needs: 1.9800000000000002 }],
    ],
    ["a total for the ten hours", { maxTotal: { amount: 20, currency: "EUR" } }, []],
    [
      "less than ten hours cost",
      { maxTotal: { amount: 19, currency: "EUR" } },
      [{ code: "max-total-cost", has: 2, needs: 1.9 }],
    ],
  ])("%s", (_, constraints, expected) => {
    expect(reasons(requirement({ constraints, runtimeHours: 10 }), offer("a"))).toEqual(expected);
  });

  test("two GPUs cost twice, a dedicated one costs the node", () => {
    const constraints = { maxHourly: { amount: 3, currency: "EUR" } };
    expect(reasons(requirement({ gpu: { count: 2 }, constraints }), offer("a"))).toMatchObject([{ has: 4 }]);
    expect(reasons(requirement({ gpu: { dedicated: true }, constraints }), offer("a"))).toMatchObject([
      { has: 16 },
    ]);
  });

  test("a bound in a currency that nobody knows is met by nothing", () => {
    const asked = requirement({ constraints: { maxHourly: { amount: 1000, currency: "XXX" } } });
    expect(reasons(asked, offer("a")).map(({ code }) => code)).toEqual(["max-hourly-cost"]);
  });
});

test("an offer that fails everything gives all of its reasons in the documented order", () => {
  const asked = requirement({
    gpu: { model: "x", count: 99, memoryGiMin: 999, tier: "budget", dedicated: true },
    constraints: {
      location: "fr",
      maxLatencyMs: 1,
      sla: { maxJitterMs: 0 },
      maxHourly: { amount: 0, currency: "EUR" },
    },
    cpu: 999,
    memoryGi: 9999,
  });
  const codes = reasons(asked, offer("a", { nodeIdle: false, interruptible: true })).map(({ code }) => code);
  expect(codes).toHaveLength(13);
  expect(codes).toEqual(REASON_CODES.filter((code) => codes.includes(code)));
});
