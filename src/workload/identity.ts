import type { KubeObject } from "../kubernetes/objects.ts";
import type { WorkloadInput } from "./input.ts";
import { type IntentIdentity, labelValue } from "./names.ts";

/** Keys by which the hub knows its objects in a provider. */
export const KEYS = {
  intent: "flare.clastix.io/intent",
  intentUid: "flare.clastix.io/intent-uid",
  tenant: "flare.clastix.io/tenant",
  hub: "flare.clastix.io/hub",
  /** Tells the tasks of an Intent that differ in resource or in number for each node. */
  group: "flare.clastix.io/group",
  provider: "flare.clastix.io/provider",
  completionPolicy: "flare.clastix.io/completion-policy",
  podSecurityReason: "flare.clastix.io/pod-security-reason",
} as const;

/** How Capsule (v0.10 and later) tells the namespaces of a Tenant. */
export const CAPSULE = {
  apiVersion: "capsule.clastix.io/v1beta2",
  kind: "Tenant",
  label: "capsule.clastix.io/tenant",
} as const;

const MANAGER = "flare";

/** Labels of every object of an Intent. */
export function objectLabels({ intent, options }: WorkloadInput, base: string): Record<string, string> {
  return {
    ...options.labels,
    "app.kubernetes.io/name": labelValue(intent.spec.workload.name),
    "app.kubernetes.io/instance": base,
    "app.kubernetes.io/managed-by": MANAGER,
    [KEYS.hub]: labelValue(options.hub),
    [KEYS.intent]: labelValue(intent.name),
    [KEYS.intentUid]: labelValue(intent.uid),
    [KEYS.tenant]: labelValue(options.tenant),
  };
}

/** Annotations of every object: the Intent by its whole name, which a label may have no room for. */
export function objectAnnotations({ intent, placement }: WorkloadInput): Record<string, string> {
  return { [KEYS.intent]: `${intent.namespace}/${intent.name}`, [KEYS.provider]: placement.provider };
}

/** Labels that the pods of an Intent, and no others, carry. */
export const podSelector = (intent: IntentIdentity): Record<string, string> => ({
  [KEYS.intentUid]: labelValue(intent.uid),
});

/** Label selector for all objects of one Intent, or of all Intents of a hub. */
export function ownedSelector(hub: string, intent?: IntentIdentity): string {
  const ours = `app.kubernetes.io/managed-by=${MANAGER},${KEYS.hub}=${labelValue(hub)}`;
  return intent === undefined ? ours : `${ours},${KEYS.intentUid}=${labelValue(intent.uid)}`;
}

/** Whether this hub made the object for this Intent. Nothing else may be changed or deleted. */
export function isOwned(object: KubeObject, hub: string, intent: IntentIdentity): boolean {
  const { labels = {}, annotations = {} } = object.metadata ?? {};
  return (
    labels["app.kubernetes.io/managed-by"] === MANAGER &&
    labels[KEYS.hub] === labelValue(hub) &&
    labels[KEYS.intentUid] === labelValue(intent.uid) &&
    annotations[KEYS.intent] === `${intent.namespace}/${intent.name}`
  );
}
