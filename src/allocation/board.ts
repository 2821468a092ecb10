import { bestOf } from "./candidate.ts";
import type { Rejected } from "./decision.ts";
import type { Index, Ledger } from "./ledger.ts";
import { checksOf } from "./match.ts";
import { type LossOf, lossFor } from "./packing/outlook.ts";
import { type Rank, type Ranked, ranker } from "./rank.ts";
import { isTransient } from "./reasons.ts";
import type { Requirement } from "./requirement.ts";
import { type Count, countFailures } from "./survey.ts";
import type { CurrencyRates, Forecast, Offer, Snapshot } from "./types.ts";

/** Answers that are kept in all, one for each question and offer: some tens of megabytes. */
const MOST_ANSWERS = 1_000_000;

/** What a survey of all offers says of one question, worked out from what changed since it was asked last. */
export interface Answer {
  readonly fitting: number;
  /** Offers that would fit if nobody used them, without those that fit. */
  readonly busy: number;
  readonly rejected: readonly Rejected[];
  /** The best of those that fit, in their order. */
  readonly best: readonly Ranked[];
}

/** The answers of one question for every offer, valid as long as the offer is the same object. */
interface Column {
  readonly offers: (Offer | undefined)[];
  readonly ranked: (Ranked | undefined)[];
  readonly counts: readonly Count[];
  readonly rates: CurrencyRates;
  forecast: Forecast | undefined;
  lossOf: LossOf | undefined;
  fitting: number;
  busy: number;
  readonly checks: ReturnType<typeof checksOf>;
  readonly rankOne: Rank;
}

type Board = Map<string, Column>;
const boards = new WeakMap<Index, Board>();
const questions = new WeakMap<Requirement, string>();

/**
 * Answers a question about single tasks from a ledger: only offers that changed since the same question was asked last are
 * looked at again. Offers are never changed in place, so one that is the same object has the same answer. Undefined for a
 * snapshot that is no ledger, or not the whole of one.
 */
export function answerOf(snapshot: Snapshot, requirement: Requirement, limit: number): Answer | undefined {
  if (!isWhole(snapshot)) return undefined;
  const column = columnOf(snapshot, requirement);
  const { offers } = snapshot;
  for (let position = 0; position < offers.length; position += 1) {
    const offer = offers[position];
    if (offer !== undefined && offer !== column.offers[position]) renew(column, position, offer);
  }
  return {
    fitting: column.fitting,
    busy: column.busy,
    rejected: column.counts.filter(({ failing }) => failing > 0).map((count) => ({ ...count })),
    best: bestOf(column.ranked, limit),
  };
}

const isWhole = (snapshot: Snapshot): snapshot is Ledger =>
  "index" in snapshot && "told" in snapshot && (snapshot as Ledger).told.length === snapshot.offers.length;

function columnOf({ index, offers, currencyRates, forecast }: Ledger, requirement: Requirement): Column {
  const board: Board = boards.get(index) ?? new Map();
  boards.set(index, board);
  const question = questions.get(requirement) ?? JSON.stringify(requirement);
  questions.set(requirement, question);
  const known = board.get(question);
  if (known?.rates === currencyRates) {
    if (known.forecast !== forecast) foresee(known, requirement, forecast);
    return known;
  }
  // The first in the map is the one that was made first.
  const oldest = board.keys().next().value;
  if (oldest !== undefined && (board.size + 1) * offers.length > MOST_ANSWERS) board.delete(oldest);
  board.delete(question);
  const checks = checksOf(requirement, currencyRates);
  const column: Column = {
    offers: offers.map(() => undefined),
    ranked: offers.map(() => undefined),
    counts: checks.map(({ code }) => ({ code, count: 0, failing: 0 })),
    rates: currencyRates,
    forecast,
    lossOf: forecast && lossFor(forecast, requirement),
    fitting: 0,
    busy: 0,
    checks,
    rankOne: ranker(requirement, currencyRates),
  };
  board.set(question, column);
  return column;
}

/** A new forecast changes nothing of what fits, only the last term of the order. */
function foresee(column: Column, requirement: Requirement, forecast: Forecast | undefined): void {
  column.forecast = forecast;
  column.lossOf = forecast && lossFor(forecast, requirement);
  for (const [position, ranked] of column.ranked.entries())
    if (ranked !== undefined) column.ranked[position] = column.rankOne(ranked.offer, column.lossOf);
}

function renew(column: Column, position: number, offer: Offer): void {
  const previous = column.offers[position];
  if (previous !== undefined) count(column, previous, -1);
  const isFitting = count(column, offer, 1);
  column.offers[position] = offer;
  column.ranked[position] = isFitting ? column.rankOne(offer, column.lossOf) : undefined;
}

/** Adds an offer to the counts or takes it off; true where it fits. */
function count(column: Column, offer: Offer, sign: 1 | -1): boolean {
  const first = countFailures(offer, column.checks, column.counts, sign);
  if (first === undefined) column.fitting += sign;
  else if (isTransient(first.code)) column.busy += sign;
  return first === undefined;
}
