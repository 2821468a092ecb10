import { describe, expect, it } from "vitest";
import { type KubePod, podRecordOf, podRequests } from "../../../src/hub/inventory/pod-record.ts";
import { kubePod } from "./builders.ts";

const gpus = (count: number) => ({ resources: { requests: { "nvidia.com/gpu": String(count) } } });
const sidecar = (count: number) => ({ ...gpus(count), restartPolicy: "Always" });
const requested = (spec: KubePod["spec"]): number =>
  podRequests({ spec: spec ?? {} }).get("nvidia.com/gpu") ?? 0;

describe("what a pod requests", () => {
  it.each<[string, KubePod["spec"], number]>([
    ["of its containers, the sum", { containers: [gpus(1), gpus(2)] }, 3],
    [
      "of init containers, the largest, when that is more",
      { initContainers: [gpus(4), gpus(1)], containers: [gpus(2)] },
      4,
    ],
    [
      "of init containers, nothing, when the containers need more",
      { initContainers: [gpus(1)], containers: [gpus(2)] },
      2,
    ],
    [
      "of sidecars, their sum with the containers",
      { initContainers: [sidecar(1)], containers: [gpus(2)] },
      3,
    ],
    [
      "of an init container, what the sidecars before it hold too",
      { initContainers: [sidecar(2), gpus(4)], containers: [gpus(1)] },
      6,
    ],
    [
      "of an init container, not the sidecars after it",
      { initContainers: [gpus(4), sidecar(2)], containers: [gpus(1)] },
      4,
    ],
    [
      "its limits, where it states no requests",
      { containers: [{ resources: { limits: { "nvidia.com/gpu": "2" } } }] },
      2,
    ],
    ["with its overhead", { containers: [gpus(1)], overhead: { "nvidia.com/gpu": "1" } }, 2],
    ["nothing", {}, 0],
  ])("%s", (_, spec, expected) => {
    expect(requested(spec)).toBe(expected);
  });

  it("as a whole wins over the sum of its containers", () => {
    const spec = {
      containers: [{ resources: { requests: { cpu: "4" } } }],
      resources: { requests: { cpu: "2" } },
    };
    expect(podRequests({ spec }).get("cpu")).toBe(2);
  });
});

describe("the record of a pod", () => {
  it("keeps what it takes of its node, and whose it is", () => {
    const pod = kubePod({
      requests: { cpu: "1500m", memory: "3Gi", "amd.com/gpu": "1", "ephemeral-storage": "1Gi" },
      intent: "uid",
    });
    expect(podRecordOf(pod)).toEqual({
      node: "gpu-1",
      intent: "uid",
      cpu: 1.5,
      memoryGi: 3,
      devices: new Map([["amd.com/gpu", 1]]),
    });
  });

  it.each([
    ["not bound", kubePod({ node: "" })],
    ["ended well", kubePod({ phase: "Succeeded" })],
    ["ended badly", kubePod({ phase: "Failed" })],
  ])("takes nothing when it is %s", (_, pod) => {
    expect(podRecordOf(pod)).toMatchObject({ node: "", cpu: 0, devices: new Map() });
  });

  it("is the same object for all pods that take nothing", () => {
    expect(podRecordOf(kubePod({ node: "" }))).toBe(podRecordOf(kubePod({ phase: "Failed" })));
  });
});
