import { distance } from "../vocabulary/nearest.ts";

/** The letters and digits of a word in lower case: what stays when spelling habits are taken away. */
export const letters = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The candidate that a mistyped word most likely means; undefined where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const bare = letters(word.slice(0, 100));
  const [best] = candidates
    .map((candidate) => ({ candidate, steps: stepsTo(bare, letters(candidate)) }))
    .sort((left, right) => left.steps - right.steps);
  return best !== undefined && best.steps <= Math.max(1, bare.length / 3) ? best.candidate : undefined;
}

/** A word that is the beginning of a candidate is nearly as near as one that is all of it. */
const stepsTo = (word: string, candidate: string): number =>
  Math.min(
    distance(word, candidate),
    word.length < 4 ? Number.POSITIVE_INFINITY : 1 + distance(word, candidate.slice(0, word.length)),
  );
