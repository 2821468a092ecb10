import type { OfferCheck } from "./check.ts";
import type { Rejected } from "./decision.ts";
import { isTransient } from "./reasons.ts";
import type { Offer } from "./types.ts";

/** Which offers fit one task, and what rejected the others. */
export interface Survey {
  readonly fitting: readonly Offer[];
  readonly rejected: readonly Rejected[];
  /** Offers that would fit if nobody used them, without those that fit. */
  readonly busy: readonly Offer[];
}

/** Tries every condition on every offer, so that each reason is counted, not only the first. */
export function survey(offers: readonly Offer[], checks: readonly OfferCheck[]): Survey {
  const fitting: Offer[] = [];
  const busy: Offer[] = [];
  const counts = checks.map(({ code }) => ({ code, count: 0, failing: 0 }));
  // Transient conditions come last, so the first reason tells whether there is a lasting one.
  for (const offer of offers) {
    const first = countFailures(offer, checks, counts, 1);
    if (first === undefined) fitting.push(offer);
    else if (isTransient(first.code)) busy.push(offer);
  }
  return { fitting, busy, rejected: counts.filter(({ failing }) => failing > 0) };
}

export type Count = { -readonly [Key in keyof Rejected]: Rejected[Key] };

/** Adds the offer's failures to the counts, or takes them off again; returns the first of them. */
export function countFailures(
  offer: Offer,
  checks: readonly OfferCheck[],
  counts: readonly Count[],
  sign: 1 | -1,
): Count | undefined {
  let first: Count | undefined;
  for (let index = 0; index < checks.length; index += 1) {
    const count = counts[index];
    if (count === undefined || checks[index]?.passes(offer)) continue;
    count.failing += sign;
    first ??= count;
  }
  if (first) first.count += sign;
  return first;
}
