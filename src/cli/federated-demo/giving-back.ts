import type { DemoSite } from "./sites.ts";

/** In which order what was bought is given back; of those in one row either may go first. */
const ORDER: readonly (readonly string[])[] = [
  ["Pod"],
  ["NamespaceOffloading"],
  ["Namespace"],
  ["ResourceSlice"],
  ["VirtualNode", "Node"],
  ["Allocation"],
  ["Contract"],
  ["Transaction"],
  ["Reservation"],
];

/** What goes in a cluster: notes each object's kind as it is deleted, for as long as it is asked to. */
export interface Departures {
  /** Kinds of the objects of those names, or in those namespaces, in the order in which they went; each once. */
  kindsOf(names: ReadonlySet<string>): readonly string[];
  end(): void;
}

/** Begins to note. The API server's own log is read: what it deleted last is last. */
export function noteDepartures({ sandbox }: DemoSite): Departures {
  const gone: { readonly kind: string; readonly names: readonly string[] }[] = [];
  const end = sandbox.kernel.store.subscribe(({ type, object }) => {
    const { kind, metadata } = object;
    if (type === "DELETED") gone.push({ kind, names: [metadata.name, metadata.namespace ?? ""] });
  });
  return {
    kindsOf: (names) => {
      const kinds = gone.filter((each) => each.names.some((name) => names.has(name))).map(({ kind }) => kind);
      return [...new Set(kinds.filter((kind) => rankOf(kind) !== -1))];
    },
    end,
  };
}

const rankOf = (kind: string): number => ORDER.findIndex((row) => row.includes(kind));

/** Whether all kinds went, each after those that stand on it. */
export function isInOrder(kinds: readonly string[]): boolean {
  const ranks = kinds.map(rankOf);
  return ranks.every((rank, at) => rank >= (ranks[at - 1] ?? 0)) && new Set(ranks).size === ORDER.length;
}
