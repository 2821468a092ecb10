import type { PeeringCandidate } from "../../../fluidos/peering-candidate.ts";
import type { KubeObject } from "../../../kubernetes/objects.ts";

type Notes = Readonly<Record<string, string>>;

/** Notes of candidates that made way, kept until FLUIDOS makes those candidates anew. */
export interface KeptNotes {
  /** Remembers the notes of a candidate that is about to be deleted. */
  keep(candidate: PeeringCandidate): void;
  /** The object as it is to be read: with what was noted on the one before it. */
  recalled(object: KubeObject): KubeObject;
  /** What has to be written on a candidate again; undefined where nothing has. */
  missing(candidate: PeeringCandidate): Notes | undefined;
}

interface Kept {
  /** Of the candidate that was deleted: it may still be in sight. */
  readonly uid: string;
  readonly notes: Notes;
  /** What the candidate that came for it lacks. */
  readonly lacking?: { readonly uid: string | undefined; readonly notes: Notes };
}

/** Beyond that the first ones are forgotten: they are of candidates that nobody offers any more. */
const MOST_KEPT = 1000;

/** Creates a memory of notes; it begins empty. */
export function createKeptNotes(): KeptNotes {
  const kept = new Map<string, Kept>();
  return {
    keep: ({ name, uid, notes }) => {
      if (Object.keys(notes).length === 0) return;
      kept.delete(name);
      kept.set(name, { uid, notes });
      const [first = ""] = kept.keys();
      if (kept.size > MOST_KEPT) kept.delete(first);
    },
    recalled: (object) => {
      const { name = "", uid, annotations = {} } = object.metadata ?? {};
      const known = kept.get(name);
      if (known === undefined || known.uid === uid) return object;
      const lacking = Object.entries(known.notes).filter(([key]) => annotations[key] === undefined);
      const notes = Object.fromEntries(lacking);
      if (lacking.length === 0) kept.delete(name);
      else kept.set(name, { ...known, lacking: { uid, notes } });
      return { ...object, metadata: { ...object.metadata, annotations: { ...notes, ...annotations } } };
    },
    missing: ({ name, uid }) => {
      const lacking = kept.get(name)?.lacking;
      return lacking?.uid === uid ? lacking?.notes : undefined;
    },
  };
}
