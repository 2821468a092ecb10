import type { PlacedTasks, Taint, WorkloadPlacement } from "./input.ts";

/** Tasks that one pod template serves: the same resource, the same units, equally many on each of the nodes. */
export interface TaskGroup {
  readonly resource: string;
  readonly units: number;
  readonly tasks: number;
  /** Replicas that an autoscaler may reach; what goes beyond the placement is the last group's. */
  readonly most: number;
  /** Tasks of the groups before this one: where the numbering of its tasks begins. */
  readonly offset: number;
  readonly nodes: readonly { readonly name: string; readonly hostname: string }[];
  readonly taints: readonly Taint[];
}

/**
 * Sorts the tasks of a placement into groups. Equally many on each node is what a spread constraint can hold the
 * scheduler to; a node that got more tasks than the others becomes a group of its own.
 */
export function taskGroups(placement: WorkloadPlacement): readonly TaskGroup[] {
  const byTemplate = groupBy(
    mergeByNode(placement.assignments),
    ({ resource, units, tasks }) => `${resource} ${units} ${tasks}`,
  );
  let offset = 0;
  return byTemplate.map((members, index) => {
    const group = groupOf(members, offset);
    offset += group.tasks;
    const isLast = index === byTemplate.length - 1;
    const beyond = isLast ? Math.max(0, (placement.maxTasks ?? 0) - offset) : 0;
    return { ...group, most: group.tasks + beyond };
  });
}

function groupOf(members: readonly PlacedTasks[], offset: number): Omit<TaskGroup, "most"> {
  const [first] = members;
  return {
    resource: first?.resource ?? "",
    units: first?.units ?? 0,
    tasks: members.reduce((sum, { tasks }) => sum + tasks, 0),
    offset,
    nodes: members.map(({ node, hostname }) => ({ name: node, hostname: hostname ?? node })),
    taints: members.flatMap(({ taints }) => taints),
  };
}

/** A placement may name a node once for each task. */
function mergeByNode(assignments: readonly PlacedTasks[]): readonly PlacedTasks[] {
  const byNode = groupBy(
    assignments.filter(({ tasks }) => tasks > 0),
    ({ node, resource, units }) => `${node} ${resource} ${units}`,
  );
  return byNode.flatMap(([first, ...rest]) =>
    first === undefined
      ? []
      : [{ ...first, tasks: rest.reduce((sum, { tasks }) => sum + tasks, first.tasks) }],
  );
}

/** Items by key, in the order in which each key was first met. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
