import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import type { KubeObject } from "../../src/kubernetes/objects.ts";
import type { FederationSite } from "./site.ts";

interface Telling extends KubeObject {
  readonly status?: { readonly gpus?: { readonly free?: number } };
}

/** How many GPUs the federation offers, as the hub tells of its Provider. */
export async function freeGpus({ hub }: FederationSite): Promise<number> {
  const provider = await hub.client.get<Telling>(PROVIDERS, { name: "fed" });
  return provider.status?.gpus?.free ?? 0;
}
