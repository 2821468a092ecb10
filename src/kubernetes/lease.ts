import type { KubeClient } from "./kube-client.ts";
import { isKubeError } from "./kube-error.ts";
import type { KubeObject, Resource } from "./objects.ts";
import type { CallOptions } from "./requester.ts";

export const LEASES: Resource = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  namespaced: true,
};

export interface KubeLease extends KubeObject {
  readonly spec?: LeaseSpec | undefined;
}

export interface LeaseSpec {
  /** Empty or absent: nobody. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export type LeaseClient = Pick<KubeClient, "get" | "create" | "update">;

/** Kubernetes' MicroTime has exactly six digits after the second. */
export const microTime = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/Z$/, "000Z");

export const holderOf = (lease: KubeLease | undefined): string => lease?.spec?.holderIdentity ?? "";

/** The lease, or undefined where there is none yet. */
export async function readLease(
  client: LeaseClient,
  target: { readonly namespace: string; readonly name: string },
  call: CallOptions,
): Promise<KubeLease | undefined> {
  try {
    return await client.get<KubeLease>(LEASES, target, call);
  } catch (error) {
    if (isKubeError(error, "not-found")) return undefined;
    throw error;
  }
}

/** Creates the lease, or replaces the one that was seen. Throws `conflict` where it has changed since. */
export function writeLease(
  client: LeaseClient,
  target: { readonly namespace: string; readonly name: string },
  seen: KubeLease | undefined,
  spec: LeaseSpec,
  call: CallOptions,
): Promise<KubeLease> {
  const kind = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" };
  if (seen === undefined)
    return client.create<KubeLease>(LEASES, { ...kind, metadata: target, spec } as KubeLease, call);
  return client.update<KubeLease>(
    LEASES,
    { ...kind, metadata: seen.metadata ?? target, spec } as KubeLease,
    call,
  );
}

/** What a candidate writes: itself as the holder, renewed now; a new holder counts as a transition. */
export function heldBy(
  identity: string,
  seen: LeaseSpec | undefined,
  held: { readonly leaseMs: number; readonly at: number },
): LeaseSpec {
  const isNew = seen?.holderIdentity !== identity;
  const transitions = seen?.leaseTransitions ?? 0;
  const time = microTime(held.at);
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.round(held.leaseMs / 1000)),
    acquireTime: isNew ? time : (seen?.acquireTime ?? time),
    renewTime: time,
    leaseTransitions: isNew && seen !== undefined ? transitions + 1 : transitions,
  };
}

/** What a leader writes that goes: nobody holds it, and nobody needs to wait. */
export function givenBack(seen: LeaseSpec | undefined, at: number): LeaseSpec {
  const time = microTime(at);
  return {
    holderIdentity: "",
    leaseDurationSeconds: 1,
    acquireTime: time,
    renewTime: time,
    leaseTransitions: seen?.leaseTransitions ?? 0,
  };
}
