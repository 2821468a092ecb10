import type { Contract, Reservation, Solver } from "../fluidos-types.ts";
import { ALLOCATIONS, CONTRACTS, RESERVATIONS } from "../kinds.ts";
import { FLUIDOS, type World } from "../world.ts";
import { allocationName } from "./names.ts";
import type { SolverChange } from "./solver-change.ts";
import { isOverdue } from "./solver-find.ts";

/** The third phase: an Allocation for the Contract. */
export function establishPeering(world: World, solver: Solver): SolverChange | undefined {
  switch (solver.status?.peering) {
    case "Idle":
      return allocate(world, solver);
    case "Running":
      return isOverdue(world, solver, world.timings.solverPeeringTimeoutMs)
        ? {
            peering: "Failed",
            phase: "Timed Out",
            message: "Solver has expired before reserving the resources",
          }
        : followAllocation(world, solver);
    case "Failed":
      return { phase: "Failed", message: "Solver has failed to establish a peering" };
    default:
      return { peering: "Idle" };
  }
}

const reservationFor = ({ consumer }: World, { metadata }: Solver): Reservation | undefined =>
  consumer.cluster.list(RESERVATIONS).find(({ spec }) => spec.solverID === metadata.name);

function contractFor(world: World, solver: Solver): Contract | undefined {
  const { name, namespace } = reservationFor(world, solver)?.status?.contract ?? {};
  return name === undefined ? undefined : world.consumer.cluster.get(CONTRACTS, name, namespace);
}

function allocate(world: World, solver: Solver): SolverChange | undefined {
  const contract = contractFor(world, solver);
  if (contract === undefined) return undefined;
  world.consumer.cluster.as("rear-manager").create(ALLOCATIONS, {
    metadata: { name: allocationName(contract.spec.flavor.metadata.name), namespace: FLUIDOS },
    spec: { contract: { name: contract.metadata.name, namespace: FLUIDOS } },
  });
  return { peering: "Running", phase: "Running", message: "Allocation created" };
}

function followAllocation(world: World, solver: Solver): SolverChange | undefined {
  const contract = reservationFor(world, solver)?.status?.contract;
  const allocation = world.consumer.cluster
    .list(ALLOCATIONS)
    .find(({ spec }) => spec.contract?.name === contract?.name);
  if (allocation?.status?.status !== "Active") return undefined;
  return { peering: "Solved", phase: "Running", message: "Allocation: active" };
}
