import { parseQuantity } from "../../../units/quantity.ts";
import type { Cluster } from "../cluster.ts";
import { PODS } from "../kinds.ts";
import type { Node, Pod, PodSpec } from "../liqo-types.ts";

const nanos = (value: string | number | undefined): bigint =>
  value === undefined ? 0n : (parseQuantity(value)?.nanos ?? 0n);

/** What the containers of a pod ask for together, in 10^-9; a limit counts where nothing is requested. */
export function requestsOf({ containers }: PodSpec): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>([["pods", 1_000_000_000n]]);
  for (const { resources } of containers)
    for (const [name, amount] of Object.entries({ ...resources?.limits, ...resources?.requests }))
      sums.set(name, (sums.get(name) ?? 0n) + nanos(amount));
  return sums;
}

const takesRoom = ({ status }: Pod): boolean => status?.phase !== "Succeeded" && status?.phase !== "Failed";

/** The first resource of which the node has too little left for the pod; undefined where all is enough. */
export function shortage(cluster: Cluster, node: Node, spec: PodSpec): string | undefined {
  const others = cluster
    .list(PODS)
    .filter((pod) => pod.spec.nodeName === node.metadata.name && takesRoom(pod))
    .map((pod) => requestsOf(pod.spec));
  const isShort = ([name, wanted]: readonly [string, bigint]): boolean => {
    const taken = others.reduce((sum, requests) => sum + (requests.get(name) ?? 0n), 0n);
    return wanted > 0n && taken + wanted > nanos(node.status?.allocatable?.[name]);
  };
  return [...requestsOf(spec)].find(isShort)?.[0];
}
