import type { Logger } from "../../observability/logger.ts";
import { timestamp } from "../object.ts";
import type { Cluster } from "./cluster.ts";
import type { Defect, Dialect } from "./defects.ts";
import type { NodeIdentity, TransactionSpec } from "./fluidos-types.ts";
import type { Timings } from "./timings.ts";

/** Where FLUIDOS keeps all that is its own. */
export const FLUIDOS = "fluidos";

/** A cluster with its FLUIDOS node and its Liqo. */
export interface Site {
  readonly name: string;
  /** How Liqo calls this cluster. */
  readonly liqoId: string;
  readonly identity: NodeIdentity;
  readonly cluster: Cluster;
  readonly dialect: Dialect;
  readonly has: (defect: Defect) => boolean;
}

/** The requests that a REAR gateway answers. */
export type RearCall = "discovery" | "reservation" | "purchase";

/** What goes wrong with a provider, as somebody asked for it. */
export interface ProviderFaults {
  /** Nothing of it answers: neither its gateway nor its API server. */
  away: boolean;
  /** How many of the next requests of each sort fail. */
  readonly failing: Record<RearCall, number>;
  withholdsGpus: boolean;
  deniesSlices: boolean;
  /** The network between the clusters is down. */
  peeringLost: boolean;
  /** The consumer's ForeignCluster was deleted and is not to come back by itself. */
  foreignClusterDropped: boolean;
}

/** A transaction that can be purchased; in memory only, as in the real gateway. */
export interface OpenTransaction extends TransactionSpec {
  readonly id: string;
  readonly expiresAt: number;
}

export interface ProviderSite extends Site {
  readonly faults: ProviderFaults;
  readonly transactions: Map<string, OpenTransaction>;
  /** Called when a fault begins or ends. */
  readonly onFault: Set<() => void>;
}

/** All that the simulated controllers work on. */
export interface World {
  readonly consumer: Site;
  readonly providers: readonly ProviderSite[];
  readonly liqo: "v1.0" | "head";
  readonly timings: Timings;
  /** How many of the next writes of a Solver's status meet somebody else's. */
  readonly conflicts: { left: number };
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
  readonly log: Logger;
}

/** Now, as FLUIDOS writes it. */
export const stamp = ({ now }: Pick<World, "now">): string => timestamp(now());

export const providerById = (world: World, liqoId: string): ProviderSite | undefined =>
  world.providers.find((provider) => provider.liqoId === liqoId);
