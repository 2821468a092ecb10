import type { Offer } from "../../allocation/types.ts";

/** What an Intent holds on one node, whether its pods are there already or not. */
export interface Reservation {
  readonly provider: string;
  readonly node: string;
  readonly resource: string;
  readonly units: number;
  /** Cores and GiB of all of its tasks on the node. */
  readonly cpu: number;
  readonly memoryGi: number;
}

/** What Intents hold, by their uid. Kept by who decides; read by who tells what is free. */
export interface Reservations {
  /** Replaces what an Intent holds; an empty list lets it go. */
  set(intent: string, reservations: readonly Reservation[]): void;
  /** Everybody lets go of everything: for who begins to keep the book. */
  clear(): void;
  /** True while the Intent holds anything: its pods are then counted by what it holds. */
  isReserved(intent: string): boolean;
  on(provider: string, node: string): readonly Reservation[];
  /** How many Intents hold something at the provider. */
  holders(provider: string): number;
  /** Told of each node where something changed. Returns how to be told no more. */
  subscribe(listener: (provider: string, node: string) => void): () => void;
}

/** Who keeps the reservations between terms. */
export interface Follower {
  /** A term begins: it finds the book of reservations empty, and nobody else writes into it until `resume`. */
  pause(): void;
  resume(): void;
}

const nodeOf = ({ provider, node }: Reservation): string => `${provider}/${node}`;

/** Creates an empty book of reservations. */
export function createReservations(): Reservations {
  const byIntent = new Map<string, readonly Reservation[]>();
  const byNode = new Map<string, Set<Reservation>>();
  const listeners = new Set<(provider: string, node: string) => void>();
  const remove = (each: Reservation): void => {
    const there = byNode.get(nodeOf(each));
    there?.delete(each);
    if (there?.size === 0) byNode.delete(nodeOf(each));
  };
  const add = (each: Reservation): void => {
    byNode.set(nodeOf(each), (byNode.get(nodeOf(each)) ?? new Set<Reservation>()).add(each));
  };
  const set: Reservations["set"] = (intent, reservations) => {
    const before = byIntent.get(intent) ?? [];
    const after = reservations.map((each) => ({ ...each }));
    for (const each of before) remove(each);
    for (const each of after) add(each);
    if (after.length === 0) byIntent.delete(intent);
    else byIntent.set(intent, after);
    const touched = new Map([...before, ...after].map((each) => [nodeOf(each), each]));
    for (const { provider, node } of touched.values()) for (const tell of listeners) tell(provider, node);
  };
  return {
    set,
    clear: () => {
      for (const intent of byIntent.keys()) set(intent, []);
    },
    isReserved: (intent) => byIntent.has(intent),
    on: (provider, node) => [...(byNode.get(`${provider}/${node}`) ?? [])],
    holders: (provider) =>
      [...byIntent.values()].filter((held) => held.some((each) => each.provider === provider)).length,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The offers of one node, less what is reserved there. */
export function lessReserved(
  offers: readonly Offer[],
  reservations: readonly Reservation[],
): readonly Offer[] {
  if (reservations.length === 0) return offers;
  const sum = (pick: (each: Reservation) => number): number =>
    reservations.reduce((total, each) => total + pick(each), 0);
  const cpu = sum((each) => each.cpu);
  const memoryGi = sum((each) => each.memoryGi);
  return offers.map((offer) => ({
    ...offer,
    free: offer.soldOnce
      ? 0
      : Math.max(0, offer.free - sum(({ resource, units }) => (resource === offer.resource ? units : 0))),
    cpu: Math.max(0, offer.cpu - cpu),
    memoryGi: Math.max(0, offer.memoryGi - memoryGi),
    nodeIdle: false,
  }));
}
