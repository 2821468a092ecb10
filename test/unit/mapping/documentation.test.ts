import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CONVERSION_NAMES } from "../../../src/mapping/convert.ts";
import { DEVICE_FIELDS } from "../../../src/mapping/device-view.ts";
import { mapNode } from "../../../src/mapping/map-node.ts";
import { OPERATORS } from "../../../src/mapping/schema.ts";
import { SOURCES } from "../../../src/mapping/sources.ts";
import { gpu, nodeFacts, tablesWith } from "./tables.ts";

const page = readFileSync("docs/mappings.md", "utf8");
const [place = "", product = "", npu = ""] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
  (match) => match[1] ?? "",
);
const published = (table: string, node: Parameters<typeof nodeFacts>[0]): Readonly<Record<string, string>> =>
  gpu(mapNode(tablesWith(table), nodeFacts(node), { aliases: false }));

describe("the examples of docs/mappings.md do what the page says", () => {
  test("prices and place", () => {
    const labels = {
      "nvidia.com/gpu.product": "NVIDIA-L4",
      "nvidia.com/gpu.count": "4",
      "example.org/rack": "r2",
    };
    expect(published(place, { labels })).toMatchObject({
      "cost.fluidos.eu/hourly-rate": "4.8",
      "cost.fluidos.eu/currency": "EUR",
      "location.fluidos.eu/region": "eu-turin-1",
      "location.fluidos.eu/zone": "hall-a",
      "energy.fluidos.eu/pue": "1.15",
    });
  });
  test("a product of one's own", () => {
    const labels = { "nvidia.com/gpu.product": "NVIDIA-GeForce-RTX-9999", "nvidia.com/gpu.count": "2" };
    expect(published(product, { labels })).toMatchObject({
      model: "nvidia-rtx-9999",
      variant: "pcie-48gb",
      "memory-per-gpu": "48Gi",
      "cost.fluidos.eu/hourly-rate": "1.8",
    });
    expect(published(product, { labels: { "nvidia.com/gpu.product": "NVIDIA-L4" } })).toMatchObject({
      tier: "budget",
      cores: "7424",
    });
  });
  test("a vendor of one's own", () => {
    const labels = { "npu.example.org/product": "NPU-2", "npu.example.org/memory": "32Gi" };
    expect(published(npu, { labels, allocatable: { "npu.example.org/npu": "6" } })).toMatchObject({
      vendor: "custom",
      model: "custom-npu-2",
      count: "6",
      "memory-per-gpu": "32Gi",
      tier: "inference",
    });
    const stale = mapNode(tablesWith(npu), nodeFacts({ labels, allocatable: {} }));
    expect(stale.problems.map(({ code }) => code)).toEqual(["stale-labels"]);
  });
});

describe("docs/mappings.md names", () => {
  test.each([
    ["every source", SOURCES],
    ["every operator", OPERATORS],
    ["every conversion", CONVERSION_NAMES],
    ["every device field", DEVICE_FIELDS],
  ])("%s", (_what, names) => {
    expect(names.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });
});

test("docs/scores.md computes its example right", () => {
  const labels = { "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "nvidia.com/gpu.count": "8" };
  const score = published("about: { title: Empty }\n", { labels })["workload.fluidos.eu/training-score"];
  expect(readFileSync("docs/scores.md", "utf8")).toContain(`0.2 x 0.83 = ${score}`);
});
