import { bestOf, type Column, createColumn, update } from "./column.ts";
import type { Rejected } from "./decision.ts";
import { changesBetween, UNKNOWN_VERSION } from "./history.ts";
import type { Index, Ledger } from "./ledger.ts";
import { compareNames, type Ranked } from "./rank.ts";
import type { Requirement } from "./requirement.ts";
import { createSight, type Sight } from "./sight.ts";
import type { Snapshot } from "./types.ts";

/** Answers that are kept in all, one for each question and offer, with 38 bytes each. */
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

/** A column, and the ledger for which it was brought up to date. */
interface Kept {
  readonly column: Column;
  version: number;
}

/** The questions that were asked of one inventory. */
interface Board {
  readonly columns: Map<string, Kept>;
  /** By position: the place of the offer among all names. */
  readonly names: Int32Array;
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
  const column = currentColumn(snapshot, requirement);
  return {
    fitting: column.fitting.size(),
    busy: column.busy,
    rejected: rejectedBy(column),
    best: bestOf(column, limit),
  };
}

function rejectedBy({ counts }: Column): readonly Rejected[] {
  const rejected: Rejected[] = [];
  for (const { code, count, failing } of counts) if (failing > 0) rejected.push({ code, count, failing });
  return rejected;
}

const isWhole = (snapshot: Snapshot): snapshot is Ledger =>
  "version" in snapshot && (snapshot as Ledger).version.offers === snapshot.offers;

/** The answers as they are for this ledger. */
function currentColumn(ledger: Ledger, requirement: Requirement): Column {
  const { index, offers, version, forecast } = ledger;
  const board = boardOf(ledger);
  if (board.sight?.forecast !== forecast) board.sight = forecast && createSight(forecast, offers.length);
  const kept = keptColumn(board, ledger, requirement);
  const positions = changesBetween(index.history, kept.version, version.number) ?? [...offers.keys()];
  update(kept.column, ledger, positions, board.sight);
  kept.version = version.number;
  return kept.column;
}

/** The column of the question, which was asked last of all now; a new one where there is none. */
function keptColumn({ columns, names }: Board, { currencyRates }: Ledger, requirement: Requirement): Kept {
  const question = questions.get(requirement) ?? JSON.stringify(requirement);
  questions.set(requirement, question);
  const known = columns.get(question);
  columns.delete(question);
  const kept =
    known?.column.rates === currencyRates
      ? known
      : { column: createColumn(requirement, currencyRates, names), version: UNKNOWN_VERSION };
  const oldest = columns.keys().next().value;
  if (oldest !== undefined && (columns.size + 1) * names.length > MOST_ANSWERS) columns.delete(oldest);
  columns.set(question, kept);
  return kept;
}

function boardOf({ index, offers }: Ledger): Board {
  const known = boards.get(index);
  if (known !== undefined) return known;
  const names = new Int32Array(offers.length);
  const inOrder = [...index.byId].sort(([left], [right]) => compareNames(left, right));
  for (const [place, [, position]] of inOrder.entries()) names[position] = place;
  const board: Board = { columns: new Map(), names, sight: undefined };
  boards.set(index, board);
  return board;
}
