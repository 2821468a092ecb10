/** A range of IP addresses. */
export interface Cidr {
  readonly text: string;
  readonly family: 4 | 6;
  /** The network's bits, as a number. */
  readonly prefix: bigint;
  readonly length: number;
}

/** Reads `10.0.0.0/8`, `fd00::/8`, or an address alone. The text comes out canonical for IPv4, as given for IPv6. */
export function parseCidr(input: string): Cidr | undefined {
  const [, address = "", length] = /^([0-9a-fA-F:.]{2,45})(?:\/(\d{1,3}))?$/.exec(input.trim()) ?? [];
  const family = address.includes(":") ? 6 : 4;
  const bits = family === 6 ? parseV6(address) : parseV4(address);
  const width = family === 6 ? 128 : 32;
  const wanted = length === undefined ? width : Number(length);
  if (bits === undefined || wanted > width) return undefined;
  const host = BigInt(width - wanted);
  const prefix = bits >> host;
  const network = family === 4 ? formatV4(prefix << host) : address.toLowerCase();
  return { text: `${network}/${wanted}`, family, prefix, length: wanted };
}

/** Whether `inner` is a true part of `outer`, as the exceptions of a NetworkPolicy must be. */
export const isWithin = (inner: Cidr, outer: Cidr): boolean =>
  inner.length > outer.length && covers(outer, inner);

/** Whether every address of `inner` is in `outer`. */
export const covers = (outer: Cidr, inner: Cidr): boolean =>
  outer.family === inner.family &&
  inner.length >= outer.length &&
  inner.prefix >> BigInt(inner.length - outer.length) === outer.prefix;

function parseV4(text: string): bigint | undefined {
  const parts = text.split(".");
  const isValid =
    parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return isValid ? parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n) : undefined;
}

const formatV4 = (bits: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join(".");

function parseV6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2 || text.includes(".")) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const words = [...head, ...Array<string>(missing).fill("0"), ...tail];
  if (!words.every((word) => /^[0-9a-fA-F]{1,4}$/.test(word))) return undefined;
  return words.reduce((bits, word) => (bits << 16n) | BigInt(`0x${word}`), 0n);
}
