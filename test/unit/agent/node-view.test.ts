import { describe, expect, it } from "vitest";
import { type KubeNode, newerView, viewOfNode } from "../../../src/agent/node-view.ts";
import { respectOwners } from "../../../src/agent/ownership.ts";

const MODEL = "gpu.fluidos.eu/model";
const RATE = "cost.fluidos.eu/hourly-rate";

/** A Node where `owners` says who owns which annotation. */
function nodeWith(annotations: Record<string, string>, owners: Record<string, readonly string[]>): KubeNode {
  return {
    metadata: {
      name: "gpu-1",
      uid: "u1",
      resourceVersion: "7",
      labels: { "nvidia.com/gpu.product": "H100", "node.fluidos.eu/gpu": "true" },
      annotations,
      managedFields: Object.entries(owners).map(([manager, keys]) => ({
        manager,
        operation: manager === "flare-agent" ? "Apply" : "Update",
        fieldsV1: {
          "f:metadata": {
            "f:annotations": { ".": {}, ...Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) },
            ...(manager === "flare-agent" ? { "f:labels": { "f:node.fluidos.eu/gpu": {} } } : {}),
          },
        },
      })),
    },
    spec: { providerID: "aws:///eu-south-1a/i-1" },
    status: { allocatable: { "nvidia.com/gpu": "8" } },
  };
}

describe("viewOfNode", () => {
  it("tells what is ours, what is others' and what is there", () => {
    const view = viewOfNode(
      nodeWith(
        { [MODEL]: "h100", [RATE]: "5", other: "x" },
        { "flare-agent": [MODEL], "kubectl-annotate": [RATE, "other"] },
      ),
    );
    expect(view.published).toEqual({
      [`annotations/${MODEL}`]: "h100",
      "labels/node.fluidos.eu/gpu": "true",
    });
    expect([...view.foreign]).toEqual([[`annotations/${RATE}`, "kubectl-annotate"]]);
    expect(view.present).toMatchObject({ [`annotations/${RATE}`]: "5" });
  });

  it("takes others' annotations as facts, but neither our own nor large ones", () => {
    const annotations = {
      [MODEL]: "h100",
      [RATE]: "5",
      "kubectl.kubernetes.io/last-applied-configuration": "x".repeat(2000),
    };
    const view = viewOfNode(nodeWith(annotations, { "flare-agent": [MODEL], admin: [RATE] }));
    expect(view.facts).toEqual({
      name: "gpu-1",
      labels: { "nvidia.com/gpu.product": "H100" },
      annotations: { [RATE]: "5" },
      allocatable: { "nvidia.com/gpu": "8" },
      providerID: "aws:///eu-south-1a/i-1",
    });
  });

  it.each([
    ["an empty object", {}],
    [
      "managedFields without fields",
      { metadata: { name: "a", managedFields: [{}, { manager: "x", fieldsV1: null }] } },
    ],
  ])("reads %s without failing", (_name, node) => {
    expect(viewOfNode(node as KubeNode).published).toEqual({});
  });
});

describe("newerView", () => {
  const view = (resourceVersion: string, uid = "u1") => ({ ...viewOfNode({}), resourceVersion, uid });

  it.each([
    ["a later version", view("9"), view("10"), "10"],
    ["an earlier one, late on the wire", view("10"), view("9"), "10"],
    ["a version that is no number", view("10"), view("abc"), "abc"],
    ["another Node of that name", view("10"), view("3", "u2"), "3"],
  ])("after %s knows the right one", (_name, known, next, expected) => {
    expect(newerView(known, next).resourceVersion).toBe(expected);
  });
});

describe("respectOwners", () => {
  const field = `annotations/${MODEL}`;
  const standing = (present: string | undefined) => new Map([[field, { manager: "hidden", present }]]);
  const foreign = new Map([[field, "admin"]]);

  it.each([
    ["nobody else owns", { foreign: new Map(), present: {} }, new Map(), true],
    ["another manager owns with another value", { foreign, present: { [field]: "other" } }, new Map(), false],
    ["another manager owns with the same value", { foreign, present: { [field]: "h100" } }, new Map(), true],
    [
      "the server refused, and nothing changed since",
      { foreign: new Map(), present: { [field]: "x" } },
      standing("x"),
      false,
    ],
    [
      "the server refused, but the value is another now",
      { foreign: new Map(), present: { [field]: "y" } },
      standing("x"),
      true,
    ],
    ["the server refused, but the key is gone", { foreign: new Map(), present: {} }, standing("x"), true],
  ])("decides on a key that %s", (_name, view, refused, ours) => {
    const result = respectOwners(view, { [field]: "h100" }, refused);
    expect(result.wanted).toEqual(ours ? { [field]: "h100" } : {});
    expect(result.overridden.map((each) => each.field)).toEqual(ours ? [] : [field]);
  });
});
