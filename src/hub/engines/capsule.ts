import type { CapsuleSettings } from "../../intent/provider-schema.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject, OwnerReference } from "../../kubernetes/objects.ts";
import { CAPSULE } from "../../workload/identity.ts";
import type { CapsuleTenant } from "../../workload/options.ts";
import { given } from "../inventory/given.ts";
import { HUB_MANAGER } from "../manager.ts";
import { type Failure, failure } from "./open-provider.ts";
import { CAPSULE_TENANTS, NAMESPACES } from "./resources.ts";

/** A namespace with its owners. */

/** The Tenant that namespaces of a hub's tenant belong to; undefined where the provider has no Capsule. */
export const capsuleTenantOf = (settings: CapsuleSettings | undefined, tenant: string): string | undefined =>
  settings && (settings.tenants?.[tenant] ?? settings.tenant ?? tenant);

interface Question {
  readonly client: KubeClient;
  readonly view: { readonly tenant: string };
  readonly place: { readonly provider: string; readonly namespace: string };
  readonly settings: CapsuleSettings | undefined;
  /** The namespace, where it is there already. */
  readonly found: KubeObject | undefined;
  readonly signal: AbortSignal;
}

/** Whose a namespace is to be, and whether it is still to be made. */
export interface Tenancy {
  readonly ok: true;
  readonly provider: string;
  readonly isNew: boolean;
  readonly tenant?: CapsuleTenant;
}

/**
 * Which Tenant of the provider's Capsule a namespace belongs to. One that is there stays as it was made, whatever the
 * Provider says since: Capsule moves none from one Tenant to another. Throws KubeError.
 */
export async function tenancyFor(question: Question): Promise<Tenancy | Failure> {
  const { settings, view, found, place } = question;
  const { provider } = place;
  if (found !== undefined) return { ok: true, provider, isNew: false, ...tenantOf(found) };
  const name = capsuleTenantOf(settings, view.tenant);
  if (name === undefined) return { ok: true, provider, isNew: true };
  const uid = await uidOf(question, name);
  return typeof uid === "object"
    ? uid
    : { ok: true, provider, isNew: true, tenant: { name, ...(uid && { uid }) } };
}

async function uidOf(
  { client, place, signal }: Question,
  name: string,
): Promise<string | undefined | Failure> {
  try {
    return (await client.get<KubeObject>(CAPSULE_TENANTS, { name }, { signal })).metadata?.uid;
  } catch (error) {
    // An account that is an owner of the Tenant need not read it: Capsule knows it by the label.
    if (isKubeError(error, "forbidden")) return undefined;
    if (!isKubeError(error, "not-found")) throw error;
    return failure(
      "TenantNotFound",
      `${place.provider} has no Capsule Tenant ${name}, or no Capsule; create it there, or correct spec.capsule of the Provider`,
    );
  }
}

/** By its owner, which is what Capsule goes by. */
function tenantOf({ metadata }: KubeObject): Pick<Tenancy, "tenant"> {
  const owner = metadata?.ownerReferences?.find(isTenant);
  return owner?.name === undefined ? {} : { tenant: { name: owner.name, ...given({ uid: owner.uid }) } };
}

const isTenant = ({ apiVersion, kind }: OwnerReference): boolean =>
  kind === CAPSULE.kind && apiVersion?.startsWith("capsule.clastix.io/") === true;

interface Claim {
  readonly client: KubeClient;
  readonly tenancy: Tenancy;
  readonly wanted: readonly KubeObject[];
  readonly signal: AbortSignal;
}

/**
 * Makes a new namespace for its Tenant, and tells what is still to be applied. Nothing is put into a namespace that
 * Capsule did not give to the Tenant: its limits would not hold there. Throws KubeError.
 */
export async function claimNamespace({
  client,
  tenancy: { tenant, isNew, provider },
  wanted,
  signal,
}: Claim): Promise<{ readonly ok: true; readonly wanted: readonly KubeObject[] } | Failure> {
  const namespace = wanted.find(({ kind }) => kind === "Namespace");
  if (tenant === undefined || namespace === undefined || !isNew) return { ok: true, wanted };
  try {
    const how = { fieldManager: HUB_MANAGER, force: true, signal };
    const made = await client.apply<KubeObject>(NAMESPACES, namespace, how);
    if (made.outcome === "applied" && tenantOf(made.object).tenant?.name === tenant.name)
      return { ok: true, wanted: wanted.filter((each) => each !== namespace) };
  } catch (error) {
    const refused = refusal(error, `${provider}, Tenant ${tenant.name}`);
    if (refused === undefined) throw error;
    return refused;
  }
  await client.delete(NAMESPACES, { name: namespace.metadata?.name ?? "" }, { signal });
  return failure(
    "TenantNotAssigned",
    `Capsule of ${provider} did not give namespace ${namespace.metadata?.name} to Tenant ${tenant.name}: make the hub's account there an owner of the Tenant and a Capsule user, or let it get Tenants`,
  );
}

/** What a webhook of Capsule said; undefined where it was not that. */
function refusal(error: unknown, where: string): Failure | undefined {
  if (!isKubeError(error) || !WEBHOOK.test(error.message)) return undefined;
  const said = (text: RegExp): boolean => text.test(error.message);
  const message = `${where}: ${error.message}`;
  if (said(/Cannot exceed Namespace quota/)) return failure("TenantQuotaExceeded", message);
  return failure(
    said(/tenants?\.capsule\.clastix\.io .*not found/i) ? "TenantNotFound" : "TenantRefused",
    message,
  );
}

/** `namespaces.projectcapsule.dev` and the like; `owner.namespace.capsule.clastix.io` in releases before. */
const WEBHOOK = /admission webhook "[^"]*(projectcapsule\.dev|capsule\.clastix\.io)" denied/;
