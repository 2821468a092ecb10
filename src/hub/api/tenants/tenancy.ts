import { ApiError } from "../api-error.ts";
import {
  evenGrant,
  type Grant,
  PERMISSIONS,
  type Permission,
  TENANT_PERMISSIONS,
} from "../auth/permissions.ts";
import { type Subject, subjectKey } from "../auth/subject.ts";
import { createExpiringCache } from "../expiring-cache.ts";
import type { Access } from "./access.ts";
import { owns, type Tenant, type TenantDirectory } from "./directory.ts";

/** Says what subjects may do in which tenants. */
export interface Tenancy {
  /** What the subject may do in each tenant that it belongs to, by name. */
  grants(subject: Subject): Promise<readonly Grant[]>;
  /** The same for one tenant; undefined where it does not belong to it, or there is none of that name. */
  grantIn(subject: Subject, tenant: string): Promise<Grant | undefined>;
  /** Whether it may do everything in all tenants. */
  isAdmin(subject: Subject): Promise<boolean>;
  /** Whether a ServiceAccount still exists; true for everybody who is none. */
  exists(subject: Subject): Promise<boolean>;
}

/** A right that was taken away goes on so long at most. */
const TTL_MS = 10_000;
const REMEMBERED = 10_000;
/** Tenants that RBAC is asked about for somebody who names none. Beyond, they have to name one. */
const MOST_TENANTS = 200;
/** Questions to the API server at the same time, for one subject. */
const AT_ONCE = 8;

/** What of Kubernetes' RBAC, with resources of group flare.clastix.io in a namespace, gives which permission. */
const RULES: readonly (readonly [permission: Permission, verb: string, resource: string])[] = [
  ["intents:read", "list", "intents"],
  ["intents:write", "create", "intents"],
  ["intents:delete", "delete", "intents"],
  // There is no such resource: a Role that names it is how RBAC gives this right.
  ["tokens:manage", "create", "tokens"],
];

/** The same grant as long as the tenant is the same: what is worked out from it holds. */
function evenGrants(permissions: readonly Permission[]): (tenant: Tenant) => Grant {
  const known = new WeakMap<Tenant, Grant>();
  return (tenant) => {
    const grant = known.get(tenant) ?? evenGrant(tenant.name, tenant.namespaces, permissions);
    known.set(tenant, grant);
    return grant;
  };
}

const ownersGrant = evenGrants(TENANT_PERMISSIONS);
const adminsGrant = evenGrants(PERMISSIONS);

/** Creates it; answers hold for seconds. Everything throws UNAVAILABLE where the API server does not say. */
export function createTenancy(directory: TenantDirectory, access: Access, now: () => number): Tenancy {
  const cacheOf = <V>() => createExpiringCache<V>({ ttlMs: TTL_MS, most: REMEMBERED, now });
  const grants = cacheOf<Grant | undefined>();
  const admins = cacheOf<boolean>();
  const accounts = cacheOf<boolean>();

  const grantOf = (subject: Subject, tenant: Tenant): Promise<Grant | undefined> =>
    tenant.owners === undefined
      ? grants.get(`${subjectKey(subject)}/${tenant.name}`, () => grantByRbac(access, subject, tenant))
      : Promise.resolve(owns(subject, tenant.owners) ? ownersGrant(tenant) : undefined);
  const isAdmin: Tenancy["isAdmin"] = (subject) =>
    admins.get(subjectKey(subject), () => access.may(subject, "*", "*"));
  return {
    isAdmin,
    exists: (subject) => accounts.get(subjectKey(subject), () => access.exists(subject)),
    grantIn: async (subject, name) => {
      const tenant = directory.get(name);
      const own = tenant && (await grantOf(subject, tenant));
      if (tenant !== undefined && (await isAdmin(subject))) return adminsGrant(tenant);
      return own;
    },
    grants: async (subject) => {
      const tenants = directory.all();
      if (tenants.length > MOST_TENANTS && tenants.some(({ owners }) => owners === undefined))
        throw new ApiError("TENANT_REQUIRED", "there are many tenants here: name yours by X-Flare-Tenant");
      const found = await inTurn(tenants, (tenant) => grantOf(subject, tenant));
      return found.filter((grant) => grant !== undefined);
    },
  };
}

async function grantByRbac(access: Access, subject: Subject, tenant: Tenant): Promise<Grant | undefined> {
  const byNamespace = await inTurn(tenant.namespaces, async (namespace) => {
    const given = await Promise.all(
      RULES.map(async ([permission, verb, resource]) =>
        (await access.may(subject, verb, resource, namespace)) ? permission : undefined,
      ),
    );
    const permissions = new Set(given.filter((permission) => permission !== undefined));
    // Whoever may ask for GPUs, or look at who has, may see what there is.
    if (permissions.has("intents:read") || permissions.has("intents:write"))
      permissions.add("resources:read");
    return [namespace, permissions as ReadonlySet<Permission>] as const;
  });
  const namespaces = new Map(byNamespace.filter(([, permissions]) => permissions.size > 0));
  if (namespaces.size === 0) return undefined;
  const permissions = new Set([...namespaces.values()].flatMap((each) => [...each]));
  return { tenant: tenant.name, namespaces, permissions };
}

/** Some at a time, the results in their order. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE)
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  return results;
}
