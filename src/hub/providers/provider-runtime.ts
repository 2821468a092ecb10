import { setMaxListeners } from "node:events";
import { isDeepStrictEqual } from "node:util";
import type { Provider } from "../../intent/resources.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import type { Logger } from "../../observability/logger.ts";
import { formatDuration } from "../../units/duration.ts";
import type { FluidosConfig } from "../engines/fluidos/config.ts";
import {
  type ConsumerConnectionOptions,
  createConsumerConnection,
} from "../engines/fluidos/consumer-connection.ts";
import type { ConsumerView } from "../engines/fluidos/consumer-view.ts";
import type { Toleration } from "../inventory/closed.ts";
import type { NodeDescription } from "../inventory/describer.ts";
import type { FillableOfferPool } from "../inventory/offer-pool.ts";
import type { OfferOptions } from "../inventory/offers.ts";
import {
  createProviderInventory,
  type InventoryOptions,
  type ProviderInventory,
} from "../inventory/provider-inventory.ts";
import type { Regions } from "../inventory/regions.ts";
import type { Reservations } from "../inventory/reservations.ts";
import { type Closure, closureOf } from "./closure.ts";
import type { ConnectionFacts } from "./conditions.ts";
import { type Connection, type ConnectionOptions, createConnection } from "./connection.ts";
import { createKubeconfigSource } from "./kubeconfig-source.ts";
import type { ConnectionTiming } from "./probe.ts";

/** Where a connection leads: to the hub's own cluster, or where a kubeconfig says. */
export type Destination = { readonly inCluster: true } | { readonly kubeconfigText: string };

/** What all providers of a hub have in common. */
export interface ProviderSurroundings extends ConnectionTiming {
  /** The hub's own cluster. */
  readonly client: KubeClient;
  /** Makes a client of its own for a provider. */
  readonly connect: (destination: Destination) => KubeClient;
  readonly pool: FillableOfferPool;
  readonly reservations: Reservations;
  readonly regions: Regions;
  readonly tolerations: readonly Toleration[];
  readonly describe: (annotations: Readonly<Record<string, string>>) => NodeDescription;
  /** Nothing new is placed at a provider whose API did not answer as it should for so long. */
  readonly unreachableAfterMs: number;
  readonly fluidos: FluidosConfig;
  readonly log: Logger;
}

/** One provider at run time: its connection, its inventory, and what is known of both. */
export interface ProviderRuntime {
  readonly name: string;
  provider(): Provider;
  /** Takes the object as it is now. */
  update(provider: Provider): void;
  facts(): ConnectionFacts;
  /** Why nothing new may be placed there now; undefined: it may. */
  closed(): string | undefined;
  /** Why that is so for another reason than its connection. */
  closure(): Closure | undefined;
  /** Why there is no use in trying to reach it now. */
  unreachable(): string | undefined;
  /** Client of the provider's cluster; undefined while there is no kubeconfig. */
  client(): KubeClient | undefined;
  /** What is seen of FLUIDOS there; undefined where the hub places itself. */
  consumer(): ConsumerView | undefined;
  /** What no two clusters have the same; undefined while it is not known. */
  clusterId(): string | undefined;
  /** Something around it has changed that it may be closed or opened by. */
  look(): void;
  /** Version of its Kubernetes, once known. */
  version(): string | undefined;
  /** Ends the connection. The offers leave the pool. */
  stop(): Promise<void>;
}

interface Line {
  readonly engine: Provider["spec"]["engine"];
  readonly client: KubeClient;
  readonly connection: Connection;
  readonly inventory: Pick<ProviderInventory, "refresh" | "refreshNow" | "isComplete" | "close">;
  /** Where the provider is a federation. */
  readonly consumer?: ConsumerView;
  readonly missing?: () => readonly string[];
  readonly end: () => Promise<void>;
}

interface ProviderHooks {
  /** Told when there may be something new to say in its status. */
  readonly onFacts: () => void;
  /** The Provider whose cluster this one is as well. */
  readonly twin: () => string | undefined;
}

/** Starts what a provider needs. */
export function startProvider(
  initial: Provider,
  around: ProviderSurroundings,
  { onFacts, twin }: ProviderHooks,
): ProviderRuntime {
  const name = initial.metadata.name ?? "";
  let provider = initial;
  let line: Line | undefined;
  let wasClosed: string | undefined;
  let clusterId: string | undefined;
  const ending: Promise<void>[] = [];

  const facts = () => factsOf(source.state(), line, around.pool.size(name));
  const openness = opennessOf({ provider: () => provider, facts, twin }, around);
  const offerOptions = (): OfferOptions => optionsOf(provider, wasClosed, around);
  const look = (): void => {
    clusterId = clusterIdOf(line, clusterId);
    const now = openness.closed();
    if (now !== wasClosed) {
      wasClosed = now;
      logClosed(around, name, { closed: now, isWanted: openness.closure() !== undefined });
      line?.inventory.refresh();
    }
    onFacts();
  };
  const hangUp = (): void => {
    if (line !== undefined) ending.push(line.end());
    line = undefined;
  };
  const dial = (): void => {
    hangUp();
    // A Secret that is gone or broken ends the connection: whoever took the credentials away meant it.
    const destination = destinationOf(source.state());
    const { engine } = provider.spec;
    if (destination !== undefined)
      line = openLine(name, around, { engine, destination, offerOptions, onFacts: look });
    look();
  };
  const source = createKubeconfigSource(sourceOptions(around), dial);
  const unsubscribe = around.reservations.subscribe((of, node) => {
    if (of === name) line?.inventory.refreshNow(node);
  });
  source.follow(provider.spec);
  return {
    name,
    provider: () => provider,
    update: (next) => {
      const same = isDeepStrictEqual(next.spec, provider.spec);
      provider = next;
      source.follow(provider.spec);
      if (line !== undefined && line.engine !== provider.spec.engine) {
        // Nodes are no candidates, nor the other way round.
        around.pool.retain(name, new Set());
        dial();
      }
      if (!same) line?.inventory.refresh();
      look();
    },
    facts,
    ...openness,
    client: () => line?.client,
    consumer: () => line?.consumer,
    clusterId: () => clusterId,
    look,
    version: () => line?.connection.version(),
    stop: async () => {
      hangUp();
      unsubscribe();
      await Promise.all([source.stop(), ...ending]);
      around.pool.retain(name, new Set());
    },
  };
}

/** Whether something new may be placed there, and what is in the way. */
function opennessOf(
  {
    provider,
    facts,
    twin,
  }: Pick<ProviderRuntime, "provider"> & Pick<ProviderHooks, "twin"> & { facts: () => ConnectionFacts },
  around: ProviderSurroundings,
): Pick<ProviderRuntime, "closure" | "unreachable" | "closed"> {
  const closure = (): Closure | undefined => closureOf(provider(), twin());
  const unreachable = (): string | undefined =>
    unreachableProvider(provider().metadata.name ?? "", facts(), around);
  return { closure, unreachable, closed: () => closure()?.message ?? unreachable() };
}

/** That nobody answers is bad news; that somebody closed it is not. */
function logClosed(
  { log }: ProviderSurroundings,
  provider: string,
  { closed, isWanted }: { readonly closed: string | undefined; readonly isWanted: boolean },
): void {
  if (closed !== undefined && !isWanted) log.warn({ provider }, closed);
  else log.info({ provider }, closed ?? `provider ${provider} is open again`);
}

/** The uid that is known: while a new connection has not asked yet, what the last one was told holds. */
function clusterIdOf(line: Line | undefined, before: string | undefined): string | undefined {
  const told = line?.connection.clusterId();
  return told === undefined ? before : (told ?? undefined);
}

function optionsOf(
  { metadata, spec }: Provider,
  closed: string | undefined,
  { tolerations, regions, reservations }: ProviderSurroundings,
): OfferOptions {
  return {
    provider: metadata.name ?? "",
    stated: spec,
    tolerations,
    regions,
    closed,
    isReserved: (intent) => reservations.isReserved(intent),
  };
}

function factsOf(
  kubeconfig: ConnectionFacts["kubeconfig"],
  line: Line | undefined,
  gpuNodes: number,
): ConnectionFacts {
  const contact = line?.connection.contact;
  return {
    kubeconfig,
    failure: contact?.failure(),
    failingSince: contact?.failingSince(),
    lastContactAt: contact?.lastContactAt(),
    synced: line?.inventory.isComplete() ?? false,
    gpuNodes,
    missingKinds: line?.missing?.(),
    discoveryTrouble: line?.consumer?.discoveryTrouble(),
  };
}

function destinationOf(state: ConnectionFacts["kubeconfig"]): Destination | undefined {
  if (state.state === "in-cluster") return { inCluster: true };
  return state.state === "found" ? { kubeconfigText: state.text } : undefined;
}

const sourceOptions = ({ client, now, random, sleep }: ProviderSurroundings) => ({
  client,
  now,
  random,
  ...(sleep === undefined ? {} : { sleep }),
});

function unreachableProvider(
  name: string,
  { kubeconfig, failingSince, failure }: ConnectionFacts,
  { now, unreachableAfterMs }: ProviderSurroundings,
): string | undefined {
  if (kubeconfig.state === "problem") return `provider ${name} cannot be reached: ${kubeconfig.message}`;
  if (failingSince === undefined || now() - failingSince < unreachableAfterMs) return undefined;
  const why = failure === undefined ? "" : `: ${failure.message}`;
  return `provider ${name} does not answer as it should for ${formatDuration(unreachableAfterMs)} or longer${why}`;
}

interface LineOptions extends Pick<Line, "engine"> {
  readonly destination: Destination;
  readonly offerOptions: () => OfferOptions;
  readonly onFacts: () => void;
}

/** A client of its own with everything that runs on it. What the old line told stays in the pool until this one is synced. */
function openLine(name: string, around: ProviderSurroundings, options: LineOptions): Line {
  const { log } = around;
  const client = around.connect(options.destination);
  const hanging = new AbortController();
  // All watches of the line listen to it, which is no leak.
  setMaxListeners(0, hanging.signal);
  const onFacts = (): void => {
    if (!hanging.signal.aborted) options.onFacts();
  };
  const onHandlerError = (error: unknown): void =>
    log.error({ provider: name, error: String(error) }, "a change could not be taken in");
  const { engine, offerOptions } = options;
  const common = {
    ...around,
    provider: name,
    client,
    offerOptions,
    onFacts,
    onComplete: onFacts,
    onHandlerError,
  };
  const parts = engine === "fluidos" ? toFederation(common) : toCluster(common);
  const running = parts.connection.run(hanging.signal);
  const end = async (): Promise<void> => {
    parts.inventory.close();
    hanging.abort();
    await running;
  };
  return { engine, client, end, ...parts };
}

type Common = Omit<ConnectionOptions & InventoryOptions & ConsumerConnectionOptions, "inventory" | "config"> &
  Pick<ProviderSurroundings, "fluidos">;
type Parts = Pick<Line, "connection" | "inventory" | "consumer" | "missing">;

function toCluster(common: Common): Parts {
  const inventory = createProviderInventory(common);
  return { inventory, connection: createConnection({ ...common, inventory }) };
}

/** The cluster is the door to others: what these offer counts, and not its own nodes. */
function toFederation(common: Common): Parts {
  const connection = createConsumerConnection({ ...common, config: common.fluidos });
  const { inventory, view: consumer } = connection;
  return { inventory, connection, consumer, missing: () => connection.missing() };
}
