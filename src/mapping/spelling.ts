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

/** The canonical spellings alone. */
const CANONICAL = SPELLINGS.filter(([, , canonical]) => canonical);
const NO_ROWS: readonly undefined[] = KEYS.map(() => undefined);

/** The chosen values by row of the vocabulary. */
export type Rows = (Chosen | undefined)[];

/** Rows with nothing chosen yet. */
export const emptyRows = (): Rows => NO_ROWS.slice();

/** Annotations in order of their keys, with all spellings or only the canonical ones. */
export function annotationsOf(rows: Rows, aliases: boolean): Record<string, string> {
  const annotations: Record<string, string> = {};
  for (const [spelling, row] of aliases ? SPELLINGS : CANONICAL) {
    const choice = rows[row];
    if (choice !== undefined) annotations[spelling] = choice.value;
  }
  return annotations;
}

/** Canonical keys whose values are not told by the node itself, in order. */
export function inferredKeys(rows: Rows): string[] {
  const keys: string[] = [];
  for (const [spelling, row] of CANONICAL) {
    if (rows[row]?.inferred) keys.push(spelling);
  }
  return keys;
}
