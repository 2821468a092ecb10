import { type Column, createColumn, update } from "./column.ts";
import type { Rejected } from "./decision.ts";
import { changesBetween, UNKNOWN_VERSION } from "./history.ts";
import type { Index, Ledger } from "./ledger.ts";
import { createLots, type Lot, type Lots } from "./lots.ts";
import { compareNames, compareRanked, type Ranked } from "./rank.ts";
import type { Requirement } from "./requirement.ts";
import { createShortages, type ShortagesFor } from "./shortages.ts";
import { createSight, type Sight } from "./sight.ts";
import type { Offer, Snapshot } from "./types.ts";

/** Answers that are kept in all, one for each question and offer, with 37 bytes each. */
const MOST_ANSWERS = 3_000_000;

/** What a survey of all offers says of one question, worked out from what changed since it was asked last. */
export interface Answer {
  readonly fitting: number;
  /** Offers that would fit if nobody used them, without those that fit. */
  readonly busy: number;
  readonly rejected: readonly Rejected[];
  /** The best of those that fit, in their order. */
  readonly best: readonly Ranked[];
}

/** The questions that were asked of one inventory. */
interface Board {
  readonly columns: Map<string, Column>;
  /** The position of each offer in the order of their names, and back. */
  readonly byName: Int32Array;
  readonly names: Int32Array;
  readonly lots: Lots;
  readonly shortagesFor: ShortagesFor;
  /** The ledger that the lots are those of. */
  version: number;
  /** In the forecast that was in force last. */
  sight: Sight | undefined;
}

const boards = new WeakMap<Index, Board>();
const questions = new WeakMap<Requirement, string>();

/**
 * Answers a question about single tasks from a ledger: only offers that changed since the same question was asked last are
 * looked at again. Offers are never changed in place, so one that is the same object has the same answer. Undefined for a
 * snapshot that is no ledger, or not the whole of one.
 */
export function answerOf(snapshot: Snapshot, requirement: Requirement, limit: number): Answer | undefined {
  if (!isWhole(snapshot)) return undefined;
  const board = boardOf(snapshot);
  const column = columnOf(board, snapshot, requirement);
  update(column, board.lots, board.sight);
  return {
    fitting: column.fits,
    busy: column.busy,
    rejected: rejectedBy(column),
    best: bestOf(column, board, snapshot.offers, limit),
  };
}

function rejectedBy({ counts }: Column): readonly Rejected[] {
  const rejected: Rejected[] = [];
  for (const { code, count, failing } of counts) if (failing > 0) rejected.push({ code, count, failing });
  return rejected;
}

/** The best offers that fit: they are in as many of the best lots. */
function bestOf(
  { fitting, rankOne, packing, losses }: Column,
  { byName, lots }: Board,
  offers: readonly Offer[],
  limit: number,
): readonly Ranked[] {
  const best: Ranked[] = [];
  for (const slot of fitting.first(limit)) {
    const loss = losses && { steps: packing[slot] as number, free: losses.free[slot] as number };
    for (const place of (lots.at(slot) as Lot).members.slice(0, limit))
      best.push(rankOne(offers[byName[place] as number] as Offer, loss));
  }
  return best.sort(compareRanked).slice(0, limit);
}

const isWhole = (snapshot: Snapshot): snapshot is Ledger =>
  "version" in snapshot && (snapshot as Ledger).version.offers === snapshot.offers;

/** The board as it is for this ledger. */
function boardOf({ index, offers, told, version, forecast }: Ledger): Board {
  const board = boards.get(index) ?? createBoard(offers);
  boards.set(index, board);
  const { byName, names, lots } = board;
  const changed = changesBetween(index.history, board.version, version.number);
  for (const place of changed?.map((position) => names[position] as number) ?? byName.keys()) {
    const position = byName[place] as number;
    lots.renew(place, offers[position] as Offer, told[position] as Offer);
  }
  board.version = version.number;
  if (board.sight?.forecast !== forecast) board.sight = forecast && createSight(forecast, offers.length);
  return board;
}

function createBoard(offers: readonly Offer[]): Board {
  const idAt = (position: number): string => offers[position]?.id ?? "";
  const byName = Int32Array.from(offers.keys()).sort((left, right) => compareNames(idAt(left), idAt(right)));
  const names = new Int32Array(offers.length);
  for (const [place, position] of byName.entries()) names[position] = place;
  return {
    columns: new Map(),
    byName,
    names,
    lots: createLots(offers.length),
    shortagesFor: createShortages(offers.length),
    version: UNKNOWN_VERSION,
    sight: undefined,
  };
}

/** The column of the question, which was asked last of all now; a new one where there is none. */
function columnOf(
  { columns, names: { length }, shortagesFor }: Board,
  { currencyRates }: Ledger,
  requirement: Requirement,
): Column {
  const question = questions.get(requirement) ?? JSON.stringify(requirement);
  questions.set(requirement, question);
  const known = columns.get(question);
  columns.delete(question);
  const column =
    known?.rates === currencyRates ? known : createColumn(requirement, currencyRates, length, shortagesFor);
  const oldest = columns.keys().next().value;
  if (oldest !== undefined && (columns.size + 1) * length > MOST_ANSWERS) columns.delete(oldest);
  columns.set(question, column);
  return column;
}
