import type { SolverStatus } from "../fluidos-types.ts";

/** The next status of a Solver, as one step of a phase decides it; nothing: it waits. */
export type SolverChange = Partial<SolverStatus> & {
  readonly phase?: string;
  readonly message?: string;
};
