import type { IntentStatus } from "../../intent/status-schema.ts";
import { no, timestamp, yes } from "./conditions.ts";
import { stopCost } from "./cost.ts";
import { deadlineOf, hoursOf, sayClosed } from "./hours.ts";
import { type IntentView, isSetAside, isSuspended } from "./intent-view.ts";
import { ADMITTED, change, endedStatus, sayTheSame } from "./next-status.ts";
import { heldBackMs, stopStart } from "./start.ts";
import { type Facts, later, leave, normal, type Step, soonest, within } from "./step.ts";

const OUTSIDE = "OutsideAvailability";

/** It holds no GPUs: outside of its hours it waits for them to begin, within them for its turn. */
export function awaiting(view: IntentView, facts: Facts): Step {
  const late = missed(view, facts.now);
  if (late !== undefined) return tooLate(view, late, facts);
  const hours = hoursOf(view, facts.now);
  const afterMs = untilChange(view, facts.now);
  if (hours?.open === false) {
    const status = outsideStatus(view, sayClosed(hours), facts.now);
    if (sayTheSame(status, view.status)) return later(afterMs);
    const isNews = view.status.phase !== "Suspended";
    return { do: "write", status, ...(isNews ? { say: normal(OUTSIDE, status.message) } : {}) };
  }
  if (view.status.phase === "Suspended") {
    const status = openedStatus(view, facts.now);
    return { do: "write", status, say: normal("Opened", status.message) };
  }
  const heldBack = heldBackMs(view, facts.startLimits, facts.now);
  return heldBack === undefined ? { do: "schedule", ...within(afterMs) } : later(soonest(heldBack, afterMs));
}

/** Why its deadline is not met any more: it has passed, or the earliest start that is left is too late. */
export function missed(
  view: IntentView,
  now: number,
): { readonly reason: string; readonly message: string } | undefined {
  const deadline = deadlineOf(view);
  if (deadline === undefined) return undefined;
  const hours = hoursOf(view, now);
  const startsAt = hours?.open === false ? (hours.changesAt ?? Number.POSITIVE_INFINITY) : now;
  if (startsAt <= deadline.latestStart) return undefined;
  const said = `constraints.deadline (${timestamp(deadline.at)})`;
  if (now > deadline.at && view.status.placement !== undefined)
    return { reason: "DeadlineExceeded", message: `${said} has passed: it was stopped` };
  const starts = Number.isFinite(startsAt)
    ? `can begin ${timestamp(startsAt)} at the earliest`
    : "cannot begin within a year";
  const runs =
    deadline.runs === undefined ? "" : `, and may run for ${deadline.runs} (workload.batch.timeout)`;
  const message = `${said} cannot be met: it ${starts}${runs}`;
  return { reason: "DeadlineMissed", message };
}

function tooLate(view: IntentView, late: { reason: string; message: string }, facts: Facts): Step {
  if (view.status.placement !== undefined) return leave(view, { ...late, phase: "Failed" }, facts, "Warning");
  const status = endedStatus(view, late.reason, late.message, facts.now);
  return { do: "write", status, say: { type: "Warning", ...late } };
}

/** Milliseconds until its hours begin or end, or its deadline cannot be met any more. */
export function untilChange(view: IntentView, now: number): number | undefined {
  const hours = hoursOf(view, now);
  // What does not open within a year may do so within a year of tomorrow.
  const changesAt = hours?.changesAt ?? (hours?.open === false ? Number.POSITIVE_INFINITY : undefined);
  const latestStart = deadlineOf(view)?.latestStart;
  // Starting at that very time would still do.
  return soonest(changesAt && changesAt - now, latestStart && latestStart + 1 - now);
}

/** It is suspended, and its pods are gone: unless it goes on soon, its GPUs are better used by others. */
export function giveBack(
  view: IntentView,
  { observation, now, holdWhileSuspendedMs }: Facts,
): Step | undefined {
  const hours = hoursOf(view, now);
  // What a federation sold is sold: nobody else could use it, and the Intent would have to buy anew each time.
  if (view.status.placement?.engine === "fluidos") return undefined;
  if (!isSuspended(view) || observation?.reason !== "Suspended" || hours?.open !== false) return undefined;
  const reopensInMs = (hours.changesAt ?? Number.POSITIVE_INFINITY) - now;
  if (reopensInMs <= holdWhileSuspendedMs) return undefined;
  const status = setAsideStatus(view, sayClosed(hours), now);
  return { do: "write", status, say: normal("GivenBack", status.message) };
}

/** Nothing of it runs, and it holds nothing. */
function outsideStatus(view: IntentView, closed: string, now: number): IntentStatus {
  const message = isSetAside(view) ? setAside(view, closed) : closed;
  const verdicts = { ...ADMITTED, Reserved: no(OUTSIDE, message), Ready: no(OUTSIDE, message) };
  return change(view, now, { phase: "Suspended", message, queue: undefined }, verdicts);
}

const setAside = ({ status }: IntentView, closed: string): string =>
  `${closed}; its GPUs were given back, its volumes stay in namespace ${status.placement?.namespace} of ${status.placement?.provider}`;

/** Its hours have begun: it waits from now on, and not since it was created. */
function openedStatus(view: IntentView, now: number): IntentStatus {
  const reason = "its hours have begun: it waits for its turn";
  const queue = { position: 0, since: timestamp(now), reason };
  const verdicts = { ...ADMITTED, Reserved: no("Queued", reason), Ready: no("Queued", reason) };
  return change(view, now, { phase: "Queued", message: reason, queue }, verdicts);
}

/** Its objects were told not to run; its GPUs are its own until they are given back. */
export function suspendedStatus(view: IntentView, now: number): IntentStatus {
  const hours = hoursOf(view, now);
  const message = hours === undefined ? "suspended" : sayClosed(hours);
  return change(
    view,
    now,
    { phase: "Suspended", message, start: stopStart(view) },
    {
      Offloaded: yes("ObjectsApplied", "its objects are there"),
      Deployed: yes("Suspended", "its objects are there, and none of them runs"),
      Ready: no(OUTSIDE, message),
    },
  );
}

/** Its GPUs are given back; its namespace stays, with its volumes and what its Job has done. */
function setAsideStatus(view: IntentView, closed: string, now: number): IntentStatus {
  const message = setAside(view, closed);
  return change(
    view,
    now,
    { message, cost: stopCost(view.status.cost, now), gpuUtilization: undefined },
    { Reserved: no(OUTSIDE, message), Ready: no(OUTSIDE, message) },
  );
}
