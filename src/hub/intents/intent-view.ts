import { parseIntentResource } from "../../intent/parse.ts";
import type { Problem } from "../../intent/problem.ts";
import { isRecord } from "../../intent/read-document.ts";
import type { IntentSpec } from "../../intent/spec-schema.ts";
import type { Condition, IntentStatus } from "../../intent/status-schema.ts";
import type { KubeObject, ManagedFieldsEntry, ObjectMeta, Resource } from "../../kubernetes/objects.ts";
import type { IntentIdentity } from "../../workload/names.ts";
import { isSameWorkload } from "./workload-print.ts";

export const INTENTS: Resource = {
  group: "flare.clastix.io",
  version: "v1alpha1",
  plural: "intents",
  namespaced: true,
};

/** Held by every Intent for which something may exist in a provider, and by every Provider. */
export const FINALIZER = "flare.clastix.io/cleanup";

/** An Intent as it comes over the wire. */
export interface KubeIntent extends KubeObject {
  readonly metadata?: ObjectMeta;
  readonly spec?: unknown;
  readonly status?: IntentStatus;
}

/** Lists leave kind and version out of their items. */
export const asIntent = (item: KubeIntent): KubeIntent => ({
  ...item,
  apiVersion: "flare.clastix.io/v1alpha1",
  kind: "Intent",
});

export type ReadSpec =
  | { readonly ok: true; readonly spec: IntentSpec }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** One state of an Intent, read. */
export interface IntentView extends IntentIdentity {
  /** `namespace/name`. */
  readonly key: string;
  readonly resourceVersion: string;
  readonly generation: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly deletingSince: number | undefined;
  readonly finalizers: readonly string[];
  /** Of its namespace, as far as that is known; the namespace itself before. */
  readonly tenant: string;
  /** The field manager that wrote the spec last: the nearest to a name that the API keeps. */
  readonly requestedBy: string | undefined;
  /** The spec as it was written, to be sent back with the status. */
  readonly written: unknown;
  readonly read: ReadSpec;
  readonly status: IntentStatus;
}

/**
 * Reads an Intent; a spec that makes no sense is part of the answer. With an earlier state of it at hand the spec is not
 * read again: it is the same as long as the generation is.
 */
export function viewOf(object: KubeIntent, currency: string, known?: IntentView): IntentView {
  const { metadata = {}, spec, status = {} } = object;
  const { namespace = "", name = "", uid = "", generation = 0 } = metadata;
  const isSame = known !== undefined && known.uid === uid && known.generation === generation;
  const read = isSame && generation > 0 ? known.read : readSpec(object, currency);
  const { deletionTimestamp } = metadata;
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    uid,
    resourceVersion: metadata.resourceVersion ?? "",
    generation,
    createdAt: timeOf(metadata.creationTimestamp) ?? 0,
    deletingSince: timeOf(deletionTimestamp),
    finalizers: metadata.finalizers ?? [],
    // Not by a label of its own, which is as its maker wrote it.
    tenant: known?.uid === uid ? known.tenant : namespace,
    requestedBy: writerOfSpec(metadata.managedFields ?? []),
    written: spec,
    read,
    status: isRecord(status) ? status : {},
  };
}

function readSpec(object: KubeIntent, currency: string): ReadSpec {
  const { metadata = {}, spec = {} } = object;
  const parsed = parseIntentResource({ ...object, metadata, spec }, { currency });
  return parsed.ok ? { ok: true, spec: parsed.intent.spec } : parsed;
}

function writerOfSpec(entries: readonly ManagedFieldsEntry[]): string | undefined {
  const writers = entries.filter(
    ({ subresource = "", fieldsV1 }) => subresource === "" && isRecord(fieldsV1) && "f:spec" in fieldsV1,
  );
  // Times are in whole seconds and sort as text; the API keeps entries in the order of their times.
  return writers.toSorted((left, right) => ((left.time ?? "") < (right.time ?? "") ? -1 : 1)).at(-1)?.manager;
}

const timeOf = (text: string | undefined): number | undefined => {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
};

export type ConditionType = "Admitted" | "Reserved" | "Offloaded" | "Deployed" | "Ready";

export const conditionOf = (
  { status }: Pick<IntentView, "status">,
  type: ConditionType,
): Condition | undefined => status.conditions?.find((condition) => condition.type === type);

/** Whether the spec, as it is now, was found good. */
export function isAdmitted(view: IntentView): boolean {
  const admitted = conditionOf(view, "Admitted");
  return admitted?.status === "True" && admitted.observedGeneration === view.generation;
}

/** Whether the GPUs of the placement are this Intent's. */
export const holdsPlacement = (view: Pick<IntentView, "status">): boolean =>
  view.status.placement !== undefined && conditionOf(view, "Reserved")?.status === "True";

/** Whether its objects are there as those of a workload that does not run: its hours are over. */
export function isSuspended(view: Pick<IntentView, "status">): boolean {
  const deployed = conditionOf(view, "Deployed");
  return deployed?.status === "True" && deployed.reason === "Suspended";
}

/** Whether it is suspended, and gave its GPUs back: its namespace and volumes stay where they are. */
export const isSetAside = (view: Pick<IntentView, "status">): boolean =>
  view.status.placement !== undefined && isSuspended(view) && !holdsPlacement(view);

const ENDED: readonly (IntentStatus["phase"] | undefined)[] = ["Completed", "Failed", "Cancelled"];

/** Whether it has come to its end with this spec; a changed spec, or one that can be honoured by now, begins anew. */
export const hasEnded = (view: IntentView): boolean =>
  ENDED.includes(view.status.phase) && isAdmitted(view) && !holdsPlacement(view);

/** Whether its place is that of an earlier run, which goes before it looks for another: its spec was changed since. */
export const isLeftOver = (view: IntentView): boolean =>
  view.status.placement !== undefined &&
  !holdsPlacement(view) &&
  // What is suspended may go on with what it left, a Job only where that would be made just so again.
  !(
    isSetAside(view) &&
    (isService(view) || view.status.placement.generation === view.generation || isSameWorkload(view))
  );

export const isService = ({ read }: IntentView): boolean => read.ok && read.spec.workload.type === "Service";

/** Whether it may be given a place, if what it asks can be honoured. */
export const isWaiting = (view: IntentView): boolean =>
  view.deletingSince === undefined &&
  view.status.phase !== "Suspended" &&
  view.read.ok &&
  !holdsPlacement(view) &&
  !isLeftOver(view) &&
  !hasEnded(view);
