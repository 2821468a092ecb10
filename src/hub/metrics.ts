import type { WorkQueue } from "../kubernetes/work-queue.ts";
import { counter, gauge, type Metrics } from "../observability/metrics.ts";
import { createIntentMetrics, type IntentMetrics } from "./intents/intent-metrics.ts";
import type { OfferPool } from "./inventory/offer-pool.ts";
import type { ProviderDirectory } from "./providers/directory.ts";
import { createWebhookMetrics, type WebhookMetrics } from "./webhooks/webhook-metrics.ts";

/** What the hub counts. One per hub, for all of its terms as a leader. */
export interface HubMetrics {
  /** What is told at a scrape from now on; undefined: this hub does not lead. */
  observe(sources: HubSources | undefined): void;
  queue(name: string, queue: Pick<WorkQueue, "size" | "due">): void;
  reconcileFailed(controller: string): void;
  flavorWritten(verb: FlavorVerb): void;
  readonly intents: IntentMetrics;
  readonly webhooks: WebhookMetrics;
}

export interface HubSources {
  readonly pool: OfferPool;
  readonly providers: ProviderDirectory;
}

export const FLAVOR_VERBS = ["apply", "patch", "delete", "conflict"] as const;
export type FlavorVerb = (typeof FLAVOR_VERBS)[number];

/** More series than this of one kind help nobody and cost Prometheus memory. */
const MAX_SERIES = 2000;

/** Registers the hub's metrics. */
export function createHubMetrics(registry: Metrics, version: string): HubMetrics {
  let sources: HubSources | undefined;
  const queues = new Map<string, Pick<WorkQueue, "size" | "due">>();
  registerBuild(registry, version);
  registerOffers(registry, () => sources);
  registerQueues(registry, queues);
  gauge(registry, {
    name: "flare_hub_leader",
    help: "1 while this hub leads: runs the controllers and may write.",
    collect: (self) => self.set(sources === undefined ? 0 : 1),
  });
  const errors = counter(registry, {
    name: "flare_hub_reconcile_errors_total",
    help: "Attempts to bring something into its wanted state that failed and will be retried, by controller.",
    labels: ["controller"],
  });
  const flavors = counter(registry, {
    name: "flare_hub_flavor_writes_total",
    help: "Writes of FLUIDOS Flavors: apply, patch (of those that FLUIDOS made), delete, and conflict (a Flavor of that name is somebody else's).",
    labels: ["verb"],
  });
  for (const verb of FLAVOR_VERBS) flavors.inc({ verb }, 0);
  for (const controller of ["provider", "flavor", "intent", "utilization"]) errors.inc({ controller }, 0);
  const intents = createIntentMetrics(registry);
  return {
    intents,
    webhooks: createWebhookMetrics(registry),
    observe: (next) => {
      sources = next;
      if (next !== undefined) return;
      queues.clear();
      intents.observe(undefined);
    },
    queue: (name, queue) => void queues.set(name, queue),
    reconcileFailed: (controller) => errors.inc({ controller }),
    flavorWritten: (verb) => flavors.inc({ verb }),
  };
}

function registerBuild(registry: Metrics, version: string): void {
  const info = gauge(registry, {
    name: "flare_hub_build_info",
    help: "Version of this hub and of the Node.js it runs on; always 1.",
    labels: ["version", "node_version"],
  });
  info.set({ version, node_version: process.version }, 1);
}

function registerOffers(registry: Metrics, sources: () => HubSources | undefined): void {
  gauge(registry, {
    name: "flare_hub_provider_up",
    help: "1 while something may be placed at the provider, 0 while it is paused, out of reach or refuses the hub.",
    labels: ["provider"],
    collect: (self) => {
      self.reset();
      for (const each of (sources()?.providers.all() ?? []).slice(0, MAX_SERIES))
        self.set({ provider: each.name }, each.synced() && each.closed() === undefined ? 1 : 0);
    },
  });
  gauge(registry, {
    name: "flare_hub_offers",
    help: "Offers: groups of equal devices of one node, by whether anything of them is free.",
    labels: ["provider", "model", "free"],
    collect: (self) => {
      self.reset();
      units.reset();
      const seen = sources();
      if (seen !== undefined)
        for (const each of tally(seen.pool)) {
          const { provider, model, resource } = each;
          self.inc({ provider, model, free: "true" }, each.freeOffers);
          self.inc({ provider, model, free: "false" }, each.takenOffers);
          units.set({ provider, model, resource, state: "total" }, each.total);
          units.set({ provider, model, resource, state: "free" }, each.free);
        }
    },
  });
  // After the one that fills it: metrics are read in the order in which they were registered.
  const units = gauge(registry, {
    name: "flare_hub_offer_units",
    help: "Units (GPUs, slices, shares) that the providers offer, by what they are and whether they are free.",
    labels: ["provider", "model", "resource", "state"],
  });
}

interface Tally {
  readonly provider: string;
  readonly model: string;
  readonly resource: string;
  total: number;
  free: number;
  freeOffers: number;
  takenOffers: number;
}

function tally(pool: OfferPool): readonly Tally[] {
  const tallies = new Map<string, Tally>();
  for (const { provider, node } of pool.nodes()) {
    for (const { gpu, resource, total, free } of pool.available(provider, node.name)) {
      const model = gpu.model ?? "unknown";
      const key = `${provider}/${model}/${resource}`;
      const found = tallies.get(key) ?? {
        provider,
        model,
        resource,
        total: 0,
        free: 0,
        freeOffers: 0,
        takenOffers: 0,
      };
      tallies.set(key, found);
      found.total += total;
      found.free += free;
      if (free > 0) found.freeOffers += 1;
      else found.takenOffers += 1;
    }
  }
  return [...tallies.values()].slice(0, MAX_SERIES);
}

function registerQueues(
  registry: Metrics,
  queues: ReadonlyMap<string, Pick<WorkQueue, "size" | "due">>,
): void {
  const parts = [
    ["flare_hub_queue_length", "Items that a controller has to look at, now or later, by queue.", "size"],
    ["flare_hub_queue_due", "Items that are due and wait for their turn, by queue.", "due"],
  ] as const;
  for (const [name, help, part] of parts) {
    gauge(registry, {
      name,
      help,
      labels: ["queue"],
      collect: (self) => {
        self.reset();
        for (const [queue, counts] of queues) self.set({ queue }, counts[part]());
      },
    });
  }
}
