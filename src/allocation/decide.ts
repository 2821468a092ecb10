import { answerOf as knownAnswer } from "./board.ts";
import { hourlyBounds } from "./bounds.ts";
import { type Candidate, candidateOf, candidatesOf } from "./candidate.ts";
import { emptied } from "./capacity.ts";
import type { Alternative, DecidedBy, Decision, DecisionRecord, Placed } from "./decision.ts";
import { checksOf } from "./match.ts";
import { isHigherBetter, isMean } from "./objective.ts";
import { objectiveValue, placementsOf, rateOf } from "./placements.ts";
import { rank } from "./rank.ts";
import { type Requirement, strategyOf } from "./requirement.ts";
import { type Problem, type Solved, solve } from "./solve.ts";
import { type Survey, survey } from "./survey.ts";
import type { Snapshot } from "./types.ts";

/** How many other answers a decision tells. */
const ALTERNATIVES = 3;
/** Values that differ by less are the same but for the order in which they were summed. */
const PRECISION = 1e-9;

/**
 * Decides where all tasks of a requirement go, or why there is no place for them. The same snapshot gives the same
 * answer, in whatever order its offers come.
 *
 * @example
 * const decision = decide({ offers, currencyRates: { EUR: 1, USD: 0.92 } }, requirement);
 * if (decision.placed) reserve(ledger, decision.placements);
 */
export function decide(snapshot: Snapshot, requirement: Requirement): Decision {
  const problem = problemOf(snapshot, requirement);
  const { candidates, fitting, rejected, couldFit } = optionsOf(snapshot, requirement, problem);
  const record: DecisionRecord = {
    objective: requirement.objective,
    strategy: problem.strategy,
    considered: snapshot.offers.length,
    fitting,
    rejected,
  };
  const solution = solve(candidates, problem);
  if (solution.solved) return placedOf({ snapshot, requirement, problem, candidates }, record, solution);
  return { ...record, placed: false, failure: solution.failure, couldFit: couldFit() };
}

/** What there is to choose from. */
interface Options extends Pick<DecisionRecord, "fitting" | "rejected"> {
  /** Best first; for a single task no more than are needed. */
  readonly candidates: readonly Candidate[];
  readonly couldFit: () => boolean;
}

function optionsOf(snapshot: Snapshot, requirement: Requirement, problem: Problem): Options {
  const { currencyRates, forecast } = snapshot;
  const limit = requirement.tasks === 1 ? ALTERNATIVES + 1 : undefined;
  const answer = limit === undefined ? undefined : knownAnswer(snapshot, requirement, limit);
  if (answer !== undefined) {
    const { fitting, rejected, busy, best } = answer;
    const candidates = best.map((ranked) => candidateOf(ranked, requirement, currencyRates));
    // A single task fits an idle offer as soon as no lasting condition rejects it.
    return { candidates, fitting, rejected, couldFit: () => fitting + busy > 0 };
  }
  const surveyed = survey(snapshot.offers, checksOf(requirement, currencyRates));
  return {
    candidates: candidatesOf(surveyed.fitting, requirement, currencyRates, {
      ...(limit !== undefined && { limit }),
      forecast,
    }),
    fitting: surveyed.fitting.length,
    rejected: surveyed.rejected,
    couldFit: () => couldFitWhenFree(snapshot, requirement, problem, surveyed),
  };
}

function problemOf(snapshot: Snapshot, requirement: Requirement): Problem {
  return {
    tasks: requirement.tasks,
    strategy: strategyOf(requirement),
    dedicated: requirement.gpu.dedicated === true,
    bounds: hourlyBounds(requirement, snapshot.currencyRates),
  };
}

interface Context {
  readonly snapshot: Snapshot;
  readonly requirement: Requirement;
  readonly problem: Problem;
  readonly candidates: readonly Candidate[];
}

function placedOf(context: Context, record: DecisionRecord, solved: Solved): Placed {
  const { requirement, problem, candidates } = context;
  return {
    ...record,
    placed: true,
    ...answerOf(context, solved),
    ...boundOf(requirement, solved),
    optimal: isOptimal(requirement, problem, solved),
    decidedBy: decidedBy(candidates),
    why: whyOf(context, solved),
    alternatives: alternativesOf(context, solved),
  };
}

function answerOf({ requirement }: Context, { shares }: Solved): Alternative {
  const rate = rateOf(shares, requirement);
  const value = objectiveValue(shares, requirement);
  return {
    placements: placementsOf(shares, requirement),
    ...(rate && { rate }),
    ...(value !== undefined && { value }),
  };
}

/** The bound in the unit of the value: losses are sums, of which latency and balanced are told as means. */
function boundOf({ objective, tasks }: Requirement, { bound }: Solved): { bound?: number } {
  if (!Number.isFinite(bound)) return {};
  const turned = isHigherBetter(objective) ? -bound : bound;
  return { bound: isMean(objective) ? turned / tasks : turned };
}

function isOptimal({ tasks, objective }: Requirement, problem: Problem, { loss, bound }: Solved): boolean {
  if (tasks === 1) return true;
  // The nodes of several dedicated tasks are paid as a whole, which the sum of single tasks only approaches.
  if (problem.dedicated && (objective === "cost" || objective === "balanced")) return false;
  return loss === bound || (Number.isFinite(loss) && loss - bound <= Math.abs(loss) * PRECISION);
}

/** Which term set the best candidate apart from the next one. */
function decidedBy([best, next]: readonly Candidate[]): DecidedBy {
  if (!best || !next) return "only-one";
  if (best.loss !== next.loss) return "objective";
  if (best.second !== next.second) return "second-term";
  if (best.fabric !== next.fabric) return "fabric";
  if (best.rate !== next.rate) return "rate";
  return best.packing === next.packing ? "name" : "packing";
}

function whyOf({ requirement, snapshot }: Context, { shares }: Solved): Placed["why"] {
  const offers = shares.map(({ candidate }) => candidate.offer);
  return rank(requirement, offers, snapshot.currencyRates).map(({ offer, ...why }) => ({
    offer: offer.id,
    ...why,
  }));
}

/** The best answers without the offers of better ones: for a single task the next best offers. */
function alternativesOf(context: Context, solved: Solved): readonly Alternative[] {
  const alternatives: Alternative[] = [];
  const used = new Set<Candidate>();
  let last = solved;
  while (alternatives.length < ALTERNATIVES) {
    for (const { candidate } of last.shares) used.add(candidate);
    const solution = solve(
      context.candidates.filter((candidate) => !used.has(candidate)),
      context.problem,
    );
    if (!solution.solved) break;
    alternatives.push(answerOf(context, solution));
    last = solution;
  }
  return alternatives;
}

/** The same question to offers that nobody uses. Of a node's CPU and memory only what is free is known: not asked. */
function couldFitWhenFree(
  snapshot: Snapshot,
  requirement: Requirement,
  problem: Problem,
  { fitting, busy }: Survey,
): boolean {
  const idle = [...fitting, ...busy].map(emptied);
  const modest = { ...requirement, cpu: 0, memoryGi: 0 };
  return solve(candidatesOf(idle, modest, snapshot.currencyRates), problem).solved;
}
