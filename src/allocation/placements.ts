import type { Candidate } from "./candidate.ts";
import { coresOf, gibibytesOf, neededKi, neededMilli } from "./capacity.ts";
import type { Placement } from "./decision.ts";
import { shareDevices, wholeDevices } from "./devices.ts";
import { isHigherBetter, isMean } from "./objective.ts";
import type { Share } from "./plan.ts";
import type { Requirement } from "./requirement.ts";
import { lossOf, planRate } from "./spending.ts";
import type { Money } from "./types.ts";

/** The plan as plain data. */
export function placementsOf(shares: readonly Share[], requirement: Requirement): readonly Placement[] {
  const paid = new Set<string>();
  return shares.map(({ candidate, tasks }) => {
    const { offer } = candidate;
    const rate = shareRate(candidate, tasks, requirement, paid);
    return {
      offer: offer.id,
      provider: offer.provider,
      node: offer.node,
      resource: offer.resource,
      tasks,
      units: requirement.gpu.milli === undefined ? tasks * requirement.gpu.count : 0,
      cpu: coresOf(tasks * neededMilli(requirement.cpu)),
      memoryGi: gibibytesOf(tasks * neededKi(requirement.memoryGi)),
      ...devicesOf(candidate, tasks, requirement),
      exclusive: requirement.gpu.dedicated === true,
      ...(Number.isFinite(rate) && { rate: { amount: rate, currency: requirement.currency } }),
    };
  });
}

/** Which devices the tasks take, where the offer tells them one by one. */
function devicesOf(
  { offer, deviceFree }: Candidate,
  tasks: number,
  { gpu }: Requirement,
): Pick<Placement, "devices"> {
  if (offer.devices === undefined || gpu.count === 0) return {};
  if (gpu.milli === undefined) return { devices: wholeDevices(offer.devices, tasks * gpu.count) };
  return {
    devices: shareDevices(offer.devices, {
      milli: gpu.milli,
      tasks,
      first: offer.devices.indexOf(deviceFree),
    }),
  };
}

/** A dedicated node is paid as a whole, by the first of its placements. */
function shareRate(candidate: Candidate, tasks: number, { gpu }: Requirement, paid: Set<string>): number {
  if (!gpu.dedicated) return candidate.rate * tasks;
  if (paid.has(candidate.node)) return 0;
  paid.add(candidate.node);
  return candidate.nodeRate;
}

/** Rate of the whole plan; undefined where one is not known. */
export function rateOf(shares: readonly Share[], requirement: Requirement): Money | undefined {
  const amount = planRate(shares, requirement.gpu.dedicated === true);
  return Number.isFinite(amount) ? { amount, currency: requirement.currency } : undefined;
}

/** The objective over all tasks; undefined where an offer does not tell it. */
export function objectiveValue(shares: readonly Share[], requirement: Requirement): number | undefined {
  const { objective, tasks, gpu } = requirement;
  const loss = objective === "cost" ? planRate(shares, gpu.dedicated === true) : lossOf(shares);
  if (!Number.isFinite(loss)) return undefined;
  const value = isHigherBetter(objective) ? 0 - loss : loss;
  return isMean(objective) ? value / tasks : value;
}
