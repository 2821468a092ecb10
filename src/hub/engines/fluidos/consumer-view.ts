import { type Allocation, parseAllocation } from "../../../fluidos/allocation.ts";
import { type Contract, parseContract } from "../../../fluidos/contract.ts";
import { type KnownCluster, parseKnownCluster } from "../../../fluidos/identity.ts";
import * as kinds from "../../../fluidos/kinds.ts";
import * as liqo from "../../../fluidos/liqo.ts";
import { parsePeeringCandidate, type ReadCandidate } from "../../../fluidos/peering-candidate.ts";
import type { IsRegion } from "../../../fluidos/places.ts";
import { parseReservation, type Reservation } from "../../../fluidos/reservation.ts";
import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import { type KubeObject, NODES, type Resource } from "../../../kubernetes/objects.ts";
import { createReflector, type Reflector, type ReflectorOptions } from "../../../kubernetes/reflector.ts";
import type { ReflectorState } from "../../../kubernetes/reflector-state.ts";
import { KEYS } from "../../../workload/identity.ts";

/** What is seen in a cluster with FLUIDOS and Liqo, which buys of others. Only read: every replica has it. */
export interface ConsumerView {
  /** Whether everything that is there has been read. */
  synced(): boolean;
  candidates(): readonly ReadCandidate[];
  knownClusters(): readonly KnownCluster[];
  contracts(): readonly Contract[];
  /** Reservations and Allocations of hubs, whichever hub's. */
  reservations(): readonly Reservation[];
  allocations(): readonly Allocation[];
  /** Slices and virtual nodes bear the name of their contract, in the namespace of their provider. */
  slices(contract: string): readonly liqo.ResourceSlice[];
  virtualNodes(contract: string): readonly liqo.VirtualNode[];
  node(contract: string): liqo.LiqoNode | undefined;
  foreignCluster(cluster: string): liqo.ForeignCluster | undefined;
  offloading(namespace: string): liqo.NamespaceOffloading | undefined;
  /** Told of each change, with the uid of the Intent that it concerns where that is known. Returns how to be told no more. */
  subscribe(listener: (uid: string | undefined) => void): () => void;
}

export interface ConsumerViewOptions
  extends Pick<ReflectorOptions<KubeObject, unknown>, "now" | "random" | "silenceMs" | "onHandlerError"> {
  readonly client: KubeClient;
  /** Where FLUIDOS has its objects: nothing of it is read elsewhere, Contracts hold credentials. */
  readonly namespace: string;
  readonly isRegion: IsRegion;
  readonly sleep?: NonNullable<ReflectorOptions<KubeObject, unknown>["sleep"]>;
  /** Told how it stands with the watch of each kind: `solvers.nodecore.fluidos.eu`. */
  readonly onState: (kind: string, state: ReflectorState) => void;
}

/** What hubs write carries it. */
const OF_HUBS = `app.kubernetes.io/managed-by=flare,${KEYS.intentUid}`;

/** Creates the view; nothing happens before `run`. */
export function createConsumerView(
  options: ConsumerViewOptions,
): ConsumerView & { run(signal: AbortSignal): Promise<void> } {
  const { client, namespace, isRegion, now, random, sleep, silenceMs, onHandlerError } = options;
  const listeners = new Set<(uid: string | undefined) => void>();
  const listed = new Set<string>();
  const all: Reflector<unknown>[] = [];
  const tell = (uid: string | undefined): void => {
    for (const listener of listeners) listener(uid);
  };
  const reflect = <V>(
    resource: Resource,
    transform: (object: unknown) => V,
    { labelSelector, uidOf }: { labelSelector?: string; uidOf?: (value: V) => string | undefined } = {},
  ): Reflector<V> => {
    const reflector = createReflector<KubeObject, V>({
      client,
      resource,
      ...(resource.group.endsWith("fluidos.eu") ? { namespace } : {}),
      labelSelector,
      transform,
      now: now ?? Date.now,
      random: random ?? Math.random,
      silenceMs,
      ...(sleep === undefined ? {} : { sleep }),
      onHandlerError,
      onChange: (change) => tell(uidOf?.(change.type === "deleted" ? change.previous : change.value)),
      onState: (state) => {
        const kind = resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
        if (state.name === "SYNCED") listed.add(kind);
        options.onState(kind, state);
        if (state.name === "SYNCED" && listed.size === all.length) tell(undefined);
      },
    });
    all.push(reflector);
    return reflector;
  };
  const uidIn = ({ labels }: { labels: Readonly<Record<string, string>> }) => labels[KEYS.intentUid];
  const ofContract = ({ name }: { name: string }): string | undefined => {
    const reservation = reservations.values().find((each) => each.contract?.name === name);
    return reservation && uidIn(reservation);
  };
  const reservations = reflect(kinds.RESERVATIONS, parseReservation, {
    labelSelector: OF_HUBS,
    uidOf: uidIn,
  });
  const allocations = reflect(kinds.ALLOCATIONS, parseAllocation, { labelSelector: OF_HUBS, uidOf: uidIn });
  const contracts = reflect(kinds.CONTRACTS, (object) => parseContract(object, isRegion), {
    uidOf: ofContract,
  });
  const candidates = reflect(kinds.PEERING_CANDIDATES, (object) => parsePeeringCandidate(object, isRegion));
  const known = reflect(kinds.KNOWN_CLUSTERS, parseKnownCluster);
  const slices = reflect(kinds.RESOURCE_SLICES, liqo.parseResourceSlice, { uidOf: ofContract });
  const virtualNodes = reflect(kinds.VIRTUAL_NODES, liqo.parseVirtualNode, { uidOf: ofContract });
  const foreign = reflect(kinds.FOREIGN_CLUSTERS, liqo.parseForeignCluster);
  const offloadings = reflect(kinds.NAMESPACE_OFFLOADINGS, withLabels, {
    labelSelector: OF_HUBS,
    uidOf: uidIn,
  });
  const nodes = reflect(NODES, liqo.parseLiqoNode, {
    labelSelector: liqo.VIRTUAL_NODE_SELECTOR,
    uidOf: ofContract,
  });
  return {
    synced: () => listed.size === all.length,
    candidates: candidates.values,
    knownClusters: known.values,
    contracts: contracts.values,
    reservations: reservations.values,
    allocations: allocations.values,
    slices: (contract) => slices.values().filter(({ name }) => name === contract),
    virtualNodes: (contract) => virtualNodes.values().filter(({ name }) => name === contract),
    node: nodes.get,
    foreignCluster: (cluster) =>
      foreign.values().find((each) => each.cluster === cluster || each.name === cluster),
    offloading: (namespace) => offloadings.get(`${namespace}/${liqo.OFFLOADING}`),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    run: async (signal) => {
      await Promise.all(all.map((reflector) => reflector.run(signal)));
    },
  };
}

const withLabels = (object: unknown) => ({
  ...liqo.parseNamespaceOffloading(object),
  labels: (object as KubeObject).metadata?.labels ?? {},
});
