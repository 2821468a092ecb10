import { describe, expect, it } from "vitest";
import { devicesOf, type ResourceSlice, viewOfSlice } from "../../../src/agent/dra.ts";

const attributes = {
  "gpu.nvidia.com/productName": { string: "NVIDIA H100" },
  index: { int: 0 },
  mig: { bool: false },
  cudaDriverVersion: { version: "12.4.0" },
};
const plain = { productName: "NVIDIA H100", index: 0, mig: false, cudaDriverVersion: "12.4.0" };

const slice = (
  generation: number,
  devices: NonNullable<ResourceSlice["spec"]>["devices"],
): ResourceSlice => ({
  spec: {
    driver: "gpu.nvidia.com",
    pool: { name: "gpu-1", generation },
    ...(devices === undefined ? {} : { devices }),
  },
});

describe("viewOfSlice", () => {
  it.each([
    ["v1 and v1beta2", { name: "gpu-0", attributes, capacity: { memory: { value: "81559Mi" } } }],
    [
      "v1beta1",
      { name: "gpu-0", basic: { attributes, capacity: { "gpu.nvidia.com/memory": { value: "81559Mi" } } } },
    ],
  ])("reads the devices of %s", (_name, device) => {
    expect(viewOfSlice(slice(1, [device])).devices).toEqual([
      {
        driver: "gpu.nvidia.com",
        pool: "gpu-1",
        name: "gpu-0",
        attributes: plain,
        capacity: { memory: "81559Mi" },
      },
    ]);
  });

  it("marks devices that are only ways to cut a GPU", () => {
    const consumesCounters = [{ counterSet: "gpu-0-counters", counters: { memory: { value: "10Gi" } } }];
    const [device] = viewOfSlice(slice(1, [{ name: "gpu-0-mig-1g", attributes, consumesCounters }])).devices;
    expect(device?.attributes).toEqual({ ...plain, overlapping: true });
  });

  it("reads an empty slice", () => {
    expect(viewOfSlice({})).toEqual({ pool: "/", generation: 0, devices: [] });
  });
});

describe("devicesOf", () => {
  it("joins the slices of a pool's newest generation only", () => {
    const views = [slice(1, [{ name: "old" }]), slice(2, [{ name: "a" }]), slice(2, [{ name: "b" }])].map(
      viewOfSlice,
    );
    expect(devicesOf(views).map((device) => device.name)).toEqual(["a", "b"]);
  });
});
