/** What is known of a Provider that may be on its way out. */
export interface DepartureFacts {
  /** Whether it has the finalizer. */
  readonly isHeld: boolean;
  /** Since when it is being deleted (ms). */
  readonly leavingSince: number | undefined;
  /** What Intents have there, or left there, in words. */
  readonly places: readonly string[];
  /** Something is decided on that is not in the places yet, or is there without an Intent. */
  readonly isBusy: boolean;
  /** All that is there of this hub can be seen. */
  readonly isSeen: boolean;
  /** There is no use in trying to reach it. */
  readonly isAway: boolean;
  readonly letGoAfterMs: number;
  readonly retryMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type DepartureStep =
  | { readonly do: "rest" }
  /** Put the finalizer on. */
  | { readonly do: "hold" }
  | { readonly do: "wait"; readonly afterMs: number }
  /** Take it off; what is left there is told. */
  | { readonly do: "let-go"; readonly leftovers: readonly string[] };

/**
 * The next step with a Provider's finalizer. A deleted one goes when nothing of this hub is there any more. One that
 * nobody answers for goes at once where no Intent had anything there, and else after as long as an Intent would wait.
 */
export function departureStep(facts: DepartureFacts): DepartureStep {
  const { isHeld, leavingSince, places, isBusy, isSeen, isAway, letGoAfterMs, retryMs, now } = facts;
  if (leavingSince === undefined) return { do: isHeld ? "rest" : "hold" };
  if (!isHeld) return { do: "rest" };
  if (places.length === 0 && !isBusy && (isSeen || isAway)) return { do: "let-go", leftovers: [] };
  // A clock that was stepped back only makes the wait longer.
  const leftMs = leavingSince + letGoAfterMs - now;
  if (leftMs <= 0) return { do: "let-go", leftovers: places };
  return { do: "wait", afterMs: Math.min(leftMs, retryMs) };
}
