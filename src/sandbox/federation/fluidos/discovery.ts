import type { Controller } from "../controller.ts";
import { namesIn, own } from "../controller.ts";
import type { Discovery, EmbeddedFlavor, PeeringCandidate } from "../fluidos-types.ts";
import { CANDIDATES, DISCOVERIES, KNOWN_CLUSTERS } from "../kinds.ts";
import { FLUIDOS, stamp, type World } from "../world.ts";
import { discoverFlavors, RearError } from "./gateway.ts";
import { candidateName } from "./names.ts";

/** Asks all known providers once for each Discovery, and makes a PeeringCandidate of each Flavor. */
export function discoveryController(world: World): Controller {
  const cluster = world.consumer.cluster.as("rear-controller");
  const setPhase = (discovery: Discovery, phase: string, message: string, extra: object = {}): void => {
    const before = discovery.status?.phase;
    const phases = { ...before, phase, message, lastChangeTime: stamp(world), ...extra };
    cluster.setStatus(DISCOVERIES, discovery, { ...discovery.status, phase: phases });
  };
  const finish = (discovery: Discovery, found: readonly PeeringCandidate[]): void => {
    const items = found.map(({ metadata, spec, status }) => ({
      metadata: { name: metadata.name, namespace: metadata.namespace },
      spec,
      status,
    }));
    const listed = { ...discovery, status: { phase: { phase: "" }, ...discovery.status } };
    setPhase(
      { ...listed, status: { ...listed.status, peeringCandidateList: { items } } },
      "Solved",
      "Discovery Solved: Peering Candidate found",
    );
  };
  return {
    name: "discovery",
    wakes: [own(cluster, DISCOVERIES)],
    reconcile: async (key, signal) => {
      const { name, namespace } = namesIn(key);
      const discovery = cluster.get(DISCOVERIES, name, namespace);
      if (discovery === undefined) return undefined;
      const phase = discovery.status?.phase.phase ?? "";
      if (phase === "") setPhase(discovery, "Running", "Discovery started", { startTime: stamp(world) });
      if (phase !== "Running") return undefined;
      const flavors = await askAll(world, discovery, signal);
      if (signal.aborted) return undefined;
      if (flavors === undefined) setPhase(discovery, "Failed", "Error when getting Flavor");
      else if (flavors.length === 0) setPhase(discovery, "Failed", "No Flavors found");
      else {
        const found = flavors.map((flavor) => keepCandidate(world, discovery, flavor));
        finish(discovery, found);
      }
      return undefined;
    },
  };
}

/** What all known providers offer; undefined where one of them failed and that spoils it all. */
async function askAll(
  world: World,
  { spec }: Discovery,
  signal: AbortSignal,
): Promise<readonly EmbeddedFlavor[] | undefined> {
  const { cluster, has } = world.consumer;
  const all: EmbeddedFlavor[] = [];
  for (const known of cluster.list(KNOWN_CLUSTERS)) {
    const { address } = known.spec;
    try {
      const offered = await discoverFlavors(world, address, spec.selector, signal);
      all.push(...offered);
      if (!has("candidatesStale")) closeMissing(world, address, offered);
    } catch (error) {
      if (!(error instanceof RearError)) throw error;
      if (has("oneFailureFailsAll")) return undefined;
    }
  }
  return all;
}

/** The candidates of a provider that it does not offer any more. */
function closeMissing(world: World, address: string, offered: readonly EmbeddedFlavor[]): void {
  const { cluster } = world.consumer;
  const names = new Set(offered.map(({ metadata }) => metadata.name));
  for (const candidate of cluster.list(CANDIDATES, FLUIDOS)) {
    const { flavor } = candidate.spec;
    if (flavor.spec.owner.ip !== address || names.has(flavor.metadata.name)) continue;
    cluster.update(CANDIDATES, { ...candidate, spec: { ...candidate.spec, available: false } });
  }
}

function keepCandidate(world: World, { spec }: Discovery, flavor: EmbeddedFlavor): PeeringCandidate {
  const { has } = world.consumer;
  const cluster = world.consumer.cluster.as("rear-controller");
  const name = candidateName(flavor.metadata.name);
  const known = cluster.get(CANDIDATES, name, FLUIDOS);
  const ids = [...new Set([...(known?.spec.interestedSolverIDs ?? []), spec.solverID])];
  const available = known === undefined || has("candidatesReopened") || known.spec.available;
  const next = { available, flavor, interestedSolverIDs: ids };
  const times = { creationTime: stamp(world), lastUpdateTime: known?.status?.lastUpdateTime ?? "" };
  const kept =
    known === undefined || has("candidatesOnlyCreated")
      ? cluster.create(CANDIDATES, { metadata: { name, namespace: FLUIDOS }, spec: next })
      : cluster.update(CANDIDATES, { ...known, spec: next });
  return cluster.setStatus(CANDIDATES, kept, times);
}
