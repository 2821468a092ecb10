import * as z from "zod";
import { parseConfiguration } from "./configuration.ts";
import { parseFlavor } from "./parse-flavor.ts";
import { type IsRegion, unswapped } from "./places.ts";
import { anyFields, fields, identity, text, textMap, time } from "./wire.ts";

/** A Contract as read. Its status is empty in practice, and its end is never enforced. */
export type Contract = z.output<typeof form> & Pick<ReturnType<typeof partsOf>, "flavor" | "configuration">;

const form = fields({
  metadata: fields({ name: text, namespace: text, labels: textMap, deletionTimestamp: time }),
  spec: fields({
    transactionID: text,
    buyer: identity,
    buyerClusterID: text,
    seller: identity,
    // The kubeconfig beside it is a secret that nothing here needs.
    peeringTargetCredentials: fields({ liqoID: text, clusterID: text }),
  }),
}).transform(({ metadata: meta, spec }) => ({
  name: meta.name,
  namespace: meta.namespace,
  deleting: meta.deletionTimestamp !== undefined,
  transaction: spec.transactionID,
  buyer: spec.buyer,
  /** Liqo's name for this cluster. */
  buyerCluster: spec.buyerClusterID,
  seller: spec.seller,
  /** Liqo's name for the provider's cluster. */
  sellerCluster: spec.peeringTargetCredentials.liqoID || spec.peeringTargetCredentials.clusterID,
}));

const rawParts = fields({ spec: fields({ flavor: anyFields, configuration: z.unknown() }) });

/** Reads a Contract. Never throws; without a Flavor that can be read it has none. */
export function parseContract(object: unknown, isRegion?: IsRegion): Contract {
  return { ...form.parse(object), ...partsOf(object, isRegion) };
}

function partsOf(object: unknown, isRegion: IsRegion | undefined) {
  const { spec } = rawParts.parse(object);
  const flavor = parseFlavor(spec.flavor);
  return {
    flavor: flavor.ok ? unswapped(flavor.facts, isRegion) : undefined,
    configuration: parseConfiguration(spec.configuration),
  };
}
