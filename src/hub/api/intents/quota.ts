import { exchange } from "../../../allocation/currency.ts";
import type { Decision } from "../../../allocation/decision.ts";
import type { Requirement } from "../../../allocation/requirement.ts";
import type { CurrencyRates, Money } from "../../../allocation/types.ts";
import { formatMoney } from "../../../units/money.ts";
import { vendorIn } from "../../../vocabulary/vendor-in.ts";
import { ApiError } from "../api-error.ts";
import type { Quota } from "../config.ts";
import type { HardLimit } from "../tenants/capsule-quotas.ts";

/** What one Intent counts for. */
export interface Share {
  readonly gpus: number;
  readonly model: string | undefined;
  /** Maker of the GPUs, where it is asked for and not only their model. */
  readonly vendor?: string | undefined;
  /** Of an hour; undefined: not known. */
  readonly rate: Money | undefined;
  /** Namespace of the Intent. */
  readonly namespace: string;
  /** Units by extended resource, where it has a place; undefined: it waits for one. */
  readonly units: Readonly<Record<string, number>> | undefined;
}

/** What an Intent with this requirement counts for. */
export function shareOf(
  { gpu, tasks }: Requirement,
  decision: Decision,
  namespace: string,
  rate: Money | undefined,
): Share {
  const placed = decision.placed ? unitsOf(decision.placements) : undefined;
  const vendor = gpu.vendor === "any" ? undefined : gpu.vendor;
  return { gpus: gpu.count * tasks, model: gpu.model, vendor, rate, namespace, units: placed };
}

/** Units of each resource that tasks take. */
export function unitsOf(
  tasks: readonly { readonly resource: string; readonly units: number }[],
): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { resource, units } of tasks) sums[resource] = (sums[resource] ?? 0) + units;
  return sums;
}

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

/** Throws QUOTA_EXCEEDED where a ResourceQuota of the tenant has no room for one more. */
export function requireHardLimits(
  limits: readonly HardLimit[],
  shares: readonly Share[],
  asked: Share,
): void {
  for (const { name, resource, limit, scope } of limits) {
    const takes = (share: Share): number => (resource === undefined ? 1 : unitsFor(share, resource));
    const needed = takes(asked);
    if (needed === 0) continue;
    const counted = shares.filter(({ namespace }) => scope === "tenant" || namespace === asked.namespace);
    const used = counted.reduce((sum, share) => sum + takes(share), 0);
    requireRoom(name, { used, asked: needed, limit });
  }
}

/** What waits for a place may get any resource of its vendor's: it counts for each of them. */
function unitsFor({ units, gpus, model, vendor = vendorIn(model) }: Share, resource: string): number {
  if (units !== undefined) return units[resource] ?? 0;
  const [domain = ""] = resource.split("/");
  return vendor === undefined || domain.includes(vendor) ? gpus : 0;
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
