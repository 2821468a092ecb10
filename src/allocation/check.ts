import type { Check, Fact, ReasonCode } from "./reasons.ts";
import type { Offer } from "./types.ts";

/** One condition on an Offer. */
export type OfferCheck = Check<Offer>;
type Read<T extends Fact> = (offer: Offer) => T | undefined;
/** A condition, or undefined where the requirement does not set it. */
type Maybe = OfferCheck | undefined;

/** The offer states at least `needs`. */
export function atLeast(code: ReasonCode, needs: number | undefined, has: Read<number>): Maybe {
  if (needs === undefined) return undefined;
  return { code, needs, has, passes: (offer) => (has(offer) ?? Number.NEGATIVE_INFINITY) >= needs };
}

/** The offer states at most `needs`. */
export function atMost(code: ReasonCode, needs: number | undefined, has: Read<number>): Maybe {
  if (needs === undefined) return undefined;
  return { code, needs, has, passes: (offer) => (has(offer) ?? Number.POSITIVE_INFINITY) <= needs };
}

/** The offer states exactly `needs`. */
export function equals(code: ReasonCode, needs: string | undefined, has: Read<string>): Maybe {
  return needs === undefined ? undefined : { code, needs, has, passes: (offer) => has(offer) === needs };
}

/** The offer says yes; a requirement of `false` is no condition. */
export function states(code: ReasonCode, asked: boolean | undefined, has: Read<boolean>): Maybe {
  return asked === true ? { code, needs: true, has, passes: (offer) => has(offer) === true } : undefined;
}

/** A condition with a rule of its own. */
export function rule(
  code: ReasonCode,
  needs: Fact | undefined,
  has: Read<Fact>,
  passes: (offer: Offer) => boolean,
): Maybe {
  return needs === undefined ? undefined : { code, needs, has, passes };
}

/** Only what is asked. */
export function asked(...checks: readonly Maybe[]): OfferCheck[] {
  return checks.filter((check) => check !== undefined);
}
