import type { Candidate } from "./candidate.ts";

/** Tasks of one candidate in a plan. */
export interface Share<C extends Candidate = Candidate> {
  readonly candidate: C;
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

/** From where on tasks are kept apart: 0 providers, then zones, then nodes; 1 zones, then nodes; 2 nodes. */
type Level = 0 | 1 | 2;
const LEVELS = [0, 1, 2] as const;

/**
 * One task after the other, each to the provider with the fewest of them, there to the zone, there to the node with the
 * fewest, among equals to the best candidate. Full whenever there is room, as with `fill`.
 */
const spread =
  (from: Level): Arrange =>
  (ordered, tasks) => {
    const crowds = crowdsOf(ordered);
    const nodes = nodeRooms(ordered);
    const taken = new Map<Candidate, number>();
    for (let task = 0; task < tasks; task += 1) {
      const best = leastCrowded(crowds, from, (crowd) => hasRoom(crowd, taken, nodes));
      if (best === undefined) return { full: false, tasks: task };
      taken.set(best.candidate, (taken.get(best.candidate) ?? 0) + 1);
      nodes.set(best.candidate.node, (nodes.get(best.candidate.node) ?? 0) - 1);
      for (const counter of best.counters) counter.tasks += 1;
    }
    return { full: true, shares: sharesOf(taken, ordered) };
  };

/** As `fill`, but with one task, the worst, on a second node where all of them would be on one. */
const apart: Arrange = (ordered, tasks) => {
  const filled = fill(ordered, tasks);
  if (!filled.full || nodesOf(filled.shares) > 1) return filled;
  const worst = filled.shares.at(-1);
  const second = ordered.find(({ node }) => node !== worst?.candidate.node);
  if (!worst || !second) return filled;
  const taken = new Map(filled.shares.map((share) => [share.candidate, share.tasks]));
  taken.set(worst.candidate, worst.tasks - 1).set(second, 1);
  return { full: true, shares: sharesOf(taken, ordered) };
};

/** Ways to distribute, the most even first: one that a bound forbids gives way to the next. */
export const DISTRIBUTING: readonly Arrange[] = [...LEVELS.map(spread), apart];

/** How many nodes a plan uses. */
export const nodesOf = (shares: readonly Share[]): number =>
  new Set(shares.map(({ candidate }) => candidate.node)).size;

/** A plan in the order of the candidates. */
export function sharesOf(
  taken: ReadonlyMap<Candidate, number>,
  ordered: readonly Candidate[],
): readonly Share[] {
  return ordered.flatMap((candidate) => {
    const tasks = taken.get(candidate) ?? 0;
    return tasks > 0 ? [{ candidate, tasks }] : [];
  });
}

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

function leastCrowded(
  crowds: readonly Crowd[],
  from: Level,
  isOpen: (crowd: Crowd) => boolean,
): Crowd | undefined {
  let best: Crowd | undefined;
  for (const crowd of crowds) {
    if ((best === undefined || isLessCrowded(crowd, best, from)) && isOpen(crowd)) best = crowd;
  }
  return best;
}

function isLessCrowded(left: Crowd, right: Crowd, from: Level): boolean {
  for (const level of LEVELS) {
    if (level < from) continue;
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
