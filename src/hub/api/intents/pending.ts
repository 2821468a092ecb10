import type { IntentCache } from "../../intents/intent-cache.ts";
import type { Share } from "./quota.ts";

/** What is being created or changed here and the cache does not know yet: requests that come together count each other. */
export interface PendingIntents {
  /** Without the requests for the Intent `except` (namespace/name): they all ask for the same one. */
  of(tenant: string, except?: string): readonly Share[];
  /** The Intents (namespace/name) that are being changed: they count for what they are to be, not for what the cache knows. */
  changing(): ReadonlySet<string>;
  /** Counts a request while it is carried out, and what it made or changed until the cache has seen that. */
  carryOut<T extends Made>(what: Pending, work: () => Promise<T>): Promise<T>;
}

interface Pending {
  readonly tenant: string;
  /** Namespace and name of the Intent, where it has one already. */
  readonly key?: string | undefined;
  readonly share: Share;
}

type Made = { readonly metadata?: { readonly uid?: string; readonly generation?: number } } | undefined;

interface Entry extends Pending {
  readonly at: number;
  /** What came of it. */
  made?: { readonly uid: string; readonly generation: number };
}

/** After so long one that was created here and never seen again does not count. */
const FORGOTTEN_MS = 60_000;
/** Intents of which is remembered what the cache has seen of them: the answer to a write may come later. */
const REMEMBERED = 1000;

/** Creates the count, empty. */
export function createPendingIntents(
  intents: Pick<IntentCache, "subscribe">,
  now: () => number,
): PendingIntents {
  const entries = new Set<Entry>();
  /** Generations by uid, the one seen last at the end. */
  const seen = new Map<string, number>();
  const isSeen = ({ uid, generation }: NonNullable<Entry["made"]>): boolean =>
    (seen.get(uid) ?? -1) >= generation;
  intents.subscribe((change) => {
    if (change.type === "deleted") return;
    const { uid, generation } = change.value;
    seen.delete(uid);
    seen.set(uid, generation);
    const [oldest] = seen.keys();
    if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
    for (const entry of entries) if (entry.made !== undefined && isSeen(entry.made)) entries.delete(entry);
  });
  const live = (): readonly Entry[] => {
    for (const entry of entries) if (now() - entry.at > FORGOTTEN_MS) entries.delete(entry);
    return [...entries];
  };
  return {
    of: (tenant, except) =>
      live()
        .filter((entry) => entry.tenant === tenant && (entry.key === undefined || entry.key !== except))
        .map(({ share }) => share),
    changing: () => new Set(live().flatMap(({ key }) => key ?? [])),
    carryOut: async (what, work) => {
      const entry: Entry = { ...what, at: now() };
      entries.add(entry);
      try {
        const made = await work();
        const { uid, generation = 0 } = made?.metadata ?? {};
        if (uid === undefined || isSeen({ uid, generation })) entries.delete(entry);
        else entry.made = { uid, generation };
        return made;
      } catch (error) {
        entries.delete(entry);
        throw error;
      }
    },
  };
}
