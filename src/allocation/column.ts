import { type BestFirst, createBestFirst } from "./best-first.ts";
import type { OfferCheck } from "./check.ts";
import { checksOf } from "./match.ts";
import { type LossOf, lossFor } from "./packing/outlook.ts";
import { type Rank, type Ranked, ranker } from "./rank.ts";
import { isTransient } from "./reasons.ts";
import type { Requirement } from "./requirement.ts";
import { type Count, countFailures } from "./survey.ts";
import type { CurrencyRates, Forecast, Offer } from "./types.ts";

/** Numbers of the order that are kept for each offer: those of Ranked from `loss` to `packing`. */
const TERMS = 5;

/** The answers of one question for every offer, each valid as long as the offer is the same object. */
export interface Column {
  readonly requirement: Requirement;
  readonly rates: CurrencyRates;
  readonly offers: (Offer | undefined)[];
  readonly checks: readonly OfferCheck[];
  readonly counts: readonly Count[];
  /** Offers that would fit if nobody used them, without those that fit. */
  busy: number;
  /** Offers that fit. */
  readonly fitting: BestFirst;
  /** By position, TERMS of each offer that fits. */
  readonly terms: Float64Array;
  readonly rankOne: Rank;
  forecast: Forecast | undefined;
  lossOf: LossOf | undefined;
}

/** A column without any answer yet; `names` has the place of each offer among the names. */
export function createColumn(requirement: Requirement, rates: CurrencyRates, names: Int32Array): Column {
  const checks = checksOf(requirement, rates);
  const terms = new Float64Array(names.length * TERMS);
  const isBefore = (left: number, right: number): boolean => {
    for (let term = 0; term < TERMS; term += 1) {
      const one = terms[left * TERMS + term] as number;
      const other = terms[right * TERMS + term] as number;
      if (one !== other) return one < other;
    }
    return (names[left] as number) < (names[right] as number);
  };
  return {
    requirement,
    rates,
    offers: Array.from(names, () => undefined),
    checks,
    counts: checks.map(({ code }) => ({ code, count: 0, failing: 0 })),
    busy: 0,
    fitting: createBestFirst(names.length, isBefore),
    terms,
    rankOne: ranker(requirement, rates),
    forecast: undefined,
    lossOf: undefined,
  };
}

/** A new forecast changes nothing of what fits, only the last term of the order. */
export function foresee(column: Column, forecast: Forecast | undefined): void {
  if (column.forecast === forecast) return;
  const lossOf = forecast && lossFor(forecast, column.requirement);
  column.forecast = forecast;
  column.lossOf = lossOf;
  column.fitting.change((position) => {
    column.terms[position * TERMS + TERMS - 1] = lossOf?.(column.offers[position] as Offer).steps ?? 0;
  });
}

/** Takes in what an offer has become. */
export function renew(column: Column, position: number, offer: Offer): void {
  const previous = column.offers[position];
  if (previous === offer) return;
  if (previous !== undefined) count(column, previous, -1);
  column.offers[position] = offer;
  if (!count(column, offer, 1)) {
    column.fitting.remove(position);
    return;
  }
  const { loss, second, fabric, rate, packing } = column.rankOne(offer, column.lossOf);
  const at = position * TERMS;
  column.terms[at] = loss;
  column.terms[at + 1] = second;
  column.terms[at + 2] = fabric;
  column.terms[at + 3] = rate;
  column.terms[at + 4] = packing;
  column.fitting.put(position);
}

/** The best of those that fit, in their order. */
export const bestOf = ({ fitting, offers, rankOne, lossOf }: Column, limit: number): readonly Ranked[] =>
  fitting.first(limit).map((position) => rankOne(offers[position] as Offer, lossOf));

/** Adds an offer to the counts or takes it off; true where it fits. */
function count(column: Column, offer: Offer, sign: 1 | -1): boolean {
  const first = countFailures(offer, column.checks, column.counts, sign);
  if (first !== undefined && isTransient(first.code)) column.busy += sign;
  return first === undefined;
}
