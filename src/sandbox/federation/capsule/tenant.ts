import type { OwnerReference } from "../../object.ts";
import type { Item } from "../fluidos-types.ts";
import type { Kind } from "../kinds.ts";
import type { Namespace, Resources } from "../liqo-types.ts";

export interface Owner {
  readonly kind: string;
  readonly name: string;
}

export type Tenant = Item<
  {
    readonly owners?: readonly Owner[];
    readonly cordoned?: boolean;
    readonly forceTenantPrefix?: boolean;
    readonly namespaceOptions?: {
      readonly quota?: number;
      readonly additionalMetadata?: {
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
      };
    };
    readonly resourceQuotas?: {
      readonly scope?: string;
      readonly items?: readonly { readonly hard?: Resources }[];
    };
  },
  Readonly<Record<string, unknown>> & { readonly namespaces?: readonly string[] }
>;

export const TENANTS: Kind<Tenant> = { apiVersion: "capsule.clastix.io/v1beta2", kind: "Tenant" };

export const TENANT_LABEL = "capsule.clastix.io/tenant";

const isTenant = ({ apiVersion, kind }: OwnerReference): boolean =>
  kind === "Tenant" && apiVersion.startsWith("capsule.clastix.io/");

/** The Tenant that a namespace is owned by, by name. */
export const tenantOf = ({ metadata }: Namespace): string | undefined =>
  metadata.ownerReferences?.find(isTenant)?.name;

/** Who is meant by an owner: a User, a ServiceAccount by its user's name, or whoever is in a Group. */
export const isOwner = (
  { spec }: Tenant,
  user: { readonly name: string; readonly groups: readonly string[] },
): boolean =>
  (spec.owners ?? []).some(({ kind, name }) =>
    kind === "Group" ? user.groups.includes(name) : name === user.name,
  );
