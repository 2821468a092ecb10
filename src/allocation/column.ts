import { type BestFirst, createBestFirst } from "./best-first.ts";
import type { OfferCheck } from "./check.ts";
import type { Kind } from "./kinds.ts";
import type { Lot, Lots } from "./lots.ts";
import { checksOf } from "./match.ts";
import { compareTerms, type OwnTerms, type Rank, ranker } from "./rank.ts";
import { isTransient } from "./reasons.ts";
import type { Requirement } from "./requirement.ts";
import { failingAt, type Shortages, type ShortagesFor } from "./shortages.ts";
import { type Losses, lossesIn, type Sight, stepsAt } from "./sight.ts";
import { emptySlots } from "./slots.ts";
import type { Count } from "./survey.ts";
import type { CurrencyRates } from "./types.ts";

/**
 * The answers of one question about single tasks for every lot. What lasts of them is worked out once for each kind, all else
 * once for each lot, which never changes but for who is in it.
 */
export interface Column {
  readonly requirement: Requirement;
  readonly rates: CurrencyRates;
  readonly lasting: readonly OfferCheck[];
  /** The transient checks, and where they fail. */
  readonly shortages: Shortages;
  /** Of each check, the lasting ones first. */
  readonly counts: readonly Count[];
  /** Offers that fit, and those that would if nobody used them. */
  fits: number;
  busy: number;
  /** The lots that fit, by their slot. */
  readonly fitting: BestFirst;
  readonly rankOne: Rank;
  readonly kinds: (KindAnswer | undefined)[];
  sight: Sight | undefined;
  /** What the task costs others in this sight. */
  losses: Losses | undefined;
  /** The clock of the lots when it was brought up to date. */
  seen: number;
  /** By slot, from here on. */
  /** The number of the lot that was answered; 0 for none. */
  readonly lots: Int32Array;
  readonly answers: (KindAnswer | undefined)[];
  /** Offers of the lot that are counted. */
  readonly sizes: Int32Array;
  /** The transient checks that fail, as bits. */
  readonly busyWith: Uint8Array;
  readonly packing: Int32Array;
  /** The place of the first name of the lot. */
  readonly names: Int32Array;
}

/** What lasts of the answer. */
interface KindAnswer {
  readonly kind: Kind;
  /** The checks that fail. */
  readonly failed: readonly Count[];
  /** All terms of the order but packing and name; a single task has them whatever is free. */
  readonly terms: OwnTerms;
}

/** A column without any answer yet, for so many offers. */
export function createColumn(
  requirement: Requirement,
  rates: CurrencyRates,
  length: number,
  shortagesFor: ShortagesFor,
): Column {
  const checks = checksOf(requirement, rates);
  const answers: Column["answers"] = emptySlots(length);
  const packing = new Int32Array(length);
  const names = new Int32Array(length);
  /** The order of `compareRanked`. */
  const isBefore = (left: number, right: number): boolean => {
    const one = answers[left] as KindAnswer;
    const other = answers[right] as KindAnswer;
    const difference =
      (one === other ? 0 : compareTerms(one.terms, other.terms)) ||
      (packing[left] as number) - (packing[right] as number) ||
      (names[left] as number) - (names[right] as number);
    return difference < 0;
  };
  return {
    requirement,
    rates,
    lasting: checks.filter(({ code }) => !isTransient(code)),
    shortages: shortagesFor(requirement),
    counts: checks.map(({ code }) => ({ code, count: 0, failing: 0 })),
    fits: 0,
    busy: 0,
    fitting: createBestFirst(length, isBefore),
    rankOne: ranker(requirement, rates),
    kinds: [],
    sight: undefined,
    losses: undefined,
    seen: 0,
    lots: new Int32Array(length),
    answers,
    sizes: new Int32Array(length),
    busyWith: new Uint8Array(length),
    packing,
    names,
  };
}

/**
 * Takes in what the lots have become, and a forecast that is new: it changes nothing of what fits, only the last term of the
 * order.
 */
export function update(column: Column, lots: Lots, sight: Sight | undefined): void {
  const isForeseen = column.sight === sight;
  if (!isForeseen) {
    column.sight = sight;
    column.losses = sight && lossesIn(sight, column.requirement);
  }
  for (let lot = lots.latest(); lot !== undefined && lot.touched > column.seen; lot = lot.before)
    renew(column, lot);
  column.seen = lots.clock();
  if (!isForeseen) column.fitting.change((slot) => setPacking(column, lots.at(slot) as Lot));
}

function renew(column: Column, lot: Lot): void {
  const { slot, number, members } = lot;
  const { lots, sizes, answers, busyWith, names, fitting } = column;
  if (lots[slot] !== number) enter(column, lot);
  const first = members[0];
  const change = members.length - (sizes[slot] as number);
  if (change !== 0) count(column, slot, change);
  if (first === undefined) {
    fitting.remove(slot);
    lots[slot] = 0;
    answers[slot] = undefined;
  } else if (busyWith[slot] === 0 && answers[slot]?.failed.length === 0) {
    names[slot] = first;
    fitting.put(slot);
  } else fitting.remove(slot);
}

/** Gives a slot to a lot that is new to this column. */
function enter(column: Column, lot: Lot): void {
  const { slot, number, kind } = lot;
  const { lots, sizes, answers, kinds } = column;
  if (lots[slot] !== 0) count(column, slot, -(sizes[slot] as number));
  const known = kinds[kind.id];
  const answer = known?.kind === kind ? known : answerOf(column, kind);
  kinds[kind.id] = answer;
  lots[slot] = number;
  answers[slot] = answer;
  column.busyWith[slot] = failingAt(column.shortages, lot);
  if (answer.failed.length === 0 && column.busyWith[slot] === 0) setPacking(column, lot);
}

function answerOf({ lasting, counts, rankOne }: Column, kind: Kind): KindAnswer {
  const { loss, second, fabric, rate } = rankOne(kind.sample);
  const failed = counts.filter((_, at) => lasting[at]?.passes(kind.sample) === false);
  return { kind, failed, terms: { loss, second, fabric, rate } };
}

function setPacking({ packing, sight, losses }: Column, lot: Lot): void {
  packing[lot.slot] = sight && losses ? stepsAt(sight, losses, lot) : 0;
}

/** Counts so many more offers of a lot among those that fit, or among what they fail. */
function count(column: Column, slot: number, change: number): void {
  const { counts, lasting, sizes, answers, busyWith: busy } = column;
  sizes[slot] = (sizes[slot] as number) + change;
  const failed = answers[slot]?.failed ?? [];
  for (const each of failed) each.failing += change;
  let [first] = failed;
  for (let bits = busy[slot] as number, at = lasting.length; bits !== 0; bits >>= 1, at += 1) {
    const failing = counts[at];
    if ((bits & 1) === 0 || failing === undefined) continue;
    failing.failing += change;
    if (first === undefined) column.busy += change;
    first ??= failing;
  }
  if (first === undefined) column.fits += change;
  else first.count += change;
}
