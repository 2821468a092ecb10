import { availableKi, availableMilli, nodeKey } from "./capacity.ts";
import type { Offer } from "./types.ts";

/**
 * What is left of the offers while several requirements are arranged: whole numbers by position, changed in place, so
 * that a plan is taken and given back in no time and to the last bit.
 */
export interface Room {
  /** Units left of each offer. */
  readonly units: Float64Array;
  /** By offer: the position of its node. */
  readonly nodeOf: Int32Array;
  /** Millicores and KiB left of each node. */
  readonly milli: Float64Array;
  readonly kibi: Float64Array;
  /** Who of the arrangement uses each node, and how many of them for themselves alone. */
  readonly holders: Int32Array;
  readonly exclusive: Int32Array;
}

/** The room that the offers have. */
export function roomOf(offers: readonly Offer[]): Room {
  const nodes = new Map<string, number>();
  const nodeOf = Int32Array.from(offers, (offer) => {
    const key = nodeKey(offer);
    const position = nodes.get(key) ?? nodes.size;
    nodes.set(key, position);
    return position;
  });
  const room: Room = {
    units: Float64Array.from(offers, ({ free }) => free),
    nodeOf,
    milli: new Float64Array(nodes.size),
    kibi: new Float64Array(nodes.size),
    holders: new Int32Array(nodes.size),
    exclusive: new Int32Array(nodes.size),
  };
  for (const [at, offer] of offers.entries()) {
    const node = nodeOf[at] ?? 0;
    room.milli[node] = availableMilli(offer.cpu);
    room.kibi[node] = availableKi(offer.memoryGi);
  }
  return room;
}

/** What one task takes of an offer and its node, in whole numbers. */
export interface TaskSize {
  readonly units: number;
  readonly milli: number;
  readonly kibi: number;
  /** Nobody else may use the node. */
  readonly exclusive: boolean;
}

const times = (has: number, each: number): number =>
  each <= 0 ? Number.MAX_SAFE_INTEGER : Math.floor(has / each);

/** How many tasks of this size the node's CPU and memory carry; none where somebody holds it, or must not be there. */
export function nodeRoomFor(room: Room, node: number, size: TaskSize): number {
  if (at(room.exclusive, node) > 0) return 0;
  if (size.exclusive && at(room.holders, node) > 0) return 0;
  return Math.min(times(at(room.milli, node), size.milli), times(at(room.kibi, node), size.kibi));
}

/** How many tasks of this size the units of the offer carry. */
export const unitRoomFor = (room: Room, offer: number, size: TaskSize): number =>
  times(at(room.units, offer), size.units);

/** Takes so many tasks off the room; with a negative number gives them back. */
export function takeRoom(room: Room, offer: number, size: TaskSize, tasks: number): void {
  const node = at(room.nodeOf, offer);
  add(room.units, offer, -tasks * size.units);
  add(room.milli, node, -tasks * size.milli);
  add(room.kibi, node, -tasks * size.kibi);
  add(room.holders, node, Math.sign(tasks));
  if (size.exclusive) add(room.exclusive, node, Math.sign(tasks));
}

type Counts = Float64Array | Int32Array;
const at = (counts: Counts, position: number): number => counts[position] ?? 0;
const add = (counts: Counts, position: number, difference: number): void => {
  counts[position] = at(counts, position) + difference;
};
