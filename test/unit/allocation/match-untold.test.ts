import { describe, expect, test } from "vitest";
import { match } from "../../../src/allocation/match.ts";
import type { Reason } from "../../../src/allocation/reasons.ts";
import type { Constraints, GpuRequirement } from "../../../src/allocation/requirement.ts";
import { RATES, requirement, silentOffer } from "./builders.ts";

describe("an offer that states nothing", () => {
  /** Every condition that needs a statement, at its mildest. */
  const cases: readonly [Reason["code"], Partial<GpuRequirement>, Constraints][] = [
    ["gpu-model", { model: "nvidia-a100" }, {}],
    ["gpu-variant", { variant: "x" }, {}],
    ["gpu-memory", { memoryGiMin: 0 }, {}],
    ["gpu-memory-max", { memoryGiMax: 1e9 }, {}],
    ["gpu-cores", { coresMin: 0 }, {}],
    ["gpu-cores-max", { coresMax: 1e9 }, {}],
    ["gpu-clock", { clockHzMin: 0 }, {}],
    ["compute-capability", { computeCapabilityMin: "0" }, {}],
    ["fp32-tflops", { fp32TflopsMin: 0 }, {}],
    ["multi-gpu-efficiency", { multiGpuEfficiencyMin: 0 }, {}],
    ["architecture", { architecture: "ampere" }, {}],
    ["tier", { tier: "budget" }, {}],
    ["interconnect", { interconnect: "pcie" }, {}],
    ["topology", { topology: "ring" }, {}],
    ["location", {}, { location: "eu" }],
    ["availability-zone", {}, { availabilityZone: "a" }],
    ["latency", {}, { maxLatencyMs: 1e9 }],
    ["renewable", {}, { energy: { renewableOnly: true } }],
    ["pue", {}, { energy: { maxPue: 9 } }],
    ["energy-rating", {}, { energy: { ratingMin: "F" } }],
    ["green-certified", {}, { energy: { greenCertifiedOnly: true } }],
    ["carbon", {}, { energy: { maxCarbonPerHour: 1e9 } }],
    ["certification", {}, { compliance: { certifications: ["soc2"] } }],
    ["data-residency", {}, { compliance: { dataResidency: ["eu"] } }],
    ["gdpr", {}, { compliance: { gdpr: true } }],
    ["hipaa", {}, { compliance: { hipaa: true } }],
    ["encryption-at-rest", {}, { compliance: { encryptionAtRest: true } }],
    ["encryption-in-transit", {}, { compliance: { encryptionInTransit: true } }],
    ["audit-logging", {}, { compliance: { auditLogging: true } }],
    ["network-isolation", {}, { security: { networkIsolation: "private" } }],
    ["vpn-access", {}, { security: { vpnAccess: true } }],
    ["bastion-host", {}, { security: { bastionHost: true } }],
    ["intrusion-detection", {}, { security: { intrusionDetection: true } }],
    ["vulnerability-scanning", {}, { security: { vulnerabilityScanning: true } }],
    ["bandwidth", {}, { sla: { minBandwidthGbps: 0 } }],
    ["jitter", {}, { sla: { maxJitterMs: 1e9 } }],
    ["uptime", {}, { sla: { minUptimePercent: 0 } }],
    ["cold-start", {}, { sla: { maxColdStartSeconds: 1e9 } }],
    ["max-hourly-cost", {}, { maxHourly: { amount: 1e9, currency: "EUR" } }],
    ["max-total-cost", {}, { maxTotal: { amount: 1e9, currency: "EUR" } }],
  ];

  test.each(cases)("does not satisfy %s", (code, gpu, constraints) => {
    const [reason, ...others] = match(
      requirement({ gpu, constraints, runtimeHours: 1 }),
      silentOffer("a"),
      RATES,
    );
    expect(reason?.code).toBe(code);
    expect(others).toEqual([]);
  });

  test("fits when nothing is asked", () => {
    expect(match(requirement(), silentOffer("a"), RATES)).toEqual([]);
  });
});
