import { createDemandBook } from "../../allocation/packing/demand.ts";
import { createForecaster } from "../../allocation/packing/forecaster.ts";
import type { Requirement } from "../../allocation/requirement.ts";
import type { Snapshot } from "../../allocation/types.ts";

/**
 * What Intents ask, each counted once, whatever becomes of it: the allocator keeps room for what is usual. It follows from
 * the Intents that there are, so it is there again after a restart as soon as they were listed.
 */
export interface Demand {
  /** Counts an Intent unless it was counted before. */
  note(uid: string, asked: () => Requirement | undefined): void;
  /** The Intent is gone; what it asked stays counted and fades. */
  forget(uid: string): void;
  /** The same offers, with what is expected to be asked of them. */
  foresee<T extends Snapshot>(snapshot: T): T;
}

/** Knows of no Intent yet. */
export function createDemand(): Demand {
  const forecaster = createForecaster(createDemandBook());
  const counted = new Set<string>();
  return {
    note: (uid, asked) => {
      if (counted.has(uid)) return;
      const requirement = asked();
      if (requirement === undefined) return;
      counted.add(uid);
      forecaster.note(requirement);
    },
    forget: (uid) => void counted.delete(uid),
    foresee: (snapshot) => forecaster.foresee(snapshot),
  };
}
