import { graphics, networkInterfaces } from "systeminformation";
import type { PciDevice } from "../mapping/facts.ts";

/**
 * What the package systeminformation tells where there is no sysfs to read. It starts `lspci` and shells, so this file is
 * loaded only then, at the full pass. Missing tools are normal in a slim container: they give no facts, and no error.
 */
export async function slowNetworkGbps(): Promise<number> {
  const told = await networkInterfaces().catch(() => []);
  const interfaces = Array.isArray(told) ? told : [told];
  const megabits = interfaces
    .filter((nic) => !nic.virtual && !nic.internal && nic.operstate === "up")
    .reduce((sum, nic) => sum + Math.max(0, nic.speed ?? 0), 0);
  return megabits / 1000;
}

/** The GPUs that systeminformation sees, by their PCI ids. */
export async function slowPciGpus(): Promise<readonly PciDevice[]> {
  const { controllers } = await graphics().catch(() => ({ controllers: [] }));
  return controllers.flatMap((controller) => {
    const vendor = id(controller.vendorId);
    const device = id(controller.deviceId);
    if (vendor === undefined || device === undefined) return [];
    return [{ address: controller.busAddress ?? controller.bus, vendor, device, class: "030000" }];
  });
}

function id(text: string | undefined): string | undefined {
  const digits = text?.toLowerCase().replace(/^0x/, "");
  return digits !== undefined && /^[0-9a-f]{4}$/.test(digits) ? digits : undefined;
}
