import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { sleep } from "../../kubernetes/timing.ts";
import type { Logger } from "../../observability/logger.ts";
import type { Place } from "../intents/places.ts";
import type { ProviderDirectory, ProviderEntry } from "../providers/directory.ts";
import { askUtilization } from "./ask.ts";

/** How busy the GPUs of Intents are, as the providers' Prometheus servers tell. */
export interface Utilization {
  /** Mean over the GPUs of the places in percent; undefined where it is not known of all, or not of late. */
  of(places: readonly Place[]): number | undefined;
  /** Asks each provider's Prometheus from time to time, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export interface UtilizationOptions {
  readonly providers: Pick<ProviderDirectory, "all">;
  /** The hub's own cluster, where tokens are read. */
  readonly client: Pick<KubeClient, "get">;
  /** Namespaces of running Intents in a provider. */
  readonly namespacesIn: (provider: string) => readonly string[];
  readonly everyMs: number;
  readonly log: Logger;
  readonly onError: () => void;
  readonly now: () => number;
}

/** One query names so many namespaces; more Intents than that at one provider make several. */
const AT_ONCE = 1000;
/** What was not told again for so many rounds is not known any more. */
const ROUNDS = 3;

interface Told {
  readonly at: number;
  readonly byNamespace: ReadonlyMap<string, number>;
}

/** Creates the memory of utilisations; nothing is asked before `run`. */
export function createUtilization(options: UtilizationOptions): Utilization {
  const { providers, everyMs, now, log } = options;
  const told = new Map<string, Told>();
  const problems = new Map<string, string>();

  const tellProblem = (provider: string, problem: string | undefined): void => {
    if (problems.get(provider) === problem) return;
    if (problem === undefined) {
      problems.delete(provider);
      log.info({ provider }, "its Prometheus answers again");
    } else {
      problems.set(provider, problem);
      log.warn({ provider }, `GPU utilisation cannot be read from its Prometheus: ${problem}`);
    }
  };
  const ask = async (entry: ProviderEntry, signal: AbortSignal): Promise<void> => {
    try {
      const byNamespace = await askAll(entry, options, signal);
      told.set(entry.name, { at: now(), byNamespace });
      tellProblem(entry.name, undefined);
    } catch (error) {
      if (signal.aborted) return;
      options.onError();
      tellProblem(entry.name, error instanceof Error ? error.message : String(error));
    }
  };
  const of = ({ provider, namespace }: Place): number | undefined => {
    const known = told.get(provider);
    if (known === undefined || Math.abs(now() - known.at) > ROUNDS * everyMs) return undefined;
    return known.byNamespace.get(namespace);
  };
  return {
    of: (places) => meanOf(places.map((place) => ({ percent: of(place), gpus: gpusOf(place) }))),
    run: async (signal) => {
      while (!signal.aborted) {
        await sleep(everyMs, signal);
        if (signal.aborted) return;
        const all = providers.all();
        const names = new Set(all.map(({ name }) => name));
        for (const name of [...told.keys(), ...problems.keys()])
          if (!names.has(name)) {
            told.delete(name);
            problems.delete(name);
          }
        await Promise.all(all.map((entry) => ask(entry, signal)));
      }
    },
  };
}

async function askAll(
  entry: ProviderEntry,
  { client, namespacesIn }: UtilizationOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const { prometheus } = entry.provider().spec;
  const found = new Map<string, number>();
  if (prometheus === undefined) return found;
  const namespaces = namespacesIn(entry.name);
  for (let from = 0; from < namespaces.length; from += AT_ONCE) {
    const some = await askUtilization(prometheus, namespaces.slice(from, from + AT_ONCE), { client, signal });
    for (const [namespace, percent] of some) found.set(namespace, percent);
  }
  return found;
}

const gpusOf = ({ tasks }: Place): number => tasks.reduce((sum, { units }) => sum + units, 0);

function meanOf(
  parts: readonly { readonly percent: number | undefined; readonly gpus: number }[],
): number | undefined {
  let weighted = 0;
  let gpus = 0;
  for (const part of parts) {
    if (part.percent === undefined) return undefined;
    weighted += part.percent * part.gpus;
    gpus += part.gpus;
  }
  return gpus === 0 ? undefined : weighted / gpus;
}
