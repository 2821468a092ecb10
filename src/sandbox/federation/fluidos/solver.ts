import type { WorkResult } from "../../../kubernetes/work-queue.ts";
import { ApiError, modifiedMeanwhile } from "../../errors.ts";
import { type Controller, namesIn, other, own } from "../controller.ts";
import type { Solver } from "../fluidos-types.ts";
import { ALLOCATIONS, DISCOVERIES, RESERVATIONS, SOLVERS } from "../kinds.ts";
import { FLUIDOS, stamp, type World } from "../world.ts";
import type { SolverChange } from "./solver-change.ts";
import { findCandidate } from "./solver-find.ts";
import { establishPeering } from "./solver-peering.ts";
import { reserveAndBuy } from "./solver-reserve.ts";

const FINAL = ["Failed", "Timed Out"];
const KNOWN = ["Solved", "Running", "Idle", ...FINAL];

/** Moves Solvers: find a candidate, reserve and buy it, peer with its provider. Each run is one step. */
export function solverController(world: World): Controller {
  const cluster = world.consumer.cluster.as("rear-manager");
  return {
    name: "solver",
    wakes: [
      own(cluster, SOLVERS),
      other(cluster, DISCOVERIES, ({ metadata, status }) =>
        isDone(status?.phase.phase) ? [solverKey(metadata.name.replace(/^discovery-/, ""))] : [],
      ),
      other(cluster, RESERVATIONS, ({ metadata, status }) =>
        isDone(status?.phase.phase) ? [solverKey(metadata.name.replace(/^reservation-/, ""))] : [],
      ),
      // Of Allocations only `Active` is heard: one in `Error` never wakes its Solver.
      other(cluster, ALLOCATIONS, (allocation) =>
        allocation.status?.status === "Active" ? solversOf(world, allocation.spec.contract?.name) : [],
      ),
    ],
    reconcile: (key) => {
      const { name, namespace } = namesIn(key);
      const solver = cluster.get(SOLVERS, name, namespace);
      return solver === undefined ? undefined : step(world, solver);
    },
  };
}

const isDone = (phase: string | undefined): boolean => phase === "Solved" || phase === "Failed";

const solverKey = (name: string): string => `${FLUIDOS}/${name}`;

const solversOf = ({ consumer }: World, contract: string | undefined): readonly string[] =>
  consumer.cluster
    .list(RESERVATIONS)
    .filter(({ status }) => status?.contract?.name === contract)
    .slice(0, 1)
    .map(({ spec }) => solverKey(spec.solverID));

function step(world: World, solver: Solver): WorkResult {
  try {
    const change = next(world, solver);
    if (change !== undefined) write(world, solver, change);
  } catch (error) {
    if (!(error instanceof ApiError) || !world.consumer.has("failsForGood")) throw error;
    const message = `Error when ${doing(solver)}: ${error.message}`;
    write(world, solver, { phase: "Failed", message });
  }
  return timeOut(world, solver);
}

/** A Solver that nothing happens to is never looked at again; without that defect its time-outs are kept. */
function timeOut({ consumer, timings }: World, { status }: Solver): WorkResult {
  const ends = FINAL.includes(status?.solverPhase?.phase ?? "");
  if (ends || consumer.has("solverNeverEnds")) return {};
  return { requeueAfterMs: timings.solverTimeoutMs + 1 };
}

function doing({ status, spec }: Solver): string {
  if (spec.findCandidate === true && status?.findCandidate !== "Solved") return "finding a candidate";
  return status?.reserveAndBuy === "Solved" ? "establishing a peering" : "reserving and buying the resources";
}

function next(world: World, solver: Solver): SolverChange | undefined {
  const { spec, status = {} } = solver;
  const phase = status.solverPhase?.phase ?? "";
  if (!KNOWN.includes(phase)) return { phase: "Idle", message: "Solver initialized" };
  if (FINAL.includes(phase)) return undefined;
  if (spec.findCandidate === true && status.findCandidate !== "Solved") return findCandidate(world, solver);
  if (spec.reserveAndBuy !== true)
    return { phase: "Solved", message: "No need to reserve and buy the resources" };
  if (status.reserveAndBuy !== "Solved") return reserveAndBuy(world, solver);
  if (spec.establishPeering !== true) return { phase: "Solved", message: "No need to establish a peering" };
  if (status.findCandidate !== "Solved") return undefined;
  return status.peering === "Solved"
    ? { phase: "Solved", message: "Solver has completed all the phases" }
    : establishPeering(world, solver);
}

/** Writes what changed; `endTime` always is the time of the last change, and `startTime` is never set. */
function write(world: World, solver: Solver, change: SolverChange): void {
  const { phase, message, ...phases } = change;
  const before = solver.status ?? {};
  const same = before.solverPhase?.phase === phase && before.solverPhase?.message === message;
  const now = stamp(world);
  const solverPhase =
    phase === undefined || same
      ? before.solverPhase
      : { phase, message: message ?? "", lastChangeTime: now, endTime: now };
  if (world.conflicts.left > 0) {
    world.conflicts.left -= 1;
    throw modifiedMeanwhile({ group: "nodecore.fluidos.eu", plural: "solvers", name: solver.metadata.name });
  }
  const status = { ...before, ...phases, ...(solverPhase === undefined ? {} : { solverPhase }) };
  world.consumer.cluster.as("rear-manager").setStatus(SOLVERS, solver, status);
}
