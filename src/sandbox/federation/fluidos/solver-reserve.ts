import { ApiError } from "../../errors.ts";
import { asObject, asText } from "../../json.ts";
import type { Characteristics, Configuration, PeeringCandidate, Solver } from "../fluidos-types.ts";
import { CANDIDATES, RESERVATIONS } from "../kinds.ts";
import { FLUIDOS, type World } from "../world.ts";
import { reservationName } from "./names.ts";
import type { SolverChange } from "./solver-change.ts";
import { isOverdue, matchingCandidates, noteInterest } from "./solver-find.ts";

/** The second phase: a Reservation for a candidate, which is looked for once more. */
export function reserveAndBuy(world: World, solver: Solver): SolverChange | undefined {
  switch (solver.status?.reserveAndBuy) {
    case "Idle":
      return reserve(world, solver);
    case "Running":
      return isOverdue(world, solver, world.timings.solverTimeoutMs)
        ? { phase: "Timed Out", message: "Solver has expired before reserving the resources" }
        : followReservation(world, solver);
    case "Failed":
      return { phase: "Failed", message: "Solver has failed to reserve the resources" };
    default:
      return { reserveAndBuy: "Idle" };
  }
}

function reserve(world: World, solver: Solver): SolverChange | undefined {
  const { consumer } = world;
  const cluster = consumer.cluster.as("rear-manager");
  if (cluster.list(CANDIDATES).length === 0) throw new ApiError(404, "NotFound", "no PeeringCandidate");
  const [candidate] = matchingCandidates(world, solver);
  if (candidate === undefined)
    return consumer.has("solverNeverEnds")
      ? undefined
      : { reserveAndBuy: "Failed", phase: "Failed", message: "Solver has not found any candidate" };
  noteInterest(world, candidate, solver);
  const name = reservationName(solver.metadata.name);
  if (consumer.has("failsForGood") || cluster.get(RESERVATIONS, name, FLUIDOS) === undefined)
    cluster.create(RESERVATIONS, {
      metadata: { name, namespace: FLUIDOS },
      spec: reservationOf(world, solver, candidate),
    });
  return { reserveAndBuy: "Running", phase: "Running", message: "Reservation created" };
}

function reservationOf({ consumer }: World, solver: Solver, { metadata, spec }: PeeringCandidate) {
  const { domain, nodeID, ip } = spec.flavor.spec.owner;
  const configuration = configurationOf(solver, spec.flavor.spec.flavorType.typeData.characteristics);
  return {
    solverID: solver.metadata.name,
    buyer: consumer.identity,
    seller: { domain, nodeID, ip },
    peeringCandidate: { name: metadata.name, namespace: metadata.namespace ?? FLUIDOS },
    reserve: true,
    purchase: true,
    ...(configuration === undefined ? {} : { configuration }),
  };
}

/** How much of the Flavor is bought. Of GPUs a Solver never says anything; without filters all is bought. */
export function configurationOf(
  { spec }: Solver,
  { cpu, memory, pods }: Characteristics,
): Configuration | undefined {
  const filters = spec.selector?.filters;
  if (filters === undefined) return undefined;
  const amount = (filter: unknown, whole: string): string => {
    if (filter === undefined) return whole;
    const { name, data } = asObject(filter);
    const { value, min } = asObject(data);
    return asText(name === "Match" ? value : min) || "0";
  };
  const storage = filters.storageFilter === undefined ? {} : { storage: amount(filters.storageFilter, "0") };
  return {
    type: "K8Slice",
    data: {
      cpu: amount(filters.cpuFilter, cpu),
      memory: amount(filters.memoryFilter, memory),
      pods: amount(filters.podsFilter, pods),
      ...storage,
    },
  };
}

function followReservation({ consumer }: World, { metadata }: Solver): SolverChange {
  const reservation = consumer.cluster.get(RESERVATIONS, reservationName(metadata.name), FLUIDOS);
  switch (reservation?.status?.phase.phase) {
    case "Solved":
      return {
        reservationPhase: "Solved",
        reserveAndBuy: "Solved",
        phase: "Running",
        message: "Reservation: Flavor reserved and purchased",
      };
    case "Failed":
      return {
        reservationPhase: "Failed",
        reserveAndBuy: "Failed",
        phase: "Running",
        message: "Reservation: Flavor reservation and purchase failed",
      };
    default:
      return { reservationPhase: "Running" };
  }
}
