import {
  buildDiscovery,
  buildDiscoverySolver,
  discoveryName,
  hasEnded,
  parseDiscovery,
  parseSolver,
  roundName,
  roundTime,
} from "../../../fluidos/discovery.ts";
import { DISCOVERIES, PEERING_CANDIDATES, SOLVERS } from "../../../fluidos/kinds.ts";
import type { PeeringCandidate } from "../../../fluidos/peering-candidate.ts";
import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import type { KubeObject, Resource } from "../../../kubernetes/objects.ts";
import { elapsed, sleep } from "../../../kubernetes/timing.ts";
import type { Logger } from "../../../observability/logger.ts";
import { KEYS } from "../../../workload/identity.ts";
import { labelValue } from "../../../workload/names.ts";
import type { ProviderDirectory, ProviderEntry } from "../../providers/directory.ts";
import type { FluidosConfig } from "./config.ts";
import type { ConsumerView } from "./consumer-view.ts";
import { discoveryTrouble } from "./discovery-trouble.ts";
import { findLatePurchases } from "./late-purchases.ts";
import { dropLateSlices } from "./late-slices.ts";

export interface DiscoveryOptions {
  readonly hub: string;
  readonly providers: Pick<ProviderDirectory, "all">;
  readonly fluidos: FluidosConfig;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
}

const LOOK_MS = 500;
const POLL_MS = 250;
/** Rounds that a candidate remembers. FLUIDOS adds each to its list, and never takes one off. */
const MOST_ROUNDS = 20;

/** Asks the known clusters of every federation what they offer, again and again, until the signal aborts. */
export async function keepDiscovering(options: DiscoveryOptions, signal: AbortSignal): Promise<void> {
  const nextAt = new Map<string, number>();
  const told = new Map<string, string>();
  const running = new Map<string, Promise<void>>();
  while (!signal.aborted) {
    for (const entry of options.providers.all()) {
      const { name } = entry;
      if (running.has(name) || (nextAt.get(name) ?? 0) > elapsed() || !isOpen(entry)) continue;
      const { discoverEvery } = options.fluidos;
      nextAt.set(name, elapsed() + discoverEvery * (0.95 + options.random() / 10));
      const round = discoverOnce({ ...options, told }, entry, signal).finally(() => running.delete(name));
      running.set(name, round);
    }
    await sleep(Math.min(LOOK_MS, options.fluidos.discoverEvery / 4), signal);
  }
  await Promise.all(running.values());
}

/** Who is paused is not asked; who has no known clusters has nobody to ask. */
function isOpen(entry: ProviderEntry): boolean {
  const view = entry.consumer?.();
  return view?.synced() === true && entry.closed() === undefined && view.knownClusters().length > 0;
}

/** Never throws: what went wrong is logged, and the next round is another one. */
async function discoverOnce(
  options: DiscoveryOptions & { readonly told: Map<string, string> },
  entry: ProviderEntry,
  signal: AbortSignal,
): Promise<void> {
  const [client, view] = [entry.client(), entry.consumer?.()];
  if (client === undefined || view === undefined) return;
  const { log, now } = options;
  const name = roundName(now());
  const round: Round = { ...options, client, view, name, signal };
  try {
    await findLatePurchases(round, entry.name);
    await tidy(round);
    const outcome = await runRound(round);
    const before = options.told.get(entry.name);
    const trouble = noteOutcome(round, outcome, before);
    const state = outcome.phase === "Solved" ? "" : (trouble ?? outcome.message);
    // What goes on for hours is said once.
    const level = state === (before ?? "") ? "debug" : state === "" ? "info" : "warn";
    options.told.set(entry.name, state);
    log[level](
      { provider: entry.name, round: name, outcome: outcome.phase },
      state === "" ? "a round of discovery is done" : `a round of discovery came to nothing: ${state}`,
    );
    if (outcome.phase === "TimedOut") await clearTheWay(round);
  } catch (error) {
    if (!signal.aborted)
      log.warn({ provider: entry.name, round: name, error: String(error) }, "a round of discovery failed");
  } finally {
    await dropRound(round, name).catch(() => undefined);
  }
}

/** Notes who may be at fault where a round failed, and the one before it too: one may have met somebody who restarts. */
function noteOutcome(
  { view, now }: Round,
  { phase, message }: RoundOutcome,
  before: string | undefined,
): string | undefined {
  if (phase === "TimedOut") return undefined;
  const facts = {
    said: message,
    knownClusters: view.knownClusters(),
    candidates: view.candidates(),
    now: now(),
  };
  const trouble = phase === "Failed" ? discoveryTrouble(facts) : undefined;
  view.noteDiscovery(trouble === before ? trouble : undefined);
  return trouble;
}

interface Round extends DiscoveryOptions {
  readonly client: KubeClient;
  readonly view: ConsumerView;
  readonly name: string;
  readonly signal: AbortSignal;
}

interface RoundOutcome {
  readonly phase: "Solved" | "Failed" | "TimedOut";
  readonly message: string;
}

async function runRound(round: Round): Promise<RoundOutcome> {
  const { client, fluidos, hub, name, signal } = round;
  const { namespace } = fluidos;
  const labels = { "app.kubernetes.io/managed-by": "flare", [KEYS.hub]: labelValue(hub) };
  const place = { name, namespace, labels };
  await client.create(SOLVERS, buildDiscoverySolver(place), { signal });
  const solver = await ended(round, SOLVERS, name, parseSolver);
  if (solver === undefined) return { phase: "TimedOut", message: `Solver ${name} did not end in time` };
  const own = await ended(round, DISCOVERIES, discoveryName(name), parseDiscovery, "if-there");
  if (own !== "none") return outcomeOf(own ?? solver);
  if (solver.phase === "Failed" || solver.phase === "Timed Out") return outcomeOf(solver);
  // It was content with a candidate that it knew, and asked nobody.
  await client.create(DISCOVERIES, buildDiscovery(place), { signal });
  const discovery = await ended(round, DISCOVERIES, discoveryName(name), parseDiscovery);
  return discovery === undefined
    ? { phase: "TimedOut", message: `Discovery ${discoveryName(name)} did not end in time` }
    : outcomeOf(discovery);
}

const outcomeOf = ({
  phase,
  message,
}: {
  readonly phase: string;
  readonly message: string;
}): RoundOutcome => ({
  phase: phase === "Solved" ? "Solved" : "Failed",
  message: message || phase,
});

type Ended = { readonly phase: string; readonly message: string };

/** The object once it has ended; undefined where it did not in time, "none" where it is not there and need not be. */
async function ended<T extends Ended>(
  round: Round,
  resource: Resource,
  name: string,
  read: (object: unknown) => T,
): Promise<T | undefined>;
async function ended<T extends Ended>(
  round: Round,
  resource: Resource,
  name: string,
  read: (object: unknown) => T,
  absence: "if-there",
): Promise<T | undefined | "none">;
async function ended<T extends Ended>(
  { client, fluidos, signal }: Round,
  resource: Resource,
  name: string,
  read: (object: unknown) => T,
  absence?: "if-there",
): Promise<T | undefined | "none"> {
  const { namespace, discoveryTimeout } = fluidos;
  const startedAt = elapsed();
  while (!signal.aborted) {
    try {
      const found = read(await client.get<KubeObject>(resource, { namespace, name }, { signal }));
      if (hasEnded(found.phase)) return found;
    } catch (error) {
      if (!isKubeError(error, "not-found")) throw error;
      if (absence === "if-there") return "none";
    }
    if (elapsed() - startedAt > discoveryTimeout) return undefined;
    await sleep(POLL_MS, signal);
  }
  return undefined;
}

/** Deletes a round's Solver, and before it the Discovery, which is found by the Solver's name alone. */
async function dropRound({ client, fluidos: { namespace }, signal }: Round, name: string): Promise<void> {
  await client.delete(DISCOVERIES, { namespace, name: discoveryName(name) }, { signal });
  await client.delete(SOLVERS, { namespace, name }, { signal });
}

/** Clears away rounds that an earlier hub died in, candidates that nobody offers any more, and what grows in the others. */
async function tidy(round: Round): Promise<void> {
  const { client, fluidos, hub, signal, now } = round;
  const labelSelector = `app.kubernetes.io/managed-by=flare,${KEYS.hub}=${labelValue(hub)}`;
  const query = { namespace: fluidos.namespace, labelSelector };
  for await (const page of client.list<KubeObject>(SOLVERS, query, { signal }))
    for (const { metadata } of page.items) await dropRound(round, metadata?.name ?? "");
  await dropLateSlices(round);
  for (const candidate of candidatesIn(round)) {
    if (
      now() - candidate.seenAt > fluidos.forgetAfter &&
      !isTaken(round, candidate) &&
      !isRoot(round, candidate)
    )
      await deleteCandidate(round, candidate);
    else await shorten(round, candidate);
  }
}

const candidatesIn = ({ view }: Round): readonly PeeringCandidate[] =>
  view.candidates().flatMap((read) => (read.ok ? [read.candidate] : []));

/** Somebody's Reservation needs it, or it is bought. */
const isTaken = ({ view }: Round, { name, flavor, available }: PeeringCandidate): boolean =>
  !available ||
  view.reservations().some(({ candidate }) => candidate.name === name) ||
  view.contracts().some((contract) => contract.flavor?.name === flavor.name);

/** What is known of a seller's remainders goes back to what was sold of it before, until nothing of it is sold. */
const isRoot = ({ view }: Round, { soldPart, flavor }: PeeringCandidate): boolean =>
  soldPart !== undefined && view.contracts().some(({ seller }) => seller.nodeID === flavor.owner.nodeID);

/**
 * Upstream FLUIDOS cannot find a candidate a second time: it tries for ever to make one that is there. Those that nobody
 * needs make way for the next round.
 */
async function clearTheWay(round: Round): Promise<void> {
  for (const candidate of candidatesIn(round))
    if (!isTaken(round, candidate) && !isNoted(candidate)) await deleteCandidate(round, candidate);
}

const isNoted = ({ soldBy, refused, latePurchase }: PeeringCandidate): boolean =>
  [soldBy, refused, latePurchase].some((note) => note !== undefined);

const deleteCandidate = ({ client, signal }: Round, { namespace, name }: PeeringCandidate): Promise<void> =>
  client.delete(PEERING_CANDIDATES, { namespace, name }, { signal });

/** Takes our old rounds off a candidate's list, but the newest two, unless it has changed meanwhile. */
async function shorten({ client, signal }: Round, candidate: PeeringCandidate): Promise<void> {
  const { namespace, name, resourceVersion, interested } = candidate;
  const rounds = interested.filter((solver) => roundTime(solver) !== undefined);
  if (rounds.length <= MOST_ROUNDS) return;
  const newest = new Set(
    rounds.toSorted((left, right) => (roundTime(right) ?? 0) - (roundTime(left) ?? 0)).slice(0, 2),
  );
  const interestedSolverIDs = interested.filter(
    (solver) => roundTime(solver) === undefined || newest.has(solver),
  );
  try {
    const patch = { metadata: { resourceVersion }, spec: { interestedSolverIDs } };
    await client.patch(PEERING_CANDIDATES, { namespace, name }, patch, { signal });
  } catch (error) {
    if (!isKubeError(error, "conflict") && !isKubeError(error, "not-found")) throw error;
  }
}
