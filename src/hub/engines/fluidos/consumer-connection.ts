import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import { sleep as realSleep } from "../../../kubernetes/timing.ts";
import type { Regions } from "../../inventory/regions.ts";
import { type Contact, createContact } from "../../providers/contact.ts";
import { type ConnectionTiming, createProbe, timingOf } from "../../providers/probe.ts";
import {
  type CandidateInventory,
  type CandidateInventoryOptions,
  createCandidateInventory,
} from "./candidate-inventory.ts";
import { type ConsumerView, createConsumerView } from "./consumer-view.ts";

export interface ConsumerConnectionOptions
  extends ConnectionTiming,
    Omit<CandidateInventoryOptions, "view" | "now"> {
  readonly client: KubeClient;
  readonly regions: Regions;
  /** Told when any of the facts changed, and after each probe. */
  readonly onFacts: () => void;
  readonly onHandlerError: (error: unknown) => void;
}

/** The connection to a cluster with FLUIDOS: what is seen there, and the offers that follow. */
export interface ConsumerConnection {
  readonly contact: Pick<Contact, "failure" | "failingSince" | "lastContactAt">;
  readonly view: ConsumerView;
  readonly inventory: CandidateInventory;
  /** Kinds that the cluster does not have. */
  missing(): readonly string[];
  version(): string | undefined;
  clusterId(): string | null | undefined;
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the connection; nothing happens before `run`. */
export function createConsumerConnection(options: ConsumerConnectionOptions): ConsumerConnection {
  const { client, regions, now } = options;
  const contact = createContact(now, options.onFacts);
  const missing = new Set<string>();
  const view = createConsumerView({
    ...timingOf(options),
    client,
    namespace: options.config.namespace,
    isRegion: (name) => regions.find(name.toLowerCase(), undefined) !== undefined,
    onHandlerError: options.onHandlerError,
    onState: (kind, state) => {
      const lacks = "error" in state && isKubeError(state.error, "not-found");
      if (state.name === "SYNCED") missing.delete(kind);
      if (lacks) missing.add(kind);
      if (state.name === "SYNCED" || state.name === "WATCH" || lacks) contact.works(kind);
      else if ("error" in state && state.name !== "EXPIRED") contact.fails(kind, state.error);
    },
  });
  const inventory = createCandidateInventory({ ...options, view });
  const probe = createProbe({ ...options, contact });
  return {
    contact,
    view,
    inventory,
    missing: () => [...missing].sort(),
    version: () => probe.version(),
    clusterId: () => probe.clusterId(),
    run: async (signal) => {
      const unsubscribe = view.subscribe(({ ofOffers }) => ofOffers && inventory.refresh());
      await Promise.all([view.run(signal), probe.run(signal), keepAgeing(options, inventory, signal)]);
      unsubscribe();
      inventory.close();
      client.close();
    },
  };
}

/** Candidates grow old without anything happening. */
async function keepAgeing(
  { config, sleep = realSleep }: ConsumerConnectionOptions,
  inventory: CandidateInventory,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(config.discoverEvery / 2, signal);
    if (!signal.aborted) inventory.refresh();
  }
}
