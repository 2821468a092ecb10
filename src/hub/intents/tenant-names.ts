import type { KubeClient } from "../../kubernetes/kube-client.ts";
import type { KubeObject } from "../../kubernetes/objects.ts";
import { createReflector } from "../../kubernetes/reflector.ts";
import { troubleIn } from "../../kubernetes/reflector-state.ts";
import type { Logger } from "../../observability/logger.ts";
import { CAPSULE } from "../../workload/identity.ts";
import { NAMESPACES } from "../engines/resources.ts";

/** Whose the namespaces of the hub's cluster are. Labels of an Intent say nothing of that: whoever makes it writes them. */
export interface TenantNames {
  /** The tenant of a namespace: the namespace itself where it is nobody else's. */
  of(namespace: string): string;
  /** Resolves when all namespaces were read once. */
  readonly listed: Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

export interface TenantNamesOptions {
  readonly client: Pick<KubeClient, "list" | "watch">;
  /** Label of a namespace that names its tenant, where it is none of Capsule's. */
  readonly label: string;
  /** Told of each namespace that belongs to another tenant than before. */
  readonly onChange: (namespace: string) => void;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
}

/** Creates it; nothing is known before `run`. */
export function createTenantNames(options: TenantNamesOptions): TenantNames {
  const { client, label, onChange, log, now, random } = options;
  const tenants = new Map<string, string>();
  let told: () => void = () => undefined;
  const listed = new Promise<void>((resolve) => {
    told = resolve;
  });
  // Capsule guards its own label against the owners of a namespace; another one may be theirs to write.
  const tenantOf = ({ metadata: { labels = {} } = {} }: KubeObject): string =>
    labels[CAPSULE.label] ?? labels[label] ?? "";
  const reflector = createReflector<KubeObject, string>({
    client,
    resource: NAMESPACES,
    transform: tenantOf,
    isSame: (before, after) => before === after,
    onChange: (change) => {
      const tenant = change.type === "deleted" ? "" : change.value;
      if (tenant === "") tenants.delete(change.key);
      else tenants.set(change.key, tenant);
      onChange(change.key);
    },
    onHandlerError: (error) => log.error({ error: String(error) }, "a namespace could not be taken in"),
    onState: (state) => {
      if (state.name === "SYNCED") told();
      const trouble = troubleIn(state);
      if (trouble !== undefined) log.warn({ watch: "namespaces" }, trouble.message);
    },
    now,
    random,
  });
  return {
    of: (namespace) => tenants.get(namespace) ?? namespace,
    listed,
    run: (signal) => reflector.run(signal),
  };
}
