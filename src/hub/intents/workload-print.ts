import type { IntentSpec } from "../../intent/spec-schema.ts";
import type { IntentStatus } from "../../intent/status-schema.ts";
import { canonicalJson } from "../../kubernetes/canonical-json.ts";
import { shortHash } from "../../workload/names.ts";

type ReadSpec = { readonly ok: true; readonly spec: IntentSpec } | { readonly ok: false };

/**
 * Stands for what the pods of a workload are made of. A Job whose Intent is changed goes on where this stays the same: all
 * else, such as its priority, its bounds on cost, its timeout, is either not in the Job or can be changed while it runs. The
 * GPUs are left out, since the place says which they are. Undefined for a spec that cannot be read.
 */
export function workloadPrint({ read }: { readonly read: ReadSpec }): string | undefined {
  if (!read.ok) return undefined;
  const { batch, resources, ...workload } = read.spec.workload;
  const { gpu: _, ...others } = resources;
  const { maxRetries: __, timeout: ___, ...lasting } = batch ?? {};
  return shortHash(canonicalJson({ ...workload, resources: others, batch: lasting }));
}

/** Whether what runs is what the spec as it is now would run. */
export function isSameWorkload(view: { readonly read: ReadSpec; readonly status: IntentStatus }): boolean {
  const placed = view.status.placement?.workload;
  return placed !== undefined && placed === workloadPrint(view);
}
