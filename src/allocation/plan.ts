import type { Candidate } from "./candidate.ts";

/** Tasks of one candidate in a plan. */
export interface Share {
  readonly candidate: Candidate;
  readonly tasks: number;
}

/** Places for all tasks, or how many of them had one. */
export type Arranged =
  | { readonly full: true; readonly shares: readonly Share[] }
  | { readonly full: false; readonly tasks: number };

/** How candidates in their order become a plan. */
export type Arrange = (ordered: readonly Candidate[], tasks: number) => Arranged;

/**
 * The best candidates first, as many tasks on each as it and its node carry. Groups within nodes within the whole are
 * nested limits (a laminar matroid), for which taking the best first gives the best sum, and finds room for all tasks
 * whenever there is room.
 */
export const fill: Arrange = (ordered, tasks) => {
  const nodes = nodeRooms(ordered);
  const shares: Share[] = [];
  let left = tasks;
  for (const candidate of ordered) {
    const room = nodes.get(candidate.node) ?? 0;
    const taken = Math.min(left, candidate.room, room);
    if (taken <= 0) continue;
    nodes.set(candidate.node, room - taken);
    shares.push({ candidate, tasks: taken });
    left -= taken;
    if (left === 0) return { full: true, shares };
  }
  return { full: false, tasks: tasks - left };
};

/**
 * One task after the other, each to the provider with the fewest of them, there to the zone, there to the node with the
 * fewest, among equals to the best candidate. Full whenever there is room, as with `fill`.
 */
export const spread: Arrange = (ordered, tasks) => {
  const crowds = crowdsOf(ordered);
  const nodes = nodeRooms(ordered);
  const taken = new Map<Candidate, number>();
  for (let task = 0; task < tasks; task += 1) {
    let best: Crowd | undefined;
    for (const crowd of crowds) {
      if (hasRoom(crowd, taken, nodes) && (best === undefined || isLessCrowded(crowd, best))) best = crowd;
    }
    if (best === undefined) return { full: false, tasks: task };
    taken.set(best.candidate, (taken.get(best.candidate) ?? 0) + 1);
    nodes.set(best.candidate.node, (nodes.get(best.candidate.node) ?? 0) - 1);
    for (const counter of best.counters) counter.tasks += 1;
  }
  const shares = ordered
    .filter((candidate) => taken.has(candidate))
    .map((candidate) => ({ candidate, tasks: taken.get(candidate) ?? 0 }));
  return { full: true, shares };
};

interface Counter {
  tasks: number;
}

/** A candidate with the counters of its provider, zone and node, which it shares with its neighbours. */
interface Crowd {
  readonly candidate: Candidate;
  readonly counters: readonly [Counter, Counter, Counter];
}

function crowdsOf(ordered: readonly Candidate[]): Crowd[] {
  const counters = new Map<string, Counter>();
  const counterOf = (key: string): Counter => {
    const counter = counters.get(key) ?? { tasks: 0 };
    counters.set(key, counter);
    return counter;
  };
  return ordered.map((candidate) => ({
    candidate,
    counters: [
      counterOf(`p/${candidate.offer.provider}`),
      counterOf(`z/${candidate.zone}`),
      counterOf(`n/${candidate.node}`),
    ],
  }));
}

const hasRoom = (
  { candidate }: Crowd,
  taken: ReadonlyMap<Candidate, number>,
  nodes: ReadonlyMap<string, number>,
): boolean => (nodes.get(candidate.node) ?? 0) > 0 && (taken.get(candidate) ?? 0) < candidate.room;

function isLessCrowded(left: Crowd, right: Crowd): boolean {
  for (const level of [0, 1, 2] as const) {
    const difference = left.counters[level].tasks - right.counters[level].tasks;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Tasks that each node carries; where its groups disagree, the least of them. */
export function nodeRooms(candidates: readonly Candidate[]): Map<string, number> {
  const rooms = new Map<string, number>();
  for (const { node, nodeRoom } of candidates) {
    rooms.set(node, Math.min(nodeRoom, rooms.get(node) ?? nodeRoom));
  }
  return rooms;
}
