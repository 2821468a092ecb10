import { KEYS, type Key } from "../vocabulary/keys.ts";
import type { Chosen } from "./choose-values.ts";

interface Spelling {
  readonly spelling: string;
  readonly row: number;
  readonly canonical: boolean;
}

/** Every spelling of the vocabulary with the row of its key, in order, so that nothing is sorted for each node. */
const SPELLINGS: readonly Spelling[] = (KEYS as readonly Key[])
  .flatMap(({ key, aliases = [] }, row) => [
    { spelling: key, row, canonical: true },
    ...aliases.map((alias) => ({ spelling: alias, row, canonical: false })),
  ])
  .sort((left, right) => (left.spelling < right.spelling ? -1 : 1));

/** The canonical spellings alone. */
const CANONICAL = SPELLINGS.filter(({ canonical }) => canonical);
const NO_ROWS: readonly undefined[] = KEYS.map(() => undefined);

/** The chosen values by row of the vocabulary. */
export type Rows = (Chosen | undefined)[];

/** Rows with nothing chosen yet. */
export const emptyRows = (): Rows => NO_ROWS.slice();

/** Annotations in order of their keys, with all spellings or only the canonical ones. */
export function annotationsOf(rows: Rows, aliases: boolean): Record<string, string> {
  // Without a prototype it is a dictionary from the start, and need not become one key by key.
  const annotations: Record<string, string> = Object.create(null);
  for (const { spelling, row } of aliases ? SPELLINGS : CANONICAL) {
    const choice = rows[row];
    if (choice !== undefined) annotations[spelling] = choice.value;
  }
  return annotations;
}

/** Canonical keys whose values are not told by the node itself, in order. */
export function inferredKeys(rows: Rows): string[] {
  const keys: string[] = [];
  for (const { spelling, row } of CANONICAL) {
    if (rows[row]?.inferred) keys.push(spelling);
  }
  return keys;
}
