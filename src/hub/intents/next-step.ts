import type { Problem } from "../../intent/problem.ts";
import type { IntentStatus } from "../../intent/status-schema.ts";
import { parseMoney } from "../../units/money.ts";
import type { WorkloadObservation } from "../../workload/observe.ts";
import { untilSpent } from "./cost.ts";
import {
  conditionOf,
  FINALIZER,
  hasEnded,
  holdsPlacement,
  type IntentView,
  isAdmitted,
} from "./intent-view.ts";
import {
  admittedStatus,
  costedStatus,
  deployedStatus,
  isDeployed,
  keptStatus,
  type Leaving,
  leftStatus,
  observedStatus,
  refusedStatus,
  sayTheSame,
} from "./next-status.ts";
import { type Place, placesOf } from "./places.ts";

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
  /** Whether the place that it has satisfies the spec as it is now. */
  readonly stillFits: boolean;
  /** Objects that were created are gone, and not by our hand. */
  readonly missing: boolean;
  readonly observation: WorkloadObservation | undefined;
  /** How busy its GPUs are, in percent. */
  readonly utilization?: number | undefined;
  /** A deleted Intent's places were tried to be cleaned just now: the rest comes later. */
  readonly cleaned: boolean;
  /** How long a deleted Intent waits for its providers; how often its cost is written. */
  readonly letGoAfterMs: number;
  readonly costEveryMs: number;
  /** How soon a clean-up that did not succeed is tried again. */
  readonly retryMs: number;
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
  | { readonly do: "deploy"; readonly places: readonly Place[] }
  /** It waits for a place: the queue's turn. */
  | { readonly do: "schedule" }
  | { readonly do: "rest"; readonly afterMs?: number };

/** The next step of an Intent. Pure: the same state and facts give the same step. */
export function nextStep(view: IntentView, facts: Facts): Step {
  if (view.deletingSince !== undefined) return deletion(view, view.deletingSince, facts);
  return admission(view, facts) ?? work(view, facts);
}

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

/** Undefined once the spec as it is now is known to be good and the finalizer is there. */
function admission(view: IntentView, facts: Facts): Step | undefined {
  const problems = [...(view.read.ok ? [] : view.read.problems), ...facts.problems];
  if (problems.length > 0) return refusal(view, problems, facts);
  if (!isAdmitted(view)) {
    const message = "the spec is understood and can be honoured";
    const say = { ...normal("Admitted", message), event: false } as const;
    return { do: "write", status: admittedStatus(view, facts.now), say };
  }
  // Before anything is created anywhere: what has a finalizer is not forgotten.
  return view.finalizers.includes(FINALIZER) ? undefined : { do: "add-finalizer" };
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
  return holdsPlacement(view) ? watching(view, facts) : { do: "rest" };
}

function work(view: IntentView, facts: Facts): Step {
  if (hasEnded(view)) return later();
  if (!holdsPlacement(view)) return leftover(view, facts) ?? { do: "schedule" };
  if (view.status.placement?.generation !== view.generation) return replan(view, facts);
  const places = placesOf(view.status.placement);
  if (!isLost(facts) && (!isDeployed(view) || facts.missing)) return { do: "deploy", places };
  return watching(view, facts);
}

/** A batch that ended and whose spec was changed begins anew: what is left of its first run goes. */
function leftover(view: IntentView, facts: Facts): Step | undefined {
  if (view.status.placement === undefined) return undefined;
  const message = "the spec was changed after the end: it begins anew";
  return leave(view, { reason: "SpecChanged", message, phase: "Queued" }, facts);
}

/** A changed spec: a Service keeps a place that satisfies it; whatever cannot be changed in place begins anew. */
function replan(view: IntentView, facts: Facts): Step {
  const isService = view.read.ok && view.read.spec.workload.type === "Service";
  if (isService && facts.stillFits) {
    const status = keptStatus(view, facts.now);
    return { do: "write", status, say: normal("Replanned", status.message) };
  }
  const message = facts.stillFits
    ? "the spec was changed, and a Job cannot be changed while it runs: it begins anew"
    : "the changed spec does not fit where it is: it looks for another place";
  return leave(view, { reason: "SpecChanged", message, phase: "Queued" }, facts);
}

const isLost = ({ lost }: Facts): boolean => lost !== undefined;

/** It has its place and its objects: what may end that, and what its pods do. */
function watching(view: IntentView, facts: Facts): Step {
  if (facts.lost !== undefined) {
    return leave(view, { ...facts.lost, phase: "Queued" }, facts, "Warning");
  }
  const limit = view.read.ok ? view.read.spec.constraints?.maxTotalCost : undefined;
  const money = limit === undefined ? undefined : parseMoney(limit);
  const spentMs = money && untilSpent(view.status.cost, money, facts.now);
  if (spentMs === 0) {
    const message = `constraints.maxTotalCost (${limit}) is spent: it was stopped`;
    return leave(view, { reason: "CostLimitReached", message, phase: "Cancelled" }, facts, "Warning");
  }
  const seen = observed(view, facts);
  if (seen !== undefined) return seen;
  const costed = costedStatus(view, facts.now, facts.utilization);
  const since = Date.parse(view.status.cost?.since ?? "");
  const costInMs = Number.isNaN(since) ? undefined : since + facts.costEveryMs - facts.now;
  if (costInMs !== undefined && costInMs <= 0 && !sayTheSame(costed, view.status))
    return { do: "write", status: costed };
  return later(soonest(spentMs, facts.lostInMs, costInMs));
}

function observed(view: IntentView, { observation, now }: Facts): Step | undefined {
  if (observation === undefined) return undefined;
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

function leave(
  view: IntentView,
  leaving: Leaving,
  { now }: Facts,
  type: Announcement["type"] = "Normal",
): Step {
  const { reason, message } = leaving;
  return { do: "write", status: leftStatus(view, leaving, now), say: { type, reason, message } };
}

const normal = (reason: string, message = ""): Announcement => ({ type: "Normal", reason, message });

function later(afterMs?: number): Step {
  return afterMs === undefined ? { do: "rest" } : { do: "rest", afterMs };
}

function soonest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(0, Math.min(...known));
}

/** The step after its objects were created. */
export function deployedStep(view: IntentView, now: number): Step {
  const status = deployedStatus(view, now);
  return { do: "write", status, say: normal("Deployed", status.message) };
}
