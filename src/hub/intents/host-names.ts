import type { Problem } from "../../intent/problem.ts";
import type { IntentSpec } from "../../intent/spec-schema.ts";

/**
 * Which host names the Intents of each tenant may have an Ingress for: names, `*.example.com` for all below it, `*` for any.
 * Those of EVERYBODY are open to each of them.
 */
export type HostOwners = ReadonlyMap<string, readonly string[]>;

export const EVERYBODY = "*";

/** The hosts that an Intent names and its tenant may not; where no owners are told, all may be named by all. */
export function foreignHosts(
  { workload }: IntentSpec,
  tenant: string,
  owners: HostOwners | undefined,
): readonly Problem[] {
  if (owners === undefined) return [];
  const open = [...(owners.get(tenant) ?? []), ...(owners.get(EVERYBODY) ?? [])];
  return (workload.ports ?? []).flatMap(({ domain }, at): readonly Problem[] => {
    if (domain === undefined || open.some((pattern) => covers(pattern, domain))) return [];
    const may = open.length === 0 ? "which may name none" : `which may name ${open.join(", ")}`;
    const message = `is ${domain}, which is no host of tenant ${tenant}, ${may}; the operator of the hub gives hosts out (intents.hosts)`;
    return [{ path: `spec.workload.ports[${at}].domain`, reason: "invalid", message }];
  });
}

/** Hosts are in lower case: others are refused before. */
const covers = (pattern: string, host: string): boolean =>
  pattern === "*" || pattern === host || (pattern.startsWith("*.") && host.endsWith(pattern.slice(1)));
