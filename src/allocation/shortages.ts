import type { OfferCheck } from "./check.ts";
import type { Lot } from "./lots.ts";
import { freeChecks, freeKey } from "./match.ts";
import type { Requirement } from "./requirement.ts";

/** Answers that are kept in all, one for each room and offer, with 5 bytes each; questions keep those that they go by. */
const MOST_ANSWERS = 3_000_000;

/** What each lot lacks for tasks that ask for the same room; worked out as it is asked for. */
export interface Shortages {
  readonly checks: readonly OfferCheck[];
  /** By slot: the number of the lot that it was worked out for; 0 for none. */
  readonly lots: Int32Array;
  /** The checks that fail, as bits. */
  readonly failing: Uint8Array;
}

/** Questions that differ in lasting conditions alone share theirs. */
export type ShortagesFor = (requirement: Requirement) => Shortages;

/** Among so many offers. */
export function createShortages(length: number): ShortagesFor {
  const all = new Map<string, Shortages>();
  return (requirement) => {
    const key = freeKey(requirement);
    const known = all.get(key);
    if (known !== undefined) return known;
    if ((all.size + 1) * length > MOST_ANSWERS) all.clear();
    const checks = freeChecks(requirement);
    const made = { checks, lots: new Int32Array(length), failing: new Uint8Array(length) };
    all.set(key, made);
    return made;
  };
}

/** The checks that fail on this lot, as bits. */
export function failingAt({ checks, lots, failing }: Shortages, { slot, number, sample }: Lot): number {
  if (lots[slot] !== number) {
    let bits = 0;
    for (let at = 0; at < checks.length; at += 1) if (!checks[at]?.passes(sample)) bits |= 1 << at;
    lots[slot] = number;
    failing[slot] = bits;
  }
  return failing[slot] as number;
}
