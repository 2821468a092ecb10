import { formatQuantity, parseQuantity, type Quantity } from "../../../units/quantity.ts";

const nothing: Quantity = { nanos: 0n, base: 10 };

const read = (value: unknown): Quantity =>
  (typeof value === "string" || typeof value === "number" ? parseQuantity(value) : undefined) ?? nothing;

/** Whether the value is a quantity as Kubernetes knows them. */
export const isAmount = (value: unknown): value is string | number =>
  (typeof value === "string" || typeof value === "number") && parseQuantity(value) !== undefined;

/** Negative, 0 or positive as the first is less, equal or more. What is no quantity counts as 0. */
export function compareAmounts(a: unknown, b: unknown): number {
  const difference = read(a).nanos - read(b).nanos;
  return difference === 0n ? 0 : difference > 0n ? 1 : -1;
}

/** The quantity as Kubernetes writes it: `1.98G` is `1980M`. */
export const canonical = (value: unknown): string => formatQuantity(read(value));

export const minus = (a: unknown, b: unknown): string => {
  const from = read(a);
  return formatQuantity({ nanos: from.nanos - read(b).nanos, base: from.base });
};

export const times = (value: unknown, factor: number): string => {
  const { nanos, base } = read(value);
  return formatQuantity({ nanos: nanos * BigInt(Math.trunc(factor)), base });
};

/** That share of the quantity, in whole parts of 10^-9. */
export const portion = (value: unknown, part: number, of: number): string => {
  const { nanos, base } = read(value);
  return formatQuantity({ nanos: of === 0 ? 0n : (nanos * BigInt(part)) / BigInt(of), base });
};
