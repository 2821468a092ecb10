import type { IntentStatus } from "../../intent/status-schema.ts";
import { PHASES } from "../../intent/status-schema.ts";
import { counter, gauge, histogram, type Metrics } from "../../observability/metrics.ts";
import { conditionOf, holdsPlacement, type IntentView, isWaiting } from "./intent-view.ts";
import { placesOf } from "./places.ts";
import { usageBetween } from "./usage.ts";

/** What is counted of Intents. */
export interface IntentMetrics {
  /** Intents that are told of at a scrape from now on; undefined: this hub does not lead. */
  observe(source: IntentSource | undefined): void;
  /** An Intent had its turn; it took so many seconds to decide. */
  decided(seconds: number): void;
  /** A status was written on top of another. */
  wrote(tenant: string, before: IntentStatus, after: IntentStatus): void;
}

export interface IntentSource {
  readonly views: () => Iterable<IntentView>;
  readonly now: () => number;
}

/** Why a place is left. */
const EVICTIONS = [
  "Preempted",
  "Moved",
  "NodeGone",
  "NodeNotReady",
  "ProviderGone",
  "ProviderUnreachable",
  "NotStarted",
  "StartFailed",
  "SpecChanged",
  "CostLimitReached",
  "DeadlineExceeded",
  "DeadlineMissed",
] as const;

/** From 100 microseconds to 10 seconds. */
const DECISION_BUCKETS = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
/** Names beyond these are counted together as `other`: series are for ever, and tenants make more tenants. */
const MOST_TENANTS = 100;
const MOST_PROVIDERS = 50;

/** Registers what is counted of Intents. One per hub, for all of its terms as a leader. */
export function createIntentMetrics(registry: Metrics): IntentMetrics {
  let source: IntentSource | undefined;
  registerPhases(registry, () => source);
  registerQueue(registry, () => source);
  const decisions = histogram(registry, {
    name: "flare_hub_decision_duration_seconds",
    help: "Time to decide where one Intent goes, or why it waits, in seconds; without what is written afterwards.",
    buckets: DECISION_BUCKETS,
  });
  const placements = counter(registry, {
    name: "flare_hub_placements_total",
    help: "Intents that were given a place, by provider; one that is spread over several counts for each.",
    labels: ["provider"],
  });
  const evictions = counter(registry, {
    name: "flare_hub_evictions_total",
    help: "Intents that lost or left their place before their end, by reason; Preempted: to one of higher priority; Moved: to another place at once, so that somebody else has room.",
    labels: ["reason"],
  });
  for (const reason of EVICTIONS) evictions.inc({ reason }, 0);
  const charge = registerUsage(registry);
  return {
    observe: (next) => {
      source = next;
    },
    decided: (seconds) => decisions.observe(seconds),
    wrote: (tenant, before, after) => {
      charge(tenant, before, after);
      const held = holdsPlacement({ status: before });
      const holds = holdsPlacement({ status: after });
      if (!held && holds) for (const { provider } of placesOf(after.placement)) placements.inc({ provider });
      const reason = held ? evictionOf(before, after) : undefined;
      if (reason !== undefined) evictions.inc({ reason });
    },
  };
}

/** Why a place was left; undefined where the Intent itself goes, which is no eviction. */
function evictionOf(before: IntentStatus, status: IntentStatus): string | undefined {
  const reserved = conditionOf({ status }, "Reserved");
  if (status.placement !== undefined)
    return status.placement.namespace === before.placement?.namespace ? undefined : "Moved";
  if (reserved?.status !== "False") return undefined;
  return EVICTIONS.find((each) => each === reserved.reason) ?? "other";
}

function registerPhases(registry: Metrics, source: () => IntentSource | undefined): void {
  gauge(registry, {
    name: "flare_hub_intents",
    help: "Intents by the phase they are in.",
    labels: ["phase"],
    collect: (self) => {
      self.reset();
      for (const phase of PHASES) self.set({ phase }, 0);
      for (const { status } of source()?.views() ?? []) self.inc({ phase: status.phase ?? "Pending" });
    },
  });
}

/** What cannot be honoured waits for whoever wrote it. */
const isRefused = (view: IntentView): boolean => {
  const admitted = conditionOf(view, "Admitted");
  return admitted?.status === "False" && admitted.observedGeneration === view.generation;
};

function registerQueue(registry: Metrics, source: () => IntentSource | undefined): void {
  const waiting = (): IntentView[] =>
    [...(source()?.views() ?? [])].filter((view) => isWaiting(view) && !isRefused(view));
  gauge(registry, {
    name: "flare_hub_intent_queue_length",
    help: "Intents that wait for a place.",
    collect: (self) => self.set(waiting().length),
  });
  gauge(registry, {
    name: "flare_hub_intent_queue_oldest_age_seconds",
    help: "How long the Intent that waits longest for a place has been waiting, in seconds; 0 where nobody waits.",
    collect: (self) => {
      const now = source()?.now() ?? 0;
      self.set(waiting().reduce((oldest, view) => Math.max(oldest, (now - waitingSince(view)) / 1000), 0));
    },
  });
}

const waitingSince = ({ status, createdAt }: IntentView): number => {
  const since = Date.parse(status.queue?.since ?? "");
  return Number.isNaN(since) ? createdAt : since;
};

function registerUsage(registry: Metrics): IntentMetrics["wrote"] {
  const gpuSeconds = counter(registry, {
    name: "flare_hub_gpu_seconds_total",
    help: "GPUs, slices and shares that Intents held, times the seconds they held them (3600 are one GPU-hour), by tenant and provider.",
    labels: ["tenant", "provider"],
  });
  const cost = counter(registry, {
    name: "flare_hub_cost_total",
    help: "Cost that Intents have accrued, by tenant, provider and the currency it is in.",
    labels: ["tenant", "provider", "currency"],
  });
  const tenantOf = firstOnes(MOST_TENANTS);
  const providerOf = firstOnes(MOST_PROVIDERS);
  return (name, before, after) => {
    for (const usage of usageBetween(before, after)) {
      const labels = { tenant: tenantOf(name), provider: providerOf(usage.provider) };
      gpuSeconds.inc(labels, usage.gpuSeconds);
      if (usage.cost !== undefined) cost.inc({ ...labels, currency: usage.cost.currency }, usage.cost.amount);
    }
  };
}

/** The names that came first as they are, all later ones as `other`. */
function firstOnes(most: number): (name: string) => string {
  const known = new Set<string>();
  return (name) => {
    if (known.size < most) known.add(name);
    return known.has(name) ? name : "other";
  };
}
