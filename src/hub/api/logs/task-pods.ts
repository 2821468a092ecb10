import type { KubeObject } from "../../../kubernetes/objects.ts";
import { MAIN_CONTAINER } from "../../../workload/container.ts";
import { KEYS } from "../../../workload/identity.ts";

/** The part of a pod that tells which task of an Intent it is. */
export interface KubeTaskPod extends KubeObject {
  readonly spec?: {
    readonly containers?: readonly {
      readonly name?: string;
      readonly env?: readonly { readonly name?: string; readonly value?: string }[];
    }[];
  };
}

/** A pod with the number of the task or replica that it runs. */
export interface TaskPod {
  readonly task: number;
  readonly name: string;
}

const INDEX = "batch.kubernetes.io/job-completion-index";

/**
 * The pods of an Intent at one provider by the number of their task. Of a task that was tried again the last pod counts;
 * pods without a number of their own, such as replicas, are numbered by name, the newest `tasks` of them.
 */
export function taskPods(pods: readonly KubeTaskPod[], tasks: number): readonly TaskPod[] {
  const numbered = new Map<number, KubeTaskPod>();
  const others = new Map<string, KubeTaskPod[]>();
  for (const pod of pods.toSorted((left, right) => bornAt(left) - bornAt(right))) {
    const { labels = {}, annotations = {} } = pod.metadata ?? {};
    const index = Number(annotations[INDEX] ?? labels[INDEX] ?? Number.NaN);
    const group = labels[KEYS.group] ?? "";
    if (Number.isSafeInteger(index)) numbered.set(offsetOf(pod) + index, pod);
    else others.set(group, [...(others.get(group) ?? []), pod]);
  }
  const replicas = [...others.values()].flatMap((group) =>
    group
      .slice(-tasks)
      .toSorted((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1))
      .map((pod, position) => ({ task: offsetOf(pod) + position, name: nameOf(pod) })),
  );
  const indexed = [...numbered].map(([task, pod]) => ({ task, name: nameOf(pod) }));
  return [...indexed, ...replicas].sort((left, right) => left.task - right.task);
}

const nameOf = ({ metadata }: KubeTaskPod): string => metadata?.name ?? "";
const bornAt = ({ metadata }: KubeTaskPod): number => Date.parse(metadata?.creationTimestamp ?? "") || 0;

/** Where the numbers of a group of tasks begin, as its pods were told. */
function offsetOf({ spec }: KubeTaskPod): number {
  const main = spec?.containers?.find(({ name }) => name === MAIN_CONTAINER);
  return Number(main?.env?.find(({ name }) => name === "FLARE_TASK_OFFSET")?.value ?? 0) || 0;
}
