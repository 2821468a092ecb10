import type { Change } from "../../kubernetes/reflector-store.ts";
import type { NodeRecord } from "./node-record.ts";
import type { FillableOfferPool, PooledNode } from "./offer-pool.ts";
import { type OfferOptions, offersOf } from "./offers.ts";
import type { PodRecord } from "./pod-record.ts";
import { createPodsByNode } from "./pods-by-node.ts";

export interface InventoryOptions {
  readonly provider: string;
  readonly pool: Pick<FillableOfferPool, "update" | "retain">;
  /** What offers depend on, as it is now; after a change of it call `refresh`. */
  readonly offerOptions: () => OfferOptions;
  /** Told when the offers of all nodes were made for the first time. */
  readonly onComplete?: () => void;
  /** Runs later, soon: `setImmediate`. */
  readonly defer?: (work: () => void) => void;
}

/** The GPU nodes of one provider and who uses them, turned into offers node by node as they change. */
export interface ProviderInventory {
  nodeChanged(change: Change<NodeRecord>): void;
  podChanged(change: Change<PodRecord>): void;
  /** Both lists are complete: from now on offers are made, and nodes that are in the pool but not here are dropped. */
  synced(): void;
  /** Makes all offers anew, soon. */
  refresh(): void;
  /** Makes the offers of one node anew, before it returns. */
  refreshNow(node: string): void;
  /** True once the offers of all nodes were made: a node that is not in the pool then is not there. */
  isComplete(): boolean;
  /** Makes no more offers. */
  close(): void;
}

/** Nodes whose offers are made in one go, about a millisecond each hundred: nobody waits longer for the event loop. */
const AT_ONCE = 500;

/** Creates an empty inventory. It tells the pool nothing before `synced`: without all pods more would look free than is. */
export function createProviderInventory(options: InventoryOptions): ProviderInventory {
  const { provider, pool, defer = setImmediate } = options;
  const nodes = new Map<string, NodeRecord>();
  const pods = createPodsByNode();
  const dirty = new Set<string>();
  let state: "filling" | "serving" | "closed" = "filling";
  let scheduled = false;
  let complete = false;

  const offersNow = (name: string, offerOptions: OfferOptions): PooledNode | undefined => {
    const node = nodes.get(name);
    return node && { provider, node, ...offersOf(node, pods.of(name), offerOptions) };
  };
  const work = (): void => {
    scheduled = false;
    if (state !== "serving") return;
    const offerOptions = options.offerOptions();
    const made = new Map<string, PooledNode | undefined>();
    for (const name of dirty) {
      if (made.size >= AT_ONCE) break;
      dirty.delete(name);
      made.set(name, offersNow(name, offerOptions));
    }
    pool.update(provider, made);
    if (dirty.size > 0) schedule();
    else if (!complete) {
      complete = true;
      options.onComplete?.();
    }
  };
  const schedule = (): void => {
    if (scheduled || state !== "serving") return;
    scheduled = true;
    defer(work);
  };
  const touch = (name: string): void => {
    // Pods on other nodes are the most in many clusters; their nodes have no offers.
    if (!nodes.has(name)) return;
    dirty.add(name);
    schedule();
  };
  const refresh = (): void => [...nodes.keys()].forEach(touch);
  return {
    nodeChanged: (change) => {
      if (change.type === "deleted") nodes.delete(change.key);
      else nodes.set(change.key, change.value);
      dirty.add(change.key);
      schedule();
    },
    podChanged: (change) => {
      for (const name of pods.update(change)) touch(name);
    },
    synced: () => {
      if (state !== "filling") return;
      state = "serving";
      pool.retain(provider, new Set(nodes.keys()));
      refresh();
      schedule();
    },
    refresh,
    refreshNow: (name) => {
      if (state !== "serving" || !nodes.has(name)) return;
      dirty.delete(name);
      pool.update(provider, new Map([[name, offersNow(name, options.offerOptions())]]));
    },
    isComplete: () => complete,
    close: () => {
      state = "closed";
    },
  };
}
