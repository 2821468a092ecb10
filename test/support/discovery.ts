/** What resources an API server has, and where its objects live. */
import type { KubeClient } from "./kube-client.ts";
import type { Manifest } from "./manifests.ts";

export interface ServedResource {
  readonly group: string;
  readonly version: string;
  /** `nodes`, `nodes/status` */
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** Resources and subresources, in the version that each group prefers. */
export async function servedResources(client: KubeClient): Promise<ServedResource[]> {
  const groups = (await client.get("/apis")).body.groups as readonly {
    readonly preferredVersion: { readonly groupVersion: string };
  }[];
  const versions = ["v1", ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  return (await Promise.all(versions.map((version) => resourcesOf(client, version)))).flat();
}

async function resourcesOf(client: KubeClient, groupVersion: string): Promise<ServedResource[]> {
  const { status, body } = await client.get(versionPath(groupVersion));
  if (status !== 200) return [];
  const [version = "", group = ""] = groupVersion.split("/").reverse();
  const resources = body.resources as readonly Omit<ServedResource, "group" | "version">[];
  return resources.map(({ name, kind, namespaced, verbs }) => ({
    group,
    version,
    name,
    kind,
    namespaced,
    verbs,
  }));
}

const versionPath = (groupVersion: string): string =>
  groupVersion.includes("/") ? `/apis/${groupVersion}` : `/api/${groupVersion}`;

/** Path of an object; undefined where the server does not know its kind. */
export async function objectPath(client: KubeClient, object: Manifest): Promise<string | undefined> {
  const resources = await resourcesOf(client, object.apiVersion);
  const resource = resources.find(({ kind, name }) => kind === object.kind && !name.includes("/"));
  if (resource === undefined) return undefined;
  const namespace = resource.namespaced ? `/namespaces/${object.metadata.namespace ?? "default"}` : "";
  return `${versionPath(object.apiVersion)}${namespace}/${resource.name}/${object.metadata.name}`;
}

/** Server-side apply, as `kubectl apply --server-side` does it. Returns what the server did not know or refused. */
export async function applyManifests(
  client: KubeClient,
  objects: readonly Manifest[],
): Promise<{
  readonly unknown: readonly string[];
  readonly refused: readonly string[];
}> {
  const unknown: string[] = [];
  const refused: string[] = [];
  for (const object of objects) {
    const path = await objectPath(client, object);
    if (path === undefined) {
      unknown.push(object.kind);
      continue;
    }
    const { status, body } = await client.patch(`${path}?fieldManager=test&force=true`, "apply", object);
    if (status >= 300) refused.push(`${object.kind} ${object.metadata.name}: ${status} ${body.message}`);
  }
  return { unknown, refused };
}
