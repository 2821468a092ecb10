import { setMaxListeners } from "node:events";
import { createDueQueue, type Waiting } from "./due-queue.ts";
import { elapsed } from "./timing.ts";

/** How an item is to be worked on. */
export interface AddOptions {
  /** Not before so many milliseconds from now. Default 0. */
  readonly delayMs?: number;
  /** Higher comes first among those that are due. Default 0. */
  readonly priority?: number;
}

/** What work on an item came to. A rejection is retried with backoff. */
export interface WorkResult {
  /** Look at it again after so many milliseconds. */
  readonly requeueAfterMs?: number | undefined;
}

/** Works on one item, named by its key. The signal says that the queue is being stopped. */
export type Work = (key: string, signal: AbortSignal) => Promise<WorkResult>;

export interface WorkQueueOptions {
  readonly work: Work;
  /** Items worked on at the same time. Default 1. */
  readonly concurrency?: number;
  /** Wait after the first failure of an item; doubles with each. Default 500 ms. */
  readonly baseDelayMs?: number;
  /** No wait is longer. Default 5 min. */
  readonly maxDelayMs?: number;
  /** Milliseconds to wait before the next item may begin: a rate limit over all of them. Default none. */
  readonly limit?: (() => number) | undefined;
  /** Told of each failure, with how many there were in a row. */
  readonly onError: (key: string, error: unknown, failures: number) => void;
  /** Told how long an item was due before work on it began (ms), and how it ended. For metrics. */
  readonly onDone?: (outcome: {
    readonly ok: boolean;
    readonly waitedMs: number;
    readonly tookMs: number;
  }) => void;
  /** Milliseconds that never go back: what waits must not wait for a clock that was set back to catch up. */
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * A queue of keys for level-triggered work. A key is in it once, however often it is added: the least delay and the
 * highest priority count. A key that is being worked on is not worked on by anybody else; added meanwhile, it comes
 * once more afterwards. Equal priorities go by the time they became due, then by age.
 */
export interface WorkQueue {
  add(key: string, options?: AddOptions): void;
  /** Drops a waiting key and its history of failures. */
  drop(key: string): void;
  /** Keys waiting, due or not, and being worked on. */
  size(): number;
  /** Keys that are due and wait for their turn. */
  due(): number;
  /** Stops: nothing new begins; resolves when the work in progress, whose signal aborts, has ended. */
  stop(): Promise<void>;
}

/** Timers hold no more than a 32-bit number of milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Creates a queue; it begins with what is added as soon as the caller is done adding. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { concurrency = 1, now = elapsed } = options;
  const queue = createDueQueue();
  /** Keys in work, with how they are wanted once more. */
  const working = new Map<string, Waiting | undefined>();
  const performer = createPerformer(options, now);
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  // Every request of every item in work listens to it, which is no leak.
  setMaxListeners(0, stopping.signal);
  let timer: NodeJS.Timeout | undefined;
  let scheduled = false;

  const wait = (wanted: Waiting): void => {
    if (working.has(wanted.key)) working.set(wanted.key, sooner(working.get(wanted.key), wanted));
    else queue.put(wanted);
  };
  const begin = (item: Waiting): void => {
    working.set(item.key, undefined);
    const run = performer.perform(item, stopping.signal).then((next) => {
      if (next !== undefined) wait(next);
      const again = working.get(item.key);
      working.delete(item.key);
      running.delete(run);
      if (again !== undefined) queue.put(again);
      pump();
    });
    running.add(run);
  };
  const waitMs = (): number => {
    const restMs = (queue.nextAt() ?? Number.POSITIVE_INFINITY) - now();
    return restMs > 0 ? restMs : (options.limit?.() ?? 0);
  };
  const pump = (): void => {
    clearTimeout(timer);
    scheduled = false;
    while (running.size < concurrency && !stopping.signal.aborted && queue.size() > 0) {
      const restMs = waitMs();
      if (restMs > 0) {
        timer = setTimeout(pump, Math.min(restMs, LONGEST_TIMER_MS));
        return;
      }
      const item = queue.take(now());
      if (item !== undefined) begin(item);
    }
  };
  return {
    add: (key, { delayMs = 0, priority = 0 } = {}) => {
      if (stopping.signal.aborted) return;
      wait({ key, dueAt: now() + Math.max(0, delayMs), priority });
      // Not at once: who adds many in a row wants the most urgent of them first, not the first.
      if (!scheduled) queueMicrotask(pump);
      scheduled = true;
    },
    drop: (key) => {
      queue.remove(key);
      performer.forget(key);
      if (working.has(key)) working.set(key, undefined);
    },
    size: () => queue.size() + working.size,
    due: () => queue.due(now()),
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await Promise.all(running);
    },
  };
}

interface Performer {
  /** Works on an item; never rejects. Returns how the item is wanted again, if it is. */
  perform(item: Waiting, signal: AbortSignal): Promise<Waiting | undefined>;
  forget(key: string): void;
}

function createPerformer(options: WorkQueueOptions, now: () => number): Performer {
  const failures = new Map<string, number>();
  const perform = async (item: Waiting, signal: AbortSignal): Promise<Waiting | undefined> => {
    const { key, dueAt } = item;
    const startedAt = now();
    const told = (ok: boolean): void =>
      options.onDone?.({ ok, waitedMs: startedAt - dueAt, tookMs: now() - startedAt });
    try {
      const { requeueAfterMs } = await options.work(key, signal);
      failures.delete(key);
      told(true);
      return requeueAfterMs === undefined ? undefined : { ...item, dueAt: now() + requeueAfterMs };
    } catch (error) {
      if (signal.aborted) return undefined;
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      told(false);
      options.onError(key, error, count);
      return { ...item, dueAt: now() + retryDelay(options, count) };
    }
  };
  return { perform, forget: (key) => failures.delete(key) };
}

function sooner(known: Waiting | undefined, wanted: Waiting): Waiting {
  if (known === undefined) return wanted;
  const dueAt = Math.min(known.dueAt, wanted.dueAt);
  return { key: known.key, dueAt, priority: Math.max(known.priority, wanted.priority) };
}

/** Full jitter over the upper half, so that the wait still grows: half to all of base x 2^(failures - 1), within the cap. */
function retryDelay(options: WorkQueueOptions, failures: number): number {
  const { baseDelayMs = 500, maxDelayMs = 300_000, random = Math.random } = options;
  const ceiling = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(failures - 1, 30));
  return ceiling * (0.5 + random() / 2);
}
