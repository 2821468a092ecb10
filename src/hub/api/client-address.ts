import { BlockList, isIP } from "node:net";

/** Tells the address of a client, past proxies that are trusted. */
export type ClientAddress = (remote: string | undefined, forwardedFor: string | undefined) => string;

/**
 * Creates it for addresses and networks whose X-Forwarded-For is believed. The header is read from its end: the first
 * address that is no trusted proxy is the client; what stands before it, anybody may have written.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const text of trustedProxies) {
    const [address = "", bits] = text.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    trusted.addSubnet(address, bits === undefined ? (family === "ipv4" ? 32 : 128) : Number(bits), family);
  }
  const isTrusted = (address: string): boolean =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
  return (remote, forwardedFor) => {
    let client = plain(remote ?? "");
    const hops = (forwardedFor ?? "").split(",").map((hop) => plain(hop.trim()));
    while (isTrusted(client)) {
      const before = hops.pop();
      if (before === undefined || isIP(before) === 0) break;
      client = before;
    }
    return client === "" ? "unknown" : client;
  };
}

/** `::ffff:10.0.0.1` is 10.0.0.1 as a dual-stack socket tells it. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");

/** By what requests of an address are counted: an IPv6 host has a whole /64 to choose addresses from. */
export function addressKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":").filter((group) => group !== "");
  const after = tail === undefined ? [] : tail.split(":").filter((group) => group !== "");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => "0");
  return `${[...groups, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}
