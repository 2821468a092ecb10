import { type Allocation, parseAllocation } from "../../../fluidos/allocation.ts";
import { type Contract, parseContract } from "../../../fluidos/contract.ts";
import { type KnownCluster, parseKnownCluster } from "../../../fluidos/identity.ts";
import * as kinds from "../../../fluidos/kinds.ts";
import * as liqo from "../../../fluidos/liqo.ts";
import { parsePeeringCandidate, type ReadCandidate } from "../../../fluidos/peering-candidate.ts";
import type { IsRegion } from "../../../fluidos/places.ts";
import { parseReservation, type Reservation } from "../../../fluidos/reservation.ts";
import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import { type KubeObject, NODES, type Resource } from "../../../kubernetes/objects.ts";
import { createReflector, type Reflector, type ReflectorOptions } from "../../../kubernetes/reflector.ts";
import type { ReflectorState } from "../../../kubernetes/reflector-state.ts";
import { KEYS } from "../../../workload/identity.ts";
import { createKeptNotes, type KeptNotes } from "./candidate-notes.ts";

/** What is seen in a cluster with FLUIDOS and Liqo, which buys of others. Only read: every replica has it. */
export interface ConsumerView {
  /** Whether everything that is there has been read. */
  synced(): boolean;
  /** The same, but for kinds that the cluster does not serve: enough to take away what is there. */
  settled(): boolean;
  candidates(): readonly ReadCandidate[];
  /** What was noted on candidates that made way for a round; those that come again are read with it. */
  readonly keptNotes: KeptNotes;
  knownClusters(): readonly KnownCluster[];
  contracts(): readonly Contract[];
  /** Reservations and Allocations of hubs, whichever hub's. */
  reservations(): readonly Reservation[];
  allocations(): readonly Allocation[];
  /** Slices and virtual nodes bear the name of their contract, in the namespace of their provider. */
  slices(contract: string): readonly liqo.ResourceSlice[];
  /** Slices that a hub has asked for GPUs. */
  markedSlices(): readonly liqo.ResourceSlice[];
  virtualNodes(contract: string): readonly liqo.VirtualNode[];
  node(contract: string): liqo.LiqoNode | undefined;
  foreignCluster(cluster: string): liqo.ForeignCluster | undefined;
  offloading(namespace: string): liqo.NamespaceOffloading | undefined;
  /** Why nothing new is heard of providers; undefined while rounds of discovery succeed, or nobody asks for any. */
  discoveryTrouble(): string | undefined;
  /** Notes that, or that they succeed again. */
  noteDiscovery(trouble: string | undefined): void;
  /** Told of each change. Returns how to be told no more. */
  subscribe(listener: (news: ConsumerNews) => void): () => void;
}

export interface ConsumerNews {
  /** The Intent that it concerns, where that is known. */
  readonly uid: string | undefined;
  /** Whether what is offered may be otherwise now. */
  readonly ofOffers: boolean;
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
  const { isRegion } = options;
  const reflection = createReflection(options);
  const { reflect } = reflection;
  const uidIn = ({ labels }: { labels: Readonly<Record<string, string>> }) => labels[KEYS.intentUid];
  const ofContract = ({ name }: { name: string }): string | undefined => {
    const holder =
      reservations.values().find(({ contract }) => contract?.name === name) ??
      allocations.values().find(({ contract }) => contract === name);
    return holder && uidIn(holder);
  };
  const ofIntents = { labelSelector: OF_HUBS, uidOf: uidIn };
  const onlyOfDeals = { ofOffers: false };
  const reservations = reflect(kinds.RESERVATIONS, parseReservation, { ...ofIntents, ...onlyOfDeals });
  const allocations = reflect(kinds.ALLOCATIONS, parseAllocation, ofIntents);
  const readContract = (object: unknown): Contract => parseContract(object, isRegion);
  const contracts = reflect(kinds.CONTRACTS, readContract, { uidOf: ofContract });
  const keptNotes = createKeptNotes();
  const readCandidate = (object: unknown): ReadCandidate =>
    parsePeeringCandidate(keptNotes.recalled(object as KubeObject), isRegion);
  const candidates = reflect(kinds.PEERING_CANDIDATES, readCandidate);
  const known = reflect(kinds.KNOWN_CLUSTERS, parseKnownCluster);
  const slices = reflect(kinds.RESOURCE_SLICES, liqo.parseResourceSlice, {
    uidOf: ofContract,
    ...onlyOfDeals,
  });
  const virtualNodes = reflect(kinds.VIRTUAL_NODES, liqo.parseVirtualNode, { uidOf: ofContract });
  const foreign = reflect(kinds.FOREIGN_CLUSTERS, liqo.parseForeignCluster);
  const offloadings = reflect(kinds.NAMESPACE_OFFLOADINGS, withLabels, { ...ofIntents, ...onlyOfDeals });
  const nodes = reflect(NODES, liqo.parseLiqoNode, {
    labelSelector: liqo.VIRTUAL_NODE_SELECTOR,
    uidOf: ofContract,
  });
  let trouble: string | undefined;
  return {
    synced: () => reflection.synced(),
    settled: () => reflection.settled(),
    subscribe: (listener) => reflection.subscribe(listener),
    run: (signal) => reflection.run(signal),
    candidates: () => candidates.values(),
    keptNotes,
    knownClusters: () => known.values(),
    contracts: () => contracts.values(),
    reservations: () => reservations.values(),
    allocations: () => allocations.values(),
    slices: (contract) => slices.values().filter(({ name }) => name === contract),
    markedSlices: () => slices.values().filter((slice) => uidIn(slice) !== undefined),
    virtualNodes: (contract) => virtualNodes.values().filter(({ name }) => name === contract),
    node: (contract) => nodes.get(contract),
    foreignCluster: (cluster) =>
      foreign.values().find((each) => each.cluster === cluster || each.name === cluster),
    offloading: (namespace) => offloadings.get(`${namespace}/${liqo.OFFLOADING}`),
    discoveryTrouble: () => trouble,
    noteDiscovery: (noted) => {
      trouble = noted;
    },
  };
}

interface Reflection extends Pick<ConsumerView, "synced" | "settled" | "subscribe"> {
  /** `uidOf` tells the Intent that an object concerns. */
  readonly reflect: <V>(
    resource: Resource,
    transform: (object: unknown) => V,
    how?: {
      readonly labelSelector?: string;
      readonly uidOf?: (value: V) => string | undefined;
      readonly ofOffers?: boolean;
    },
  ) => Reflector<V>;
  run(signal: AbortSignal): Promise<void>;
}

/** Watches of several kinds that tell together: synced once all are, and of each change of any. */
function createReflection(options: ConsumerViewOptions): Reflection {
  const { client, namespace, now, random, sleep, silenceMs, onHandlerError, onState } = options;
  const listeners = new Set<(news: ConsumerNews) => void>();
  const listed = new Set<string>();
  const absent = new Set<string>();
  const all: Reflector<unknown>[] = [];
  const tell = (news: ConsumerNews): void => {
    for (const listener of listeners) listener(news);
  };
  const heard = (kind: string, state: ReflectorState): void => {
    if (state.name === "SYNCED") listed.add(kind);
    if (state.name === "SYNCED") absent.delete(kind);
    else if ("error" in state && isKubeError(state.error, "not-found")) absent.add(kind);
    onState(kind, state);
    if (state.name === "SYNCED" && listed.size === all.length) tell({ uid: undefined, ofOffers: true });
  };
  return {
    synced: () => listed.size === all.length,
    settled: () => new Set([...listed, ...absent]).size === all.length,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reflect: (resource, transform, { labelSelector, uidOf, ofOffers = true } = {}) => {
      const { group, plural } = resource;
      const reflector = createReflector({
        client,
        resource,
        ...(group.endsWith("fluidos.eu") ? { namespace } : {}),
        labelSelector,
        transform,
        now: now ?? Date.now,
        random: random ?? Math.random,
        silenceMs,
        ...(sleep === undefined ? {} : { sleep }),
        onHandlerError,
        onChange: (change) => {
          const uid = uidOf?.(change.type === "deleted" ? change.previous : change.value);
          tell({ uid, ofOffers });
        },
        onState: (state) => heard(group === "" ? plural : `${plural}.${group}`, state),
      });
      all.push(reflector);
      return reflector;
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
