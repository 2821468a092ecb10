import type { WorkloadSpec } from "../intent/spec-schema.ts";
import type { ObjectMeta } from "../kubernetes/objects.ts";
import { objectAnnotations, objectLabels } from "./identity.ts";
import type { WorkloadInput } from "./input.ts";
import { baseName } from "./names.ts";
import { type TaskGroup, taskGroups } from "./task-groups.ts";

/** The input with what all of its objects share. */
export interface WorkloadContext extends WorkloadInput {
  readonly workload: WorkloadSpec;
  readonly base: string;
  readonly groups: readonly TaskGroup[];
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

export function workloadContext(input: WorkloadInput): WorkloadContext {
  const base = baseName(input.intent);
  return {
    ...input,
    base,
    workload: input.intent.spec.workload,
    groups: taskGroups(input.placement),
    labels: objectLabels(input, base),
    annotations: objectAnnotations(input),
  };
}

/** Metadata of an object in the workload's namespace. */
export function metadata(
  context: WorkloadContext,
  name: string,
  more: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> } = {},
): ObjectMeta {
  return {
    name,
    namespace: context.options.namespace.name,
    labels: { ...context.labels, ...more.labels },
    annotations: { ...context.annotations, ...more.annotations },
  };
}

/** All tasks or replicas of the placement. */
export const taskCount = ({ groups }: WorkloadContext): number =>
  groups.reduce((sum, { tasks }) => sum + tasks, 0);

/** Replicas that an autoscaler may reach: what a quota must have room for. */
export const mostTasks = ({ groups }: WorkloadContext): number =>
  groups.reduce((sum, { most }) => sum + most, 0);

/** Whether the tasks are parts of one computation and must reach each other by name. */
export const tasksCommunicate = (context: WorkloadContext): boolean =>
  context.workload.type === "Batch" &&
  taskCount(context) > 1 &&
  (context.workload.communicationPattern === "AllReduce" ||
    context.workload.communicationPattern === "Pipeline");

/** Name of the headless Service under which communicating tasks find each other. */
export const tasksServiceName = ({ base }: WorkloadContext): string => `${base}-tasks`;

/** Name of a group's Deployment or Job: the base name, numbered from the second on. */
export const groupName = ({ base }: WorkloadContext, index: number): string =>
  index === 0 ? base : `${base}-${index + 1}`;
