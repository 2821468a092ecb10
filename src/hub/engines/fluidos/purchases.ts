import type { Part } from "../../../fluidos/configuration.ts";
import { type Contract, parseContract } from "../../../fluidos/contract.ts";
import { CONTRACTS, RESERVATIONS } from "../../../fluidos/kinds.ts";
import { CANDIDATE_KEYS, partText } from "../../../fluidos/peering-candidate.ts";
import { parseReservation, type Reservation } from "../../../fluidos/reservation.ts";
import type { KubeObject } from "../../../kubernetes/objects.ts";
import { readObject } from "../open-provider.ts";
import { isBoughtBy } from "./deal.ts";
import { DEAL_KEYS } from "./deal-mark.ts";
import type { DealWork } from "./deal-work.ts";

/** A Flavor that was bought, by a Contract that somebody may have deleted since. */
export interface Purchase {
  /** Name of the Contract; slice and virtual node have it too. */
  readonly contract: string;
  readonly flavor: string;
  readonly part: Part | undefined;
  /** nodeID of who sold it. */
  readonly seller: string;
}

type Work = Pick<DealWork, "client" | "config" | "signal">;

/** What tells of a purchase without its Reservation: an Allocation, a slice that was asked for GPUs. */
export interface Holder {
  /** Name of the Contract. */
  readonly contract: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * What was bought for a place, by its Reservations, and by what else tells where somebody deleted those. Somebody else's
 * purchase is none of it, though its Contract, slice and node may have the name that ours would have. Throws KubeError.
 */
export async function purchasesOf(
  work: Work,
  reservations: readonly Reservation[],
  holders: readonly Holder[],
): Promise<readonly Purchase[]> {
  const byReservation = await Promise.all(reservations.map((each) => boughtBy(work, each)));
  const told = new Set(["", ...reservations.map(({ contract }) => contract?.name)]);
  const others = new Map(holders.map((each) => [each.contract, each]));
  const byOthers = await Promise.all(
    [...others.values()].filter(({ contract }) => !told.has(contract)).map((each) => heldBy(work, each)),
  );
  return [...byReservation, ...byOthers].filter((purchase) => purchase !== undefined);
}

async function boughtBy(work: Work, reservation: Reservation): Promise<Purchase | undefined> {
  const { contract: named, annotations, part, seller } = reservation;
  if (named === undefined) return undefined;
  const contract = await readContract(work, named.name);
  if (contract !== undefined && !isBoughtBy(contract, reservation)) return undefined;
  const flavor = annotations[DEAL_KEYS.flavor] ?? "";
  return purchaseOf(contract, { contract: named.name, flavor, part, seller: seller.nodeID });
}

async function heldBy(work: Work, { contract: name, annotations }: Holder): Promise<Purchase | undefined> {
  const contract = await readContract(work, name);
  if (contract !== undefined && (await isSomebodys(work, contract))) return undefined;
  const flavor = annotations[DEAL_KEYS.flavor] ?? "";
  return purchaseOf(contract, { contract: name, flavor, part: undefined, seller: "its provider" });
}

/** As the Contract has it, where that is there. */
const purchaseOf = (contract: Contract | undefined, otherwise: Purchase): Purchase => ({
  ...otherwise,
  part: contract?.configuration ?? otherwise.part,
  seller: contract?.seller.nodeID || otherwise.seller,
});

async function readContract({ client, config: { namespace }, signal }: Work, name: string) {
  const found = await readObject(client, CONTRACTS, { namespace, name }, signal);
  return found && parseContract(found);
}

/** Whether a Reservation is there that bought it, whoever made that. Throws KubeError. */
export async function isSomebodys(
  { client, signal }: Pick<Work, "client" | "signal">,
  { name, namespace, transaction }: Contract,
): Promise<boolean> {
  for await (const page of client.list<KubeObject>(RESERVATIONS, { namespace }, { signal }))
    for (const each of page.items.map(parseReservation))
      if (each.transaction === transaction || each.contract?.name === name) return true;
  return false;
}

/** What has to be known of a sale when its Contract is gone. */
export const saleNote = (
  name: string,
  part: Part | undefined,
  now: number,
): Readonly<Record<string, string>> => ({
  [CANDIDATE_KEYS.soldBy]: name,
  [CANDIDATE_KEYS.givenBack]: new Date(now).toISOString(),
  ...(part === undefined ? {} : { [CANDIDATE_KEYS.soldPart]: partText(part) }),
});
