import type { Money } from "../../allocation/types.ts";
import type { IntentStatus } from "../../intent/status-schema.ts";
import { formatMoney, parseMoney } from "../../units/money.ts";
import { timestamp } from "./conditions.ts";

export type IntentCost = NonNullable<IntentStatus["cost"]>;

const HOUR_MS = 3_600_000;

/**
 * The cost counted up to now. A clock that was stepped back counts nothing twice: the time that it repeats is free.
 * `now` in milliseconds.
 */
export function accrue(cost: IntentCost | undefined, now: number): IntentCost | undefined {
  if (cost?.rate === undefined || cost.since === undefined) return cost;
  const rate = parseMoney(cost.rate);
  if (rate === undefined) return cost;
  const since = Date.parse(cost.since);
  // Whole seconds, as times are written: what is left over is counted the next time.
  const until = Math.floor(now / 1000) * 1000;
  if (until === since) return cost;
  const before = parseMoney(cost.accrued ?? "", rate.currency)?.amount ?? 0;
  const amount = before + (rate.amount * Math.max(0, until - since)) / HOUR_MS;
  return { ...cost, accrued: formatMoney({ amount, currency: rate.currency }), since: timestamp(until) };
}

/** From now on it costs this much; what has accrued stays. */
export function startCost(cost: IntentCost | undefined, rate: Money | undefined, now: number): IntentCost {
  const { accrued, started } = cost ?? {};
  const since = timestamp(now);
  return {
    ...(rate === undefined ? {} : { rate: formatMoney(rate), since }),
    accrued: accrued ?? formatMoney({ amount: 0, currency: rate?.currency ?? "EUR" }),
    started: started ?? since,
  };
}

/** From now on it costs nothing more. */
export function stopCost(cost: IntentCost | undefined, now: number): IntentCost | undefined {
  const counted = accrue(cost, now);
  if (counted === undefined) return undefined;
  const { rate: _, since: __, ...rest } = counted;
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
