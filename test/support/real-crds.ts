/** The CustomResourceDefinitions of FLUIDOS, Liqo and Capsule as their projects ship them, where they are at hand. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { createClient } from "../../src/kubernetes/client.ts";
import type { KubeObject, Resource } from "../../src/kubernetes/objects.ts";

const FOLDER = "../shared/crds";

export const realCrdsAreThere = existsSync(FOLDER);

export interface Crd extends KubeObject {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string; readonly kind: string };
    readonly scope: "Namespaced" | "Cluster";
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
}

/**
 * The definitions by their file: those of the releases, and those of a folder `head` beside them that differ. Ours is the
 * Intent; another one of its name is of no use here.
 */
export function realCrds(release: "released" | "head" = "released"): readonly Crd[] {
  const folder = release === "head" ? join(FOLDER, "head") : FOLDER;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml") && !basename(file).startsWith("flare.clastix.io"))
    .map((file) => parse(readFileSync(join(folder, file), "utf8")) as Crd);
}

/**
 * The definition as Kubernetes 1.20 takes it. It reads a default of `""` as null and refuses the kind for it: there are
 * some in the pod template of Liqo's VirtualNode, also of keys by which lists are merged. That template is Liqo's to write.
 */
const forOldServers = (crd: Crd): Crd => (crd.spec.names.kind === "VirtualNode" ? withoutDefaults(crd) : crd);

const REFUSED = ["x-kubernetes-list-type", "x-kubernetes-list-map-keys"];

function withoutDefaults<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutDefaults) as T;
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, inner]) => !REFUSED.includes(key) && !(key === "default" && inner === ""),
  );
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutDefaults(inner)])) as T;
}

/** Where the objects of a definition are. */
export const resourceOf = ({ spec: { group, names, scope, versions } }: Crd): Resource => ({
  group,
  version: versions.findLast(({ served }) => served)?.name ?? "",
  plural: names.plural,
  namespaced: scope === "Namespaced",
});

const CRDS = resourceOf({
  spec: {
    group: "apiextensions.k8s.io",
    names: { plural: "customresourcedefinitions", kind: "CustomResourceDefinition" },
    scope: "Cluster",
    versions: [{ name: "v1", served: true }],
  },
});

/** Puts the definitions there, and waits until they are served. Kubernetes 1.20 drops the rules in CEL that some have. */
export async function installRealCrds(kubeconfig: string, crds: readonly Crd[]): Promise<void> {
  const client = createClient({ kubeconfigText: kubeconfig });
  await Promise.all(crds.map((crd) => client.create(CRDS, forOldServers(crd))));
  for (const crd of crds) {
    const { group, version, plural } = resourceOf(crd);
    for (let tries = 0; ; tries++) {
      const path = `/apis/${group}/${version}/${plural}?limit=1`;
      const isServed = await client.raw({ method: "GET", path }).then(
        () => true,
        () => false,
      );
      if (isServed) break;
      if (tries > 600) throw new Error(`${path} is not served`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  client.close();
}
