import type { Logger } from "../../../observability/logger.ts";
import { ApiError } from "../../errors.ts";
import { asObject } from "../../json.ts";
import { type KubeObject, timestamp, withMeta } from "../../object.ts";
import type { Sandbox } from "../../sandbox.ts";
import { type Cluster, clusterOf } from "../cluster.ts";
import { type Controller, other, own, runController } from "../controller.ts";
import type { Item } from "../fluidos-types.ts";
import { CRDS, type Kind, NAMESPACES } from "../kinds.ts";
import type { Namespace, Resources } from "../liqo-types.ts";
import { namespaceAdmission } from "./admission.ts";
import { type CapsuleVersion, tenantCrd } from "./crd.ts";
import { TENANT_LABEL, TENANTS, type Tenant, tenantOf } from "./tenant.ts";

type ResourceQuota = Item<{ readonly hard?: Resources }, unknown>;
const QUOTAS: Kind<ResourceQuota> = { apiVersion: "v1", kind: "ResourceQuota" };

export interface CapsuleOptions {
  readonly sandbox: Pick<Sandbox, "kernel">;
  /** Default `v0.10`. */
  readonly version?: CapsuleVersion;
  /** Groups whose namespaces Capsule assigns. Default: as FLARE installs it, the accounts of namespace `tenants`. */
  readonly userGroups?: readonly string[];
  /** Default true, as FLARE installs it. */
  readonly forceTenantPrefix?: boolean;
  readonly now?: () => number;
  readonly log?: Logger;
}

/** A Capsule that runs. */
export interface Capsule {
  /** Ends it; what it made stays. */
  stop(): Promise<void>;
}

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Installs Capsule's Tenants into a sandbox, where they are missing, and keeps them. */
export function startCapsule(options: CapsuleOptions): Capsule {
  const { kernel } = options.sandbox;
  const { version = "v0.10", forceTenantPrefix = true, now = Date.now, log = silent } = options;
  const { userGroups = ["system:serviceaccounts:tenants"] } = options;
  const cluster = clusterOf(kernel, "capsule");
  install(cluster, version);
  const admission = namespaceAdmission(cluster, { version, userGroups, forceTenantPrefix });
  kernel.admission.add(admission);
  const end = runController(tenantController(cluster, version, now), { stepMs: 0, log });
  return {
    stop: async () => {
      kernel.admission.delete(admission);
      await end();
    },
  };
}

function install(cluster: Cluster, version: CapsuleVersion): void {
  try {
    cluster.create(CRDS, tenantCrd(version) as unknown as KubeObject);
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== "AlreadyExists") throw error;
  }
}

/** Labels and quotas of a Tenant's namespaces, and what its status tells of them. */
function tenantController(cluster: Cluster, version: CapsuleVersion, now: () => number): Controller {
  return {
    name: "tenants",
    wakes: [
      own(cluster, TENANTS),
      other(cluster, NAMESPACES, (namespace, { previous }) =>
        [tenantOf(namespace), previous && tenantOf(previous)].filter((name) => name !== undefined),
      ),
    ],
    reconcile: (name) => {
      const tenant = cluster.get(TENANTS, name);
      if (tenant === undefined) return undefined;
      const namespaces = cluster.list(NAMESPACES).filter((namespace) => tenantOf(namespace) === name);
      for (const namespace of namespaces) {
        label(cluster, tenant, namespace);
        if (namespace.metadata.deletionTimestamp === undefined) keepQuotas(cluster, tenant, namespace);
      }
      cluster.setStatus(TENANTS, tenant, statusOf(tenant, namespaces, version, timestamp(now())));
      return undefined;
    },
  };
}

function label(cluster: Cluster, { metadata, spec }: Tenant, namespace: Namespace): void {
  const { labels = {}, annotations = {} } = spec.namespaceOptions?.additionalMetadata ?? {};
  const { name } = namespace.metadata;
  const wanted = { ...labels, "kubernetes.io/metadata.name": name, [TENANT_LABEL]: metadata.name };
  cluster.update(
    NAMESPACES,
    withMeta(namespace, {
      labels: { ...namespace.metadata.labels, ...wanted },
      annotations: { ...namespace.metadata.annotations, ...annotations },
    }) as Namespace,
  );
}

/** One ResourceQuota in each namespace for each of the Tenant's; what other namespaces use is not taken off. */
function keepQuotas(cluster: Cluster, { metadata, spec }: Tenant, namespace: Namespace): void {
  for (const [index, { hard = {} }] of (spec.resourceQuotas?.items ?? []).entries()) {
    const name = `capsule-${metadata.name}-${index}`;
    const known = cluster.get(QUOTAS, name, namespace.metadata.name);
    const labels = { [TENANT_LABEL]: metadata.name, "capsule.clastix.io/resource-quota": String(index) };
    if (known === undefined)
      cluster.create(QUOTAS, {
        metadata: { name, namespace: namespace.metadata.name, labels },
        spec: { hard },
      });
    else cluster.update(QUOTAS, { ...known, spec: { ...known.spec, hard } });
  }
}

function statusOf(
  { spec, status, metadata }: Tenant,
  namespaces: readonly Namespace[],
  version: CapsuleVersion,
  now: string,
): Readonly<Record<string, unknown>> {
  const names = namespaces.map((namespace) => namespace.metadata.name).sort();
  const state = spec.cordoned === true ? "Cordoned" : "Active";
  const common = { namespaces: names, size: names.length, state };
  if (version === "v0.10") return common;
  const [known] = (status?.conditions ?? []) as readonly unknown[];
  const since = asObject(known).lastTransitionTime ?? now;
  const ready = { type: "Ready", status: "True", reason: "Succeeded", lastTransitionTime: since };
  return {
    ...common,
    observedGeneration: metadata.generation ?? 1,
    owners: spec.owners ?? [],
    spaces: namespaces.map(({ metadata: { name, uid } }) => ({ name, uid, conditions: [ready] })),
    conditions: [ready],
  };
}
