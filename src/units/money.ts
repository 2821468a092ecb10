/** An amount in one currency. */
export interface Amount {
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

const SYMBOLS: Readonly<Record<string, string>> = { "€": "EUR", $: "USD", "£": "GBP" };
const SYNTAX =
  /^(?:([A-Za-z]{3}|[€$£]) ?)?(\d{1,12}(?:\.\d{1,6})?) ?([A-Za-z]{3}|[€$£])?( ?\/ ?h(?:our|r)?)?$/;

/**
 * Reads an amount: `10 EUR`, `EUR 10.50`, `€10`, `10 EUR/hour`, or a number alone, which is in the default currency.
 * Undefined where it is none: no number, negative, two currencies.
 */
export function parseMoney(input: string | number, defaultCurrency = "EUR"): Amount | undefined {
  const match = SYNTAX.exec(String(input).trim());
  if (match === null) return undefined;
  const [, before, amount, after] = match;
  if (before !== undefined && after !== undefined) return undefined;
  const named = before ?? after ?? defaultCurrency;
  return { amount: Number(amount), currency: SYMBOLS[named] ?? named.toUpperCase() };
}

/** Writes an amount with two digits or, where the amount is finer, up to six: `10 EUR`, `0.45 EUR`, `0.0125 EUR`. */
export function formatMoney({ amount, currency }: Amount): string {
  const rounded = Math.round(amount * 1e6) / 1e6;
  const isWhole = Number.isInteger(rounded);
  const digits = isWhole ? 0 : Math.max(2, (String(rounded).split(".")[1] ?? "").length);
  return `${rounded.toFixed(digits)} ${currency}`;
}

/** Writes a rate for an hour: `8.50 EUR/hour`. */
export function formatRate(rate: Amount): string {
  return `${formatMoney(rate)}/hour`;
}
