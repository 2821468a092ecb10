import { setMaxListeners } from "node:events";

/** Milliseconds that never go back, whatever is done to the clock: for how long something takes, not for when it was. */
export const elapsed = (): number => performance.now();

/** Waits, or returns early when the signal aborts. Never throws. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

/** The `Sleep` of real time. */
export const sleep: Sleep = (milliseconds, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done, { once: true });
  });

/** The outcome of `work`, or a rejection as soon as the signal aborts; the work itself goes on unheard. */
export function abortable<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  aborted: () => Error,
): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(aborted());
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Ends with one signal, or when the time is over. */
export interface Limit {
  readonly signal: AbortSignal;
  /** True once the time was over first. */
  isOver(): boolean;
  /** To be called when the work is done. */
  dispose(): void;
}

/**
 * Limits work to so many milliseconds. Unlike `AbortSignal.any`, which leaves a little behind at each use, nothing of it
 * stays at a signal that lives as long as the process.
 */
export function createLimit(outer: AbortSignal, milliseconds: number): Limit {
  const inner = new AbortController();
  let over = false;
  const abort = (): void => inner.abort(outer.reason);
  const timer = setTimeout(() => {
    over = !inner.signal.aborted;
    inner.abort();
  }, milliseconds);
  if (outer.aborted) abort();
  else outer.addEventListener("abort", abort, { once: true });
  // Every request of the work listens to it, however many there are.
  setMaxListeners(0, inner.signal);
  return {
    signal: inner.signal,
    isOver: () => over,
    dispose: () => {
      clearTimeout(timer);
      outer.removeEventListener("abort", abort);
    },
  };
}

/** Resolves when the signal aborts. */
export const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** Milliseconds to wait before attempt `failures + 1`: full jitter, doubling from 0.5 s to 30 s, never under 50 ms. */
export function backoffDelay(failures: number, random: () => number): number {
  const ceiling = Math.min(30_000, 500 * 2 ** Math.min(Math.max(failures - 1, 0), 10));
  return Math.round(50 + random() * (ceiling - 50));
}
