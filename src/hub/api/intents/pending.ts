import type { IntentCache } from "../../intents/intent-cache.ts";
import type { Share } from "./quota.ts";

/** Intents that are being created here and that the cache does not know yet: requests that come together count each other. */
export interface PendingIntents {
  /** Without the requests for the Intent `except` (namespace/name): they all ask for the same one. */
  of(tenant: string, except?: string): readonly Share[];
  /** Counts a request while it is carried out, and what it made until the cache has seen it. */
  carryOut<T extends Made>(what: Pending, work: () => Promise<T>): Promise<T>;
}

interface Pending {
  readonly tenant: string;
  /** Namespace and name of the Intent, where its request gave it a name. */
  readonly key?: string | undefined;
  readonly share: Share;
}

type Made = { readonly metadata?: { readonly uid?: string } } | undefined;

/** After so long one that was created here and never seen again does not count. */
const FORGOTTEN_MS = 60_000;
/** Intents of which is remembered that the cache has seen them: the answer to their creation may come later. */
const REMEMBERED = 1000;

/** Creates the count, empty. */
export function createPendingIntents(
  intents: Pick<IntentCache, "subscribe">,
  now: () => number,
): PendingIntents {
  const entries = new Set<Pending & { readonly at: number; uid?: string }>();
  const seen = new Set<string>();
  intents.subscribe((change) => {
    if (change.type !== "added") return;
    const { uid } = change.value;
    seen.add(uid);
    const [oldest] = seen;
    if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
    for (const entry of entries) if (entry.uid === uid) entries.delete(entry);
  });
  return {
    of: (tenant, except) => {
      for (const entry of entries) if (now() - entry.at > FORGOTTEN_MS) entries.delete(entry);
      return [...entries]
        .filter((entry) => entry.tenant === tenant && (entry.key === undefined || entry.key !== except))
        .map(({ share }) => share);
    },
    carryOut: async (what, work) => {
      const entry: Pending & { readonly at: number; uid?: string } = { ...what, at: now() };
      entries.add(entry);
      try {
        const made = await work();
        const uid = made?.metadata?.uid;
        if (uid === undefined || seen.has(uid)) entries.delete(entry);
        else entry.uid = uid;
        return made;
      } catch (error) {
        entries.delete(entry);
        throw error;
      }
    },
  };
}
