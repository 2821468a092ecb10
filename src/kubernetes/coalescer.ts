/** When a burst of triggers becomes one run. Milliseconds. */
export interface CoalesceOptions {
  /** Quiet time after the last trigger. */
  readonly debounceMs: number;
  /** A burst that does not end is cut here. */
  readonly maxWaitMs: number;
  readonly now?: () => number;
}

/** Turns bursts of triggers into single runs, never two at once. */
export interface Coalescer {
  /** Asks for a run; `atOnce` skips the wait. During a run, one more run follows it. */
  trigger(atOnce?: boolean): void;
  /** Asks for a run after so many milliseconds; the earliest such wish counts. */
  triggerIn(milliseconds: number): void;
  /** Drops what is waiting and resolves when the run in progress, if any, has ended. */
  stop(): Promise<void>;
}

/** What a timer of Node.js can count; with more it would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Creates a coalescer around `work`, which must not throw. */
export function createCoalescer(options: CoalesceOptions, work: () => Promise<void>): Coalescer {
  const now = options.now ?? Date.now;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Number.POSITIVE_INFINITY;
  let firstAt: number | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  const start = (): void => {
    dueAt = Number.POSITIVE_INFINITY;
    firstAt = undefined;
    timer = undefined;
    running = work().finally(() => {
      running = undefined;
      if (stopped) return;
      if (again) trigger();
      else if (dueAt !== Number.POSITIVE_INFINITY) arm(dueAt);
    });
  };
  const arm = (at: number): void => {
    clearTimeout(timer);
    dueAt = at;
    const wait = Math.max(0, at - now());
    timer = wait > LONGEST_TIMER_MS ? setTimeout(() => arm(at), LONGEST_TIMER_MS) : setTimeout(start, wait);
  };
  const trigger = (atOnce = false): void => {
    if (stopped) return;
    again = running !== undefined;
    if (again) return;
    firstAt ??= now();
    arm(atOnce ? now() : Math.min(now() + options.debounceMs, firstAt + options.maxWaitMs));
  };
  const triggerIn = (milliseconds: number): void => {
    const at = now() + milliseconds;
    if (stopped || at >= dueAt) return;
    // A run that asks for the next one: its end arms the timer.
    if (running !== undefined) dueAt = at;
    else arm(at);
  };
  const stop = async (): Promise<void> => {
    stopped = true;
    again = false;
    clearTimeout(timer);
    await running;
  };
  return { trigger, triggerIn, stop };
}
