import type { WorkResult } from "../../../kubernetes/work-queue.ts";
import { type Controller, namesIn, own } from "../controller.ts";
import type { PeeringCandidate, Reservation, ReservationStatus } from "../fluidos-types.ts";
import { CANDIDATES, CONTRACTS, RESERVATIONS, TRANSACTIONS } from "../kinds.ts";
import { FLUIDOS, stamp, type World } from "../world.ts";
import { purchaseFlavor, RearError, reserveFlavor } from "./gateway.ts";

interface Change extends Partial<Omit<ReservationStatus, "phase">> {
  readonly phase?: string;
  readonly message?: string;
}

const FINAL = ["Solved", "Failed", "Timed Out"];

/** Reserves and purchases what a Reservation names; needs no Solver. Each run is one step. */
export function reservationController(world: World): Controller {
  const cluster = world.consumer.cluster.as("rear-controller");
  return {
    name: "reservation",
    wakes: [own(cluster, RESERVATIONS)],
    reconcile: async (key, signal) => {
      const { name, namespace } = namesIn(key);
      const reservation = cluster.get(RESERVATIONS, name, namespace);
      return reservation === undefined ? undefined : step(world, reservation, signal);
    },
  };
}

async function step(world: World, reservation: Reservation, signal: AbortSignal): Promise<WorkResult> {
  const { spec, status } = reservation;
  const reference = spec.peeringCandidate ?? {};
  const candidate = world.consumer.cluster.get(CANDIDATES, reference.name ?? "", reference.namespace);
  const phase = status?.phase.phase ?? "";
  if (candidate === undefined) {
    if (!FINAL.includes(phase))
      write(world, reservation, failed("Reservation failed: error when getting PeeringCandidate"));
  } else if (phase === "") write(world, reservation, started);
  else if (FINAL.includes(phase)) return {};
  else if (spec.reserve === true && status?.reservePhase !== "Solved")
    await reserve(world, reservation, candidate, signal);
  else if (spec.purchase === true && status?.reservePhase === "Solved")
    await purchase(world, reservation, candidate, signal);
  return {};
}

const started: Change = {
  phase: "Running",
  message: "Reservation started",
  reservePhase: "Idle",
  purchasePhase: "Idle",
};

const failed = (message: string): Change => ({ phase: "Failed", message });

async function reserve(
  world: World,
  reservation: Reservation,
  candidate: PeeringCandidate,
  signal: AbortSignal,
): Promise<void> {
  if (reservation.status?.reservePhase !== "Running")
    return write(world, reservation, { reservePhase: "Running" });
  if (!candidate.spec.available)
    return write(world, reservation, failed("Reservation failed: PeeringCandidate not available"));
  setAvailable(world, candidate, false);
  const flavor = candidate.spec.flavor.metadata.name;
  const transaction = await reserveFlavor(world, reservation, flavor, signal).catch(unanswered);
  if (signal.aborted) return;
  if (transaction === undefined) {
    setAvailable(world, candidate, true);
    const message = "Reservation failed: error when reserving flavor";
    return write(world, reservation, { ...failed(message), reservePhase: "Failed" });
  }
  const { id, expiresAt: _, clusterID: __, ...spec } = transaction;
  // A transaction that was renewed is here already: this throws, and with the next run the candidate is taken.
  world.consumer.cluster.as("rear-controller").create(TRANSACTIONS, {
    metadata: { name: id, namespace: FLUIDOS },
    spec: { ...spec, clusterID: "" },
  });
  write(world, reservation, { transactionID: id, reservePhase: "Solved" });
}

async function purchase(
  world: World,
  reservation: Reservation,
  candidate: PeeringCandidate,
  signal: AbortSignal,
): Promise<void> {
  const { status } = reservation;
  if (status?.purchasePhase !== "Running") return write(world, reservation, { purchasePhase: "Running" });
  if (status.transactionID === undefined)
    return write(world, reservation, {
      ...failed("Reservation failed: TransactionID not set"),
      purchasePhase: "Failed",
    });
  const contract = await purchaseFlavor(world, reservation, status.transactionID, signal).catch(unanswered);
  if (signal.aborted) return;
  if (contract === undefined) {
    setAvailable(world, candidate, true);
    const message = "Reservation failed: error when purchasing flavor";
    return write(world, reservation, { ...failed(message), purchasePhase: "Failed" });
  }
  const cluster = world.consumer.cluster.as("rear-controller");
  const { name } = contract.metadata;
  if (cluster.get(CONTRACTS, name, FLUIDOS) === undefined) {
    const made = cluster.create(CONTRACTS, { metadata: { name, namespace: FLUIDOS }, spec: contract.spec });
    if (contract.status !== undefined) cluster.setStatus(CONTRACTS, made, contract.status);
  }
  write(world, reservation, {
    contract: { name, namespace: FLUIDOS },
    purchasePhase: "Solved",
    phase: "Solved",
    message: "Reservation solved",
  });
}

function unanswered(error: unknown): undefined {
  if (!(error instanceof RearError)) throw error;
}

function setAvailable(world: World, { metadata }: PeeringCandidate, available: boolean): void {
  const cluster = world.consumer.cluster.as("rear-controller");
  const candidate = cluster.get(CANDIDATES, metadata.name, metadata.namespace);
  if (candidate === undefined) return;
  const changed = cluster.update(CANDIDATES, { ...candidate, spec: { ...candidate.spec, available } });
  const creationTime = changed.status?.creationTime ?? "";
  cluster.setStatus(CANDIDATES, changed, { creationTime, lastUpdateTime: stamp(world) });
}

function write(world: World, { metadata }: Reservation, change: Change): void {
  const cluster = world.consumer.cluster.as("rear-controller");
  const reservation = cluster.get(RESERVATIONS, metadata.name, metadata.namespace);
  if (reservation === undefined) return;
  const { phase, message, ...rest } = change;
  const now = stamp(world);
  const before = reservation.status?.phase ?? { phase: "", startTime: now };
  const next =
    phase === undefined
      ? before
      : {
          ...before,
          phase,
          message: message ?? "",
          lastChangeTime: now,
          ...(FINAL.includes(phase) ? { endTime: now } : {}),
        };
  cluster.setStatus(RESERVATIONS, reservation, { ...reservation.status, ...rest, phase: next });
}
