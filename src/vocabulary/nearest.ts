import { KEYS } from "./keys.ts";

/** Up to three keys of the vocabulary that look most like a mistyped one. */
export function nearestKeys(spelling: string): readonly string[] {
  return KEYS.map(({ key }) => [distance(spelling, key), key] as const)
    .sort(([left], [right]) => left - right)
    .slice(0, 3)
    .map(([, key]) => key);
}

/** Levenshtein distance, one row at a time, in which two neighbours that changed places are one step. */
export function distance(left: string, right: string): number {
  let before: readonly number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      const isSwapped = j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      const swap = isSwapped ? (before[j - 2] ?? 0) + 1 : replace;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replace, swap));
    }
    [before, row] = [row, next];
  }
  return row[right.length] ?? 0;
}
