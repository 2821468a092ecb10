/** What a token may be good for. */
export const PERMISSIONS = [
  "intents:read",
  "intents:write",
  "intents:delete",
  "resources:read",
  "tokens:manage",
  "admin:*",
] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** All that a tenant's own people may do; `admin:*` is for those who look after all tenants. */
export const TENANT_PERMISSIONS: readonly Permission[] = PERMISSIONS.filter((each) => each !== "admin:*");

/** What a new token gets where nobody says: everything but making more tokens. */
export const USUAL_PERMISSIONS: readonly Permission[] = TENANT_PERMISSIONS.filter(
  (each) => each !== "tokens:manage",
);

export const isPermission = (text: string): text is Permission =>
  (PERMISSIONS as readonly string[]).includes(text);

/** What somebody may do in a tenant, by namespace. */
export interface Grant {
  readonly tenant: string;
  readonly namespaces: ReadonlyMap<string, ReadonlySet<Permission>>;
  /** What they may do in the tenant at all, whether it has namespaces or not. */
  readonly permissions: ReadonlySet<Permission>;
}

/** A grant of the same permissions in all namespaces. */
export function evenGrant(
  tenant: string,
  namespaces: readonly string[],
  permissions: Iterable<Permission>,
): Grant {
  const all = new Set(permissions);
  return { tenant, namespaces: new Map(namespaces.map((namespace) => [namespace, all])), permissions: all };
}

/** The part of a grant that is among these permissions as well. */
export function limitGrant({ tenant, namespaces, permissions }: Grant, to: ReadonlySet<Permission>): Grant {
  const limited = (has: ReadonlySet<Permission>): ReadonlySet<Permission> =>
    new Set([...has].filter((permission) => to.has(permission)));
  return {
    tenant,
    namespaces: new Map([...namespaces].map(([namespace, has]) => [namespace, limited(has)])),
    permissions: limited(permissions),
  };
}

/** Namespaces, in order, in which the grant gives a permission. */
export const namespacesWith = ({ namespaces }: Grant, permission: Permission): readonly string[] =>
  [...namespaces].filter(([, has]) => has.has(permission)).map(([namespace]) => namespace);
