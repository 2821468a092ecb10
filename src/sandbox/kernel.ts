import type { AdmissionPlugin } from "./admission.ts";
import type { Registry } from "./registry.ts";
import type { Store } from "./store.ts";

/** What every part of the server works on; time and randomness come from outside. */
export interface Kernel {
  readonly store: Store;
  readonly registry: Registry;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
  /** What stands for the cluster's admission webhooks, asked in the order in which they were added. */
  readonly admission: Set<AdmissionPlugin>;
}

const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** The five characters that the API server appends to a generateName. */
export const nameSuffix = (random: () => number): string =>
  Array.from({ length: 5 }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");

export function newUid(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
