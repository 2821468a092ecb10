import type { Contract } from "../../../fluidos/contract.ts";
import { CONTRACTS } from "../../../fluidos/kinds.ts";
import { CANDIDATE_KEYS, type PeeringCandidate } from "../../../fluidos/peering-candidate.ts";
import type { Reservation } from "../../../fluidos/reservation.ts";
import { KEYS } from "../../../workload/identity.ts";
import { DEAL_KEYS } from "./deal-mark.ts";
import { annotateCandidate, candidateOf, type DealWork } from "./deal-work.ts";
import { isSomebodys, saleNote } from "./purchases.ts";

/**
 * Notes on the candidate of a Reservation without a Contract, which is about to be deleted, that its purchase may still go
 * through: FLUIDOS ends what it has begun, and makes the Contract also when nobody has asked for it any more.
 */
export async function noteLatePurchase(
  { client, view, signal }: DealWork,
  { transaction, annotations, labels }: Reservation,
): Promise<void> {
  const candidate = candidateOf(view, annotations[DEAL_KEYS.flavor] ?? "");
  if (transaction === "" || candidate === undefined) return;
  const late = `${transaction} ${annotations[KEYS.intent] ?? ""} ${labels[KEYS.intentUid] ?? ""}`;
  await annotateCandidate(client, candidate, { [CANDIDATE_KEYS.latePurchase]: late }, signal);
}

/** A purchase that went through when nobody waited for it any more. */
export interface BoughtLate {
  readonly provider: string;
  /** `namespace/name` and uid of the Intent that it was for; the uid is empty where an older hub noted it. */
  readonly intent: string;
  readonly uid: string;
  readonly flavor: string;
  readonly contract: string;
  /** nodeID of who sold it. */
  readonly seller: string;
}

export interface LateWork extends Pick<DealWork, "client" | "view" | "now" | "signal"> {
  /** Told of each purchase that was found, once it is noted and given back here. */
  readonly onBoughtLate: (bought: BoughtLate) => void;
}

/**
 * Finds Contracts of purchases that went through when nobody waited for them any more. Their Flavors are noted as sold, the
 * Contracts deleted, and it is told: they were paid for, and FLUIDOS takes nothing back. Throws KubeError.
 */
export async function findLatePurchases(work: LateWork, provider: string): Promise<void> {
  for (const read of work.view.candidates()) {
    const late = read.ok ? read.candidate.latePurchase : undefined;
    if (!read.ok || late === undefined) continue;
    const contract = work.view.contracts().find(({ transaction }) => transaction === late.transaction);
    // Whoever reserves a Flavor while its transaction is open is given the same one, by which another buys it.
    if (contract === undefined || (await isSomebodys(work, contract))) continue;
    await giveBack(work, read.candidate, contract);
    const { intent, uid } = late;
    const { name, seller } = contract;
    const flavor = read.candidate.flavor.name;
    work.onBoughtLate({ provider, intent, uid, flavor, contract: name, seller: seller.nodeID });
  }
}

async function giveBack(
  { client, now, signal }: LateWork,
  candidate: PeeringCandidate,
  { name, namespace, configuration }: Contract,
): Promise<void> {
  const annotations = { ...saleNote(name, configuration, now()), [CANDIDATE_KEYS.latePurchase]: null };
  await annotateCandidate(client, candidate, annotations, signal);
  await client.delete(CONTRACTS, { namespace, name }, { signal });
}
