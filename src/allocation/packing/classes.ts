import type { OfferCheck } from "../check.ts";
import { checksOf } from "../match.ts";
import { isTransient } from "../reasons.ts";
import type { CurrencyRates, ForecastClasses, Offer } from "../types.ts";
import type { DemandShape } from "./demand.ts";

/** Sets of conditions that are told apart; shapes with rarer ones are left out. */
const MOST_SETS = 30;

/** Sorts the shapes, which come most frequent first. */
export function classesOf(shapes: readonly DemandShape[], rates: CurrencyRates): ForecastClasses {
  const sets = new Map<string, number>();
  const kept: DemandShape[] = [];
  const bits: number[] = [];
  /** What lasts of the conditions: whether the offer is in use is not asked. */
  const checks: (readonly OfferCheck[])[] = [];
  for (const shape of shapes) {
    let position = sets.get(shape.set);
    if (position === undefined) {
      if (sets.size >= MOST_SETS) continue;
      position = sets.size;
      sets.set(shape.set, position);
      checks.push(checksOf(shape.conditions, rates).filter(({ code }) => !isTransient(code)));
    }
    kept.push(shape);
    bits.push(1 << position);
  }
  // What is reserved makes a new offer, of which the GPU's figures stay the same object; what is told anew does not.
  const known = new Map<string, { readonly gpu: Offer["gpu"]; readonly met: number }>();
  const classOf = (offer: Offer): number => {
    const found = known.get(offer.id);
    if (found?.gpu === offer.gpu) return found.met;
    let met = 0;
    for (let position = 0; position < checks.length; position += 1)
      if (checks[position]?.every((check) => check.passes(offer))) met |= 1 << position;
    known.set(offer.id, { gpu: offer.gpu, met });
    return met;
  };
  return { shapes: kept, bits, classOf };
}
