import type { ConsumerView } from "./consumer-view.ts";
import { isBoughtBy } from "./deal.ts";
import type { DealIdentity } from "./deal-mark.ts";
import { dealObjects } from "./deal-objects.ts";

/**
 * Whether somebody deleted something of a deal that was done: its Contract, or the Allocation that keeps it peered. Its
 * Reservation has done its work.
 */
export function isUndone(view: ConsumerView, deal: DealIdentity): boolean {
  const { reservation, allocation, bought } = dealObjects(view, deal);
  if (bought === undefined) return false;
  const contract = view.contracts().find(({ name }) => name === bought);
  return allocation === undefined || contract === undefined || !isBoughtBy(contract, reservation);
}
