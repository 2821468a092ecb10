import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import type { KubeObject, Resource } from "../../../kubernetes/objects.ts";
import { createReflector } from "../../../kubernetes/reflector.ts";
import { troubleIn } from "../../../kubernetes/reflector-state.ts";
import type { Change } from "../../../kubernetes/reflector-store.ts";
import { sleep } from "../../../kubernetes/timing.ts";
import type { Logger } from "../../../observability/logger.ts";
import { CAPSULE_TENANTS, NAMESPACES } from "../../engines/resources.ts";
import { ApiError } from "../api-error.ts";
import type { Subject } from "../auth/subject.ts";
import { type CapsuleQuotas, type HardLimit, hardLimits } from "./capsule-quotas.ts";

export interface Owner {
  readonly kind: string;
  readonly name: string;
}

/** A tenant: its namespaces in order, and, where Capsule keeps it, who owns it. */
export interface Tenant {
  readonly name: string;
  readonly namespaces: readonly string[];
  /** Undefined: RBAC on its namespaces says who belongs to it. */
  readonly owners: readonly Owner[] | undefined;
  /** What its ResourceQuotas bound, where Capsule keeps it. */
  readonly limits: readonly HardLimit[];
}

/** The tenants that there are. */
export interface TenantDirectory {
  /** Throws UNAVAILABLE before all of them were read once. */
  all(): readonly Tenant[];
  get(name: string): Tenant | undefined;
  run(signal: AbortSignal): Promise<void>;
}

export interface DirectoryOptions {
  readonly client: KubeClient;
  readonly source: "auto" | "capsule" | "namespaces";
  /** Label of a namespace that names its tenant, without Capsule. */
  readonly label: string;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
}

interface KubeTenant extends KubeObject {
  readonly spec?: {
    readonly owners?: readonly Partial<Owner>[];
    readonly resourceQuotas?: CapsuleQuotas;
  };
  readonly status?: { readonly namespaces?: readonly string[] };
}

/** Creates the directory of tenants: Capsule's, or those that labels of namespaces name. */
export function createTenantDirectory(options: DirectoryOptions): TenantDirectory {
  let tenants = new Map<string, Tenant>();
  let isRead = false;
  const take = (next: Map<string, Tenant>): void => {
    // In the order of their names, whichever the API told first.
    tenants = new Map([...next].sort(([left], [right]) => (left < right ? -1 : 1)));
  };
  const read = (): ReadonlyMap<string, Tenant> => {
    if (isRead) return tenants;
    throw new ApiError("UNAVAILABLE", "the tenants were not read yet", { retryAfterSeconds: 2 });
  };
  const onRead = (): void => {
    isRead = true;
  };
  return {
    all: () => [...read().values()],
    get: (name) => read().get(name),
    run: async (signal) => {
      const source = options.source === "auto" ? await findSource(options, signal) : options.source;
      if (signal.aborted) return;
      options.log.info(
        { source },
        `tenants are those of ${source === "capsule" ? "Capsule" : "labelled namespaces"}`,
      );
      await (source === "capsule" ? watchCapsule : watchNamespaces)(options, { take, onRead }, signal);
    },
  };
}

/** Asks until the API server says whether it has Capsule's Tenants. */
async function findSource(
  { client, log }: DirectoryOptions,
  signal: AbortSignal,
): Promise<"capsule" | "namespaces"> {
  const { group, version } = CAPSULE_TENANTS;
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      const text = await client.raw({ method: "GET", path: `/apis/${group}/${version}`, signal });
      return text.includes('"tenants"') ? "capsule" : "namespaces";
    } catch (error) {
      if (isKubeError(error, "not-found")) return "namespaces";
      if (!signal.aborted) log.warn({ error: String(error) }, "it cannot be told whether there is Capsule");
      await sleep(Math.min(30_000, 500 * 2 ** failures), signal);
    }
  }
  return "namespaces";
}

interface Sink {
  readonly take: (tenants: Map<string, Tenant>) => void;
  readonly onRead: () => void;
}

function watchCapsule(options: DirectoryOptions, sink: Sink, signal: AbortSignal): Promise<void> {
  const tenants = new Map<string, Tenant>();
  return watch<KubeTenant, Tenant>(options, sink, signal, {
    resource: CAPSULE_TENANTS,
    transform: capsuleTenant,
    onChange: (change) => {
      if (change.type === "deleted") tenants.delete(change.key);
      else tenants.set(change.key, change.value);
      sink.take(tenants);
    },
  });
}

function capsuleTenant({ metadata, spec, status }: KubeTenant): Tenant {
  const owners = (spec?.owners ?? []).filter(
    (owner): owner is Owner => typeof owner.kind === "string" && typeof owner.name === "string",
  );
  return {
    name: metadata?.name ?? "",
    namespaces: [...new Set(status?.namespaces ?? [])].sort(),
    owners,
    limits: hardLimits(spec?.resourceQuotas),
  };
}

function watchNamespaces(options: DirectoryOptions, sink: Sink, signal: AbortSignal): Promise<void> {
  const tenantOf = new Map<string, string>();
  return watch<KubeObject, string | undefined>(options, sink, signal, {
    resource: NAMESPACES,
    labelSelector: options.label,
    // A namespace that is going takes nothing new, and whatever is in it goes too.
    transform: ({ metadata }) =>
      metadata?.deletionTimestamp === undefined ? metadata?.labels?.[options.label] : undefined,
    onChange: (change) => {
      const tenant = change.type === "deleted" ? undefined : change.value;
      if (tenant === undefined || tenant === "") tenantOf.delete(change.key);
      else tenantOf.set(change.key, tenant);
      sink.take(labelledTenants(tenantOf));
    },
  });
}

function labelledTenants(tenantOf: ReadonlyMap<string, string>): Map<string, Tenant> {
  const namespaces = new Map<string, string[]>();
  for (const [namespace, tenant] of tenantOf)
    namespaces.set(tenant, [...(namespaces.get(tenant) ?? []), namespace]);
  return new Map(
    [...namespaces].map(([name, own]) => [
      name,
      { name, namespaces: own.sort(), owners: undefined, limits: [] },
    ]),
  );
}

function watch<T extends KubeObject, V>(
  { client, log, now, random }: DirectoryOptions,
  { onRead }: Sink,
  signal: AbortSignal,
  what: {
    readonly resource: Resource;
    readonly labelSelector?: string;
    readonly transform: (object: T) => V;
    readonly onChange: (change: Change<V>) => void;
  },
): Promise<void> {
  return createReflector<T, V>({
    ...what,
    client,
    onHandlerError: (error) => log.error({ error: String(error) }, "a tenant could not be taken in"),
    onState: (state) => {
      if (state.name === "SYNCED") onRead();
      const trouble = troubleIn(state);
      if (trouble !== undefined) log.warn({ watch: "tenants" }, trouble.message);
    },
    now,
    random,
  }).run(signal);
}

/** Whether a subject is among the owners of a tenant of Capsule's. */
export function owns({ username, groups }: Subject, owners: readonly Owner[]): boolean {
  return owners.some(({ kind, name }) =>
    kind === "Group" ? groups.includes(name) : isUser(kind) && name === username,
  );
}

/** A ServiceAccount is named by its username, `system:serviceaccount:namespace:name`. */
const isUser = (kind: string): boolean => kind === "User" || kind === "ServiceAccount";
