/** The same experiment on fewer or more nodes: how the time of a decision grows with the pool. */
import type { Arrivals, Workload } from "./workload.ts";

/** So many nodes in the proportions of the workload, and as many pods of its arrivals as fill them as much. */
export function scaled(
  workload: Workload,
  arrivals: Arrivals,
  size: number,
): { readonly workload: Workload; readonly arrivals: Arrivals } {
  const { length } = workload.nodes;
  if (size === length) return { workload, arrivals };
  // Fewer: evenly out of all of them. More: all of them again and again.
  const sources = Array.from({ length: size }, (_, at) =>
    size < length ? Math.floor((at * length) / size) : at % length,
  );
  const nodes = sources.flatMap((source, at) => {
    const node = workload.nodes[source];
    return node === undefined ? [] : [{ ...node, name: `${node.name}-${Math.floor(at / length)}` }];
  });
  const capacity = (nodes.reduce((sum, { gpus }) => sum + gpus, 0) * workload.capacity) / gpusOf(workload);
  const demand = arrivals.pods.reduce((sum, pod) => sum + pod.gpus * pod.gpuMilli, 0) / workload.capacity;
  const pods: Arrivals["pods"][number][] = [];
  for (let asked = 0, at = 0; asked < demand * capacity; at += 1) {
    const pod = arrivals.pods[at % arrivals.pods.length];
    if (pod === undefined) break;
    pods.push(pod);
    asked += pod.gpus * pod.gpuMilli;
  }
  const tieBreak = sources.map(
    (source, at) => (arrivals.tieBreak[source] ?? 0) + Math.floor(at / length) * length,
  );
  return { workload: { ...workload, nodes, capacity }, arrivals: { pods, tieBreak } };
}

const gpusOf = ({ nodes }: Workload): number => nodes.reduce((sum, { gpus }) => sum + gpus, 0);
