import type { Change } from "../../kubernetes/reflector-store.ts";
import type { NodeRecord } from "./node-record.ts";
import type { FillableOfferPool, PooledNode } from "./offer-pool.ts";
import { type OfferOptions, offersOf } from "./offers.ts";
import type { PodRecord } from "./pod-record.ts";

export interface InventoryOptions {
  readonly provider: string;
  readonly pool: Pick<FillableOfferPool, "update" | "retain">;
  /** What offers depend on, as it is now; after a change of it call `refresh`. */
  readonly offerOptions: () => OfferOptions;
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
  /** Makes no more offers. */
  close(): void;
}

/** Nodes whose offers are made in one go, about a millisecond each hundred: nobody waits longer for the event loop. */
const AT_ONCE = 500;

/** Creates an empty inventory. It tells the pool nothing before `synced`: without all pods more would look free than is. */
export function createProviderInventory(options: InventoryOptions): ProviderInventory {
  const { provider, pool, defer = setImmediate } = options;
  const nodes = new Map<string, NodeRecord>();
  const podsOf = new Map<string, Set<PodRecord>>();
  const dirty = new Set<string>();
  let state: "filling" | "serving" | "closed" = "filling";
  let scheduled = false;

  const offersNow = (name: string, offerOptions: OfferOptions): PooledNode | undefined => {
    const node = nodes.get(name);
    return node && { provider, node, ...offersOf(node, podsOf.get(name) ?? [], offerOptions) };
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
  const refresh = (): void => {
    for (const name of nodes.keys()) touch(name);
  };
  return {
    nodeChanged: (change) => {
      if (change.type === "deleted") nodes.delete(change.key);
      else nodes.set(change.key, change.value);
      dirty.add(change.key);
      schedule();
    },
    podChanged: (change) => {
      if (change.type !== "added") leave(podsOf, change.previous);
      if (change.type !== "deleted") enter(podsOf, change.value);
      if (change.type !== "added") touch(change.previous.node);
      if (change.type !== "deleted") touch(change.value.node);
    },
    synced: () => {
      if (state !== "filling") return;
      state = "serving";
      pool.retain(provider, new Set(nodes.keys()));
      refresh();
    },
    refresh,
    refreshNow: (name) => {
      if (state !== "serving" || !nodes.has(name)) return;
      dirty.delete(name);
      pool.update(provider, new Map([[name, offersNow(name, options.offerOptions())]]));
    },
    close: () => {
      state = "closed";
    },
  };
}

function enter(podsOf: Map<string, Set<PodRecord>>, pod: PodRecord): void {
  if (pod.node === "") return;
  podsOf.set(pod.node, (podsOf.get(pod.node) ?? new Set<PodRecord>()).add(pod));
}

function leave(podsOf: Map<string, Set<PodRecord>>, pod: PodRecord): void {
  const pods = podsOf.get(pod.node);
  pods?.delete(pod);
  if (pods?.size === 0) podsOf.delete(pod.node);
}
