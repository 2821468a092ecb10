import { describe, expect, it } from "vitest";
import { mapNode } from "../../../src/mapping/map-node.ts";
import { builtIn } from "./tables.ts";

const facts = {
  name: "gpu-1",
  labels: { "nvidia.com/gpu.product": "NVIDIA-L4", "nvidia.com/gpu.count": "1" },
  annotations: {},
};

describe("labels of a published node", () => {
  it("mark it for selection", () => {
    expect(mapNode(builtIn(), facts).labels).toEqual({ "node.fluidos.eu/gpu": "true" });
  });

  it("offer it to FLUIDOS where the site asks for that", () => {
    expect(mapNode(builtIn(), facts, { fluidosLabel: true }).labels).toEqual({
      "node.fluidos.eu/gpu": "true",
      "node-role.fluidos.eu/resources": "true",
    });
  });

  it("are none on a node without a GPU, whatever the site asks for", () => {
    expect(mapNode(builtIn(), { ...facts, labels: {} }, { fluidosLabel: true }).labels).toEqual({});
  });
});
