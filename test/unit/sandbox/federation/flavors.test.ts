/** What a provider's FLUIDOS reads from a node, and what it leaves of a Flavor that was sold. */
import { describe, expect, it } from "vitest";
import { type Dialect, defectsOf } from "../../../../src/sandbox/federation/defects.ts";
import { BadAnnotation, gpuFromAnnotations } from "../../../../src/sandbox/federation/fluidos/node-gpu.ts";
import { remainderOf } from "../../../../src/sandbox/federation/fluidos/remainder.ts";
import type { Gpu } from "../../../../src/sandbox/federation/fluidos-types.ts";
import { h100Annotations } from "../../../support/federation.ts";

const asIs = { strict: true, swapped: true };

describe("a GPU read from annotations", () => {
  it("is the one of the specification's sample, with region and zone in each other's place", () => {
    expect(gpuFromAnnotations(h100Annotations, asIs)).toEqual({
      architecture: "hopper",
      clock_speed: "1980M",
      compute_capability: "9.0",
      cores: "67584",
      count: 4,
      dedicated: true,
      fp32_tflops: 83,
      graphics_score: 0.3,
      hourly_rate: 4.5,
      hpc_score: 0.99,
      inference_score: 0.95,
      interconnect: "nvlink",
      interconnect_bandwidth: "900",
      memory: "320Gi",
      model: "nvidia-h100",
      multi_gpu_efficiency: "0.95",
      network_bandwidth: "100",
      network_latency_ms: 1,
      network_tier: "premium",
      provider: "cloud-provider-1",
      region: "zone-a",
      shared: true,
      sharing_strategy: "mig",
      tier: "premium",
      topology: "nvswitch",
      training_score: 0.98,
      vendor: "nvidia",
      zone: "eu-west-1",
    });
  });

  it("has region and zone right without that defect", () => {
    expect(gpuFromAnnotations(h100Annotations, { ...asIs, swapped: false })).toMatchObject({
      region: "eu-west-1",
      zone: "zone-a",
    });
  });

  it("is there, and says nothing, where the node has none", () => {
    expect(gpuFromAnnotations({}, asIs)).toEqual({
      model: "",
      vendor: "",
      cores: "0",
      memory: "0",
      clock_speed: "0",
      network_bandwidth: "0",
      interconnect_bandwidth: "0",
    });
  });

  it.each<[string, string, Gpu]>([
    ["gpu.fluidos.eu/count", "four", { memory: "0", cores: "0" }],
    ["gpu.fluidos.eu/fp32-tflops", "many", {}],
    ["gpu.fluidos.eu/dedicated", "yes", {}],
    ["network.fluidos.eu/latency-ms", "1.5", {}],
  ])("takes %s: %s for nothing", (key, value, expected) => {
    const gpu = gpuFromAnnotations({ ...h100Annotations, [key]: value }, asIs);
    expect(gpu).toMatchObject(expected);
    expect(Object.values(gpu)).not.toContain(value);
  });

  it.each([
    ["gpu.fluidos.eu/memory-per-gpu", "80 GB"],
    ["gpu.fluidos.eu/clock-speed", "1.98GHz"],
    ["gpu.fluidos.eu/interconnect-bandwidth-gbps", "900Gbps"],
  ])("panics over %s: %s, or takes it for 0", (key, value) => {
    const annotations = { ...h100Annotations, [key]: value };
    expect(() => gpuFromAnnotations(annotations, asIs)).toThrow(BadAnnotation);
    expect(Object.values(gpuFromAnnotations(annotations, { ...asIs, strict: false }))).toContain("0");
  });

  it.each(["gpu.fluidos.eu/memory", "gpu.fluidos.eu/compute_capability", "gpu.fluidos.eu/shared"])(
    "is not read from %s, which only documents name",
    (key) => {
      expect(gpuFromAnnotations({ [key]: "1" }, asIs)).toEqual(gpuFromAnnotations({}, asIs));
    },
  );
});

describe("what is left of a sold Flavor", () => {
  const whole = {
    architecture: "amd64",
    cpu: "7936509182n",
    memory: "31206396Ki",
    pods: "110",
    storage: "0",
    gpu: { model: "nvidia-h100", vendor: "nvidia", count: 4, memory: "320Gi", cores: "67584" },
  };
  const part = { cpu: "1", memory: "512Mi", pods: "110" };
  const seller = (dialect: Dialect, honest = false) => ({
    dialect,
    has: defectsOf(dialect, honest ? { remainderKeepsGpus: false } : {}),
  });

  it("has less CPU and memory, no pods where all were taken, and all of its GPUs", () => {
    expect(remainderOf(seller("clastix"), whole, part)).toEqual({
      ...whole,
      cpu: "6936509182n",
      memory: "30682108Ki",
      pods: "0",
    });
  });

  it.each<[string, Dialect, boolean, Gpu]>([
    ["no count with the fork", "clastix", false, { memory: "320Gi", cores: "67584" }],
    ["less memory and cores upstream", "upstream", false, { count: 4, memory: "160Gi", cores: "67584" }],
    ["its share without the defect", "clastix", true, { count: 2, memory: "160Gi", cores: "33792" }],
  ])("has %s, where GPUs were configured", (_, dialect, honest, expected) => {
    const sold = { ...part, gpu: { count: 2, memory: "160Gi" } };
    const { gpu } = remainderOf(seller(dialect, honest), whole, sold);
    expect(gpu).toMatchObject(expected);
    expect(gpu?.count).toBe(expected.count);
  });

  it("cannot be told where GPUs were configured of a Flavor without any", () => {
    const { gpu: _, ...bare } = whole;
    const sold = { ...part, gpu: { count: 1 } };
    expect(() => remainderOf(seller("clastix"), bare, sold)).toThrow("nil pointer");
    expect(remainderOf(seller("clastix", true), bare, sold)).not.toHaveProperty("gpu");
  });
});
