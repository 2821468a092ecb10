import { createHash } from "node:crypto";
import type { Logger } from "../../observability/logger.ts";
import type { Sandbox } from "../sandbox.ts";
import { type Cluster, clusterOf } from "./cluster.ts";
import { type Controller, runController } from "./controller.ts";
import { installCrds } from "./crds/index.ts";
import { type Defect, type Dialect, defectsOf } from "./defects.ts";
import { createFaultHandle, type FederatedProvider } from "./faults.ts";
import { consumerAllocationController } from "./fluidos/consumer-allocation.ts";
import { discoveryController } from "./fluidos/discovery.ts";
import { introduce, networkManager } from "./fluidos/network-manager.ts";
import { providerAllocationController } from "./fluidos/provider-allocation.ts";
import { releaseController } from "./fluidos/release.ts";
import { reservationController } from "./fluidos/reservation.ts";
import { resourceManagerController } from "./fluidos/resource-manager.ts";
import { solverController } from "./fluidos/solver.ts";
import type { NodeIdentity } from "./fluidos-types.ts";
import { CONFIG_MAPS, NAMESPACES } from "./kinds.ts";
import { liqoControllers } from "./liqo/liqo.ts";
import { realTimings, type Timings } from "./timings.ts";
import { webhooksOf } from "./webhooks.ts";
import { workloadControllers } from "./workloads.ts";
import { FLUIDOS, type ProviderSite, type Site, type World } from "./world.ts";

/** A cluster that takes part. */
export interface FederationMember {
  /** Also how Liqo calls the cluster: lower-case letters, digits and dashes. */
  readonly name: string;
  readonly sandbox: Pick<Sandbox, "kernel">;
  /** Which FLUIDOS it runs. Default `clastix`. */
  readonly dialect?: Dialect;
  /** Switches of this cluster alone; they win over those of the federation. */
  readonly defects?: Partial<Record<Defect, boolean>>;
  /** Who its FLUIDOS node is. Default: made of the name. */
  readonly identity?: NodeIdentity;
}

export interface FederationOptions {
  readonly consumer: FederationMember;
  readonly providers: readonly FederationMember[];
  /** Which Liqo all of them run. Default `v1.0`. */
  readonly liqo?: "v1.0" | "head";
  /** What is unlike the real thing: real FLUIDOS nodes have all defects of their dialect. */
  readonly defects?: Partial<Record<Defect, boolean>>;
  /** Default: as in real clusters; `quickTimings` for tests. */
  readonly timings?: Timings;
  /**
   * Whether providers are found by multicast: their KnownClusters then expire, and are deleted while they are away.
   * Default false: they stay, as those that somebody made by hand.
   */
  readonly multicast?: boolean;
  /**
   * Whether Deployments and Jobs of offloaded namespaces get their pods here, too. Default false: somebody else makes
   * them.
   */
  readonly runWorkloads?: boolean;
  /** Milliseconds since 1970, for what is written down and what expires; waits take true time. */
  readonly now?: () => number;
  readonly random?: () => number;
  /** Ends it, as `stop()` does. */
  readonly signal?: AbortSignal;
  readonly log?: Logger;
}

/** A running federation, and what can be done to it. */
export interface Federation {
  /** Throws where there is none of that name. */
  provider(name: string): FederatedProvider;
  /** The next so many writes of a Solver's status meet those of somebody else. */
  conflict(count?: number): void;
  /** Ends all controllers; what they made stays. */
  stop(): Promise<void>;
}

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Makes a federation of sandboxes: one consumer and its providers, each with a simulated FLUIDOS node and a simulated
 * Liqo. Their kinds and namespaces are installed where they are missing, and every provider is a KnownCluster of the
 * consumer. Providers make Flavors of their nodes labelled `node-role.fluidos.eu/resources: "true"`.
 */
export function startFederation(options: FederationOptions): Federation {
  const world = worldOf(options);
  const sites: readonly Site[] = [world.consumer, ...world.providers];
  for (const site of sites) settle(site, world.liqo);
  for (const provider of world.providers) introduce(world.consumer.cluster, provider);
  const run = { stepMs: world.timings.stepMs, log: world.log };
  const controllers = [
    ...controllersOf(world),
    ...(options.runWorkloads === true ? workloadControllers(world) : []),
    ...(options.multicast === true ? [networkManager(world)] : []),
  ];
  const ends = controllers.map((controller) => runController(controller, run));
  const { admission } = options.consumer.sandbox.kernel;
  const webhooks = webhooksOf(world.consumer.cluster);
  admission.add(webhooks);
  const stop = async (): Promise<void> => {
    options.signal?.removeEventListener("abort", stopped);
    admission.delete(webhooks);
    await Promise.all(ends.splice(0).map((end) => end()));
  };
  const stopped = (): void => void stop();
  options.signal?.addEventListener("abort", stopped, { once: true });
  const handles = new Map(world.providers.map((one) => [one.name, createFaultHandle(world, one)]));
  return {
    provider: (name) => {
      const handle = handles.get(name);
      if (handle !== undefined) return handle;
      throw new Error(`no provider "${name}" in the federation; it has: ${[...handles.keys()].join(", ")}`);
    },
    conflict: (count = 1) => {
      world.conflicts.left += count;
    },
    stop,
  };
}

function controllersOf(world: World): readonly Controller[] {
  return [
    solverController(world),
    discoveryController(world),
    reservationController(world),
    consumerAllocationController(world),
    ...world.providers.flatMap((provider) => [
      resourceManagerController(world, provider),
      providerAllocationController(world, provider),
      releaseController(provider),
    ]),
    ...liqoControllers(world),
  ];
}

function worldOf(options: FederationOptions): World {
  const { timings = realTimings, now = Date.now, random = Math.random, log = silent } = options;
  const sites = [options.consumer, ...options.providers].map((member, index) =>
    siteOf(member, index, options.defects),
  );
  const [consumer, ...others] = sites;
  if (consumer === undefined) throw new Error("a federation needs a consumer");
  const providers = others.map(
    (site): ProviderSite => ({
      ...site,
      faults: {
        away: false,
        failing: { discovery: 0, reservation: 0, purchase: 0 },
        withholdsGpus: false,
        deniesSlices: false,
        peeringLost: false,
        foreignClusterDropped: false,
      },
      transactions: new Map(),
      onFault: new Set(),
    }),
  );
  const liqo = options.liqo ?? "v1.0";
  return { consumer, providers, liqo, timings, conflicts: { left: 0 }, now, random, log };
}

function siteOf(
  { name, sandbox, dialect = "clastix", defects, identity }: FederationMember,
  index: number,
  common: FederationOptions["defects"],
): Site {
  return {
    name,
    liqoId: name,
    identity: identity ?? {
      domain: "fluidos.eu",
      nodeID: createHash("sha256").update(name).digest("hex").slice(0, 10),
      ip: `172.18.0.${index + 2}:30000`,
    },
    cluster: clusterOf(sandbox.kernel, "fluidos"),
    dialect,
    has: defectsOf(dialect, { ...common, ...defects }),
  };
}

/** What the charts of FLUIDOS and Liqo leave in a cluster. */
function settle({ cluster, identity, liqoId }: Site, liqo: World["liqo"]): void {
  const helm = cluster.as("helm");
  installCrds(helm, liqo);
  for (const name of [FLUIDOS, "liqo"])
    if (helm.get(NAMESPACES, name) === undefined) helm.create(NAMESPACES, { metadata: { name } });
  const { domain, nodeID, ip } = identity;
  const [address = "", port = ""] = ip.split(":");
  configMap(helm, FLUIDOS, "fluidos-node-identity", { domain, nodeID, ip: address, port });
  configMap(helm, "liqo", "liqo-clusterid-configmap", { CLUSTER_ID: liqoId });
}

function configMap(
  cluster: Cluster,
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>>,
): void {
  if (cluster.get(CONFIG_MAPS, name, namespace) === undefined)
    cluster.create(CONFIG_MAPS, { metadata: { name, namespace }, data });
}
