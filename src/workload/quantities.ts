import { formatQuantity, parseQuantity } from "../units/quantity.ts";

const NANO = 1_000_000_000n;

/**
 * A quantity some times over, in canonical form: `1500m` x 2 is `3`, `8Gi` x 1.5 is `12Gi`. What comes out is no finer
 * than thousandths, and whole where it is large, as bytes are. Undefined: no quantity.
 */
export function timesQuantity(text: string, factor: number): string | undefined {
  const quantity = parseQuantity(text);
  if (quantity === undefined) return undefined;
  const nanos = (quantity.nanos * BigInt(Math.round(factor * 1000))) / 1000n;
  const grain = nanos >= 1000n * NANO ? NANO : NANO / 1000n;
  return formatQuantity({ nanos: ((nanos + grain - 1n) / grain) * grain, base: quantity.base });
}

/** The sum of quantities, in the notation of the first. */
export function sumQuantities(texts: readonly string[]): string {
  const quantities = texts.flatMap((text) => parseQuantity(text) ?? []);
  return formatQuantity({
    nanos: quantities.reduce((sum, { nanos }) => sum + nanos, 0n),
    base: quantities[0]?.base ?? 10,
  });
}
