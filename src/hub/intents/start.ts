import type { FailedStart, IntentStart } from "../../intent/status-schema.ts";
import type { WorkloadObservation } from "../../workload/observe.ts";
import type { Blame, StartSign } from "../../workload/start-sign.ts";
import { given } from "../inventory/given.ts";
import { timestamp } from "./conditions.ts";
import type { IntentView } from "./intent-view.ts";

/** When what does not start gives its GPUs back, and how often it is tried again. Times in milliseconds. */
export interface StartLimits {
  /** From the making of its objects, while nothing is known to be wrong. */
  readonly timeoutMs: number;
  /** From when something is in its way. */
  readonly troubleTimeoutMs: number;
  /** Starts, here and there, before the Intent has failed. */
  readonly attempts: number;
  /** How long it is not tried again where it did not start; doubled with each start that fails. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

/** What is in the way of a start. */
export interface Trouble {
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
  readonly blame: Blame;
  /** Waiting will not help. */
  readonly isFinal: boolean;
}

type Started = Pick<IntentView, "read" | "status" | "generation">;

/** Starts of the spec as it is now that were given up: a changed spec begins anew. */
export const failedStarts = ({ status, generation }: Started): readonly FailedStart[] =>
  (status.start?.failed ?? []).filter((start) => start.generation === generation);

/**
 * A start begins now. One that goes on where its volumes are has no limit: they would be deleted with the place. What did
 * not start before is remembered until something runs.
 */
export function beginStart(
  view: Started,
  now: number,
  { again }: { again: boolean },
): IntentStart | undefined {
  const isLimited = !(again && keepsVolumes(view));
  return startOf({ since: isLimited ? timestamp(now) : undefined, failed: failedStarts(view) });
}

/** Nothing is starting now. */
export const stopStart = (view: Started): IntentStart | undefined => startOf({ failed: failedStarts(view) });

/** The start that goes on is counted from now: only now there is something to start. Undefined where none does. */
export const restart = (view: Started, now: number): IntentStart | undefined =>
  view.status.start?.since === undefined ? view.status.start : beginStart(view, now, { again: false });

/** Something is in the way, or no more: it is remembered since when. */
export function troubledStart(
  { status }: Started,
  isTroubled: boolean,
  now: number,
): IntentStart | undefined {
  if (status.start?.since === undefined) return status.start;
  const { troubled, ...start } = status.start;
  return isTroubled ? { ...start, troubled: troubled ?? timestamp(now) } : start;
}

/** What of the start is to be remembered, now that this is seen of the workload. */
export function seenStart(view: Started, seen: WorkloadObservation, now: number): IntentStart | undefined {
  if (hasStarted(view, seen, now)) return undefined;
  // What crashes again and again is up between its crashes, and no less in trouble.
  if (isUp(view, seen)) return view.status.start;
  return troubledStart(view, seen.start?.trouble !== undefined, now);
}

/** What has run for so long is in no crash loop; milliseconds. */
const PROVEN_MS = 5 * 60_000;

/** Some of it runs, and has for a while; of tasks that work together, all. */
export function hasStarted(view: Started, seen: WorkloadObservation, now: number): boolean {
  if (seen.phase === "Completed") return true;
  if (!worksTogether(view) && (seen.start?.lastedMs ?? 0) >= PROVEN_MS) return true;
  return isUp(view, seen) && (untilProven(view, seen, now) ?? 0) <= 0;
}

const isUp = (view: Started, { phase, ready }: WorkloadObservation): boolean =>
  ready || (phase === "Running" && !worksTogether(view));

/** Milliseconds until what is up has started; undefined where nothing is to wait for. */
export function untilProven(view: Started, seen: WorkloadObservation, now: number): number | undefined {
  const since = seen.start?.upSince ?? [];
  if (view.status.start?.since === undefined || since.length === 0 || !isUp(view, seen)) return undefined;
  return (worksTogether(view) ? Math.max(...since) : Math.min(...since)) + PROVEN_MS - now;
}

/** Milliseconds until the start is given up; undefined where it is not, as it goes now. */
export function untilGivenUp(
  view: Started,
  sign: StartSign | undefined,
  { timeoutMs, troubleTimeoutMs }: StartLimits,
  now: number,
): number | undefined {
  const { since, troubled } = view.status.start ?? {};
  if (since === undefined || sign === undefined) return undefined;
  const { trouble, isAtWork, lastStepAt = 0 } = sign;
  // One that waits for the others works for nothing.
  if (isAtWork && (trouble === undefined || !worksTogether(view))) return undefined;
  if (trouble === undefined) return Math.max(Date.parse(since), lastStepAt) + timeoutMs - now;
  if (trouble.isFinal) return 0;
  return (troubled === undefined ? now : Date.parse(troubled)) + troubleTimeoutMs - now;
}

/** What is in the way, in words, of a start that was not successful in time. */
export const troubleOf = ({ reason, message, start }: WorkloadObservation): Trouble => ({
  reason,
  message,
  blame: start?.trouble?.blame ?? "Node",
  isFinal: start?.trouble?.isFinal === true,
});

/** Not tried again before (ms), where it did not start; undefined where it always did. */
export function triedAgainAt(view: Started, { backoffMs, maxBackoffMs }: StartLimits): number | undefined {
  const failed = failedStarts(view);
  const last = failed.at(-1);
  return last && Date.parse(last.at) + Math.min(maxBackoffMs, backoffMs * 2 ** (failed.length - 1));
}

/** Milliseconds until it may have any place again: the cause of its last failed start goes with it. Undefined: now. */
export function heldBackMs(view: Started, limits: StartLimits, now: number): number | undefined {
  const againAt = triedAgainAt(view, limits);
  const isOwn = failedStarts(view).at(-1)?.heldAgainst.length === 0;
  return isOwn && againAt !== undefined && againAt > now ? againAt - now : undefined;
}

/** Where it did not start: closed to it for a while, and after that only the last resort. */
export interface HeldPlaces {
  readonly closed: readonly string[];
  readonly shunned: readonly string[];
}

export function heldPlaces(view: Started, limits: StartLimits, now: number): HeldPlaces {
  const places = failedStarts(view).flatMap(({ heldAgainst }) => heldAgainst);
  const isClosed = (triedAgainAt(view, limits) ?? 0) > now;
  return isClosed ? { closed: places, shunned: [] } : { closed: [], shunned: places };
}

/** That it did not start before, for whoever wonders why it waits. */
export function sayFailed(view: Started): string | undefined {
  const last = failedStarts(view).at(-1);
  if (last === undefined) return undefined;
  const where = last.heldAgainst.length === 0 ? "" : ` on ${last.heldAgainst.join(", ")}`;
  return `it did not start${where} (${last.reason})`;
}

const startOf = ({
  since,
  failed,
}: {
  readonly since?: string | undefined;
  readonly failed: readonly FailedStart[];
}): IntentStart | undefined =>
  since === undefined && failed.length === 0
    ? undefined
    : { ...given({ since }), ...(failed.length === 0 ? {} : { failed: [...failed] }) };

const keepsVolumes = ({ read }: Started): boolean =>
  read.ok && (read.spec.workload.storage?.volumes ?? []).some(({ type }) => type === "Persistent");

const TOGETHER: readonly (string | undefined)[] = ["AllReduce", "Pipeline"];
const worksTogether = ({ read }: Started): boolean =>
  read.ok && TOGETHER.includes(read.spec.workload.communicationPattern);
