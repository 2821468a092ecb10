import type { PeeringCandidate } from "../../../fluidos/peering-candidate.ts";

/** Notes of candidates that made way, kept until FLUIDOS makes those candidates anew. */
export interface KeptNotes {
  /** Remembers the notes of a candidate that is about to be deleted. */
  keep(candidate: PeeringCandidate): void;
  /** What a candidate has to be told again; undefined where nothing is known of it. */
  missing(candidate: PeeringCandidate): Readonly<Record<string, string>> | undefined;
}

/** Beyond that the first ones are forgotten: they are of candidates that nobody offers any more. */
const MOST_KEPT = 1000;

/** Creates a memory of notes; it begins empty. */
export function createKeptNotes(): KeptNotes {
  const kept = new Map<string, Pick<PeeringCandidate, "uid" | "notes">>();
  return {
    keep: ({ name, uid, notes }) => {
      if (Object.keys(notes).length === 0) return;
      kept.delete(name);
      kept.set(name, { uid, notes });
      const [first = ""] = kept.keys();
      if (kept.size > MOST_KEPT) kept.delete(first);
    },
    missing: ({ name, uid, notes }) => {
      const known = kept.get(name);
      // The one that was deleted may still be in sight.
      if (known === undefined || known.uid === uid) return undefined;
      const missing = Object.entries(known.notes).filter(([key]) => notes[key] === undefined);
      if (missing.length > 0) return Object.fromEntries(missing);
      kept.delete(name);
      return undefined;
    },
  };
}
