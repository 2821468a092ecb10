/** How fast tokens of a bucket come back, and how many it holds. */
export interface BucketOptions {
  readonly perSecond: number;
  readonly burst: number;
}

/** Buckets by key, as many as are remembered. */
export interface RateLimit {
  /** Takes one; returns the seconds until there is one again where there is none, undefined where it was taken. */
  take(key: string): number | undefined;
  /** The same without taking. */
  wait(key: string): number | undefined;
}

interface Bucket {
  left: number;
  at: number;
}

/** Keys that are remembered. A key that was forgotten begins with a full bucket. */
const REMEMBERED = 20_000;

/** Creates a limit with a full bucket for every key. `now` in milliseconds. */
export function createRateLimit({ perSecond, burst }: BucketOptions, now: () => number): RateLimit {
  const buckets = new Map<string, Bucket>();
  const look = (key: string): Bucket => {
    const at = now();
    const known = buckets.get(key);
    // A clock that was stepped back gives nothing back, and takes nothing.
    const won = known === undefined ? 0 : (Math.max(0, at - known.at) * perSecond) / 1000;
    return { left: known === undefined ? burst : Math.min(burst, known.left + won), at };
  };
  const keep = (key: string, bucket: Bucket): void => {
    // The order of a Map is that of insertion: the first is the one that was used least recently.
    buckets.delete(key);
    buckets.set(key, bucket);
    const oldest = buckets.keys().next().value;
    if (buckets.size > REMEMBERED && oldest !== undefined) buckets.delete(oldest);
  };
  const secondsUntilOne = ({ left }: Bucket): number | undefined =>
    left >= 1 ? undefined : (1 - left) / perSecond;
  return {
    wait: (key) => secondsUntilOne(look(key)),
    take: (key) => {
      const bucket = look(key);
      const wait = secondsUntilOne(bucket);
      keep(key, wait === undefined ? { ...bucket, left: bucket.left - 1 } : bucket);
      return wait;
    },
  };
}
