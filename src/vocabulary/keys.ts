import { GPU_KEYS } from "./gpu-keys.ts";
import type { Key } from "./key.ts";
import { SITE_KEYS } from "./site-keys.ts";

export type { Key } from "./key.ts";

/** The vocabulary, row by row: the single source of what the agent writes and every reader understands. */
export const KEYS = [...GPU_KEYS, ...SITE_KEYS] as const satisfies readonly Key[];

/** A canonical key of the vocabulary. */
export type KeyName = (typeof KEYS)[number]["key"];

/** The label that marks a published node, for selection. */
export const GPU_NODE_LABEL = "node.fluidos.eu/gpu";
/** The label that FLUIDOS itself selects on; published where a site asks for it. */
export const FLUIDOS_RESOURCES_LABEL = "node-role.fluidos.eu/resources";

const rows: readonly Key[] = KEYS;
const byName = new Map(rows.map((row) => [row.key, row]));
const canonicalOf = new Map(
  rows.flatMap((row) => [row.key, ...(row.aliases ?? [])].map((name) => [name, row.key])),
);

const rowNumbers: ReadonlyMap<string, number> = new Map(rows.map(({ key }, row) => [key, row]));

/** The number of a canonical key's row in KEYS; -1 for what is no key. */
export const rowOf = (key: string): number => rowNumbers.get(key) ?? -1;

/** The row of a canonical key. */
export function findKey(key: string): Key | undefined {
  return byName.get(key);
}

/** Canonical key of any spelling; undefined for keys outside the vocabulary. */
export function canonicalKey(spelling: string): KeyName | undefined {
  return canonicalOf.get(spelling) as KeyName | undefined;
}

/** Keys that the reference requires on every GPU node. */
export const REQUIRED_KEYS: readonly KeyName[] = KEYS.filter((row) => "required" in row).map(
  (row) => row.key,
);

/** All keys, canonical and aliases, that an agent may write. */
export function allSpellings(): readonly string[] {
  return [...canonicalOf.keys()].sort();
}
