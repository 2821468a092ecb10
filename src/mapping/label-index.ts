import type { StringMap } from "./facts.ts";
import { remembering } from "./remember.ts";

/** Numbers of the label names that rules read, and of the beginnings of names that they go over. */
export interface LabelNumbers {
  readonly names: Map<string, number>;
  readonly prefixes: Map<string, number>;
}

/** A node's labels by the numbers of what rules ask for. An empty label says no more than an absent one. */
export interface IndexedLabels {
  readonly values: readonly (string | undefined)[];
  /** Keys that begin with a prefix, in the order of the node. */
  readonly keys: readonly (readonly string[] | undefined)[];
}

export type IndexLabels = (labels: StringMap) => IndexedLabels;

/** Numbers for rules that are about to be compiled: none are given yet. */
export const noNumbers = (): LabelNumbers => ({ names: new Map(), prefixes: new Map() });

/** The number of a name, or of a prefix, a new one where nobody asked before. */
export function numberOf(text: string, numbers: Map<string, number>): number {
  const number = numbers.get(text) ?? numbers.size;
  numbers.set(text, number);
  return number;
}

/** Different label keys of one cluster; many carry ids of hardware in them. */
const KEYS_REMEMBERED = 1024;

/** Indexes labels in one pass, so that no rule goes over them again. Made when all rules are compiled. */
export function labelIndex({ names, prefixes }: LabelNumbers): IndexLabels {
  const noValues = Array.from(names, () => undefined);
  const noKeys = Array.from(prefixes, () => undefined);
  const useOf = remembering(
    (key: string) => ({
      name: names.get(key),
      prefixes: [...prefixes].filter(([prefix]) => key.startsWith(prefix)).map(([, number]) => number),
    }),
    KEYS_REMEMBERED,
  );
  return (labels) => {
    const values: (string | undefined)[] = noValues.slice();
    const keys: (string[] | undefined)[] = noKeys.slice();
    for (const key in labels) {
      const use = useOf(key);
      if (use.name !== undefined) values[use.name] = labels[key] || undefined;
      for (const prefix of use.prefixes) {
        const found = keys[prefix];
        if (found) found.push(key);
        else keys[prefix] = [key];
      }
    }
    return { values, keys };
  };
}
