import type { Place } from "../intents/places.ts";

type Target = Pick<Place, "provider" | "namespace">;

/** Places that this process filled, and places of which something was taken away since. */
export interface FilledPlaces {
  filled(uid: string, place: Target): void;
  /** Something of it was taken away by somebody; `isThere`: its namespace still is. */
  lost(uid: string, place: Target, isThere: boolean): void;
  forget(uid: string, place: Target): void;
  isFilled(uid: string, place: Target): boolean;
  isUndone(uid: string, place: Target): boolean;
}

const idOf = (uid: string, { provider, namespace }: Target): string => `${uid} ${provider} ${namespace}`;

/** Creates a memory of places; it begins empty. */
export function createFilledPlaces(): FilledPlaces {
  const filled = new Set<string>();
  const undone = new Set<string>();
  const forget = (uid: string, place: Target): void => {
    filled.delete(idOf(uid, place));
    undone.delete(idOf(uid, place));
  };
  return {
    filled: (uid, place) => {
      filled.add(idOf(uid, place));
      undone.delete(idOf(uid, place));
    },
    // Of a place whose namespace is gone nothing has to be remembered: that it is not there says enough.
    lost: (uid, place, isThere) => {
      if (isThere) undone.add(idOf(uid, place));
      else forget(uid, place);
    },
    forget,
    isFilled: (uid, place) => filled.has(idOf(uid, place)),
    isUndone: (uid, place) => undone.has(idOf(uid, place)),
  };
}
