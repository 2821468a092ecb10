import type { ProviderSpec } from "../../intent/provider-schema.ts";

/** What tells whether two Providers are one cluster. */
export interface Identified {
  readonly name: string;
  /** As in `metadata.creationTimestamp`. */
  readonly createdAt: string;
  readonly engine: ProviderSpec["engine"];
  /** The uid of its namespace kube-system; undefined where it may not be read: then nothing is claimed. */
  readonly clusterId: string | undefined;
}

/**
 * The Providers whose cluster is another's already, with the name of that one: the older, else the first by name. What a
 * cluster has and what is offered through it are different things, and may both be in the pool.
 */
export function twinsOf(providers: Iterable<Identified>): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  const twins = new Map<string, string>();
  for (const { name, engine, clusterId } of [...providers].sort(byAge)) {
    if (clusterId === undefined) continue;
    const cluster = `${engine} ${clusterId}`;
    const before = first.get(cluster);
    if (before === undefined) first.set(cluster, name);
    else twins.set(name, before);
  }
  return twins;
}

function byAge(left: Identified, right: Identified): number {
  if (left.createdAt !== right.createdAt) return left.createdAt < right.createdAt ? -1 : 1;
  return left.name < right.name ? -1 : 1;
}
