import type { Allocation } from "../../../fluidos/allocation.ts";
import type { Contract } from "../../../fluidos/contract.ts";
import { hasEnded } from "../../../fluidos/discovery.ts";
import type { ForeignCluster, LiqoNode, ResourceSlice } from "../../../fluidos/liqo.ts";
import type { PeeringCandidate } from "../../../fluidos/peering-candidate.ts";
import type { Reservation } from "../../../fluidos/reservation.ts";
import type { FluidosConfig } from "./config.ts";
import { DEAL_KEYS } from "./deal-mark.ts";

/** What an Intent wants of one Flavor. */
export interface Wanted {
  readonly flavor: string;
  /** Kubernetes resource, and how much of it all tasks take there. */
  readonly resource: string;
  readonly units: number;
}

/** What is seen of a deal, as far as it has come. */
export interface DealFacts {
  readonly wanted: Wanted;
  readonly candidate: PeeringCandidate | undefined;
  /** Ours, by its name. */
  readonly reservation: Reservation | undefined;
  /** Name of the Contract by which it was bought, as what was written for the deal tells. */
  readonly bought: string | undefined;
  readonly contract: Contract | undefined;
  /** A Contract of the same Flavor, whoever it is of. */
  readonly soldBy: string | undefined;
  readonly allocation: Allocation | undefined;
  /** The cluster that sells, as Liqo knows it. */
  readonly foreign: Pick<ForeignCluster, "deleting" | "tenantNamespace" | "peeredSince"> | undefined;
  readonly slice: ResourceSlice | undefined;
  readonly node: LiqoNode | undefined;
  /** What is wrong with node and peering, in words. */
  readonly trouble: string | undefined;
  readonly now: number;
  readonly timeouts: Pick<
    FluidosConfig,
    "reservationTimeout" | "peeringTimeout" | "sliceTimeout" | "grantTimeout"
  >;
}

/** The next step of a deal. Each leaves everything such that the next can be chosen from the API alone. */
export type DealStep =
  | { readonly do: "reserve"; readonly candidate: PeeringCandidate }
  | { readonly do: "allocate"; readonly contract: Contract }
  | { readonly do: "ask-for-slice"; readonly contract: Contract; readonly namespace: string }
  | { readonly do: "ask-for-gpus"; readonly slice: ResourceSlice }
  /** It can be used, and is from now on. */
  | { readonly do: "note-peered"; readonly contract: Contract; readonly node: LiqoNode }
  | { readonly do: "wait"; readonly reason: string; readonly message: string }
  /** It ought to be there, and is not seen: the API itself is to be asked. */
  | { readonly do: "look-for-contract"; readonly contract: string }
  /**
   * It will come to nothing. `spare`: others need not spare the candidate, it is sold or gone. `ofSeller`: it was bought
   * and is of no use, and the next one of the same provider would be neither.
   */
  | {
      readonly do: "give-up";
      readonly reason: string;
      readonly message: string;
      readonly spare?: true;
      readonly ofSeller?: true;
    }
  | { readonly do: "use"; readonly contract: Contract; readonly node: LiqoNode };

const wait = (reason: string, message: string): DealStep => ({ do: "wait", reason, message });
const giveUp = (reason: string, message: string): DealStep => ({ do: "give-up", reason, message });
const giveUpSeller = (reason: string, message: string): DealStep => ({
  do: "give-up",
  reason,
  message,
  ofSeller: true,
});

/**
 * Chooses the next step: reserve and buy, allocate, ask Liqo for what FLUIDOS does not ask for, wait until the node is there
 * with the GPUs. FLUIDOS's own time limits are only looked at when something happens, so every wait has its own.
 */
export function nextDealStep(facts: DealFacts): DealStep {
  return buying(facts) ?? peering(facts) ?? granting(facts) ?? using(facts);
}

/** Whether the Contract is what the Reservation bought: the next buyer's of the same Flavor has the same name. */
export const isBoughtBy = (
  contract: Pick<Contract, "transaction">,
  reservation: Pick<Reservation, "transaction"> | undefined,
): boolean => {
  const transactions = [contract.transaction, reservation?.transaction ?? ""];
  return transactions.includes("") || new Set(transactions).size === 1;
};

function buying(facts: DealFacts): DealStep | undefined {
  const { wanted, candidate, reservation, bought, contract, soldBy } = facts;
  const { flavor } = wanted;
  if (reservation?.deleting) return wait("Reserving", `Reservation ${reservation.name} is being deleted`);
  if (contract !== undefined) {
    if (isBoughtBy(contract, reservation)) return undefined;
    const message = `${contract.name} is of another transaction than Reservation ${reservation?.name}: somebody else bought ${flavor}`;
    return { do: "give-up", reason: "CandidateSold", message, spare: true };
  }
  if (bought !== undefined) return missingContract(facts, bought);
  return reservation === undefined ? opening(flavor, candidate, soldBy) : reserving(facts, reservation);
}

/** One that was used cannot be late; one that was just bought may be seen after its Reservation. */
function missingContract({ reservation, allocation, now, timeouts }: DealFacts, contract: string): DealStep {
  if (allocation !== undefined || isOver(reservation?.createdAt, timeouts.reservationTimeout, now))
    return { do: "look-for-contract", contract };
  return wait("Reserving", `Contract ${contract} is not there yet`);
}

function reserving({ wanted, now, timeouts }: DealFacts, reservation: Reservation): DealStep {
  const { flavor } = wanted;
  const { phase, reservePhase, purchasePhase, message, name } = reservation;
  const said = message === "" ? phase : message;
  if (hasEnded(phase) && phase !== "Solved")
    return giveUp("CandidateRefused", `${flavor} could not be bought: ${said}`);
  if ([reservePhase, purchasePhase].includes("Failed"))
    return giveUp("CandidateRefused", `${flavor} could not be bought: ${said || "it failed"}`);
  if (isOver(reservation.createdAt, timeouts.reservationTimeout, now))
    return giveUp(
      "CandidateTimeout",
      `${flavor} was not bought in time: Reservation ${name} is ${phase || "not begun"}, ${said || "without a word"}`,
    );
  return wait("Reserving", `FLUIDOS buys ${flavor}`);
}

function opening(
  flavor: string,
  candidate: PeeringCandidate | undefined,
  soldBy: string | undefined,
): DealStep {
  const sold = soldBy ?? candidate?.soldBy;
  if (sold !== undefined)
    return { do: "give-up", reason: "CandidateSold", message: `${flavor} was sold by ${sold}`, spare: true };
  if (candidate === undefined)
    return {
      do: "give-up",
      reason: "CandidateGone",
      message: `${flavor} is not offered any more`,
      spare: true,
    };
  return { do: "reserve", candidate };
}

/** The Allocation tells little: `Active` says that Liqo accepted, and `Error` also that something was there already. */
function peering(facts: DealFacts): DealStep | undefined {
  const { wanted, contract, allocation, slice, node, now, timeouts } = facts;
  if (contract === undefined) return wait("Reserving", `Contract of ${wanted.flavor} is not there yet`);
  if (allocation === undefined) return { do: "allocate", contract };
  if (isPeered(allocation) || node !== undefined) return undefined;
  const { state, message } = allocation;
  const told = [state, message].filter((part) => part !== "").join(": ") || "not begun";
  if (isOver(allocation.createdAt, timeouts.peeringTimeout, now))
    return giveUpSeller(
      "CandidateNotPeered",
      `${wanted.flavor} was not peered in time: Allocation is ${told}`,
    );
  if (slice !== undefined) return undefined;
  const asking = slicing(facts, contract, allocation);
  if (asking !== undefined) return asking;
  if (state === "Error")
    return giveUpSeller("CandidateNotPeered", `the peering for ${wanted.flavor} failed: ${told}`);
  // Each change is a write of the Intent's status: as long as it goes on as it should, nothing new is said.
  const said = UNDER_WAY.includes(state) ? "" : ` (${told})`;
  return wait("Peering", `FLUIDOS peers with ${contract.sellerCluster}${said}`);
}

/**
 * Asks for the slice where FLUIDOS does not: upstream asks only when it peers, and so never for a second Contract with the
 * same cluster; and none asks any more after an error.
 */
function slicing(
  { foreign, now, timeouts }: DealFacts,
  contract: Contract,
  { state, createdAt = now }: Allocation,
): DealStep | undefined {
  if (foreign?.peeredSince === undefined || foreign.deleting || foreign.tenantNamespace === "")
    return undefined;
  const since = Math.max(createdAt, foreign.peeredSince);
  if (state !== "Error" && !isOver(since, timeouts.sliceTimeout, now)) return undefined;
  return { do: "ask-for-slice", contract, namespace: foreign.tenantNamespace };
}

/** What our own slice has to ask for, and whether Liqo gives it. */
function granting(facts: DealFacts): DealStep | undefined {
  const { wanted, slice, node, allocation, now, timeouts } = facts;
  const { resource, units, flavor } = wanted;
  const has = node?.allocatable[resource] ?? 0;
  if (node?.ready === true && has >= units) return undefined;
  if (slice !== undefined && !slice.deleting && (slice.asked[resource] ?? 0) < units)
    return { do: "ask-for-gpus", slice };
  if (allocation !== undefined && isPeered(allocation)) return undefined;
  if (slice?.resources === "Denied")
    return giveUpSeller(
      "CandidateRefused",
      `the provider of ${flavor} denies the resources: ${slice.message || "without a word"}`,
    );
  // Without a slice, which somebody may have deleted, nothing more will be granted either.
  const since = (slice ?? allocation)?.createdAt;
  if (node?.ready === true && isOver(since, timeouts.grantTimeout, now))
    return giveUpSeller("CandidateWithoutGPU", `Liqo grants ${has} of ${units} ${resource} of ${flavor}`);
  if (node?.ready === true)
    return wait("Granting", `Liqo has granted ${has} of ${units} ${resource} of ${flavor}`);
  return undefined;
}

function using({ wanted, contract, allocation, node, trouble, now, timeouts }: DealFacts): DealStep {
  if (contract === undefined || allocation === undefined) return wait("Peering", "");
  const { resource, units, flavor } = wanted;
  const short = node !== undefined && (node.allocatable[resource] ?? 0) < units;
  const problem =
    trouble ?? (short ? `virtual node ${node.name} has less than ${units} ${resource}` : undefined);
  if (node !== undefined && problem === undefined)
    return { do: isPeered(allocation) ? "use" : "note-peered", contract, node };
  const message = problem ?? `virtual node ${contract.name} is not there yet`;
  // What worked once is lost by the Intent's own patience, and not by that of a beginning.
  if (isPeered(allocation)) return wait("PeeringLost", message);
  if (isOver(allocation.createdAt, timeouts.peeringTimeout, now))
    return giveUpSeller("CandidateNotPeered", `${flavor} was not peered in time: ${message}`);
  return wait("Peering", message);
}

const UNDER_WAY: readonly string[] = ["", "Inactive", "Peering"];

const isPeered = ({ annotations }: Allocation): boolean => annotations[DEAL_KEYS.peered] !== undefined;

/** Clocks of two machines differ by seconds; time limits are minutes. */
const isOver = (since: number | undefined, limitMs: number, now: number): boolean =>
  since !== undefined && now - since > limitMs;
