import * as z from "zod";
import type { CurrencyRates } from "../../allocation/types.ts";
import { currency, duration, isCurrency } from "../config-fields.ts";
import { DEFAULT_CURRENCY_RATES } from "./currency-rates.ts";
import type { HostOwners } from "./host-names.ts";
import type { IntentOptions } from "./options.ts";
import { workloadSection } from "./workload-config.ts";

/** The rates are all in EUR; those that the file names win over the built-in ones. */
const currencyRates = z
  .record(
    z.string().refine(isCurrency, "no currency of ISO 4217"),
    z.number().positive("what one unit is worth in EUR, above 0"),
  )
  .refine(({ EUR = 1 }) => EUR === 1, { path: ["EUR"], message: "is what the rates are in, so 1" })
  .default({})
  .transform((given): CurrencyRates => ({ ...DEFAULT_CURRENCY_RATES, ...given }));

/** Moving interruptible Intents so that others have room. Off by default: it restarts work for the sake of equals. */
const defragmentation = z.strictObject({
  enabled: z.boolean().default(false),
  /** Intents that are moved for one that waits, at most. */
  maxMoves: z.int().min(1).max(3).default(1),
  /** Who waits less has nobody moved for it: GPUs often come back by themselves. */
  waits: duration("1m", "0s"),
  /** An Intent is moved no more than once in this time. */
  cooldown: duration("1h", "0s"),
  /** The share by which a place may be worse by the mover's own objective, or dearer, than the one it has. */
  worseBy: z.number().min(0).max(1).default(0.1),
});

/** When what does not start gives its GPUs back, and how often it is tried again. */
const start = z.strictObject({
  /** From the making of its objects, while nothing is known to be wrong; not while containers of it run. */
  timeout: duration("30m", "1s"),
  /** From when something is in its way: an image that cannot be pulled, a Secret that is missing, no node for its pods. */
  troubleTimeout: duration("5m", "1s"),
  /** Starts, here and there, before the Intent has failed. */
  attempts: z.int().min(1).max(20).default(5),
  /** How long it is not tried again where it did not start; doubled with each start that fails. */
  backoff: duration("1m", "0s"),
  maxBackoff: duration("1h", "0s"),
});

const host = z
  .string()
  .regex(
    /^(\*|(\*\.)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)$/,
    "a host name in lower case, *.example.com for all below it, or * for any",
  );

/** By tenant. */
const hosts = z
  .record(z.string().min(1).max(253), z.array(host).max(1000))
  .transform((given): HostOwners => new Map(Object.entries(given)));

/** Section `intents` of the hub's configuration. */
export const intentsSection = z
  .strictObject({
    /** Of amounts and rates where an Intent names none. */
    currency: currency.default("EUR"),
    currencyRates,
    /** How long a node or provider may be away, where an Intent does not say. */
    maxInterruption: duration("2m", "0s"),
    /** How long a deleted Intent waits for providers that are away before it goes without them. */
    letGoAfter: duration("24h", "1m"),
    start: start.prefault({}),
    /** An Intent that waits longer than this has nodes kept free for it. */
    starvesAfter: duration("30m", "0s"),
    /** What its hours suspend keeps its GPUs, at their cost, where it goes on sooner than this; else gives them back. */
    holdWhileSuspended: duration("15m", "0s"),
    /** How often the cost of what runs, and its GPU utilisation, is written. */
    costEvery: duration("5m", "10s"),
    /** How often the queue is gone through while somebody waits, and its order written at most. */
    queueEvery: duration("10s", "100ms"),
    /** How soon something that is in the way, or could not be cleaned, is tried again. */
    retryEvery: duration("5s", "100ms"),
    /** How long to wait at the start for providers to tell what they have. */
    settle: duration("5s", "0s"),
    /** How often a provider's Prometheus is asked for GPU utilisation. */
    utilizationEvery: duration("1m", "10s"),
    /** Intents worked on, and placements written, at the same time. */
    concurrency: z.int().min(1).max(256).default(16),
    defragmentation: defragmentation.prefault({}),
    /** Which host names the Intents of a tenant may name for their ports, `*` for those of all; absent: any. */
    hosts: hosts.exactOptional(),
    workload: workloadSection.default({}),
  })
  .refine((section) => section.currencyRates[section.currency] !== undefined, {
    path: ["currency"],
    message: "has no rate: add it to intents.currencyRates",
  });

export type IntentsConfig = z.output<typeof intentsSection>;

/** The options of the Intent controller as the configuration has them. */
export function intentOptions(config: IntentsConfig): Omit<IntentOptions, "resolveModel"> {
  const { currency, currencyRates, workload, concurrency, start, defragmentation: moves } = config;
  return {
    currency,
    currencyRates,
    hosts: config.hosts,
    workload,
    concurrency,
    maxInterruptionMs: config.maxInterruption,
    letGoAfterMs: config.letGoAfter,
    start: {
      timeoutMs: start.timeout,
      troubleTimeoutMs: start.troubleTimeout,
      attempts: start.attempts,
      backoffMs: start.backoff,
      maxBackoffMs: start.maxBackoff,
    },
    starvesAfterMs: config.starvesAfter,
    holdWhileSuspendedMs: config.holdWhileSuspended,
    costEveryMs: config.costEvery,
    queueEveryMs: config.queueEvery,
    retryMs: config.retryEvery,
    settleMs: config.settle,
    utilizationEveryMs: config.utilizationEvery,
    moves: {
      most: moves.enabled ? moves.maxMoves : 0,
      afterMs: moves.waits,
      cooldownMs: moves.cooldown,
      worseBy: moves.worseBy,
    },
  };
}
