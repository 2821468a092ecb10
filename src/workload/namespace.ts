import type { V1LimitRange, V1Namespace, V1ResourceQuota } from "@kubernetes/client-node";
import { parseQuantity, quantityToNumber } from "../units/quantity.ts";
import { metadata, mostTasks, type WorkloadContext } from "./context.ts";
import { CAPSULE, KEYS } from "./identity.ts";
import type { Manifest } from "./manifest.ts";
import { type CapsuleTenant, DEFAULTS } from "./options.ts";
import { sumQuantities, timesQuantity } from "./quantities.ts";
import { podSecurityLevel } from "./security.ts";
import { serviceType } from "./service.ts";
import { copyInContainers, copyOutContainers, volumeClaims } from "./volumes.ts";

const POD_SECURITY = "pod-security.kubernetes.io";

/** The namespace, with the level of security that its pods are held to, and the reason where that is the weaker one. */
export function namespaceObject(context: WorkloadContext): Manifest<V1Namespace> {
  const { level, reason } = podSecurityLevel(context);
  const { name, capsuleTenant } = context.options.namespace;
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name,
      labels: {
        ...context.labels,
        ...(capsuleTenant === undefined ? {} : { [CAPSULE.label]: capsuleTenant.name }),
        [`${POD_SECURITY}/enforce`]: level,
        [`${POD_SECURITY}/enforce-version`]: "latest",
        [`${POD_SECURITY}/warn`]: "restricted",
        [`${POD_SECURITY}/audit`]: "restricted",
      },
      annotations: {
        ...context.annotations,
        ...(reason === undefined ? {} : { [KEYS.podSecurityReason]: reason }),
      },
      ...ownedBy(capsuleTenant),
    },
  };
}

/**
 * Capsule takes a namespace for a Tenant's by this owner. It adds the owner itself to what an account of the Tenant makes
 * with the label, HEAD also to what an administrator makes; v0.10 wants it given by everybody else.
 */
function ownedBy(
  tenant: CapsuleTenant | undefined,
): Pick<NonNullable<V1Namespace["metadata"]>, "ownerReferences"> {
  if (tenant?.uid === undefined) return {};
  const { apiVersion, kind } = CAPSULE;
  return { ownerReferences: [{ apiVersion, kind, name: tenant.name, uid: tenant.uid }] };
}

/** What the Intent asked for and not more: GPUs by resource name, CPU, memory, claims, pods. */
export function resourceQuota(context: WorkloadContext): Manifest<V1ResourceQuota> {
  const tasks = mostTasks(context);
  const claims = volumeClaims(context);
  const storage = claims.flatMap(({ spec }) => spec?.resources?.requests?.storage ?? []);
  const type = serviceType(context);
  return {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: metadata(context, context.base),
    spec: {
      hard: {
        ...gpuQuota(context),
        ...computeQuota(context, "cpu", tasks),
        ...computeQuota(context, "memory", tasks),
        // One that ends and one that takes its place.
        pods: String(2 * tasks),
        persistentvolumeclaims: String(claims.length),
        ...(storage.length === 0 ? {} : { "requests.storage": sumQuantities(storage) }),
        "services.nodeports": type === "ClusterIP" ? "0" : String(context.workload.ports?.length ?? 0),
        "services.loadbalancers": type === "LoadBalancer" ? "1" : "0",
        ...context.options.quota,
      },
    },
  };
}

function gpuQuota({ groups }: WorkloadContext): Record<string, string> {
  const units = new Map<string, number>();
  for (const { resource, units: each, most } of groups) {
    if (each > 0) units.set(resource, (units.get(resource) ?? 0) + each * most);
  }
  return Object.fromEntries([...units].map(([resource, count]) => [`requests.${resource}`, String(count)]));
}

/** What a pod is counted with: the most of its task and the containers that copy. Absent: the Intent names none. */
function computeQuota(
  context: WorkloadContext,
  name: "cpu" | "memory",
  tasks: number,
): Record<string, string> {
  const own = context.workload.resources[name];
  if (own === undefined) return {};
  const small = { ...DEFAULTS.defaultRequests, ...context.options.defaultRequests }[name];
  const copies = Math.max(Math.min(1, copyInContainers(context).length), copyOutContainers(context).length);
  const copying = copies === 0 ? undefined : timesQuantity(small, copies);
  const each = copying !== undefined && amount(copying) > amount(own) ? copying : own;
  const total = timesQuantity(each, tasks);
  return total === undefined ? {} : { [`requests.${name}`]: total };
}

const amount = (text: string): number => {
  const quantity = parseQuantity(text);
  return quantity === undefined ? 0 : quantityToNumber(quantity);
};

/**
 * Requests for containers without any. No default limits: one below what a container requests would keep it from
 * being made.
 */
export function limitRange(context: WorkloadContext): Manifest<V1LimitRange> {
  const defaultRequest = { ...DEFAULTS.defaultRequests, ...context.options.defaultRequests };
  return {
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: metadata(context, context.base),
    spec: { limits: [{ type: "Container", defaultRequest }] },
  };
}
