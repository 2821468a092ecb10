import { hourlyBounds, within } from "./bounds.ts";
import { availableKi, availableMilli, neededKi, neededMilli } from "./capacity.ts";
import { asked, atLeast, type OfferCheck, rule } from "./check.ts";
import { leastRate } from "./figures.ts";
import { gpuChecks } from "./gpu-checks.ts";
import { isTransient, type Reason } from "./reasons.ts";
import type { Requirement } from "./requirement.ts";
import { siteChecks } from "./site-checks.ts";
import type { CurrencyRates, Offer } from "./types.ts";

/**
 * Every condition of a requirement, in the order of REASON_CODES. Conditions on the whole Intent (money, carbon) are
 * here for one task: an offer that breaks them alone can be in no placement.
 */
export function checksOf(requirement: Requirement, rates: CurrencyRates): readonly OfferCheck[] {
  return [
    ...gpuChecks(requirement),
    ...siteChecks(requirement),
    ...moneyChecks(requirement, rates),
    ...freeChecks(requirement),
  ];
}

/** Every reason why the offer does not fit; none: it fits for one task. */
export function match(requirement: Requirement, offer: Offer, rates: CurrencyRates): readonly Reason[] {
  return reasonsOf(checksOf(requirement, rates), offer);
}

/** Every reason among these checks. */
export function reasonsOf(checks: readonly OfferCheck[], offer: Offer): readonly Reason[] {
  return checks
    .filter((check) => !check.passes(offer))
    .map(({ code, has, needs }) => {
      const found = has(offer);
      return found === undefined ? { code, needs } : { code, has: found, needs };
    });
}

/** True when the offer would fit if nobody used it. */
export function fitsWhenFree(checks: readonly OfferCheck[], offer: Offer): boolean {
  for (const check of checks) if (!isTransient(check.code) && !check.passes(offer)) return false;
  return true;
}

function moneyChecks(requirement: Requirement, rates: CurrencyRates): OfferCheck[] {
  const { maxHourly, maxTotal } = hourlyBounds(requirement, rates);
  const least = (offer: Offer): number | undefined => leastRate(offer, requirement, rates);
  const isWithin = (bound: number | undefined) => (offer: Offer) => within(least(offer), bound);
  return asked(
    rule("max-hourly-cost", maxHourly, least, isWithin(maxHourly)),
    rule("max-total-cost", maxTotal, least, isWithin(maxTotal)),
  );
}

/** The conditions on what is free: those that may hold again once others leave. */
export function freeChecks({ gpu, cpu, memoryGi }: Requirement): OfferCheck[] {
  const milli = neededMilli(cpu);
  const kibi = neededKi(memoryGi);
  return asked(
    rule(
      "node-busy",
      gpu.dedicated ? "idle" : undefined,
      (offer) => (offer.nodeIdle ? "idle" : "busy"),
      (offer) => offer.nodeIdle,
    ),
    gpu.milli === undefined
      ? atLeast("gpu-free", gpu.count, (offer) => offer.free)
      : atLeast("gpu-free", gpu.milli, mostFree),
    rule(
      "cpu",
      cpu,
      (offer) => offer.cpu,
      (offer) => availableMilli(offer.cpu) >= milli,
    ),
    rule(
      "memory",
      memoryGi,
      (offer) => offer.memoryGi,
      (offer) => availableKi(offer.memoryGi) >= kibi,
    ),
  );
}

/** Requirements with the same key have the same conditions on what is free. */
export const freeKey = ({ gpu, cpu, memoryGi }: Requirement): string =>
  `${gpu.dedicated === true} ${gpu.count} ${gpu.milli} ${cpu} ${memoryGi}`;

/** Free thousandths of the device that has the most. */
function mostFree({ devices = [] }: Offer): number {
  let most = 0;
  for (const milli of devices) if (milli > most) most = milli;
  return most;
}
