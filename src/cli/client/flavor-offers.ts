import type { Offer } from "../../allocation/types.ts";
import { parseFlavor } from "../../fluidos/parse-flavor.ts";
import { findFlavors } from "../../hub/flavors/flavor-resources.ts";
import type { Regions } from "../../hub/inventory/regions.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { formatMoney } from "../../units/money.ts";
import { EXIT_CODES, UserError } from "../exit.ts";
import { offerOfFlavor } from "./flavor-offer.ts";
import type { GpuRow } from "./user-hub.ts";

/** What the hub's Flavors tell of GPUs. Throws a UserError where the cluster has none. */
export async function readFlavorOffers(
  client: Pick<KubeClient, "raw" | "list">,
  namespace: string,
  regions: Regions,
): Promise<readonly Offer[]> {
  const resource = await findFlavors(client, {});
  if (resource === undefined)
    throw new UserError(
      "this cluster has no Flavors: is it the hub's, and were manifests/crds applied? Or choose another --context",
      EXIT_CODES.notFound,
    );
  const offers: Offer[] = [];
  for await (const page of client.list(resource, { namespace }))
    for (const flavor of page.items) {
      const parsed = parseFlavor(flavor);
      const offer = parsed.ok ? offerOfFlavor(parsed.facts, regions) : undefined;
      if (offer !== undefined) offers.push(offer);
    }
  return offers;
}

/** An offer as a row of the pool. */
export function rowOfOffer({ gpu, free, total, provider, node, place, unitRate, currency }: Offer): GpuRow {
  const { model = "unknown", profile, variant, memoryGi, tier } = gpu;
  const rate = unitRate === undefined || currency === undefined ? undefined : { amount: unitRate, currency };
  return {
    model: profile === undefined ? model : `${model} ${profile}`,
    variant,
    memoryGi,
    free,
    total,
    provider,
    node,
    region: place.region,
    tier,
    rate: rate && formatMoney(rate),
  };
}

/** Whether an offer is in a region, zone, country, continent or group, in any case of its letters. */
export function isIn({ place }: Offer, where: string): boolean {
  const names = [place.region, place.zone, place.country, place.continent, ...place.groups];
  return names.some((name) => name?.toLowerCase() === where.toLowerCase());
}
