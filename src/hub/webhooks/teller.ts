import type { Logger } from "../../observability/logger.ts";

/** Tells people how it stands with a webhook: quiet while it works, and not once for each notification while it does not. */
export interface Teller {
  works(): void;
  fails(why: string): void;
  lost(result: string, why: string, count: number): void;
}

/** Of what is lost one by one, one line tells so often at most. */
const TELL_MS = 60_000;

export function createTeller(webhook: string, log: Logger, now: () => number): Teller {
  let isFailing = false;
  let toldAt = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return {
    works: () => {
      if (isFailing) log.info({ webhook }, "the webhook takes notifications again");
      isFailing = false;
    },
    fails: (why) => {
      if (!isFailing) log.warn({ webhook }, `a notification could not be delivered: ${why}`);
      isFailing = true;
    },
    lost: (result, why, count) => {
      untold += count;
      if (Math.abs(now() - toldAt) < TELL_MS) return;
      log.warn({ webhook, result, count: untold }, `notifications were lost: ${why}`);
      toldAt = now();
      untold = 0;
    },
  };
}
