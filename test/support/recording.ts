/** What a hub writes, and what the API server makes of it. */
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import type { Resource, Target } from "../../src/kubernetes/objects.ts";
import { prunedOf } from "./pruned.ts";

export interface Recording {
  /** Records the writes of a client. */
  readonly wrap: (client: KubeClient) => KubeClient;
  /** `patch resourceslices`: each sort of write that there was. */
  readonly writes: ReadonlySet<string>;
  /** What was refused or not kept of kinds that are no built-in ones, and of namespaces. */
  readonly problems: readonly string[];
}

/** Deployments and the like have defaults and quantities that a server writes in its own way; other tests have these. */
const isChecked = ({ group, plural }: Resource): boolean => group.includes(".") || plural === "namespaces";
const BUILT_IN = /\.k8s\.io$/;

export function recordWrites(): Recording {
  const writes = new Set<string>();
  const problems: string[] = [];
  const note = (verb: string, resource: Resource, name: string, written: unknown, kept: unknown): void => {
    writes.add(`${verb} ${resource.plural}`);
    if (!isChecked(resource) || BUILT_IN.test(resource.group)) return;
    problems.push(...prunedOf(written, kept).map((what) => `${verb} ${resource.plural} ${name}${what}`));
  };
  const refused = (verb: string, resource: Resource, name: string, error: unknown): never => {
    if (/422|400/.test(String((error as { readonly status?: number }).status)))
      problems.push(`${verb} ${resource.plural} ${name}: ${String(error)}`);
    throw error;
  };
  const nameOf = ({ name = "" }: Target): string => name;
  const wrap = (client: KubeClient): KubeClient => ({
    ...client,
    create: async (resource, object, options) => {
      const name = object.metadata?.name ?? "";
      const kept = await client
        .create<never>(resource, object, options)
        .catch((error: unknown) => refused("create", resource, name, error));
      note("create", resource, name, object, kept);
      return kept;
    },
    apply: async (resource, object, options) => {
      const name = object.metadata?.name ?? "";
      const done = await client
        .apply<never>(resource, object, options)
        .catch((error: unknown) => refused("apply", resource, name, error));
      if (done.outcome === "applied") note("apply", resource, name, object, done.object);
      return done;
    },
    patch: async (resource, target, patch, options) => {
      const kept = await client
        .patch<never>(resource, target, patch, options)
        .catch((error: unknown) => refused("patch", resource, nameOf(target), error));
      const written = (options?.type ?? "merge") === "merge" ? withoutNulls(patch) : {};
      note("patch", resource, nameOf(target), written, kept);
      return kept;
    },
    update: async (resource, object, options) => {
      const name = object.metadata?.name ?? "";
      const kept = await client
        .update<never>(resource, object, options)
        .catch((error: unknown) => refused("update", resource, name, error));
      const { status } = object as { readonly status?: unknown };
      note("update", resource, name, options?.subresource === "status" ? { status } : {}, kept);
      return kept;
    },
  });
  return { wrap, writes, problems };
}

/** What a merge patch leaves there. */
export function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner)]));
}
