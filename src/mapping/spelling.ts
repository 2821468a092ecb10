import { KEYS, type Key } from "../vocabulary/keys.ts";
import type { Chosen } from "./choose-values.ts";

/** Every spelling of the vocabulary with the row of its key, in order, so that nothing is sorted for each node. */
const SPELLINGS: readonly (readonly [spelling: string, row: number, canonical: boolean])[] = (
  KEYS as readonly Key[]
)
  .flatMap(({ key, aliases = [] }, row) => [
    [key, row, true] as const,
    ...aliases.map((alias) => [alias, row, false] as const),
  ])
  .sort(([left], [right]) => (left < right ? -1 : 1));

const ROWS: ReadonlyMap<string, number> = new Map(KEYS.map(({ key }, row) => [key, row]));

/** The chosen values by row of the vocabulary. */
export type ByRow = readonly (Chosen | undefined)[];

/** Sorts chosen values into the rows of the vocabulary. */
export function byRow(chosen: readonly Chosen[]): (Chosen | undefined)[] {
  const rows: (Chosen | undefined)[] = KEYS.map(() => undefined);
  for (const choice of chosen) rows[rowOf(choice.key.key)] = choice;
  return rows;
}

/** The row of a key of the vocabulary. */
export const rowOf = (key: string): number => ROWS.get(key) ?? -1;

/** Annotations in order of their keys, with all spellings or only the canonical ones. */
export function annotationsOf(rows: ByRow, aliases: boolean): Record<string, string> {
  const annotations: Record<string, string> = {};
  for (const [spelling, row, canonical] of SPELLINGS) {
    const choice = rows[row];
    if (choice !== undefined && (aliases || canonical)) annotations[spelling] = choice.value;
  }
  return annotations;
}

/** Canonical keys whose values are not told by the node itself, in order. */
export function inferredKeys(rows: ByRow): string[] {
  const keys: string[] = [];
  for (const [spelling, row, canonical] of SPELLINGS) {
    if (canonical && rows[row]?.inferred) keys.push(spelling);
  }
  return keys;
}
