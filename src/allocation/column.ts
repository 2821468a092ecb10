import { type BestFirst, createBestFirst } from "./best-first.ts";
import type { OfferCheck } from "./check.ts";
import type { Ledger } from "./ledger.ts";
import { checksOf } from "./match.ts";
import { type LossOf, lossFor } from "./packing/outlook.ts";
import { type Rank, type Ranked, ranker } from "./rank.ts";
import { isTransient } from "./reasons.ts";
import type { Requirement } from "./requirement.ts";
import { type Count, countFailures } from "./survey.ts";
import type { CurrencyRates, Forecast, Offer } from "./types.ts";

/** Numbers of the order that are kept for each offer: those of Ranked from `loss` to `packing`, which is the last. */
const TERMS = 5;
/** No lasting check fails. */
const NONE = -1;

/**
 * The answers of one question for every offer, each valid as long as the offer is the same object. What lasts of them is
 * worked out once for each offer that is told; a reservation only changes what is transient.
 */
export interface Column {
  readonly rates: CurrencyRates;
  readonly fitting: BestFirst;
  /** Of each check, the lasting ones first. */
  readonly counts: readonly Count[];
  /** Offers that would fit if nobody used them, without those that fit. */
  busy: number;
  readonly requirement: Requirement;
  readonly lasting: readonly OfferCheck[];
  readonly transient: readonly OfferCheck[];
  readonly rankOne: Rank;
  forecast: Forecast | undefined;
  lossOf: LossOf | undefined;
  /** By position, from here on. */
  readonly offers: (Offer | undefined)[];
  readonly told: (Offer | undefined)[];
  /** The first lasting check that fails, or NONE. */
  readonly firstFailed: Int8Array;
  /** The transient checks that fail, as bits. */
  readonly busyWith: Uint8Array;
  /** TERMS of each offer that fits. */
  readonly terms: Float64Array;
}

/** A column without any answer yet; `names` has the place of each offer among the names. */
export function createColumn(requirement: Requirement, rates: CurrencyRates, names: Int32Array): Column {
  const checks = checksOf(requirement, rates);
  const terms = new Float64Array(names.length * TERMS);
  return {
    rates,
    fitting: createBestFirst(names.length, orderBy(terms, names)),
    counts: checks.map(({ code }) => ({ code, count: 0, failing: 0 })),
    busy: 0,
    requirement,
    lasting: checks.filter(({ code }) => !isTransient(code)),
    transient: checks.filter(({ code }) => isTransient(code)),
    rankOne: ranker(requirement, rates),
    forecast: undefined,
    lossOf: undefined,
    offers: Array.from(names, () => undefined),
    told: Array.from(names, () => undefined),
    firstFailed: new Int8Array(names.length),
    busyWith: new Uint8Array(names.length),
    terms,
  };
}

/** The order of `compareRanked`. */
function orderBy(terms: Float64Array, names: Int32Array): (left: number, right: number) => boolean {
  return (left, right) => {
    for (let term = 0; term < TERMS; term += 1) {
      const one = terms[left * TERMS + term] as number;
      const other = terms[right * TERMS + term] as number;
      if (one !== other) return one < other;
    }
    return (names[left] as number) < (names[right] as number);
  };
}

/**
 * Takes in what offers at these positions have become. A new forecast changes nothing of what fits, only the last term of
 * the order.
 */
export function update(column: Column, { offers, told, forecast }: Ledger, positions: readonly number[]): void {
  const isForeseen = column.forecast === forecast;
  if (!isForeseen) {
    column.forecast = forecast;
    column.lossOf = forecast && lossFor(forecast, column.requirement);
  }
  for (const position of positions)
    renew(column, position, offers[position] as Offer, told[position] as Offer);
  if (!isForeseen) column.fitting.change((position) => setPacking(column, position));
}

function renew(column: Column, position: number, offer: Offer, told: Offer): void {
  const previous = column.offers[position];
  if (previous === offer) return;
  if (previous !== undefined) count(column, position, -1);
  column.offers[position] = offer;
  if (column.told[position] !== told) retell(column, position, told);
  let busyWith = 0;
  for (let at = 0; at < column.transient.length; at += 1)
    if (!column.transient[at]?.passes(offer)) busyWith |= 1 << at;
  column.busyWith[position] = busyWith;
  count(column, position, 1);
  if (column.firstFailed[position] !== NONE || busyWith !== 0) column.fitting.remove(position);
  else {
    // Of what ranks an offer beside its packing, only the rate of a dedicated use goes by what is free.
    if (column.requirement.gpu.dedicated) setTerms(column, position);
    setPacking(column, position);
    column.fitting.put(position);
  }
}

/** The best of those that fit, in their order. */
export const bestOf = ({ fitting, offers, rankOne, lossOf }: Column, limit: number): readonly Ranked[] =>
  fitting.first(limit).map((position) => rankOne(offers[position] as Offer, lossOf));

/** Takes in what lasts of an offer that is told anew. */
function retell(column: Column, position: number, told: Offer): void {
  const { lasting, counts } = column;
  const previous = column.told[position];
  if (previous !== undefined) countFailures(previous, lasting, counts, -1);
  const first = countFailures(told, lasting, counts, 1);
  column.told[position] = told;
  column.firstFailed[position] = first === undefined ? NONE : counts.indexOf(first);
  setTerms(column, position);
}

function setTerms({ terms, rankOne, offers }: Column, position: number): void {
  const { loss, second, fabric, rate } = rankOne(offers[position] as Offer);
  const at = position * TERMS;
  terms[at] = loss;
  terms[at + 1] = second;
  terms[at + 2] = fabric;
  terms[at + 3] = rate;
}

function setPacking({ terms, lossOf, offers }: Column, position: number): void {
  terms[position * TERMS + TERMS - 1] = lossOf === undefined ? 0 : lossOf(offers[position] as Offer).steps;
}

/** Adds the transient checks that an offer fails to the counts, or takes them off. */
function count(column: Column, position: number, sign: 1 | -1): void {
  const { counts, lasting, firstFailed, busyWith } = column;
  let isFirst = firstFailed[position] === NONE;
  for (let bits = busyWith[position] as number, at = lasting.length; bits !== 0; bits >>= 1, at += 1) {
    const failed = counts[at];
    if ((bits & 1) === 0 || failed === undefined) continue;
    failed.failing += sign;
    if (!isFirst) continue;
    isFirst = false;
    failed.count += sign;
    column.busy += sign;
  }
}
