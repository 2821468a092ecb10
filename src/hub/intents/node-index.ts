import type { IntentView } from "./intent-view.ts";

/** Which Intents have their place on a node: a change of one node is no reason to look at thousands of Intents. */
export interface NodeIndex {
  /** Takes the newest state of an Intent; undefined: it is gone. */
  put(key: string, view: IntentView | undefined): void;
  /** Keys of the Intents with a task on the node, in no order. */
  on(provider: string, node: string): Iterable<string>;
}

/** Creates an empty index. */
export function createNodeIndex(): NodeIndex {
  const byNode = new Map<string, Set<string>>();
  const byKey = new Map<string, readonly string[]>();
  const leave = (key: string, node: string): void => {
    const there = byNode.get(node);
    there?.delete(key);
    if (there?.size === 0) byNode.delete(node);
  };
  return {
    put: (key, view) => {
      for (const node of byKey.get(key) ?? []) leave(key, node);
      const nodes = nodesOf(view);
      if (nodes.length === 0) byKey.delete(key);
      else byKey.set(key, nodes);
      for (const node of nodes) byNode.set(node, (byNode.get(node) ?? new Set<string>()).add(key));
    },
    on: (provider, node) => byNode.get(`${provider}/${node}`) ?? [],
  };
}

const nodesOf = (view: IntentView | undefined): readonly string[] => [
  ...new Set((view?.status.placement?.tasks ?? []).map(({ provider, node }) => `${provider}/${node}`)),
];
