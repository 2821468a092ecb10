import type { Problem } from "../../intent/problem.ts";
import { parseMoney } from "../../units/money.ts";
import type { WorkloadObservation } from "../../workload/observe.ts";
import { untilSpent } from "./cost.ts";
import { giveUp } from "./give-up.ts";
import { isClosed } from "./hours.ts";
import {
  conditionOf,
  FINALIZER,
  hasEnded,
  holdsPlacement,
  type IntentView,
  isAdmitted,
  isLeftOver,
  isService,
  isSuspended,
} from "./intent-view.ts";
import {
  admittedStatus,
  deployedStatus,
  isDeployed,
  keptStatus,
  refusedStatus,
  sayTheSame,
  vacatedStatus,
} from "./next-status.ts";
import { placesOf } from "./places.ts";
import { costedStatus, observedStatus } from "./seen-status.ts";
import { troubleOf, untilGivenUp, untilProven } from "./start.ts";
import { type Announcement, type Facts, later, leave, normal, type Step, soonest } from "./step.ts";
import { awaiting, giveBack, missed, suspendedStatus, untilChange } from "./suspension.ts";
import { isSameWorkload } from "./workload-print.ts";

export type { Announcement, Facts, Step } from "./step.ts";

/** The next step of an Intent. Pure: the same state and facts give the same step. */
export function nextStep(view: IntentView, facts: Facts): Step {
  if (view.deletingSince !== undefined) return deletion(view, view.deletingSince, facts);
  return vacating(view, facts) ?? admission(view, facts) ?? work(view, facts);
}

/** Nothing of it runs where it was, and its provider goes: its objects are cleaned up while that can be done. */
const vacating = (view: IntentView, facts: Facts): Step | undefined =>
  facts.removed === true ? { do: "write", status: vacatedStatus(view, facts.now) } : undefined;

function deletion(view: IntentView, since: number, facts: Facts): Step {
  if (!view.finalizers.includes(FINALIZER)) return { do: "rest" };
  const places = [...placesOf(view.status.placement), ...(view.status.abandoned ?? [])];
  const leftovers = places.map(({ provider, namespace }) => `namespace ${namespace} of provider ${provider}`);
  if (places.length === 0) return { do: "let-go", leftovers };
  if (!facts.cleaned) return { do: "release", places };
  // A clock that was stepped back only makes the wait longer.
  const leftMs = since + facts.letGoAfterMs - facts.now;
  if (leftMs <= 0) return { do: "let-go", leftovers };
  return { do: "rest", afterMs: Math.min(leftMs, facts.retryMs) };
}

/** Undefined once the spec as it is now is known to be good, as far as that has to be told by itself. */
function admission(view: IntentView, facts: Facts): Step | undefined {
  const problems = [...(view.read.ok ? [] : view.read.problems), ...facts.problems];
  if (problems.length > 0) return refusal(view, problems, facts);
  // Whoever waits hears it with its place, or its place in the queue: that spares a write for each Intent.
  if (!holdsPlacement(view) || isAdmitted(view)) return undefined;
  return { do: "write", status: admittedStatus(view, facts.now) };
}

function refusal(view: IntentView, problems: readonly Problem[], facts: Facts): Step | undefined {
  const status = refusedStatus(view, problems, facts.now);
  const admitted = conditionOf({ status }, "Admitted");
  const known = conditionOf(view, "Admitted");
  if (
    known?.status !== "False" ||
    known.message !== admitted?.message ||
    known.observedGeneration !== view.generation
  ) {
    const say = { type: "Warning", reason: "Refused", message: admitted?.message ?? "" } as const;
    return { do: "write", status, say };
  }
  return holdsPlacement(view) ? (ending(view, facts) ?? watching(view, facts)) : { do: "rest" };
}

function work(view: IntentView, facts: Facts): Step {
  if (hasEnded(view)) return later();
  if (!holdsPlacement(view)) return leftover(view, facts) ?? awaiting(view, facts);
  // Before anything is created there: what has a finalizer is not forgotten. What is only reserved goes with the Intent.
  if (!view.finalizers.includes(FINALIZER)) return { do: "add-finalizer" };
  if (view.status.placement?.generation !== view.generation) return replan(view, facts);
  return ending(view, facts) ?? deploying(view, facts) ?? watching(view, facts);
}

/** What is left of a first run goes where the spec was changed since; a Service that is suspended may go on with it. */
function leftover(view: IntentView, facts: Facts): Step | undefined {
  if (!isLeftOver(view)) return undefined;
  const message = "the spec was changed: it begins anew";
  return leave(view, { reason: "SpecChanged", message, phase: "Queued" }, facts);
}

/** A changed spec: whoever has a place that satisfies it keeps it; a Job that cannot be changed while it runs begins anew. */
function replan(view: IntentView, facts: Facts): Step {
  if (facts.stillFits && (isService(view) || isSameWorkload(view))) {
    const status = keptStatus(view, facts.now);
    return { do: "write", status, say: normal("Replanned", status.message) };
  }
  const message = facts.stillFits
    ? "the spec of what it runs was changed, which a Job cannot take in: it begins anew"
    : "the changed spec does not fit where it is: it looks for another place";
  return leave(view, { reason: "SpecChanged", message, phase: "Queued" }, facts);
}

/** What ends its stay, whatever its pods do. */
function ending(view: IntentView, facts: Facts): Step | undefined {
  if (facts.lost !== undefined) return leave(view, { ...facts.lost, phase: "Queued" }, facts, "Warning");
  if (spentMs(view, facts) === 0) {
    const limit = view.read.ok ? view.read.spec.constraints?.maxTotalCost : undefined;
    const message = `constraints.maxTotalCost (${limit}) is spent: it was stopped`;
    return leave(view, { reason: "CostLimitReached", message, phase: "Cancelled" }, facts, "Warning");
  }
  const late = missed(view, facts.now);
  return late && leave(view, { ...late, phase: "Failed" }, facts, "Warning");
}

/** Milliseconds until its total is spent; undefined where that is never. */
function spentMs({ read, status }: IntentView, { now }: Facts): number | undefined {
  const limit = read.ok ? read.spec.constraints?.maxTotalCost : undefined;
  const money = limit === undefined ? undefined : parseMoney(limit);
  return money && untilSpent(status.cost, money, now);
}

/** Its objects are to be created; or they are there, but ought to run and do not, or the other way round. */
function deploying(view: IntentView, { missing, now }: Facts): Step | undefined {
  const suspended = isClosed(view, now);
  if (isDeployed(view) && !missing && isSuspended(view) === suspended) return undefined;
  return { do: "deploy", places: placesOf(view.status.placement), suspended };
}

/** It has its place and its objects: what its pods do, and what it costs. */
function watching(view: IntentView, facts: Facts): Step {
  const seen = giveBack(view, facts) ?? observed(view, facts);
  if (seen !== undefined) return seen;
  const { observation, startLimits } = facts;
  const startInMs = untilGivenUp(view, observation?.start, startLimits, facts.now);
  if (observation !== undefined && startInMs !== undefined && startInMs <= 0)
    return giveUp(view, troubleOf(observation), facts);
  const provenInMs = observation && untilProven(view, observation, facts.now);
  const costed = costedStatus(view, facts.now, facts.utilization);
  const since = Date.parse(view.status.cost?.since ?? "");
  // After a clock was stepped back, the cost is counted from the new time on, at once.
  const dueAt = since > facts.now ? facts.now : since + facts.costEveryMs;
  const costInMs = Number.isNaN(since) ? undefined : dueAt - facts.now;
  if (costInMs !== undefined && costInMs <= 0 && !sayTheSame(costed, view.status))
    return { do: "write", status: costed };
  return later(
    soonest(
      spentMs(view, facts),
      facts.lostInMs,
      costInMs,
      startInMs,
      provenInMs,
      untilChange(view, facts.now),
    ),
  );
}

function observed(view: IntentView, { observation, now }: Facts): Step | undefined {
  if (observation === undefined || isOutdated(view, observation)) return undefined;
  const status = observedStatus(view, observation, now);
  if (sayTheSame(status, view.status)) return undefined;
  // Cost goes along with what is written anyway.
  const before = view.status.phase;
  if (before === status.phase) return { do: "write", status, ...news(view, observation) };
  const failed = status.phase === "Failed";
  const message = `${before ?? "Pending"} to ${status.phase}: ${status.message}`;
  return {
    do: "write",
    status,
    say: { type: failed ? "Warning" : "Normal", reason: status.phase ?? "Changed", message },
  };
}

/** The two faces of an image that cannot be pulled: they take turns for as long as it lasts. */
const PULLING: readonly string[] = ["ErrImagePull", "ImagePullBackOff"];

/** In the same phase for another reason, such as ImagePullBackOff: told once, not with every change of its words. */
function news(
  view: IntentView,
  { reason, message, ready }: WorkloadObservation,
): { readonly say?: Announcement } {
  const before = conditionOf(view, "Ready")?.reason ?? "";
  const isSame = before === reason || [before, reason].every((each) => PULLING.includes(each));
  return isSame || reason === "Starting"
    ? {}
    : { say: { type: ready ? "Normal" : "Warning", reason, message } };
}

/** Seen before the workload was suspended, or began to go on: a watch may be behind. What has ended has ended. */
function isOutdated(view: IntentView, { phase }: WorkloadObservation): boolean {
  if (isSuspended(view)) return phase !== "Completed" && phase !== "Failed";
  return phase === "Suspended" && view.status.phase === "Provisioning";
}

/** How its objects were applied, and what can be seen of them at first. */
export interface Deployed {
  readonly suspended: boolean;
  readonly seen: WorkloadObservation | undefined;
}

/** The step after its objects were created, to run or to be suspended; what is first seen of new ones is told with it. */
export function deployedStep(view: IntentView, { suspended, seen }: Deployed, now: number): Step {
  const status = suspended ? suspendedStatus(view, now) : deployedStatus(view, now);
  const say = normal(suspended ? "Suspended" : "Deployed", status.message);
  // What ran before and was only brought up to date is in another phase than what is new.
  if (suspended || seen === undefined || seen.phase !== status.phase) return { do: "write", status, say };
  return { do: "write", status: observedStatus({ ...view, status }, seen, now), say };
}
