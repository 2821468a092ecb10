import { shortHash } from "../../workload/names.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { IntentView } from "./intent-view.ts";

/**
 * Stands for what the pods of a workload are made of. A Job whose Intent is changed goes on where this stays the same: all
 * else, such as its priority, its bounds on cost, its timeout, is either not in the Job or can be changed while it runs. The
 * GPUs are left out, since the place says which they are. Undefined for a spec that cannot be read.
 */
export function workloadPrint({ read }: Pick<IntentView, "read">): string | undefined {
  if (!read.ok) return undefined;
  const { batch, resources, ...workload } = read.spec.workload;
  const { gpu: _, ...others } = resources;
  const { maxRetries: __, timeout: ___, ...lasting } = batch ?? {};
  return shortHash(canonicalJson({ ...workload, resources: others, batch: lasting }));
}

/** Whether what runs is what the spec as it is now would run. */
export function isSameWorkload(view: IntentView): boolean {
  const placed = view.status.placement?.workload;
  return placed !== undefined && placed === workloadPrint(view);
}
