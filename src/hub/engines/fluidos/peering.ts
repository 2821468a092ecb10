import type { ConsumerView } from "./consumer-view.ts";
import { DEAL_KEYS } from "./deal-mark.ts";

/** Whether what was peered for a Flavor works: its node is ready and its provider's cluster is there. True before that. */
export function isPeeringWell(view: ConsumerView, flavor: string): boolean {
  const allocation = view
    .allocations()
    .find(
      ({ annotations }) =>
        annotations[DEAL_KEYS.flavor] === flavor && annotations[DEAL_KEYS.peered] !== undefined,
    );
  if (allocation === undefined) return true;
  return peeringTrouble(view, allocation.contract) === undefined;
}

/** What is wrong with the peering of a contract, in words; undefined where pods can run there. */
export function peeringTrouble(view: ConsumerView, contract: string): string | undefined {
  const node = view.node(contract);
  if (node === undefined || node.deleting) return `virtual node ${contract} is not there`;
  if (!node.ready) return `virtual node ${contract} is not ready`;
  const [virtualNode] = view.virtualNodes(contract);
  if (virtualNode === undefined || virtualNode.deleting) return `VirtualNode ${contract} is not there`;
  const cluster = virtualNode.cluster || node.remoteCluster;
  const foreign = view.foreignCluster(cluster);
  if (foreign === undefined || foreign.deleting) return `cluster ${cluster} is not peered any more`;
  const [broken] = foreign.broken;
  return broken && `the peering with ${cluster} is not whole: ${broken.type} ${broken.message}`.trim();
}
