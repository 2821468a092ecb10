import {
  buildDiscovery,
  buildDiscoverySolver,
  discoveryName,
  hasEnded,
  parseDiscovery,
  parseSolver,
  roundName,
} from "../../../fluidos/discovery.ts";
import { DISCOVERIES, SOLVERS } from "../../../fluidos/kinds.ts";
import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import type { KubeObject, Resource } from "../../../kubernetes/objects.ts";
import { elapsed, sleep } from "../../../kubernetes/timing.ts";
import type { Logger } from "../../../observability/logger.ts";
import { KEYS } from "../../../workload/identity.ts";
import { labelValue } from "../../../workload/names.ts";
import type { Reservations } from "../../inventory/reservations.ts";
import type { ProviderDirectory, ProviderEntry } from "../../providers/directory.ts";
import { clearTheWay, keepCandidates } from "./candidate-upkeep.ts";
import type { FluidosConfig } from "./config.ts";
import type { ConsumerView } from "./consumer-view.ts";
import { discoveryTrouble } from "./discovery-trouble.ts";
import { findLatePurchases, type LateWork } from "./late-purchases.ts";
import { dropLateSlices } from "./late-slices.ts";

export interface DiscoveryOptions extends Pick<LateWork, "onBoughtLate"> {
  readonly hub: string;
  readonly providers: Pick<ProviderDirectory, "all">;
  readonly fluidos: FluidosConfig;
  readonly reservations: Pick<Reservations, "on">;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
}

const LOOK_MS = 500;
const POLL_MS = 250;

/** What is remembered of the rounds at one Provider; a hub that starts anew does without. */
interface Memory {
  /** What was said of the last round. */
  told: string;
  /** Rounds in a row that did not end. */
  timedOut: number;
}

/** Asks the known clusters of every federation what they offer, again and again, until the signal aborts. */
export async function keepDiscovering(options: DiscoveryOptions, signal: AbortSignal): Promise<void> {
  const nextAt = new Map<string, number>();
  const memories = new Map<string, Memory>();
  const running = new Map<string, Promise<void>>();
  while (!signal.aborted) {
    for (const entry of options.providers.all()) {
      const { name } = entry;
      if (running.has(name) || (nextAt.get(name) ?? 0) > elapsed() || !isOpen(entry)) continue;
      const { discoverEvery } = options.fluidos;
      nextAt.set(name, elapsed() + discoverEvery * (0.95 + options.random() / 10));
      const memory = memories.get(name) ?? { told: "", timedOut: 0 };
      memories.set(name, memory);
      const round = discoverOnce(options, memory, entry, signal).finally(() => running.delete(name));
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
  options: DiscoveryOptions,
  memory: Memory,
  entry: ProviderEntry,
  signal: AbortSignal,
): Promise<void> {
  const [client, view] = [entry.client(), entry.consumer?.()];
  if (client === undefined || view === undefined) return;
  const { log, now } = options;
  const name = roundName(now());
  const isHeld = (flavor: string): boolean => options.reservations.on(entry.name, flavor).length > 0;
  const round: Round = { ...options, isHeld, client, view, name, signal };
  try {
    await findLatePurchases(round, entry.name);
    await tidy(round);
    const outcome = await runRound(round);
    const before = memory.told;
    const trouble = noteOutcome(round, outcome, before);
    const state = outcome.phase === "Solved" ? "" : (trouble ?? outcome.message);
    // What goes on for hours is said once.
    const level = state === before ? "debug" : state === "" ? "info" : "warn";
    memory.told = state;
    log[level](
      { provider: entry.name, round: name, outcome: outcome.phase },
      state === "" ? "a round of discovery is done" : `a round of discovery came to nothing: ${state}`,
    );
    memory.timedOut = outcome.phase === "TimedOut" ? memory.timedOut + 1 : 0;
    if (memory.timedOut > 0) await clearTheWay(round, { ofNoted: memory.timedOut > 1 });
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
  before: string,
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
  readonly isHeld: (flavor: string) => boolean;
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
  const { client, fluidos, hub, signal } = round;
  const labelSelector = `app.kubernetes.io/managed-by=flare,${KEYS.hub}=${labelValue(hub)}`;
  const query = { namespace: fluidos.namespace, labelSelector };
  for await (const page of client.list<KubeObject>(SOLVERS, query, { signal }))
    for (const { metadata } of page.items) await dropRound(round, metadata?.name ?? "");
  await dropLateSlices(round);
  await keepCandidates(round);
}
