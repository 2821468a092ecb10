import type { Change } from "../../kubernetes/reflector-store.ts";
import type { PodRecord } from "./pod-record.ts";

/** Pods by the node that they take something of. */
export interface PodsByNode {
  of(node: string): Iterable<PodRecord>;
  /** Takes a change; returns the nodes that it touches. */
  update(change: Change<PodRecord>): readonly string[];
}

/** Creates an empty index. */
export function createPodsByNode(): PodsByNode {
  const byNode = new Map<string, Set<PodRecord>>();
  const enter = (pod: PodRecord): void => {
    if (pod.node !== "") byNode.set(pod.node, (byNode.get(pod.node) ?? new Set<PodRecord>()).add(pod));
  };
  const leave = (pod: PodRecord): void => {
    const pods = byNode.get(pod.node);
    pods?.delete(pod);
    if (pods?.size === 0) byNode.delete(pod.node);
  };
  return {
    of: (node) => byNode.get(node) ?? [],
    update: (change) => {
      const before = change.type === "added" ? undefined : change.previous;
      const after = change.type === "deleted" ? undefined : change.value;
      if (before !== undefined) leave(before);
      if (after !== undefined) enter(after);
      return [...new Set([before?.node, after?.node])].filter(
        (node) => node !== undefined && node !== "",
      ) as string[];
    },
  };
}
