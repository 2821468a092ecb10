import type { Money } from "../../allocation/types.ts";
import { parseMoney } from "../../units/money.ts";
import { type OfferedGroup, shareOfGpu } from "./device-groups.ts";
import type { NodeRecord } from "./node-record.ts";
import type { StatedFacts } from "./site-facts.ts";

export interface Pricing extends StatedFacts {
  readonly priceFactor?: number | undefined;
}

/** What one unit of a group costs for an hour; undefined where nobody says. */
export type UnitRate = (group: OfferedGroup) => Money | undefined;

/**
 * Prices of a node's units: the provider's overrides by model, then the node's hourly rate, of which each unit has its
 * share, then the provider's defaults by model; all times the provider's factor.
 */
export function unitRates(node: NodeRecord, groups: readonly OfferedGroup[], pricing: Pricing): UnitRate {
  const { defaults, overrides, priceFactor = 1 } = pricing;
  const { values } = node.description;
  const currency = overrides?.currency ?? values["cost.fluidos.eu/currency"] ?? defaults?.currency;
  const nodeRate = values["cost.fluidos.eu/hourly-rate"];
  const shares = sharesOf(groups);
  return (group) => {
    const rate =
      byModel(overrides?.hourlyRates, group, currency) ??
      ofNode(nodeRate, currency, shares(group)) ??
      byModel(defaults?.hourlyRates, group, currency);
    return rate === undefined
      ? undefined
      : { amount: round(rate.amount * priceFactor), currency: rate.currency };
  };
}

function ofNode(rate: number | undefined, currency: string | undefined, share: number): Money | undefined {
  return rate === undefined || currency === undefined ? undefined : { amount: rate * share, currency };
}

/** A rate by model is that of a whole GPU: a slice costs the part of it that it is, and sharers split it. */
function byModel(
  rates: Readonly<Record<string, string>> | undefined,
  group: OfferedGroup,
  currency: string | undefined,
): Money | undefined {
  const { model, variant, replicas } = group;
  if (rates === undefined || model === undefined) return undefined;
  const text = rates[`${model}-${variant}`] ?? rates[model];
  const rate = text === undefined ? undefined : parseMoney(text, currency);
  return rate && { amount: (rate.amount * shareOfGpu(group)) / replicas, currency: rate.currency };
}

/**
 * The share that one unit has of its node: by memory, where every group tells it, because memory is what slices differ
 * in; else every device counts the same. Over all units the shares make up one.
 */
function sharesOf(groups: readonly OfferedGroup[]): (group: OfferedGroup) => number {
  const byMemory = groups.every(({ memoryGi }) => memoryGi !== undefined);
  const weight = ({ memoryGi }: OfferedGroup): number => (byMemory ? (memoryGi ?? 1) : 1);
  const total = groups.reduce((sum, group) => sum + weight(group) * group.count, 0);
  return (group) => (total === 0 ? 0 : weight(group) / total / group.replicas);
}

/** Millionths: finer than any price, coarse enough that 2/3 x 3 is 2. */
const round = (amount: number): number => Math.round(amount * 1e6) / 1e6;
