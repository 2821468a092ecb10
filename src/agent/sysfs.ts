import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { PciDevice } from "../mapping/facts.ts";

/** PCI classes of display controllers, co-processors and processing accelerators. */
const GPU_CLASS = /^(03|0b40|12)/;
/** More entries than any machine has: a guard against a wrong folder. */
const MAX_ENTRIES = 4096;

/**
 * GPUs among the PCI functions under `root` (`/`, or where the host's file system is mounted). Virtual functions are left
 * out: their physical function stands for the GPU. Undefined where there is no PCI folder to read.
 */
export async function readPciGpus(root: string): Promise<readonly PciDevice[] | undefined> {
  const folder = join(root, "sys/bus/pci/devices");
  const addresses = await entries(folder);
  if (addresses === undefined) return undefined;
  const gpus: PciDevice[] = [];
  for (const address of addresses) {
    const device = join(folder, address);
    const classCode = hex(await text(join(device, "class")));
    if (classCode === undefined || !GPU_CLASS.test(classCode) || (await exists(join(device, "physfn"))))
      continue;
    const vendor = hex(await text(join(device, "vendor")));
    const id = hex(await text(join(device, "device")));
    if (vendor !== undefined && id !== undefined)
      gpus.push({ address, vendor, device: id, class: classCode });
  }
  return gpus;
}

/** Sum of the speeds of the physical NICs that are up, in Gbit/s; undefined where there is no folder of NICs to read. */
export async function readNetworkGbps(root: string): Promise<number | undefined> {
  const folder = join(root, "sys/class/net");
  const names = await entries(folder);
  if (names === undefined) return undefined;
  let megabits = 0;
  for (const name of names) {
    const nic = join(folder, name);
    // Bridges, tunnels and veth pairs have no device; a virtual function shares its parent's wire.
    if (!(await exists(join(nic, "device"))) || (await exists(join(nic, "device/physfn")))) continue;
    if ((await text(join(nic, "operstate"))) !== "up") continue;
    const speed = Number(await text(join(nic, "speed")));
    if (speed > 0) megabits += speed;
  }
  return megabits / 1000;
}

async function entries(folder: string): Promise<readonly string[] | undefined> {
  try {
    return (await readdir(folder)).sort().slice(0, MAX_ENTRIES);
  } catch {
    return undefined;
  }
}

/** A small file's text; undefined where it is absent or will not be read (`speed` of a NIC that is down fails). */
async function text(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The digits of `0x10de`. */
function hex(value: string | undefined): string | undefined {
  return value !== undefined && /^0x[0-9a-f]+$/i.test(value) ? value.slice(2).toLowerCase() : undefined;
}
