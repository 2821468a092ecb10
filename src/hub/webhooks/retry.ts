/** What an attempt came to. */
export type Outcome =
  | {
      readonly status: number;
      /** Milliseconds, as the receiver wishes. */
      readonly retryAfterMs?: number | undefined;
    }
  /** No answer: refused, cut, too slow, or there was no key to sign with. */
  | { readonly error: string };

/** What follows from an attempt. */
export type Verdict =
  | { readonly next: "delivered" }
  | { readonly next: "retry"; readonly afterMs: number; readonly why: string }
  /** The receiver does not want this one; it would not want it later either. */
  | { readonly next: "refused"; readonly why: string }
  /** Tried too often, or for too long. */
  | { readonly next: "expired"; readonly why: string }
  /** 410: the receiver wants nothing any more. */
  | { readonly next: "gone"; readonly why: string };

export interface Attempt {
  /** Attempts so far, with this one. */
  readonly attempts: number;
  /** Milliseconds since the notification came to be. */
  readonly ageMs: number;
}

export interface RetryBounds {
  readonly attempts: number;
  readonly giveUpAfter: number;
}

const FIRST_MS = 1000;
const LONGEST_MS = 5 * 60_000;
/** Besides 5xx: later may be better. Too early is 425. */
const PASSING: readonly number[] = [408, 425, 429];

/** Pure: the same outcome, attempt and random number give the same verdict. `random` in [0, 1). */
export function verdictOn(
  outcome: Outcome,
  attempt: Attempt,
  bounds: RetryBounds,
  random: () => number,
): Verdict {
  const why = "error" in outcome ? outcome.error : whyOf(outcome.status);
  if ("status" in outcome) {
    const { status } = outcome;
    if (status >= 200 && status < 300) return { next: "delivered" };
    if (status === 410) return { next: "gone", why };
    if (status < 500 && !PASSING.includes(status)) return { next: "refused", why };
  }
  const wished = "status" in outcome ? (outcome.retryAfterMs ?? 0) : 0;
  const afterMs = Math.max(delayAfter(attempt.attempts, random), Math.min(wished, LONGEST_MS));
  if (attempt.attempts >= bounds.attempts) return { next: "expired", why: `${why}, as the last attempt` };
  if (attempt.ageMs + afterMs > bounds.giveUpAfter) return { next: "expired", why: `${why}, for too long` };
  return { next: "retry", afterMs, why };
}

/** Full jitter: anything from now to a bound that doubles from 1 s to 5 min. */
function delayAfter(attempts: number, random: () => number): number {
  return Math.round(random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts - 1, 20)));
}

const whyOf = (status: number): string =>
  status >= 300 && status < 400 ? `HTTP ${status}: redirects are not followed` : `HTTP ${status}`;

/** Milliseconds that a header `Retry-After` asks for, in seconds or as a date; undefined where it asks nothing. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
