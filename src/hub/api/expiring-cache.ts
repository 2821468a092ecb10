/** Answers that hold for a while, as many as are remembered. */
export interface ExpiringCache<V> {
  /** The answer known for the key, or what `load` finds; several who ask at once wait for the same one. A failure is not kept. */
  get(key: string, load: () => Promise<V>): Promise<V>;
}

interface Entry<V> {
  readonly answer: Promise<V>;
  readonly until: number;
}

/** Creates an empty cache. `now` in milliseconds; `most` entries at the same time. */
export function createExpiringCache<V>(options: {
  readonly ttlMs: number;
  readonly most: number;
  readonly now: () => number;
}): ExpiringCache<V> {
  const { ttlMs, most, now } = options;
  const entries = new Map<string, Entry<V>>();
  return {
    get: (key, load) => {
      const known = entries.get(key);
      if (known !== undefined && now() < known.until) return known.answer;
      const answer = load();
      const entry = { answer, until: now() + ttlMs };
      // The order of a Map is that of insertion, and all entries live equally long: the first is the oldest.
      entries.delete(key);
      entries.set(key, entry);
      const oldest = entries.keys().next().value;
      if (entries.size > most && oldest !== undefined) entries.delete(oldest);
      answer.catch(() => {
        if (entries.get(key) === entry) entries.delete(key);
      });
      return answer;
    },
  };
}
