import type { CurrencyRates } from "../../allocation/types.ts";

/**
 * What currencies are worth in EUR where the hub's configuration does not say: round figures of early 2026, good enough
 * to compare offers, not to send bills by.
 */
export const DEFAULT_CURRENCY_RATES: CurrencyRates = {
  EUR: 1,
  USD: 0.86,
  GBP: 1.15,
  CHF: 1.07,
  SEK: 0.093,
  NOK: 0.086,
  DKK: 0.134,
  PLN: 0.236,
  CZK: 0.041,
  JPY: 0.0055,
  CNY: 0.122,
  INR: 0.0096,
  KRW: 0.00059,
  SGD: 0.66,
  AUD: 0.57,
  CAD: 0.62,
};
