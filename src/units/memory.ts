import { formatQuantity, parseQuantity, quantityToNumber } from "./quantity.ts";

/** Bytes of a GiB. */
export const GIB = 2 ** 30;

/**
 * What `GB` means: 10^9 bytes of main memory and disks, but GiB on GPUs, whose makers print "80 GB" on cards that
 * hold 80 GiB.
 */
export type MeaningOfGB = "decimal" | "binary";

/** A bare number below this can only mean GiB; above, it is bytes. */
const SMALLEST_IN_BYTES = 100_000;

/**
 * Reads a size: a Kubernetes quantity (`70Gi`, `512Mi`, `70G`), with a B (`70GB`, `70 GiB`), or a bare number, which
 * is GiB while small (`70`) and bytes when large. Returns bytes, or undefined where the text is no size above zero.
 */
export function parseBytes(input: string | number, gb: MeaningOfGB = "decimal"): number | undefined {
  const text = String(input).trim();
  const bare = /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  if (bare !== undefined && bare < SMALLEST_IN_BYTES) return bare > 0 ? Math.ceil(bare * GIB) : undefined;
  const match = /^(\d+(?:\.\d+)?) ?([kKMGTP])?(i)?(B)?$/.exec(text);
  if (match === null) return undefined;
  const [, amount = "", prefix = "", i = "", b = ""] = match;
  const binary = i !== "" || (b !== "" && gb === "binary" && prefix !== "");
  const suffix = binary ? `${prefix.toUpperCase()}i` : prefix.replace("K", "k");
  const quantity = parseQuantity(`${amount}${suffix}`);
  const bytes = quantity === undefined ? 0 : Math.ceil(quantityToNumber(quantity));
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Writes bytes as a Kubernetes quantity: `70Gi`, and `70G` where only powers of 1000 make it short. */
export function formatBytes(bytes: number): string {
  const nanos = BigInt(Math.ceil(bytes)) * 1_000_000_000n;
  const [binary, decimal] = [formatQuantity({ nanos, base: 2 }), formatQuantity({ nanos, base: 10 })];
  return decimal.length < binary.length ? decimal : binary;
}
