/** Changes that are remembered of one inventory; who has to go further back looks at everything anew. */
const MOST_CHANGES = 4096;

/**
 * What changed from one ledger to the next. Ledgers are values that never change: several may come from the same one. The
 * history is what they share, so that what was worked out for one of them is carried to another by what lies between.
 */
export interface History {
  /** The latest ones: a change stands at its number modulo MOST_CHANGES. */
  readonly changes: Change[];
  next: number;
}

interface Change {
  readonly version: number;
  /** The version that was changed; a lower number. */
  readonly from: number;
  readonly positions: readonly number[];
}

/** The version of a ledger that nobody changed yet. */
export const FIRST_VERSION = 0;
/** Comes before all others and has nothing in common with them. */
export const UNKNOWN_VERSION = -1;

export const createHistory = (): History => ({ changes: [], next: FIRST_VERSION + 1 });

/** Notes that the offers at these positions are others than in the version before; returns the version that it made. */
export function noteChange(history: History, from: number, positions: readonly number[]): number {
  const version = history.next;
  history.next += 1;
  history.changes[version % MOST_CHANGES] = { version, from, positions };
  return version;
}

/** Positions at which two versions may differ, some of them twice; undefined where that is forgotten. */
export function changesBetween(
  { changes }: History,
  left: number,
  right: number,
): readonly number[] | undefined {
  const positions: number[] = [];
  let [older, newer] = [left, right];
  // Back from whichever is the newer one, until both have come to the version that they have in common.
  while (older !== newer) {
    if (older > newer) [older, newer] = [newer, older];
    const change = changes[newer % MOST_CHANGES];
    if (change?.version !== newer) return undefined;
    positions.push(...change.positions);
    newer = change.from;
  }
  return positions;
}
