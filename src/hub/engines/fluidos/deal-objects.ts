import { KEYS } from "../../../workload/identity.ts";
import { type IntentIdentity, labelValue } from "../../../workload/names.ts";
import type { ConsumerView } from "./consumer-view.ts";
import { DEAL_KEYS, type DealIdentity, dealName } from "./deal-mark.ts";

/**
 * What was written for a deal, as it is seen; and the name of the Contract by which the Flavor was bought, undefined while
 * it is not. Any of them tells it, whichever of the others somebody deleted.
 */
export function dealObjects(view: ConsumerView, deal: DealIdentity) {
  const name = dealName(deal);
  const reservation = view.reservations().find((each) => each.name === name);
  const allocation = view.allocations().find((each) => each.name === name);
  const bought = reservation?.contract?.name ?? (allocation?.contract || markedFor(view, deal));
  return { reservation, allocation, bought };
}

/** Slices that were asked for GPUs for an Intent's place. */
export const slicesFor = (view: ConsumerView, { uid }: Pick<IntentIdentity, "uid">, namespace: string) =>
  view
    .markedSlices()
    .filter(
      ({ labels, annotations }) =>
        labels[KEYS.intentUid] === labelValue(uid) && annotations[DEAL_KEYS.place] === namespace,
    );

const markedFor = (view: ConsumerView, { intent, namespace, flavor }: DealIdentity): string | undefined =>
  slicesFor(view, intent, namespace).find(({ annotations }) => annotations[DEAL_KEYS.flavor] === flavor)
    ?.name;
