import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { Sleep } from "../kubernetes/timing.ts";
import { WATCH_SILENCE_MS } from "../kubernetes/watch-silence.ts";
import type { Logger } from "../observability/logger.ts";
import type { CompileOverlay } from "./overlay.ts";
import type { Schedule } from "./schedule.ts";

/** What one agent does. Durations in milliseconds. */
export interface AgentOptions {
  /** The Node it describes. */
  readonly node: string;
  /** One pass, then end. */
  readonly once?: boolean;
  /** Print what would be applied, write nothing. */
  readonly dryRun?: boolean;
  /** How long published keys stay after their facts are gone. */
  readonly graceMs: number;
  /** Quiet time before a burst of changes is acted on, and the longest wait in a burst that does not end. */
  readonly debounceMs: number;
  readonly maxWaitMs: number;
  /** A watch without a byte for so long is dead. */
  readonly silenceMs: number;
  /** The slow full pass. */
  readonly schedule: Schedule;
  /** Where the host's file system is; undefined: do not look at hardware. */
  readonly hostRoot?: string | undefined;
  /** Read ResourceSlices where the API has them. */
  readonly dra: boolean;
  /** The site's tables. */
  readonly overlayConfigMap?: { readonly namespace: string; readonly name: string } | undefined;
  readonly overlayFolder?: string | undefined;
  /** Where health and metrics are served; undefined: nowhere. */
  readonly listen?: { readonly host: string; readonly port: number } | undefined;
}

/** What an agent works with. Several agents may share a client; nothing else is shared. */
export interface AgentDeps {
  readonly client: KubeClient;
  /** Compiles the built-in tables with the site's. */
  readonly compile: CompileOverlay;
  readonly log: Logger;
  /** Ends the agent. */
  readonly signal: AbortSignal;
  /** The result of a dry run, line by line. */
  readonly print?: (text: string) => void;
  /** Told when health and metrics are being served (useful with port 0). */
  readonly onListening?: (port: number) => void;
  readonly version?: string;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly sleep?: Sleep;
}

/** What `flare agent` exits with. */
export const EXIT = {
  /** Published, or nothing to do; or asked to end. */
  done: 0,
  /** It could not be done: the API refused or was not there. */
  failed: 1,
  /** Wrong flags, kubeconfig or tables: no retry helps. */
  usage: 2,
  /** There is no Node of that name (only with --once). */
  noNode: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Defaults of everything that has one. */
export const AGENT_DEFAULTS = {
  graceMs: 600_000,
  debounceMs: 1000,
  maxWaitMs: 10_000,
  silenceMs: WATCH_SILENCE_MS,
  schedule: { everyMs: 600_000 },
  dra: true,
} as const satisfies Partial<AgentOptions>;
