import { beforeEach, describe, expect, it, vi } from "vitest";
import { slowNetworkGbps, slowPciGpus } from "../../../src/agent/system-information.ts";

const told = vi.hoisted(() => ({ graphics: vi.fn(), networkInterfaces: vi.fn() }));
vi.mock("systeminformation", () => told);

beforeEach(() => vi.resetAllMocks());

const nic = (speed: number | null, rest = {}) => ({
  iface: "eth0",
  operstate: "up",
  virtual: false,
  internal: false,
  speed,
  ...rest,
});

describe("the GPUs of a machine without sysfs", () => {
  it.each([
    ["ids with 0x, as macOS tells them", { vendorId: "0x1002", deviceId: "0x67DF" }, ["1002", "67df"]],
    ["ids without, as lspci tells them", { vendorId: "10de", deviceId: "2330" }, ["10de", "2330"]],
    ["a name where the vendor's id should be", { vendorId: "Apple", deviceId: "67df" }, undefined],
    ["no ids", {}, undefined],
  ])("are known by %s", async (_what, ids, expected) => {
    told.graphics.mockResolvedValue({ controllers: [{ busAddress: "01:00.0", bus: "PCI", ...ids }] });
    const [vendor, device] = expected ?? [];
    expect(await slowPciGpus()).toEqual(
      expected === undefined ? [] : [{ address: "01:00.0", vendor, device, class: "030000" }],
    );
  });

  it("are none where the tools are missing", async () => {
    told.graphics.mockRejectedValue(new Error("spawn lspci ENOENT"));
    expect(await slowPciGpus()).toEqual([]);
  });
});

describe("the network of a machine without sysfs", () => {
  it.each([
    ["adds up what is up, from Mbit/s", [nic(100_000), nic(25_000)], 125],
    ["leaves out what is down", [nic(10_000), nic(10_000, { operstate: "down" })], 10],
    ["leaves out loopback, bridges and tunnels", [nic(1, { internal: true }), nic(1, { virtual: true })], 0],
    ["leaves out who does not know its speed", [nic(null), nic(-1), nic(1000)], 1],
    ["takes a single interface, which is no list", nic(1000), 1],
  ])("%s", async (_what, interfaces, gbps) => {
    told.networkInterfaces.mockResolvedValue(interfaces);
    expect(await slowNetworkGbps()).toBe(gbps);
  });

  it("is unknown where the tools are missing", async () => {
    told.networkInterfaces.mockRejectedValue(new Error("spawn ip ENOENT"));
    expect(await slowNetworkGbps()).toBe(0);
  });
});
