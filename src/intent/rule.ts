import type { Path, Problem } from "./problem.ts";
import type { IntentSpec } from "./spec-schema.ts";

type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly Item[]
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> | undefined }
    : T;

/** A spec of which parts may be missing because they could not be read. */
export type Draft = DeepPartial<IntentSpec>;

/** Names a field in the author's spelling, by its path from the spec. */
export type Named = (path: string) => string;

/** Reports a problem at a path from the spec. */
export type Report = (path: string, message: string, reason?: Problem["reason"]) => void;

/** Checks what no single field shows: each contradiction is reported once, with what would mend it. */
export type Rule = (draft: Draft, report: Report, named: Named) => void;

/** `workload.ports[0].port` as its steps. */
export const toPath = (path: string): Path =>
  path
    .split(/[.[\]]+/)
    .filter((step) => step !== "")
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));

/** Reports the entries of a list that share what must be unique. */
export function reportTwins<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  tell: (index: number, key: string, first: number) => void,
): void {
  const seen = new Map<string, number>();
  items.forEach((item, index) => {
    const key = keyOf(item);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else tell(index, key, first);
  });
}
