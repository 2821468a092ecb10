import type { EventRecorder } from "../kubernetes/event-recorder.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { Logger } from "../observability/logger.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { HubConfig } from "./config.ts";
import type { IntentCache } from "./intents/intent-cache.ts";
import type { OfferPool } from "./inventory/offer-pool.ts";
import type { Reservations } from "./inventory/reservations.ts";
import type { HubMetrics } from "./metrics.ts";
import type { ProviderDirectory } from "./providers/directory.ts";
import type { Notifier } from "./webhooks/notifier.ts";

/** What a controller works with while its hub leads. Nothing of it outlives the term. */
export interface ControllerContext {
  /** The hub's own cluster. Its writes fail as soon as leadership is lost; so do those of the providers' clients. */
  readonly client: KubeClient;
  /** Ends the term. */
  readonly signal: AbortSignal;
  readonly isLeader: () => boolean;
  readonly config: HubConfig;
  /** What can be had now. */
  readonly pool: OfferPool;
  /** What Intents hold; the Intent controller keeps it, the inventory subtracts it. */
  readonly reservations: Reservations;
  readonly providers: ProviderDirectory;
  /** The Intents as this replica watches them, for whoever else of it wants to know of them. */
  readonly intents: IntentCache;
  readonly events: EventRecorder;
  /** Webhooks, where there are any. */
  readonly notifier: Pick<Notifier, "tell">;
  readonly log: Logger;
  readonly registry: Metrics;
  readonly metrics: HubMetrics;
  readonly now: () => number;
  /** Milliseconds, with fractions, of a clock that nobody sets: to measure how long something takes. */
  readonly stopwatch: () => number;
  readonly random: () => number;
}

/** A part of the hub that only the leader runs. */
export interface Controller {
  /** One word, for logs and metrics. */
  readonly name: string;
  /** Runs until the signal aborts, then resolves soon. A rejection ends the term. */
  start(context: ControllerContext): Promise<void>;
}
