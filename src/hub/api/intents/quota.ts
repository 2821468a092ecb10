import { exchange } from "../../../allocation/currency.ts";
import type { Requirement } from "../../../allocation/requirement.ts";
import type { CurrencyRates, Money } from "../../../allocation/types.ts";
import { formatMoney } from "../../../units/money.ts";
import { ApiError } from "../api-error.ts";
import type { Quota } from "../config.ts";

/** What one Intent counts for. */
export interface Share {
  readonly gpus: number;
  readonly model: string | undefined;
  /** Of an hour; undefined: not known. */
  readonly rate: Money | undefined;
}

/** What an Intent with this requirement counts for. */
export const shareOf = ({ gpu, tasks }: Requirement, rate: Money | undefined): Share => ({
  gpus: gpu.count * tasks,
  model: gpu.model,
  rate,
});

/** Throws QUOTA_EXCEEDED where a tenant that has these shares may not have one more. */
export function requireQuota(
  quota: Quota,
  shares: readonly Share[],
  asked: Share,
  currencyRates: CurrencyRates,
): void {
  const sum = (of: readonly Share[]): number => of.reduce((total, { gpus }) => total + gpus, 0);
  requireRoom("intents", { used: shares.length, asked: 1, limit: quota.intents });
  requireRoom("gpus", { used: sum(shares), asked: asked.gpus, limit: quota.gpus });
  for (const [model, limit] of Object.entries(quota.gpusByModel ?? {})) {
    if (asked.model !== model) continue;
    const used = sum(shares.filter((share) => share.model === model));
    requireRoom(`gpusByModel.${model}`, { used, asked: asked.gpus, limit });
  }
  if (quota.hourlyRate !== undefined) requireRate(quota.hourlyRate, shares, asked, currencyRates);
}

function requireRate(
  limit: Money,
  shares: readonly Share[],
  asked: Share,
  currencyRates: CurrencyRates,
): void {
  const inCurrency = (rate: Money | undefined): number =>
    rate === undefined ? 0 : rate.amount * (exchange(currencyRates, rate.currency, limit.currency) ?? 0);
  const used = shares.reduce((total, { rate }) => total + inCurrency(rate), 0);
  const show = (amount: number): string =>
    formatMoney({ amount: Math.round(amount * 100) / 100, currency: limit.currency });
  requireRoom("hourlyRate", { used, asked: inCurrency(asked.rate), limit: limit.amount }, show);
}

interface Room {
  readonly used: number;
  readonly asked: number;
  readonly limit: number | undefined;
}

/** Sums of rates do not come out even. */
const PRECISION = 1e-9;

function requireRoom(
  name: string,
  { used, asked, limit }: Room,
  show: (amount: number) => string = String,
): void {
  if (limit === undefined || used + asked <= limit + PRECISION) return;
  const message = `the quota ${name} of your tenant is exceeded: ${show(used)} of ${show(limit)} used, ${show(asked)} asked for`;
  throw new ApiError("QUOTA_EXCEEDED", message, { quota: { name, used: show(used), limit: show(limit) } });
}
