import type { ConsumerView } from "./consumer-view.ts";
import { contractName, isBoughtBy } from "./deal.ts";
import { type DealIdentity, dealName } from "./deal-mark.ts";

/**
 * Whether somebody deleted something of a deal that was done: its Contract, or the Allocation that keeps it peered. Its
 * Reservation has done its work. Where that and the Allocation are gone, nothing tells which Contract it was.
 */
export function isUndone(view: ConsumerView, deal: DealIdentity): boolean {
  const name = dealName(deal);
  const reservation = view.reservations().find((each) => each.name === name);
  const allocation = view.allocations().find((each) => each.name === name);
  const bought = contractName({ reservation, allocation });
  if (bought === undefined) return false;
  const contract = view.contracts().find((each) => each.name === bought);
  return allocation === undefined || contract === undefined || !isBoughtBy(contract, reservation);
}
