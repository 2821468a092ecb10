import type { KubeClient } from "./kube-client.ts";
import { isKubeError } from "./kube-error.ts";
import type { Resource } from "./objects.ts";
import type { CallOptions } from "./requester.ts";

/**
 * Finds the first of `versions` in which the API server serves a kind, or undefined where it serves none of them.
 * The group's versions are asked first: where the group is unknown that is the only call.
 */
export async function findResource(
  client: Pick<KubeClient, "raw">,
  wanted: { readonly group: string; readonly plural: string; readonly versions: readonly string[] },
  options: CallOptions = {},
): Promise<Resource | undefined> {
  const { group, plural } = wanted;
  const served = await read<{ versions?: readonly { version: string }[] }>(client, `/apis/${group}`, options);
  const known = new Set(served?.versions?.map((each) => each.version));
  for (const version of wanted.versions.filter((each) => known.has(each))) {
    const list = await read<{ resources?: readonly ApiResource[] }>(
      client,
      `/apis/${group}/${version}`,
      options,
    );
    const found = list?.resources?.find((resource) => resource.name === plural);
    if (found !== undefined) return { group, version, plural, namespaced: found.namespaced };
  }
  return undefined;
}

interface ApiResource {
  readonly name: string;
  readonly namespaced: boolean;
}

async function read<T>(
  client: Pick<KubeClient, "raw">,
  path: string,
  options: CallOptions,
): Promise<T | undefined> {
  try {
    return JSON.parse(await client.raw({ ...options, method: "GET", path })) as T;
  } catch (error) {
    if (isKubeError(error, "not-found")) return undefined;
    throw error;
  }
}
