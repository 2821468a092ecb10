import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readHardware } from "../../../src/agent/hardware.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "flare-sysfs-"));
});

afterEach(() => rm(root, { recursive: true }));

/** Writes a tree of small files, as sysfs is. */
async function sysfs(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, "sys", path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${text}\n`);
  }
}

const pci = (address: string, classCode: string, vendor = "0x10de", device = "0x2330") => ({
  [`bus/pci/devices/${address}/class`]: classCode,
  [`bus/pci/devices/${address}/vendor`]: vendor,
  [`bus/pci/devices/${address}/device`]: device,
});
const nic = (name: string, speed: string, operstate = "up") => ({
  [`class/net/${name}/speed`]: speed,
  [`class/net/${name}/operstate`]: operstate,
  [`class/net/${name}/device/vendor`]: "0x15b3",
});

describe("readHardware", () => {
  it("tells GPUs and accelerators from everything else on the bus", async () => {
    await sysfs({
      ...pci("0000:01:00.0", "0x030200"),
      ...pci("0000:02:00.0", "0x120000", "0x1002", "0x74a1"),
      ...pci("0000:03:00.0", "0x0b4000"),
      ...pci("0000:04:00.0", "0x020000", "0x15b3"),
      ...pci("0000:05:00.0", "0x040300"),
    });
    expect((await readHardware(root)).gpus).toEqual([
      { address: "0000:01:00.0", vendor: "10de", device: "2330", class: "030200" },
      { address: "0000:02:00.0", vendor: "1002", device: "74a1", class: "120000" },
      { address: "0000:03:00.0", vendor: "10de", device: "2330", class: "0b4000" },
    ]);
  });

  it("counts a GPU once, not its virtual functions", async () => {
    await sysfs({
      ...pci("0000:01:00.0", "0x030200"),
      ...pci("0000:01:00.4", "0x030200"),
      "bus/pci/devices/0000:01:00.4/physfn/class": "0x030200",
    });
    expect((await readHardware(root)).gpus).toHaveLength(1);
  });

  it.each([
    ["adds up the physical NICs that are up", { ...nic("eth0", "100000"), ...nic("eth1", "25000") }, 125],
    ["leaves out NICs that are down", { ...nic("eth0", "100000"), ...nic("eth1", "25000", "down") }, 100],
    ["leaves out NICs that do not know their speed", { ...nic("eth0", "100000"), ...nic("eth1", "-1") }, 100],
    [
      "leaves out virtual functions",
      { ...nic("eth0", "100000"), ...nic("eth0v0", "100000"), "class/net/eth0v0/device/physfn/vendor": "x" },
      100,
    ],
    [
      "leaves out what has no device",
      { ...nic("eth0", "100000"), "class/net/veth1/speed": "10000", "class/net/veth1/operstate": "up" },
      100,
    ],
    ["tells nothing where nobody knows", nic("eth0", "-1"), undefined],
  ])("%s", async (_name, files, gbps) => {
    await sysfs(files);
    expect((await readHardware(root)).networkGbps).toBe(gbps);
  });

  it("tells nothing where there is no sysfs", async () => {
    expect(await readHardware(join(root, "nowhere"))).toEqual({ gpus: [] });
  });
});
