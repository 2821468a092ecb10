import { createHeap } from "./heap.ts";

/** A key that waits: from when on (ms), and how urgent it is then. */
export interface Waiting {
  readonly key: string;
  readonly dueAt: number;
  /** Higher comes first. */
  readonly priority: number;
}

/** Keys in the order in which their turn comes. A key is in it once. */
export interface DueQueue {
  /** Adds a key; where it is in already, the earlier time and the higher priority count. */
  put(waiting: Waiting): void;
  remove(key: string): void;
  /** Takes the most urgent key that is due: by priority, then by time, then by age. */
  take(now: number): Waiting | undefined;
  has(key: string): boolean;
  /** When the next key becomes due; undefined when there is none. */
  nextAt(): number | undefined;
  size(): number;
  /** Keys that are due. */
  due(now: number): number;
}

type Entry = Waiting & { readonly order: number };

const bySoonest = (left: Entry, right: Entry): boolean =>
  left.dueAt < right.dueAt || (left.dueAt === right.dueAt && left.order < right.order);
const byUrgency = (left: Entry, right: Entry): boolean =>
  left.priority > right.priority || (left.priority === right.priority && bySoonest(left, right));

/** Entries that were replaced stay in the heaps until they come up, but no more of them than this over the live ones. */
const MOST_STALE = 1024;

/** Creates an empty queue. It reads no clock: times are given. */
export function createDueQueue(): DueQueue {
  const entries = new Map<string, Entry>();
  let later = createHeap<Entry>(bySoonest);
  let ready = createHeap<Entry>(byUrgency);
  let order = 0;

  const isLive = (entry: Entry): boolean => entries.get(entry.key) === entry;
  const compact = (): void => {
    if (later.size + ready.size <= 2 * entries.size + MOST_STALE) return;
    later = createHeap<Entry>(bySoonest);
    ready = createHeap<Entry>(byUrgency);
    for (const entry of entries.values()) later.push(entry);
  };
  const skipStale = (heap: typeof later): Entry | undefined => {
    let first = heap.peek();
    while (first !== undefined && !isLive(first)) {
      heap.pop();
      first = heap.peek();
    }
    return first;
  };
  const put = ({ key, dueAt, priority }: Waiting): void => {
    const known = entries.get(key);
    if (known !== undefined && known.dueAt <= dueAt && known.priority >= priority) return;
    const entry: Entry = {
      key,
      dueAt: Math.min(dueAt, known?.dueAt ?? dueAt),
      priority: Math.max(priority, known?.priority ?? priority),
      order: known?.order ?? order++,
    };
    entries.set(key, entry);
    later.push(entry);
    compact();
  };
  const take = (now: number): Waiting | undefined => {
    for (let first = skipStale(later); first !== undefined && first.dueAt <= now; first = skipStale(later)) {
      later.pop();
      ready.push(first);
    }
    const first = skipStale(ready);
    if (first === undefined) return undefined;
    ready.pop();
    entries.delete(first.key);
    return first;
  };
  return {
    put,
    take,
    remove: (key) => {
      entries.delete(key);
      compact();
    },
    has: (key) => entries.has(key),
    nextAt: () => skipStale(ready)?.dueAt ?? skipStale(later)?.dueAt,
    size: () => entries.size,
    due: (now) => {
      let count = 0;
      for (const { dueAt } of entries.values()) if (dueAt <= now) count += 1;
      return count;
    },
  };
}
