import type { V1Job, V1JobSpec } from "@kubernetes/client-node";
import { millisecondsOf } from "../intent/values.ts";
import { groupName, metadata, type WorkloadContext } from "./context.ts";
import { KEYS } from "./identity.ts";
import type { Manifest } from "./manifest.ts";
import { DEFAULTS } from "./options.ts";
import { podTemplate } from "./pod.ts";
import type { TaskGroup } from "./task-groups.ts";

/** What `workload.batch` means where the Intent leaves it out, as its schema has it. */
const BATCH = { completionPolicy: "All", maxRetries: 3, timeout: "1h" } as const;

/** One Job for each group of tasks. Its selector is left to the API server, which refuses any other. */
export function jobs(context: WorkloadContext): Manifest<V1Job>[] {
  const { completionPolicy, maxRetries, timeout } = { ...BATCH, ...context.workload.batch };
  return context.groups.map((group, index) => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata(context, groupName(context, index), {
      annotations: { [KEYS.completionPolicy]: completionPolicy },
    }),
    spec: {
      ...completion(context, group, completionPolicy),
      // Not `suspend`, which an older Kubernetes refuses in an object: this keeps the tasks back everywhere.
      ...(context.suspended === true ? { parallelism: 0 } : {}),
      backoffLimit: maxRetries,
      activeDeadlineSeconds: deadlineSeconds(timeout, context.secondsToDeadline),
      ttlSecondsAfterFinished:
        context.options.job?.ttlSecondsAfterFinished ?? DEFAULTS.ttlSecondsAfterFinished,
      template: podTemplate(context, group, index),
    },
  }));
}

/**
 * All: each task, told by its index, succeeds once. Any: done when one has succeeded, and the others are ended, which
 * takes a success policy; an older Kubernetes is asked for one success, and runs one task after the other for it.
 */
function completion(
  { options }: WorkloadContext,
  { tasks }: TaskGroup,
  policy: "All" | "Any",
): Pick<V1JobSpec, "parallelism" | "completions" | "completionMode" | "successPolicy"> {
  const isOne = tasks === 1;
  if (policy === "Any" && options.job?.successPolicy !== true) return { parallelism: tasks, completions: 1 };
  return {
    parallelism: tasks,
    completions: tasks,
    ...(isOne ? {} : { completionMode: "Indexed" }),
    ...(policy === "Any" && !isOne ? { successPolicy: { rules: [{ succeededCount: 1 }] } } : {}),
  };
}

/** Zero would end the Job at once: at least a second, and the default where the text is no duration. */
function deadlineSeconds(timeout: string, secondsToDeadline = Number.POSITIVE_INFINITY): number {
  const milliseconds = millisecondsOf(timeout);
  const seconds = Math.ceil((milliseconds > 0 ? milliseconds : millisecondsOf(BATCH.timeout)) / 1000);
  return Math.max(1, Math.min(seconds, secondsToDeadline));
}
