import type { HourlyBounds } from "./bounds.ts";
import type { Candidate } from "./candidate.ts";
import type { Failure } from "./decision.ts";
import { improve } from "./improve.ts";
import { type Arrange, type Arranged, DISTRIBUTING, fill, nodesOf, type Share } from "./plan.ts";
import { compareNumbers, compareRanked } from "./rank.ts";
import type { Strategy } from "./requirement.ts";
import { boundCount, breach, loadOf, lossOf, sum } from "./spending.ts";

/** What is to be placed, apart from the candidates. */
export interface Problem {
  readonly tasks: number;
  readonly strategy: Strategy;
  readonly dedicated: boolean;
  readonly bounds: HourlyBounds;
}

/** A plan with the sum of its losses, and a sum that no plan can go below. */
export interface Solved {
  readonly solved: true;
  readonly shares: readonly Share[];
  readonly loss: number;
  readonly bound: number;
}
export type Solution = Solved | { readonly solved: false; readonly failure: Failure };

/** How often the price of money and carbon is halved between what is too low and what is high enough. */
const ROUNDS = 24;

/** Finds a plan for all tasks among the candidates, which come best first. */
export function solve(candidates: readonly Candidate[], problem: Problem): Solution {
  const [best] = candidates;
  if (best === undefined) return { solved: false, failure: { code: "no-offer-fits" } };
  return (problem.tasks === 1 ? solveSingle(best, problem) : undefined) ?? solveAll(candidates, problem);
}

/** One task goes to the best candidate, unless that is not allowed. */
function solveSingle(best: Candidate, problem: Problem): Solved | undefined {
  const shares = [{ candidate: best, tasks: 1 }];
  if (problem.strategy === "distributed" || broken(shares, problem) !== undefined) return undefined;
  const loss = lossOf(shares);
  return { solved: true, shares, loss, bound: loss };
}

function solveAll(candidates: readonly Candidate[], problem: Problem): Solution {
  if (problem.strategy !== "colocated") return solveWithin(candidates, problem);
  const zones = zonesOf(candidates);
  const solutions = zones.map((zone) => solveWithin(zone, problem));
  const [best] = solutions
    .filter((solution) => solution.solved)
    .toSorted((left, right) => compareNumbers(left.loss, right.loss));
  if (!best) return furthest(solutions, problem);
  const bounds = solutions.map((solution, at) =>
    solution.solved ? solution.bound : unsolvedBound(zones[at] ?? [], problem),
  );
  return { ...best, bound: Math.min(...bounds) };
}

/** Where the search is not complete, an unsolved zone may hide a plan: its bound is then that of its loss alone. */
function unsolvedBound(zone: readonly Candidate[], problem: Problem): number {
  const complete = boundCount(problem.bounds) < 2 && !problem.dedicated;
  const filled = fill(zone, problem.tasks);
  return complete || !filled.full ? Number.POSITIVE_INFINITY : lossOf(filled.shares);
}

/** The candidates of each zone, in their order; the zones in the order of their best candidates. */
export function zonesOf<C extends Candidate>(candidates: readonly C[]): readonly (readonly C[])[] {
  const zones = new Map<string, C[]>();
  for (const candidate of candidates) {
    const zone = zones.get(candidate.zone);
    if (zone) zone.push(candidate);
    else zones.set(candidate.zone, [candidate]);
  }
  return [...zones.values()];
}

/** Of several failures the one that came nearest: over a bound before short of room, then the least missing. */
function furthest(solutions: readonly Solution[], problem: Problem): Solution {
  const nearness = ({ code, ...failure }: Failure): number => {
    if (code === "no-offer-fits" || !("has" in failure)) return Number.POSITIVE_INFINITY;
    return code === "capacity" ? problem.tasks - failure.has : failure.has / failure.needs - problem.tasks;
  };
  const [nearest] = solutions
    .flatMap((solution) => (solution.solved ? [] : [solution]))
    .toSorted((left, right) => compareNumbers(nearness(left.failure), nearness(right.failure)));
  return nearest ?? { solved: false, failure: { code: "no-offer-fits" } };
}

function solveWithin(candidates: readonly Candidate[], problem: Problem): Solution {
  const ways = problem.strategy === "distributed" ? DISTRIBUTING : [fill];
  let solution: Solution = { solved: false, failure: { code: "no-offer-fits" } };
  for (const arrange of ways) {
    solution = solveArranged(candidates, problem, arrange);
    // Without room for all, or on one node alone, another way to distribute has no room either.
    if (solution.solved || solution.failure.code === "capacity" || solution.failure.code === "distribution")
      break;
  }
  return solution;
}

function solveArranged(candidates: readonly Candidate[], problem: Problem, arrange: Arrange): Solution {
  const first = arrange(candidates, problem.tasks);
  if (!first.full) {
    return { solved: false, failure: { code: "capacity", has: first.tasks, needs: problem.tasks } };
  }
  if (problem.strategy === "distributed" && nodesOf(first.shares) < 2) {
    return { solved: false, failure: { code: "distribution", has: 1, needs: 2 } };
  }
  const bound = lossOf(fillShares(candidates, problem.tasks));
  if (broken(first.shares, problem) === undefined) {
    return { solved: true, shares: first.shares, loss: lossOf(first.shares), bound };
  }
  return solvePriced(candidates, problem, arrange, bound);
}

const broken = (shares: readonly Share[], { bounds, dedicated }: Problem): Failure | undefined =>
  breach(shares, bounds, dedicated);

function fillShares(candidates: readonly Candidate[], tasks: number): readonly Share[] {
  const filled = fill(candidates, tasks);
  return filled.full ? filled.shares : [];
}

/**
 * The best plan breaks a bound, so money and carbon get a price, which is added to the loss (Lagrange). At price 0 the
 * plan is too dear, at an endless price it is the cheapest there is; between them the price is halved. Each price also
 * gives a bound below which no plan can be.
 */
function solvePriced(
  candidates: readonly Candidate[],
  problem: Problem,
  arrange: Arrange,
  bound: number,
): Solution {
  const cheapest = cheapestWithin(candidates, problem, arrange);
  if (!cheapest.solved) return cheapest;
  const load = (candidate: Candidate): number => loadOf(candidate, problem.bounds);
  let best = cheapest.shares;
  let highest = bound;
  let [low, high] = [0, priceCeiling(candidates, load)];
  for (let round = 0; round < ROUNDS; round += 1) {
    const price = (low + high) / 2;
    const priced = (candidate: Candidate): number => candidate.loss + price * load(candidate);
    const ordered = orderBy(candidates, priced);
    const relaxed = sum(fillShares(ordered, problem.tasks), priced) - price * boundCount(problem.bounds);
    if (relaxed > highest) highest = relaxed;
    const plan = arrange(ordered, problem.tasks);
    if (!isAllowed(plan, problem)) low = price;
    else {
      high = price;
      if (compareNumbers(lossOf(plan.shares), lossOf(best)) < 0) best = plan.shares;
    }
  }
  // Moving single tasks would undo an even spread, and the rate of a dedicated node is not the sum of its tasks'.
  const isFinal = problem.dedicated || problem.strategy === "distributed";
  const shares = isFinal ? best : improve(best, candidates, problem.bounds);
  return { solved: true, shares, loss: lossOf(shares), bound: highest };
}

function isAllowed(plan: Arranged, problem: Problem): plan is Extract<Arranged, { full: true }> {
  if (!plan.full || broken(plan.shares, problem) !== undefined) return false;
  return problem.strategy !== "distributed" || nodesOf(plan.shares) > 1;
}

/** A plan within the bounds if one of the cheapest ones is; else by how much the cheapest one fails. */
function cheapestWithin(candidates: readonly Candidate[], problem: Problem, arrange: Arrange): Solution {
  const orders = [
    (candidate: Candidate) => loadOf(candidate, problem.bounds),
    (candidate: Candidate) => candidate.rate,
    (candidate: Candidate) => candidate.carbon,
  ].map((key) => arrange(orderBy(candidates, key), problem.tasks));
  const allowed = orders.find((plan) => isAllowed(plan, problem));
  if (allowed?.full) return { solved: true, shares: allowed.shares, loss: lossOf(allowed.shares), bound: 0 };
  const cheapest = orders[1];
  const failure = cheapest?.full ? broken(cheapest.shares, problem) : undefined;
  return {
    solved: false,
    failure: failure ??
      (orders[2]?.full ? broken(orders[2].shares, problem) : undefined) ?? { code: "no-offer-fits" },
  };
}

function orderBy(
  candidates: readonly Candidate[],
  key: (candidate: Candidate) => number,
): readonly Candidate[] {
  return candidates
    .map((candidate) => ({ candidate, at: key(candidate) }))
    .sort(
      (left, right) => compareNumbers(left.at, right.at) || compareRanked(left.candidate, right.candidate),
    )
    .map(({ candidate }) => candidate);
}

/** A price at which load outweighs any difference of losses. */
function priceCeiling(candidates: readonly Candidate[], load: (candidate: Candidate) => number): number {
  const losses = candidates.map(({ loss }) => loss).filter(Number.isFinite);
  const loads = candidates.map(load).filter((value) => value > 0);
  const range = losses.length === 0 ? 0 : Math.max(...losses) - Math.min(...losses);
  return loads.length === 0 ? 1 : (range / Math.min(...loads)) * 2 + 1;
}
