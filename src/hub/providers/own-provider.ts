import type { ProviderSpec } from "../../intent/provider-schema.ts";
import { API_VERSION, type Provider } from "../../intent/resources.ts";

type OwnCluster = { readonly name: string } & Pick<
  ProviderSpec,
  "priceFactor" | "paused" | "defaults" | "overrides" | "tolerations"
>;

/** The cluster that the hub runs in as a provider, of which no object tells. */
export const ownProvider = ({ name, ...said }: OwnCluster): Provider => ({
  apiVersion: API_VERSION,
  kind: "Provider",
  metadata: { name },
  spec: { ...said, inCluster: true, engine: "direct" },
});
