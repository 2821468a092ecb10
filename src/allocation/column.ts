import { type BestFirst, createBestFirst } from "./best-first.ts";
import type { OfferCheck } from "./check.ts";
import type { Ledger } from "./ledger.ts";
import { checksOf } from "./match.ts";
import type { Loss } from "./packing/outlook.ts";
import { compareTerms, type OwnTerms, type Rank, type Ranked, ranker } from "./rank.ts";
import { isTransient } from "./reasons.ts";
import type { Requirement } from "./requirement.ts";
import { type Sight, viewAt } from "./sight.ts";
import { type Count, countFailures } from "./survey.ts";
import type { CurrencyRates, Offer } from "./types.ts";

/** Terms that are shared; beyond them equal ones may be told apart, which changes no answer. */
const MOST_TERMS = 10_000;
/** No lasting check fails. */
const NONE = -1;

/**
 * The answers of one question for every offer, each valid as long as the offer is the same object. What lasts of them is
 * worked out once for each offer that is told; a reservation only changes what is transient.
 */
export interface Column {
  readonly requirement: Requirement;
  readonly rates: CurrencyRates;
  readonly lasting: readonly OfferCheck[];
  readonly transient: readonly OfferCheck[];
  /** Of each check, the lasting ones first. */
  readonly counts: readonly Count[];
  /** Offers that would fit if nobody used them, without those that fit. */
  busy: number;
  readonly fitting: BestFirst;
  readonly rankOne: Rank;
  readonly known: Map<string, OwnTerms>;
  sight: Sight | undefined;
  /** What the task costs others on an offer that fits; undefined without a forecast. */
  lossAt: ((position: number) => Loss) | undefined;
  /** By position, from here on. */
  readonly offers: (Offer | undefined)[];
  readonly told: (Offer | undefined)[];
  /** The first lasting check that fails, or NONE. */
  readonly firstFailed: Int8Array;
  /** The transient checks that fail, as bits. */
  readonly busyWith: Uint8Array;
  /** All terms of the order but packing and name; offers with the same ones share them. */
  readonly terms: (OwnTerms | undefined)[];
  readonly packing: Int32Array;
}

/** A column without any answer yet; `names` has the place of each offer among the names. */
export function createColumn(requirement: Requirement, rates: CurrencyRates, names: Int32Array): Column {
  const checks = checksOf(requirement, rates);
  const terms: Column["terms"] = Array.from(names, () => undefined);
  const packing = new Int32Array(names.length);
  /** The order of `compareRanked`. */
  const isBefore = (left: number, right: number): boolean => {
    const one = terms[left] as OwnTerms;
    const other = terms[right] as OwnTerms;
    const difference =
      (one === other ? 0 : compareTerms(one, other)) ||
      (packing[left] as number) - (packing[right] as number) ||
      (names[left] as number) - (names[right] as number);
    return difference < 0;
  };
  return {
    requirement,
    rates,
    lasting: checks.filter(({ code }) => !isTransient(code)),
    transient: checks.filter(({ code }) => isTransient(code)),
    counts: checks.map(({ code }) => ({ code, count: 0, failing: 0 })),
    busy: 0,
    fitting: createBestFirst(names.length, isBefore),
    rankOne: ranker(requirement, rates),
    known: new Map(),
    sight: undefined,
    lossAt: undefined,
    offers: Array.from(names, () => undefined),
    told: Array.from(names, () => undefined),
    firstFailed: new Int8Array(names.length),
    busyWith: new Uint8Array(names.length),
    terms,
    packing,
  };
}

/**
 * Takes in what offers at these positions have become, and a forecast that is new: it changes nothing of what fits, only
 * the last term of the order.
 */
export function update(
  column: Column,
  { offers, told }: Ledger,
  positions: readonly number[],
  sight: Sight | undefined,
): void {
  const isForeseen = column.sight === sight;
  column.sight = sight;
  column.lossAt = isForeseen ? column.lossAt : lossesIn(column, sight);
  for (const position of positions)
    renew(column, position, offers[position] as Offer, told[position] as Offer);
  if (!isForeseen) column.fitting.change((position) => setPacking(column, position));
}

function lossesIn({ requirement, offers }: Column, sight: Sight | undefined): Column["lossAt"] {
  const lossOf = sight?.outlook.lossIn(requirement);
  return sight && lossOf && ((position) => lossOf(viewAt(sight, position, offers[position] as Offer)));
}

/** The best of those that fit, in their order. */
export const bestOf = ({ fitting, offers, rankOne, lossAt }: Column, limit: number): readonly Ranked[] =>
  fitting.first(limit).map((position) => rankOne(offers[position] as Offer, lossAt?.(position)));

function renew(column: Column, position: number, offer: Offer, told: Offer): void {
  const previous = column.offers[position];
  if (previous === offer) return;
  if (previous !== undefined) count(column, position, -1);
  column.offers[position] = offer;
  if (column.told[position] !== told) retell(column, position, told);
  column.busyWith[position] = busyWith(column, offer);
  count(column, position, 1);
  if (column.firstFailed[position] !== NONE || column.busyWith[position] !== 0) {
    column.fitting.remove(position);
    return;
  }
  // Of all terms but packing, only the rate of a dedicated use goes by what is free.
  if (column.requirement.gpu.dedicated) column.terms[position] = termsOf(column, offer);
  setPacking(column, position);
  column.fitting.put(position);
}

/** Takes in what lasts of an offer that is told anew. */
function retell(column: Column, position: number, told: Offer): void {
  const { lasting, counts } = column;
  const previous = column.told[position];
  if (previous !== undefined) countFailures(previous, lasting, counts, -1);
  const first = countFailures(told, lasting, counts, 1);
  column.told[position] = told;
  column.firstFailed[position] = first === undefined ? NONE : counts.indexOf(first);
  if (first === undefined) column.terms[position] = termsOf(column, told);
}

function termsOf({ rankOne, known }: Column, offer: Offer): OwnTerms {
  const { loss, second, fabric, rate } = rankOne(offer);
  const key = `${loss} ${second} ${fabric} ${rate}`;
  const terms = known.get(key) ?? { loss, second, fabric, rate };
  if (known.size >= MOST_TERMS) known.clear();
  known.set(key, terms);
  return terms;
}

function busyWith({ transient }: Column, offer: Offer): number {
  let bits = 0;
  for (let at = 0; at < transient.length; at += 1) if (!transient[at]?.passes(offer)) bits |= 1 << at;
  return bits;
}

function setPacking({ packing, lossAt }: Column, position: number): void {
  packing[position] = lossAt === undefined ? 0 : lossAt(position).steps;
}

/** Adds the transient checks that an offer fails to the counts, or takes them off. */
function count(column: Column, position: number, sign: 1 | -1): void {
  const { counts, lasting } = column;
  let isFirst = column.firstFailed[position] === NONE;
  for (let bits = column.busyWith[position] as number, at = lasting.length; bits !== 0; bits >>= 1, at += 1) {
    const failed = counts[at];
    if ((bits & 1) === 0 || failed === undefined) continue;
    failed.failing += sign;
    if (!isFirst) continue;
    isFirst = false;
    failed.count += sign;
    column.busy += sign;
  }
}
