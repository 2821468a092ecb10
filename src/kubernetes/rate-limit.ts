import { elapsed } from "./timing.ts";

/** A token bucket: so many at once, then so many a second. */
export interface RateLimitOptions {
  readonly burst: number;
  readonly perSecond: number;
  /** Milliseconds; must not go back. */
  readonly now?: () => number;
}

/** Creates a limit. Each call takes a token and returns 0, or takes none and returns the milliseconds until there is one. */
export function createRateLimit({ burst, perSecond, now = elapsed }: RateLimitOptions): () => number {
  let tokens = burst;
  let filledAt = now();
  return () => {
    const at = now();
    // A clock that was set back gives nothing, but takes nothing away either.
    tokens = Math.min(burst, tokens + (Math.max(0, at - filledAt) * perSecond) / 1000);
    filledAt = at;
    if (tokens >= 1) {
      tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - tokens) / perSecond) * 1000);
  };
}
