import type { Notification } from "./notification.ts";

/** A notification on its way. */
export interface Delivery {
  readonly notification: Notification;
  /** When it came to be, milliseconds since 1970. */
  readonly since: number;
  attempts: number;
  isInWork: boolean;
}

/** What waits for one webhook: so many at most, the oldest making room. */
export interface Backlog {
  /** Returns the id of the one that made room, if one had to. */
  add(notification: Notification, now: number): string | undefined;
  get(id: string): Delivery | undefined;
  remove(id: string): void;
  /** Takes everything out; returns the ids. */
  clear(): readonly string[];
  size(): number;
  /** Whether each was tried at least once. */
  allTried(): boolean;
}

/** Creates an empty backlog. What is being sent makes no room, so that there may be a few more than `most`. */
export function createBacklog(most: number): Backlog {
  const deliveries = new Map<string, Delivery>();
  const makeRoom = (): string | undefined => {
    if (deliveries.size < most) return undefined;
    // In the order in which they came.
    for (const [id, { isInWork }] of deliveries) {
      if (isInWork) continue;
      deliveries.delete(id);
      return id;
    }
    return undefined;
  };
  return {
    add: (notification, now) => {
      const dropped = makeRoom();
      deliveries.set(notification.id, { notification, since: now, attempts: 0, isInWork: false });
      return dropped;
    },
    get: (id) => deliveries.get(id),
    remove: (id) => void deliveries.delete(id),
    clear: () => {
      const ids = [...deliveries.keys()];
      deliveries.clear();
      return ids;
    },
    size: () => deliveries.size,
    allTried: () => [...deliveries.values()].every(({ attempts }) => attempts > 0),
  };
}
