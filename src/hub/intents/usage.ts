import type { Money } from "../../allocation/types.ts";
import type { IntentStatus, IntentTask } from "../../intent/status-schema.ts";
import { parseMoney } from "../../units/money.ts";
import { conditionOf } from "./intent-view.ts";

/** What an Intent used of one provider between two states of it. */
export interface Usage {
  readonly provider: string;
  /** GPUs, slices or shares, times the seconds for which they were held. */
  readonly gpuSeconds: number;
  readonly cost?: Money;
}

/**
 * What was used between a status and the one that follows it. Every second is in the difference of exactly one pair of
 * states, whichever hub wrote them: a restart counts nothing twice and forgets nothing.
 */
export function usageBetween(before: IntentStatus, after: IntentStatus): readonly Usage[] {
  const since = Date.parse(before.cost?.since ?? "");
  const until = Date.parse(after.cost?.since ?? endOf(after) ?? "");
  const seconds = (until - since) / 1000;
  const tasks = before.placement?.tasks ?? [];
  if (!(seconds > 0) || tasks.length === 0) return [];
  const spent = spentBetween(before, after);
  return [...sharesOf(tasks)].map(([provider, { units, part }]) => ({
    provider,
    gpuSeconds: units * seconds,
    ...(spent === undefined ? {} : { cost: { ...spent, amount: spent.amount * part } }),
  }));
}

/** When it stopped to hold its GPUs. */
const endOf = (status: IntentStatus): string | undefined => {
  const reserved = conditionOf({ status }, "Reserved");
  return reserved?.status === "False" ? reserved.lastTransitionTime : undefined;
};

function spentBetween(before: IntentStatus, after: IntentStatus): Money | undefined {
  const to = parseMoney(after.cost?.accrued ?? "");
  const from = parseMoney(before.cost?.accrued ?? "");
  if (to === undefined || (from !== undefined && from.amount > 0 && from.currency !== to.currency))
    return undefined;
  const amount = to.amount - (from?.amount ?? 0);
  return amount > 0 ? { amount, currency: to.currency } : undefined;
}

interface Share {
  readonly units: number;
  /** Of the whole cost. */
  readonly part: number;
}

/** Providers by what they were paid or, where a rate is not known, by what they gave. */
function sharesOf(tasks: readonly IntentTask[]): ReadonlyMap<string, Share> {
  const rates = tasks.map(({ rate }) => parseMoney(rate ?? "")?.amount);
  const weights = rates.every((rate) => rate !== undefined) && sum(rates) > 0 ? rates : tasks.map(unitsOf);
  const total = sum(weights);
  const shares = new Map<string, Share>();
  for (const [index, task] of tasks.entries()) {
    const known = shares.get(task.provider) ?? { units: 0, part: 0 };
    const part = known.part + (weights[index] ?? 0) / total;
    shares.set(task.provider, { units: known.units + task.units, part });
  }
  return shares;
}

const unitsOf = ({ units }: IntentTask): number => units;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
