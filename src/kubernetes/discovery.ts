import type { KubeClient } from "./kube-client.ts";
import { isKubeError } from "./kube-error.ts";
import type { Resource } from "./objects.ts";
import type { CallOptions } from "./requester.ts";

/**
 * Finds the first of `versions` in which the API server serves a kind, or undefined where it serves none of them.
 * Asks each version for its resources, since a group may be there without this kind.
 */
export async function findResource(
  client: Pick<KubeClient, "raw">,
  wanted: { readonly group: string; readonly plural: string; readonly versions: readonly string[] },
  options: CallOptions = {},
): Promise<Resource | undefined> {
  for (const version of wanted.versions) {
    const found = await resourceIn(client, `/apis/${wanted.group}/${version}`, wanted.plural, options);
    if (found !== undefined)
      return { group: wanted.group, version, plural: wanted.plural, namespaced: found.namespaced };
  }
  return undefined;
}

interface ApiResource {
  readonly name: string;
  readonly namespaced: boolean;
}

async function resourceIn(
  client: Pick<KubeClient, "raw">,
  path: string,
  plural: string,
  options: CallOptions,
): Promise<ApiResource | undefined> {
  try {
    const body: unknown = JSON.parse(await client.raw({ ...options, method: "GET", path }));
    const { resources } = body as { readonly resources?: readonly ApiResource[] };
    return resources?.find((resource) => resource.name === plural);
  } catch (error) {
    if (isKubeError(error, "not-found")) return undefined;
    throw error;
  }
}
