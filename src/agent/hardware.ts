import type { HardwareFacts } from "../mapping/facts.ts";
import { readNetworkGbps, readPciGpus } from "./sysfs.ts";

type SlowReader = typeof import("./system-information.ts");

/** Reads the hardware facts of the machine whose file system is at `root`. Never throws: what is not there is not told. */
export async function readHardware(root: string): Promise<HardwareFacts> {
  const gpus = (await readPciGpus(root)) ?? (await slowly(root, (slow) => slow.slowPciGpus())) ?? [];
  const networkGbps =
    (await readNetworkGbps(root)) ?? (await slowly(root, (slow) => slow.slowNetworkGbps())) ?? 0;
  return { gpus, ...(networkGbps > 0 ? { networkGbps } : {}) };
}

/** The way without sysfs. It knows only the machine it runs on, so it is no stand-in for a mounted host. */
async function slowly<T>(root: string, ask: (slow: SlowReader) => Promise<T>): Promise<T | undefined> {
  if (root !== "/") return undefined;
  try {
    return await ask(await import("./system-information.ts"));
  } catch {
    return undefined;
  }
}
