/** Random numbers that are the same for the same seed, on every machine (mulberry32, 32 bits of state). */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** One of them, all as likely; with weights, as likely as its weight says. */
  pick<T>(items: readonly T[], weights?: readonly number[]): T;
  shuffle<T>(items: readonly T[]): readonly T[];
}

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = <T>(items: readonly T[], weights?: readonly number[]): T => {
    const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? items.length;
    let left = next() * total;
    const at = items.findIndex((_, index) => {
      left -= weights?.[index] ?? 1;
      return left < 0;
    });
    return items[at < 0 ? items.length - 1 : at] as T;
  };
  const shuffle = <T>(items: readonly T[]): readonly T[] => {
    const shuffled = [...items];
    for (let at = shuffled.length - 1; at > 0; at -= 1) {
      const other = Math.floor(next() * (at + 1));
      [shuffled[at], shuffled[other]] = [shuffled[other] as T, shuffled[at] as T];
    }
    return shuffled;
  };
  return { next, pick, shuffle };
}
