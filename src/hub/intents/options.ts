import type { CurrencyRates } from "../../allocation/types.ts";
import type { WorkloadDefaults } from "../engines/deploy.ts";
import type { HostOwners } from "./host-names.ts";
import type { ResolveModel } from "./models.ts";
import type { StartLimits } from "./start.ts";

/** How the Intent controller behaves. Times in milliseconds; the defaults are those of the configuration. */
export interface IntentOptions {
  readonly resolveModel: ResolveModel;
  /** Tells this hub's objects in a provider from those of another hub; the identity of its cluster where absent. */
  readonly hub?: string | undefined;
  /** Currency of amounts and rates where an Intent names none. */
  readonly currency: string;
  readonly currencyRates: CurrencyRates;
  /** Which host names whose Intents may have; absent: all may be named by all. */
  readonly hosts?: HostOwners | undefined;
  readonly workload: WorkloadDefaults;
  /** How long a node or provider may be away, where an Intent does not say. */
  readonly maxInterruptionMs: number;
  /** How long a deleted Intent waits for providers that are away before it goes without them. */
  readonly letGoAfterMs: number;
  /** When what does not start gives its GPUs back. */
  readonly start: StartLimits;
  /** An Intent that waits longer than this has nodes kept free for it. */
  readonly starvesAfterMs: number;
  /** What is suspended by its hours keeps its GPUs, at their cost, where it goes on sooner than this; else gives them back. */
  readonly holdWhileSuspendedMs: number;
  /** How often the cost of what runs is written. */
  readonly costEveryMs: number;
  /** How often the queue is gone through while somebody waits, and its order written at most. */
  readonly queueEveryMs: number;
  /** How soon something that is in the way, or could not be cleaned, is tried again. */
  readonly retryMs: number;
  /** How long to wait at the start for providers to tell what they have. */
  readonly settleMs: number;
  /** How often a provider's Prometheus is asked for GPU utilisation. */
  readonly utilizationEveryMs: number;
  /** Whether, and within which bounds, interruptible Intents are moved so that others have room. */
  readonly moves: {
    /** For one that waits, at most; 0: nobody is moved. */
    readonly most: number;
    /** How long one has to wait before others are moved for it. */
    readonly afterMs: number;
    /** How long one that was moved is left alone. */
    readonly cooldownMs: number;
    /** The share by which its place may get worse, or dearer. */
    readonly worseBy: number;
  };
  /** Intents worked on, and placements written, at the same time. */
  readonly concurrency: number;
}
