import type { Problem } from "../../intent/problem.ts";
import type { IntentStatus } from "../../intent/status-schema.ts";
import type { WorkloadObservation } from "../../workload/observe.ts";
import type { IntentView } from "./intent-view.ts";
import { type Leaving, leftStatus } from "./next-status.ts";
import type { Place } from "./places.ts";
import type { StartLimits } from "./start.ts";

/** What is known around an Intent when its next step is chosen. */
export interface Facts {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What is wrong with the spec, beside what its own schema says. */
  readonly problems: readonly Problem[];
  /** The place is lost: its node or provider is away for longer than the Intent bears. */
  readonly lost: { readonly reason: string; readonly message: string } | undefined;
  /** Milliseconds until that is so, where something is away. */
  readonly lostInMs: number | undefined;
  /** Whether the place that it has satisfies the spec as it is now; known only where the spec was changed since. */
  readonly stillFits: boolean;
  /** Objects that were created are gone, and not by our hand. */
  readonly missing: boolean;
  readonly observation: WorkloadObservation | undefined;
  /** How busy its GPUs are, in percent. */
  readonly utilization?: number | undefined;
  /** What it left, as it ended or was suspended, is at a provider that is being removed. */
  readonly removed?: boolean;
  /** A deleted Intent's places were tried to be cleaned just now: the rest comes later. */
  readonly cleaned: boolean;
  /** How long a deleted Intent waits for its providers; how often its cost is written. */
  readonly letGoAfterMs: number;
  readonly costEveryMs: number;
  /** How soon a clean-up that did not succeed is tried again. */
  readonly retryMs: number;
  /** A suspended one keeps its GPUs where it goes on sooner than this. */
  readonly holdWhileSuspendedMs: number;
  readonly startLimits: StartLimits;
}

/** Something worth telling people: as an Event, in the audit log, and to webhooks. */
export interface Announcement {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** False: it makes no Event, because another one follows at once and says more. */
  readonly event?: false;
}

/** One step; each leaves everything such that the next can be chosen from the API alone. */
export type Step =
  | { readonly do: "write"; readonly status: IntentStatus; readonly say?: Announcement }
  | { readonly do: "add-finalizer" }
  /** The Intent is deleted: clean these places. Those that are clean leave the status. */
  | { readonly do: "release"; readonly places: readonly Pick<Place, "provider" | "namespace">[] }
  /** Take the finalizer off. What could not be cleaned is told. */
  | { readonly do: "let-go"; readonly leftovers: readonly string[] }
  /** Create what it needs, or bring that up to date; suspended, nothing of it runs. */
  | { readonly do: "deploy"; readonly places: readonly Place[]; readonly suspended: boolean }
  /** It waits for a place: the queue's turn. */
  | { readonly do: "schedule"; readonly afterMs?: number }
  | { readonly do: "rest"; readonly afterMs?: number };

/** The place is left, and people are told why. */
export function leave(
  view: IntentView,
  leaving: Leaving,
  { now }: Facts,
  type: Announcement["type"] = "Normal",
): Step {
  const { reason } = leaving;
  const status = leftStatus(view, leaving, now);
  return { do: "write", status, say: { type, reason, message: status.message ?? leaving.message } };
}

export const normal = (reason: string, message = ""): Announcement => ({ type: "Normal", reason, message });

/** Clocks are put right meanwhile: nobody waits longer for a time of day without looking at the clock again. */
const LONGEST_REST_MS = 3_600_000;

/** A wait, if there is one, of no more than an hour. */
export const within = (afterMs: number | undefined): { readonly afterMs?: number } =>
  afterMs === undefined ? {} : { afterMs: Math.min(afterMs, LONGEST_REST_MS) };

/** Nothing to do for so many milliseconds, or until something happens. */
export const later = (afterMs?: number): Step => ({ do: "rest", ...within(afterMs) });

/** The least of the times that are known, and never less than zero. */
export function soonest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(0, Math.min(...known));
}
