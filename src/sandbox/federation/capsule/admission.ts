import { type AdmissionPlugin, type AdmissionRequest, deniedBy } from "../../admission.ts";
import { type KubeObject, withMeta } from "../../object.ts";
import type { Cluster } from "../cluster.ts";
import type { CapsuleVersion } from "./crd.ts";
import { isOwner, TENANT_LABEL, TENANTS, type Tenant } from "./tenant.ts";

export interface AdmissionOptions {
  readonly version: CapsuleVersion;
  /** Whose namespaces Capsule looks at. Those of everybody else are made as if it were not there. */
  readonly userGroups: readonly string[];
  readonly forceTenantPrefix: boolean;
}

/** Capsule's webhooks for namespaces: assigns a new one to a Tenant of its maker, or refuses it. */
export function namespaceAdmission(cluster: Cluster, options: AdmissionOptions): AdmissionPlugin {
  return (request) => {
    const { operation, type, object } = request;
    if (type.kind !== "Namespace" || operation !== "CREATE") return object;
    const tenant = options.userGroups.some((group) => request.user.groups.includes(group))
      ? tenantFor(cluster, options, request)
      : labelledTenant(cluster, options, object);
    if (tenant === undefined) return object;
    check(options, tenant, object);
    return assigned(object, tenant);
  };
}

const denied = (message: string) => deniedBy("namespaces.projectcapsule.dev", message);

/** HEAD also assigns what an administrator labels; v0.10 does not look at it. */
function labelledTenant(
  cluster: Cluster,
  { version }: AdmissionOptions,
  { metadata }: KubeObject,
): Tenant | undefined {
  const name = metadata.labels?.[TENANT_LABEL];
  return version === "head" && name !== undefined ? cluster.get(TENANTS, name) : undefined;
}

/** By the label, or else the only Tenant of the user, or else, where prefixes are forced, the one with the longest. */
function tenantFor(
  cluster: Cluster,
  { forceTenantPrefix }: AdmissionOptions,
  { object, user }: AdmissionRequest,
): Tenant {
  const label = object.metadata.labels?.[TENANT_LABEL];
  if (label !== undefined) {
    const tenant = cluster.get(TENANTS, label);
    if (tenant === undefined) throw denied(`tenants.capsule.clastix.io "${label}" not found`);
    if (!isOwner(tenant, user)) throw denied("Cannot assign the desired namespace to a non-owned Tenant");
    return tenant;
  }
  const own = cluster.list(TENANTS).filter((tenant) => isOwner(tenant, user));
  const [only] = own;
  if (only === undefined)
    throw denied("You do not have any Tenant assigned: please, reach out to the system administrators");
  if (own.length === 1) return only;
  if (!forceTenantPrefix)
    throw denied(
      `Unable to assign namespace to tenant. Please use ${TENANT_LABEL} label when creating a namespace`,
    );
  const fitting = own
    .filter(({ metadata }) => hasPrefix(object, metadata.name))
    .sort((a, b) => b.metadata.name.length - a.metadata.name.length);
  if (fitting[0] === undefined) throw denied("The Namespace prefix used doesn't match any available Tenant");
  return fitting[0];
}

const hasPrefix = ({ metadata }: KubeObject, tenant: string): boolean =>
  metadata.name.startsWith(`${tenant}-`);

function check({ forceTenantPrefix }: AdmissionOptions, tenant: Tenant, namespace: KubeObject): void {
  const { name } = tenant.metadata;
  const { quota } = tenant.spec.namespaceOptions ?? {};
  if (quota !== undefined && (tenant.status?.namespaces ?? []).length >= quota)
    throw denied("Cannot exceed Namespace quota: please, reach out to the system administrators");
  if (tenant.spec.cordoned === true)
    throw denied(`tenant ${name} is freezed: please, reach out to the system administrator`);
  const forced = tenant.spec.forceTenantPrefix ?? forceTenantPrefix;
  if (forced && !hasPrefix(namespace, name))
    throw denied(
      `The namespace doesn't match the tenant prefix, expected ${name}-${namespace.metadata.name}`,
    );
}

function assigned(namespace: KubeObject, { metadata }: Tenant): KubeObject {
  const { name, uid = "" } = metadata;
  const others = (namespace.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
  const owner = { apiVersion: TENANTS.apiVersion, kind: TENANTS.kind, name, uid };
  return withMeta(namespace, {
    ownerReferences: [...others, owner],
    labels: { ...namespace.metadata.labels, [TENANT_LABEL]: name },
  });
}
