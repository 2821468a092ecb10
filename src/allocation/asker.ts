import { hourlyBounds } from "./bounds.ts";
import { type Candidate, candidatesOf } from "./candidate.ts";
import { neededKi, neededMilli } from "./capacity.ts";
import { isHigherBetter } from "./objective.ts";
import { objectiveValue } from "./placements.ts";
import type { Share } from "./plan.ts";
import { compareNumbers } from "./rank.ts";
import { type Requirement, strategyOf } from "./requirement.ts";
import { nodeRoomFor, type Room, type TaskSize, unitRoomFor } from "./room.ts";
import { type Problem, solve, zonesOf } from "./solve.ts";
import { boundCount, breach, sum } from "./spending.ts";
import type { CurrencyRates, Offer } from "./types.ts";

/** A candidate with its positions in the room. */
export interface Place extends Candidate {
  readonly offerAt: number;
  readonly nodeAt: number;
  /** What places go by, the least first: the loss of a task, and what the room that it takes is worth to others. */
  readonly cost: number;
}

/** Where all tasks of one asker go. */
export interface Plan {
  readonly shares: readonly Share<Place>[];
  /** The value of its objective, turned so that lower is better; Infinity where an offer does not tell it. */
  readonly loss: number;
}

/** One of several requirements that are arranged together. */
export interface Asker {
  readonly requirement: Requirement;
  readonly problem: Problem;
  readonly size: TaskSize;
  /** The offers that fit, best first. */
  readonly places: readonly Place[];
  /** The places among which all tasks have to stay together, each best first; the group with the best place first. */
  readonly groups: readonly (readonly Place[])[];
  /** False: its plans take too long to be made again and again; it stays where its turn puts it. */
  readonly isMovable: boolean;
}

/** Offers that fit, with their positions in the room: what an asker is made of. */
export interface Fitting {
  readonly offers: readonly Offer[];
  readonly position: (offer: Offer) => number;
  /** Tasks of all askers. */
  readonly tasks: number;
}

/**
 * Groups of one node that fit the same requirement, at most, for which the best places are all that is needed. Each task
 * of the others keeps an asker off one node: among so many nodes there is always a free one.
 */
const GROUPS = 4;
/** Places of somebody whose plans are searched for, not filled, in milliseconds rather than microseconds. */
const MOST_TRIED = 500;

export function askerOf(requirement: Requirement, fitting: Fitting, room: Room, rates: CurrencyRates): Asker {
  const problem: Problem = {
    tasks: requirement.tasks,
    strategy: strategyOf(requirement),
    dedicated: requirement.gpu.dedicated === true,
    bounds: hourlyBounds(requirement, rates),
  };
  const isFree = problem.strategy === "flexible" && (problem.tasks === 1 || boundCount(problem.bounds) === 0);
  const most = isFree ? { limit: fitting.tasks * GROUPS } : {};
  const places = candidatesOf(fitting.offers, requirement, rates, most).map((candidate): Place => {
    const offerAt = fitting.position(candidate.offer);
    return { ...candidate, offerAt, nodeAt: room.nodeOf[offerAt] ?? 0, cost: candidate.loss };
  });
  const size: TaskSize = {
    units: requirement.gpu.count,
    milli: neededMilli(requirement.cpu),
    kibi: neededKi(requirement.memoryGi),
    exclusive: problem.dedicated,
  };
  const isMovable = isFree || problem.strategy === "colocated" || places.length <= MOST_TRIED;
  return { requirement, problem, size, places, groups: groupsOf(problem, places), isMovable };
}

const groupsOf = ({ strategy }: Problem, places: readonly Place[]): Asker["groups"] =>
  strategy === "colocated" ? zonesOf(places) : [places];

/** The same asker, to whom places cost so much. */
export function pricedAt(asker: Asker, costOf: (place: Place) => number): Asker {
  const places = asker.places
    .map((place) => ({ ...place, cost: costOf(place) }))
    .sort((left, right) => compareNumbers(left.cost, right.cost));
  return { ...asker, places, groups: groupsOf(asker.problem, places) };
}

/** Units that all of its tasks take. */
export const unitsOf = ({ size, problem }: Asker): number => size.units * problem.tasks;

/**
 * The best that an asker can have of what is left; undefined: no place for all of its tasks. `restraint` may make it
 * take less of a place here and there than it could.
 */
export function bestPlan(asker: Asker, room: Room, restraint?: Restraint): Plan | undefined {
  const { requirement, problem, groups } = asker;
  const shares =
    problem.strategy === "distributed"
      ? solved(asker, asker.places, room)
      : bestOf(asker, groups, room, restraint);
  return shares && { shares, loss: planLoss(shares, requirement, problem) };
}

/** Of so many tasks that a place could take: how many it is given. */
export type Restraint = (tasks: number) => number;
type Shares = Plan["shares"];

/** The best group, which are in the order of their best places: one whose best place is too bad ends the search. */
function bestOf(
  asker: Asker,
  groups: Asker["groups"],
  room: Room,
  restraint?: Restraint,
): Shares | undefined {
  let best: { readonly shares: Shares; readonly cost: number } | undefined;
  for (const group of groups) {
    if (best && (group[0]?.cost ?? 0) * asker.problem.tasks >= best.cost) break;
    const shares = filled(asker, group, room, restraint);
    if (shares === undefined) continue;
    const cost = sum(shares, (candidate) => candidate.cost);
    if (best === undefined || cost < best.cost) best = { shares, cost };
  }
  return best?.shares;
}

/** The best places first; where that breaks a bound, as `solve` finds it. */
function filled(
  asker: Asker,
  places: readonly Place[],
  room: Room,
  restraint?: Restraint,
): Shares | undefined {
  const { requirement, problem } = asker;
  const shares = filledUp(asker, places, room, restraint);
  if (shares === undefined || boundCount(problem.bounds) === 0) return shares;
  if (breach(shares, problem.bounds, problem.dedicated) === undefined) return shares;
  // Where these are the cheapest, nothing is cheap enough.
  const isCheapest = requirement.objective === "cost" && problem.bounds.maxCarbon === undefined;
  return isCheapest && !problem.dedicated ? undefined : solved(asker, places, room);
}

/** What `fill` does with candidates, on the room. */
function filledUp(
  { problem, size }: Asker,
  places: readonly Place[],
  room: Room,
  restraint: Restraint = (tasks) => tasks,
): Shares | undefined {
  const shares: Share<Place>[] = [];
  const onNodes = new Map<number, number>();
  let left = problem.tasks;
  for (const place of places) {
    const inUnits = Math.min(left, unitRoomFor(room, place.offerAt, size));
    if (inUnits < 1) continue;
    const onNode = onNodes.get(place.nodeAt) ?? 0;
    const fitting = Math.min(inUnits, nodeRoomFor(room, place.nodeAt, size) - onNode);
    const tasks = fitting < 1 ? 0 : restraint(fitting);
    if (tasks < 1) continue;
    shares.push({ candidate: place, tasks });
    left -= tasks;
    if (left === 0) return shares;
    onNodes.set(place.nodeAt, onNode + tasks);
  }
  return undefined;
}

function solved({ problem, size }: Asker, places: readonly Place[], room: Room): Shares | undefined {
  const open: Place[] = [];
  for (const place of places) {
    const units = unitRoomFor(room, place.offerAt, size);
    const onNode = nodeRoomFor(room, place.nodeAt, size);
    if (units >= 1 && onNode >= 1) open.push({ ...place, room: units, nodeRoom: onNode });
  }
  const strategy = problem.strategy === "distributed" ? problem.strategy : "flexible";
  const solution = solve(open, { ...problem, strategy });
  if (!solution.solved) return undefined;
  const byOffer = new Map(open.map((place) => [place.offer, place]));
  return solution.shares.flatMap(({ candidate, tasks }) => {
    const place = byOffer.get(candidate.offer);
    return place ? [{ candidate: place, tasks }] : [];
  });
}

/** The plan with so many tasks on each offer by its id; undefined where one of them is none of its places. */
export function planAt(asker: Asker, tasks: ReadonlyMap<string, number>): Plan | undefined {
  const shares = asker.places.flatMap((candidate) => {
    const count = tasks.get(candidate.offer.id);
    return count === undefined ? [] : [{ candidate, tasks: count }];
  });
  if (shares.length !== tasks.size) return undefined;
  return { shares, loss: planLoss(shares, asker.requirement, asker.problem) };
}

/** Whether there is room for the plan. */
export function fitsAt({ size }: Asker, { shares }: Plan, room: Room): boolean {
  const onNodes = new Map<number, number>();
  return shares.every(({ candidate, tasks }) => {
    const onNode = (onNodes.get(candidate.nodeAt) ?? 0) + tasks;
    onNodes.set(candidate.nodeAt, onNode);
    return (
      unitRoomFor(room, candidate.offerAt, size) >= tasks &&
      nodeRoomFor(room, candidate.nodeAt, size) >= onNode
    );
  });
}

/** The value of the objective as a decision tells it, turned so that lower is better. */
function planLoss(shares: Shares, requirement: Requirement, { tasks }: Problem): number {
  if (tasks === 1 && shares[0]) return shares[0].candidate.loss;
  const value = objectiveValue(shares, requirement);
  if (value === undefined) return Number.POSITIVE_INFINITY;
  return isHigherBetter(requirement.objective) ? 0 - value : value;
}
