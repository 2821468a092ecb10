import { exchange } from "../../allocation/currency.ts";
import type { CurrencyRates, Money } from "../../allocation/types.ts";
import type { IntentStatus } from "../../intent/status-schema.ts";
import { formatMoney, parseMoney } from "../../units/money.ts";
import { timestamp } from "./conditions.ts";

export type IntentCost = NonNullable<IntentStatus["cost"]>;

const HOUR_MS = 3_600_000;

/**
 * The cost counted up to now, in whole seconds, as times are written; what is left over is counted the next time. A clock
 * that was stepped back counts nothing twice: the time that it repeats is free. `now` in milliseconds.
 */
export function accrue(cost: IntentCost | undefined, now: number): IntentCost | undefined {
  const until = Math.floor(now / 1000) * 1000;
  if (cost?.since === undefined || until === Date.parse(cost.since)) return cost;
  const accrued = accruedAt(cost, until);
  return { ...cost, ...(accrued === undefined ? {} : { accrued }), since: timestamp(until) };
}

function accruedAt({ rate, accrued, since }: IntentCost, until: number): string | undefined {
  const hourly = parseMoney(rate ?? "");
  if (hourly === undefined || since === undefined) return undefined;
  const before = parseMoney(accrued ?? "", hourly.currency)?.amount ?? 0;
  const amount = before + (hourly.amount * Math.max(0, until - Date.parse(since))) / HOUR_MS;
  return formatMoney({ amount, currency: hourly.currency });
}

/**
 * From now on it costs this much; what has accrued stays, in the currency of the rate. Where nobody tells the rate, only
 * the time is counted.
 */
export function startCost(
  cost: IntentCost | undefined,
  rate: Money | undefined,
  now: number,
  rates: CurrencyRates = {},
): IntentCost {
  const { accrued, started } = cost ?? {};
  const since = timestamp(now);
  return {
    ...(rate === undefined ? {} : { rate: formatMoney(rate) }),
    since,
    accrued: inCurrency(accrued, rate?.currency, rates),
    started: started ?? since,
  };
}

/** An amount in another currency; as it is where no rate is known. */
function inCurrency(accrued: string | undefined, currency: string | undefined, rates: CurrencyRates): string {
  const before = parseMoney(accrued ?? "");
  if (before === undefined) return formatMoney({ amount: 0, currency: currency ?? "EUR" });
  if (currency === undefined) return formatMoney(before);
  if (before.amount === 0) return formatMoney({ amount: 0, currency });
  const factor = exchange(rates, before.currency, currency);
  return formatMoney(factor === undefined ? before : { amount: before.amount * factor, currency });
}

/** From now on it costs nothing more. */
export function stopCost(cost: IntentCost | undefined, now: number): IntentCost | undefined {
  if (cost === undefined) return undefined;
  const { rate: _, since: __, ...rest } = cost;
  const accrued = accruedAt(cost, now);
  if (accrued !== undefined) return { ...rest, accrued };
  return rest;
}

/** Milliseconds until so much is spent; 0: it is. Undefined where it never will be, or the currencies differ. */
export function untilSpent(cost: IntentCost | undefined, limit: Money, now: number): number | undefined {
  const rate = parseMoney(cost?.rate ?? "");
  if (rate === undefined || cost?.since === undefined || rate.currency !== limit.currency) return undefined;
  const spent = parseMoney(cost.accrued ?? "", rate.currency)?.amount ?? 0;
  if (spent >= limit.amount) return 0;
  if (rate.amount <= 0) return undefined;
  const ms = ((limit.amount - spent) / rate.amount) * HOUR_MS - Math.max(0, now - Date.parse(cost.since));
  return Math.max(0, Math.ceil(ms));
}
