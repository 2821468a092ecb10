import { createHash } from "node:crypto";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject, Resource } from "../../kubernetes/objects.ts";
import { createReflector, type Reflector } from "../../kubernetes/reflector.ts";
import { troubleIn } from "../../kubernetes/reflector-state.ts";
import type { Change } from "../../kubernetes/reflector-store.ts";
import type { ControllerContext } from "../controller.ts";
import { type SeenFlavor, seenFlavorOf } from "./seen-flavor.ts";

/** What is for sale in a provider's cluster, and what is sold: all Flavors of its nodes, and the Contracts on them. */
export interface Market {
  flavors(node: string): readonly SeenFlavor[];
  flavor(name: string): SeenFlavor | undefined;
  /** Nodes that some Flavor tells of. */
  nodes(): Iterable<string>;
  readonly isSold: (flavor: string) => boolean;
  /** Asks the API instead of what was heard last: a Contract may be a moment younger than a change of its Flavor. */
  isAnySoldNow(flavors: readonly string[], signal: AbortSignal): Promise<boolean>;
  /** Told of nodes whose Flavors, or Contracts on them, changed. Returns how to be told no more. */
  subscribe(listener: (node: string) => void): () => void;
  /** Resolves when everything was listed once. */
  readonly synced: Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

export interface MarketOptions {
  readonly context: ControllerContext;
  readonly flavors: Resource;
  readonly contracts: Resource;
  readonly namespace: string;
  /** The name of the own cluster as a provider. */
  readonly provider: string;
}

/** Creates it; nothing happens before `run`. */
export function createMarket({ context, flavors, contracts, namespace, provider }: MarketOptions): Market {
  const byNode: Index<SeenFlavor> = new Map();
  const byFlavor: Index<SeenContract> = new Map();
  const listeners = new Set<(node: string) => void>();
  const tell = (nodes: readonly (string | undefined)[]): void => {
    for (const node of new Set(nodes))
      if (node !== undefined) for (const listener of listeners) listener(node);
  };
  const known = watched(context, {
    resource: flavors,
    namespace,
    what: "flavors",
    transform: (object) => seenFlavorOf(object, provider),
    onChange: (change) => tell(follow(byNode, change, ({ node }) => node)),
  });
  const sold = watched(context, {
    resource: contracts,
    namespace,
    what: "contracts",
    transform: contractOf,
    isSame: (before, after) => before.flavor === after.flavor,
    onChange: (change) => {
      const names = follow(byFlavor, change, ({ flavor }) => flavor);
      tell(names.map((name) => known.reflector.get(`${namespace}/${name}`)?.node));
    },
  });
  return {
    flavors: (node) => [...(byNode.get(node)?.values() ?? [])],
    flavor: (name) => known.reflector.get(`${namespace}/${name}`),
    nodes: () => byNode.keys(),
    isSold: (flavor) => byFlavor.has(flavor),
    isAnySoldNow: async (names, signal) => {
      for (const flavor of names)
        if (await exists(context, contracts, { namespace, name: contractName(flavor) }, signal)) return true;
      return false;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    synced: Promise.all([known.synced, sold.synced]).then(() => undefined),
    run: async (signal) => {
      await Promise.all([known.reflector.run(signal), sold.reflector.run(signal)]);
    },
  };
}

/** How FLUIDOS names the Contract on a Flavor, which is why a Flavor can be sold once. */
export function contractName(flavor: string): string {
  const hash = createHash("sha256").update(flavor).digest("hex").slice(0, 4);
  return `contract-${flavor}-${hash}`.replaceAll(".", "-");
}

interface SeenContract {
  readonly name: string;
  readonly flavor: string;
}

/** Of a Contract, which holds credentials, only what it sells is kept. */
function contractOf(object: KubeObject & { readonly spec?: { readonly flavor?: KubeObject } }): SeenContract {
  return { name: object.metadata?.name ?? "", flavor: object.spec?.flavor?.metadata?.name ?? "" };
}

type Index<V> = Map<string, Map<string, V>>;

/** Takes a change into the index; returns the keys that it touched. */
function follow<V extends { readonly name: string }>(
  index: Index<V>,
  change: Change<V>,
  keyOf: (value: V) => string | undefined,
): readonly string[] {
  const before = change.type === "added" ? undefined : change.previous;
  const after = change.type === "deleted" ? undefined : change.value;
  const [was, is] = [before && keyOf(before), after && keyOf(after)];
  if (before !== undefined && was !== undefined) {
    const others = index.get(was);
    others?.delete(before.name);
    if (others?.size === 0) index.delete(was);
  }
  if (after !== undefined && is !== undefined)
    index.set(is, (index.get(is) ?? new Map<string, V>()).set(after.name, after));
  return [was, is].filter((key) => key !== undefined);
}

interface Watched<V> {
  readonly resource: Resource;
  readonly namespace: string;
  readonly what: string;
  readonly transform: (object: KubeObject) => V;
  readonly isSame?: (before: V, after: V) => boolean;
  readonly onChange: (change: Change<V>) => void;
}

function watched<V>(
  { client, log, now, random }: ControllerContext,
  { what, ...options }: Watched<V>,
): { readonly reflector: Reflector<V>; readonly synced: Promise<void> } {
  let isSynced: () => void = () => undefined;
  const synced = new Promise<void>((resolve) => {
    isSynced = resolve;
  });
  const reflector = createReflector<KubeObject, V>({
    client,
    ...options,
    onHandlerError: (error) => log.error({ watch: what, error: String(error) }, "could not be taken in"),
    onState: (state) => {
      if (state.name === "SYNCED") isSynced();
      const trouble = troubleIn(state);
      if (trouble !== undefined) log.warn({ watch: what }, trouble.message);
    },
    now,
    random,
  });
  return { reflector, synced };
}

async function exists(
  { client }: ControllerContext,
  resource: Resource,
  target: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.get(resource, target, { signal });
    return true;
  } catch (error) {
    if (isKubeError(error, "not-found")) return false;
    throw error;
  }
}
