import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { Sleep } from "../kubernetes/timing.ts";
import type { Logger } from "../observability/logger.ts";
import type { HubConfig } from "./config.ts";
import type { Controller } from "./controller.ts";
import type { ResolveModel } from "./intents/models.ts";
import type { Regions } from "./inventory/regions.ts";
import type { Destination } from "./providers/provider-runtime.ts";

/** What one hub does. */
export interface HubOptions {
  readonly config: HubConfig;
  /** The hub's own namespace: its Lease and its Events are there. */
  readonly namespace: string;
  /** Unique for each process: `pod-name_random`. */
  readonly identity: string;
  /** Where health and metrics are served; undefined: nowhere. */
  readonly listen?: { readonly host: string; readonly port: number } | undefined;
}

/** What a hub works with. */
export interface HubDeps {
  /** The hub's own cluster. */
  readonly client: KubeClient;
  /** Makes a client of its own for a provider. */
  readonly connect: (destination: Destination) => KubeClient;
  readonly regions: Regions;
  /** Run by the leader, beside providers and Flavors. */
  readonly controllers?: readonly Controller[];
  /** What people call GPU models; the REST API, where the configuration has one, needs it. */
  readonly resolveModel?: ResolveModel;
  readonly log: Logger;
  /** Ends the hub. */
  readonly signal: AbortSignal;
  /** Told when health and metrics are being served (useful with port 0). */
  readonly onListening?: (port: number) => void;
  /** Told when the REST API is being served. */
  readonly onApi?: (port: number) => void;
  readonly version?: string;
  readonly now?: () => number;
  readonly stopwatch?: () => number;
  readonly random?: () => number;
  readonly sleep?: Sleep;
}
