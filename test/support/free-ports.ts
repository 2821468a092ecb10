/** Loopback ports for servers that cannot choose one themselves and tell which. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";

const tries = 5;
const lowest = 10_000;

/**
 * Calls `start` with free ports, all different. Between the look and the use another process may take one: what then
 * fails with "address already in use" is tried again with others, five times in all.
 */
export async function withFreePorts<T>(
  count: number,
  start: (ports: readonly number[]) => Promise<T>,
  random: () => number = Math.random,
): Promise<T> {
  for (let left = tries - 1; ; left -= 1) {
    try {
      return await start(await freePorts(count, random));
    } catch (error) {
      if (left === 0 || !/address already in use/i.test(String(error))) throw error;
    }
  }
}

/**
 * Free ports below those that the kernel gives to outgoing connections: a client, or a server that asks for any port,
 * would else take one of them while it waits for its server.
 */
export async function freePorts(count: number, random: () => number = Math.random): Promise<number[]> {
  const end = await firstEphemeralPort();
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = lowest + Math.floor(random() * (end - lowest));
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

/** Linux tells it; elsewhere it is the one that IANA names or higher, so that the half below it will do. */
export async function firstEphemeralPort(): Promise<number> {
  const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8").catch(() => "32768");
  return Math.max(Number.parseInt(range, 10), lowest + 1000);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  await once(server.close(), "close");
  return true;
}
