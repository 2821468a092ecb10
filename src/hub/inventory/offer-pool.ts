import { isDeepStrictEqual } from "node:util";
import type { Offer } from "../../allocation/types.ts";
import type { NodeRecord } from "./node-record.ts";
import type { NodeOffers } from "./offers.ts";
import { lessReserved, type Reservations } from "./reservations.ts";

/** A GPU node of a provider with its offers. */
export interface PooledNode extends NodeOffers {
  readonly provider: string;
  readonly node: NodeRecord;
}

/** Which node of which provider changed, came or went. */
export interface PoolChange {
  readonly provider: string;
  readonly node: string;
}

/** What all providers offer together. */
export interface OfferPool {
  /**
   * All offers, without what is reserved subtracted and without counting the pods of Intents that hold reservations:
   * what a ledger of reservations stands on. The same array as long as nothing changes.
   */
  offers(): readonly Offer[];
  /** The offers of one node with what is reserved subtracted: what somebody who asks now can have. */
  available(provider: string, node: string): readonly Offer[];
  node(provider: string, node: string): PooledNode | undefined;
  /** How many nodes a provider has in the pool. */
  size(provider: string): number;
  /** All nodes, or those of one provider. */
  nodes(provider?: string): Iterable<PooledNode>;
  /** Told of changes, in batches. Returns how to be told no more. */
  subscribe(listener: (changes: readonly PoolChange[]) => void): () => void;
}

/** The pool as its providers' inventories fill it. */
export interface FillableOfferPool extends OfferPool {
  /** Takes what the nodes of a provider offer now; undefined for a node that is gone. Tells listeners once. */
  update(provider: string, nodes: ReadonlyMap<string, PooledNode | undefined>): void;
  /** Drops the nodes of a provider that are not in the set. */
  retain(provider: string, names: ReadonlySet<string>): void;
}

/** Creates an empty pool. */
export function createOfferPool(reservations: Reservations): FillableOfferPool {
  const providers = new Map<string, Map<string, PooledNode>>();
  const listeners = new Set<(changes: readonly PoolChange[]) => void>();
  let cached: readonly Offer[] | undefined;

  const tell = (changes: readonly PoolChange[]): void => {
    for (const listener of listeners) listener(changes);
  };
  const update: FillableOfferPool["update"] = (provider, nodes) => {
    const known = providers.get(provider) ?? new Map<string, PooledNode>();
    providers.set(provider, known);
    const changes = [...nodes]
      .filter(([name, node]) => put(known, name, node))
      .map(([node]) => ({ provider, node }));
    if (known.size === 0) providers.delete(provider);
    if (changes.length === 0) return;
    cached = undefined;
    tell(changes);
  };
  const all = function* (provider?: string): Generator<PooledNode> {
    if (provider !== undefined) yield* providers.get(provider)?.values() ?? [];
    else for (const nodes of providers.values()) yield* nodes.values();
  };
  const node = (provider: string, name: string): PooledNode | undefined => providers.get(provider)?.get(name);
  // What is offered stays what it was; what is available of it does not.
  reservations.subscribe((provider, name) => tell([{ provider, node: name }]));
  return {
    offers: () => {
      cached ??= [...all()].flatMap(({ offers }) => offers);
      return cached;
    },
    available: (provider, name) =>
      lessReserved(node(provider, name)?.offers ?? [], reservations.on(provider, name)),
    node,
    size: (provider) => providers.get(provider)?.size ?? 0,
    nodes: all,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    update,
    retain: (provider, names) => {
      const gone = [...(providers.get(provider)?.keys() ?? [])].filter((name) => !names.has(name));
      update(provider, new Map(gone.map((name) => [name, undefined])));
    },
  };
}

/** Puts a node into the map; true where that changed anything. */
function put(known: Map<string, PooledNode>, name: string, node: PooledNode | undefined): boolean {
  const before = known.get(name);
  if (node === undefined) return known.delete(name);
  known.set(name, node);
  return before === undefined || !isSame(before, node);
}

function isSame(before: PooledNode, after: PooledNode): boolean {
  if (before === after) return true;
  return (
    isDeepStrictEqual(before.offers, after.offers) &&
    isDeepStrictEqual(before.problems, after.problems) &&
    isDeepStrictEqual(before.node, after.node)
  );
}
