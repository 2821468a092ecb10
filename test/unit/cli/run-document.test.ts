import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nameFromImage, parseGpuWish, type RunFlags, runDocument } from "../../../src/cli/run-document.ts";
import { parseIntentRequest } from "../../../src/intent/parse.ts";

const flags = (told: Partial<RunFlags> = {}): RunFlags => ({
  image: "ghcr.io/acme/train:1",
  gpu: { model: "h100", count: 2 },
  objective: "balanced",
  env: [],
  port: [],
  tasks: 1,
  provider: [],
  priority: 0,
  ...told,
});

const specOf = (told: Partial<RunFlags>, command: readonly string[] = []) => {
  const read = parseIntentRequest(runDocument(flags(told), "train", command));
  if (!read.ok) expect.fail(read.problems.map(({ path, message }) => `${path} ${message}`).join("; "));
  return read.spec;
};

describe("GPUs", () => {
  it.each([
    ["h100:2", { model: "h100", count: 2 }],
    ["2xh100", { model: "h100", count: 2 }],
    ["8xnvidia-a100-sxm4-80gb", { model: "nvidia-a100-sxm4-80gb", count: 8 }],
    ["l40s", { model: "l40s", count: 1 }],
    ["rtx-4090", { model: "rtx-4090", count: 1 }],
    ["any:4", { model: "any", count: 4 }],
    ["4", { count: 4 }],
    ["", undefined],
    [":2", undefined],
    ["h100:", undefined],
    ["h100:two", undefined],
    ["h100:2:3", undefined],
    ["-1", undefined],
  ])("%j", (text, wish) => {
    expect(parseGpuWish(text)).toEqual(wish);
  });
});

describe("flags", () => {
  it("GPUs of the maker that the image is built for", () => {
    const { gpu } = specOf({ gpu: { count: 1 }, vendor: "amd" }).workload.resources;
    expect(gpu).toMatchObject({ vendor: "AMD", count: 1 });
  });

  it("two H100 in the EU under 10 EUR an hour", () => {
    const spec = specOf({ in: "EU", maxHourly: "10EUR" }, ["torchrun", "train.py"]);
    expect(spec).toMatchObject({
      objective: "BalancedOptimization",
      workload: {
        type: "Batch",
        name: "train",
        image: "ghcr.io/acme/train:1",
        commands: ["torchrun", "train.py"],
        resources: { gpu: { model: "h100", count: 2 } },
        batch: { parallelTasks: 1 },
      },
      constraints: { location: "EU", maxHourlyCost: "10 EUR" },
    });
  });

  it("a port makes a service, tasks its replicas", () => {
    const { workload } = specOf({
      port: [8000],
      tasks: 3,
      gpu: { count: 1 },
      gpuMemory: "20Gi",
      shared: true,
    });
    expect(workload).toMatchObject({
      type: "Service",
      ports: [{ port: 8000 }],
      scaling: { minReplicas: 3 },
      resources: { gpu: { count: 1, memoryMin: "20Gi", shared: true } },
    });
    expect(workload.resources.gpu.model).toBeUndefined();
  });

  it("the type wins over the port", () => {
    expect(specOf({ type: "service" }).workload.type).toBe("Service");
  });

  it("everything that can be said is in the Intent", () => {
    const spec = specOf({
      objective: "cost",
      priority: 5,
      spot: true,
      cpu: "8",
      memory: "64Gi",
      env: ["A=b=c"],
      tasks: 4,
      timeout: "24h",
      maxTotal: "$100",
      provider: ["aws", "gcp"],
      deadline: "2030-01-31T18:00:00Z",
    });
    expect(spec).toMatchObject({
      objective: "CostMinimization",
      priority: 5,
      workload: {
        env: ["A=b=c"],
        resources: { cpu: "8", memory: "64Gi" },
        batch: { parallelTasks: 4, timeout: "24h" },
      },
      constraints: {
        maxTotalCost: "100 USD",
        providers: ["aws", "gcp"],
        deadline: "2030-01-31T18:00:00Z",
        preEmptible: true,
      },
    });
  });

  it("a timeout and a port contradict each other", () => {
    expect(() => runDocument(flags({ port: [80], timeout: "1h" }), "x", [])).toThrow(
      "--timeout is for a batch",
    );
  });
});

describe("a name from the image", () => {
  it.each([
    ["ghcr.io/acme/train-llm:1.2", "train-llm-x7k2p"],
    ["nvcr.io/nvidia/pytorch@sha256:00ff", "pytorch-x7k2p"],
    ["localhost:5000/Team_A/My.Image", "my-image-x7k2p"],
    ["123", "run-x7k2p"],
  ])("%s is %s", (image, name) => {
    expect(nameFromImage(image, "x7k2p")).toBe(name);
  });

  it("is one that a workload may have, whatever the image", () => {
    fc.assert(
      fc.property(fc.string(), (image) => {
        expect(nameFromImage(image, "abcde")).toMatch(/^[a-z][a-z0-9-]{0,61}[a-z0-9]$/);
      }),
    );
  });
});
