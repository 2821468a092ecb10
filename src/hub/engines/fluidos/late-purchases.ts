import type { Contract } from "../../../fluidos/contract.ts";
import { CONTRACTS } from "../../../fluidos/kinds.ts";
import { CANDIDATE_KEYS, type PeeringCandidate } from "../../../fluidos/peering-candidate.ts";
import type { Reservation } from "../../../fluidos/reservation.ts";
import type { Logger } from "../../../observability/logger.ts";
import { KEYS } from "../../../workload/identity.ts";
import { DEAL_KEYS } from "./deal-mark.ts";
import { annotateCandidate, candidateOf, type DealWork } from "./deal-work.ts";
import { isSomebodys } from "./purchases.ts";

/**
 * Notes on the candidate of a Reservation without a Contract, which is about to be deleted, that its purchase may still go
 * through: FLUIDOS ends what it has begun, and makes the Contract also when nobody has asked for it any more.
 */
export async function noteLatePurchase(
  { client, view, signal }: DealWork,
  { transaction, annotations }: Reservation,
): Promise<void> {
  const candidate = candidateOf(view, annotations[DEAL_KEYS.flavor] ?? "");
  if (transaction === "" || candidate === undefined) return;
  const late = `${transaction} ${annotations[KEYS.intent] ?? ""}`;
  await annotateCandidate(client, candidate, { [CANDIDATE_KEYS.latePurchase]: late }, signal);
}

interface LateWork extends Pick<DealWork, "client" | "view" | "now" | "signal"> {
  readonly log: Logger;
}

/**
 * Finds Contracts of purchases that went through when nobody waited for them any more. Their Flavors are noted as sold, the
 * Contracts deleted, and it is said: they were paid for, and FLUIDOS takes nothing back. Throws KubeError.
 */
export async function findLatePurchases(work: LateWork, provider: string): Promise<void> {
  for (const read of work.view.candidates()) {
    const late = read.ok ? read.candidate.latePurchase : undefined;
    if (!read.ok || late === undefined) continue;
    const contract = work.view.contracts().find(({ transaction }) => transaction === late.transaction);
    // Whoever reserves a Flavor while its transaction is open is given the same one, by which another buys it.
    if (contract === undefined || (await isSomebodys(work, contract))) continue;
    await giveBack(work, read.candidate, contract);
    const { name, seller } = contract;
    const flavor = read.candidate.flavor.name;
    work.log.warn(
      { provider, intent: late.intent, flavor, contract: name, seller: seller.nodeID },
      `Flavor ${flavor} was bought for ${late.intent} when nobody waited for it any more: FLUIDOS takes nothing back, its provider has to offer it anew`,
    );
  }
}

async function giveBack(
  { client, now, signal }: LateWork,
  candidate: PeeringCandidate,
  { name, namespace }: Contract,
): Promise<void> {
  const annotations = {
    [CANDIDATE_KEYS.soldBy]: name,
    [CANDIDATE_KEYS.givenBack]: new Date(now()).toISOString(),
    [CANDIDATE_KEYS.latePurchase]: null,
  };
  await annotateCandidate(client, candidate, annotations, signal);
  await client.delete(CONTRACTS, { namespace, name }, { signal });
}
