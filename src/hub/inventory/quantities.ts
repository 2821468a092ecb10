import { parseQuantity, quantityToNumber } from "../../units/quantity.ts";

const PLAIN = /^\d{1,15}$/;

/** A quantity as a number; 0 where it is absent or none. Most are plain numbers, which need no big integers. */
export function quantity(text: string | number | undefined): number {
  if (text === undefined) return 0;
  if (typeof text === "number" || PLAIN.test(text)) return Number(text);
  const parsed = parseQuantity(text);
  return parsed === undefined ? 0 : quantityToNumber(parsed);
}
