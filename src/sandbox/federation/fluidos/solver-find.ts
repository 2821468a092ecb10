import type { PeeringCandidate, Solver } from "../fluidos-types.ts";
import { CANDIDATES, DISCOVERIES } from "../kinds.ts";
import { FLUIDOS, type World } from "../world.ts";
import { flavorMatches } from "./filters.ts";
import { discoveryName } from "./names.ts";
import type { SolverChange } from "./solver-change.ts";

/** Candidates that are available and match, the one to take first. */
export function matchingCandidates(
  { consumer, random }: World,
  { spec }: Solver,
): readonly PeeringCandidate[] {
  const matching = consumer.cluster
    .list(CANDIDATES)
    .filter(
      (candidate) =>
        candidate.spec.available && flavorMatches(spec.selector, candidate.spec.flavor, consumer.has),
    );
  if (!consumer.has("choosesAnything") || matching.length < 2) return matching;
  const first = Math.floor(random() * matching.length);
  return [...matching.slice(first), ...matching.slice(0, first)];
}

/** Notes on the candidate that the Solver is interested in it. */
export function noteInterest({ consumer }: World, candidate: PeeringCandidate, { metadata }: Solver): void {
  const { interestedSolverIDs } = candidate.spec;
  if (interestedSolverIDs.includes(metadata.name)) return;
  consumer.cluster.as("rear-manager").update(CANDIDATES, {
    ...candidate,
    spec: { ...candidate.spec, interestedSolverIDs: [...interestedSolverIDs, metadata.name] },
  });
}

/** Whether the last change of the Solver's phase is longer ago than that. */
export const isOverdue = ({ now }: World, { status }: Solver, milliseconds: number): boolean =>
  now() - Date.parse(status?.solverPhase?.lastChangeTime ?? "") > milliseconds;

/** The first phase: a candidate that is known already, or else a Discovery. */
export function findCandidate(world: World, solver: Solver): SolverChange | undefined {
  switch (solver.status?.findCandidate) {
    case "Idle":
      return lookAround(world, solver);
    case "Running":
      return isOverdue(world, solver, world.timings.solverTimeoutMs)
        ? { phase: "Timed Out", message: "Solver has expired before finding a candidate" }
        : followDiscovery(world, solver);
    case "Failed":
      return { phase: "Failed", message: "Solver has not found any candidate" };
    default:
      return { findCandidate: "Idle", phase: "Running", message: "Solver is running" };
  }
}

function lookAround(world: World, solver: Solver): SolverChange {
  const [candidate] = matchingCandidates(world, solver);
  if (candidate === undefined)
    return { findCandidate: "Running", phase: "Running", message: "Solver is trying a Discovery" };
  noteInterest(world, candidate, solver);
  return { findCandidate: "Solved", phase: "Running", message: "Solver has found a candidate" };
}

/** That a Discovery found something is enough, whether the Solver's filters let it pass or not. */
function followDiscovery({ consumer }: World, { metadata, spec }: Solver): SolverChange | undefined {
  const cluster = consumer.cluster.as("rear-manager");
  const name = discoveryName(metadata.name);
  const discovery =
    cluster.get(DISCOVERIES, name, FLUIDOS) ??
    cluster.create(DISCOVERIES, {
      metadata: { name, namespace: FLUIDOS },
      spec: {
        solverID: metadata.name,
        subscribe: false,
        ...(spec.selector === undefined ? {} : { selector: spec.selector }),
      },
    });
  switch (discovery.status?.phase.phase) {
    case "Solved":
      return {
        findCandidate: "Solved",
        discoveryPhase: "Solved",
        phase: "Running",
        message: "Solver has completed the Discovery phase",
      };
    case "Failed":
      return { findCandidate: "Failed", discoveryPhase: "Failed" };
    default:
      return { discoveryPhase: "Running" };
  }
}
