import { isDeepStrictEqual } from "node:util";
import type { Decision, Placed } from "../../allocation/decision.ts";
import type { CurrencyRates, Offer } from "../../allocation/types.ts";
import { formatProblems, type Problem } from "../../intent/problem.ts";
import type { IntentDecision, IntentPhase, IntentStart, IntentStatus } from "../../intent/status-schema.ts";
import { canonicalJson } from "../../kubernetes/canonical-json.ts";
import { formatMoney } from "../../units/money.ts";
import { given } from "../inventory/given.ts";
import { no, timestamp, type Verdict, withConditions, yes } from "./conditions.ts";
import { accrue, startCost, stopCost } from "./cost.ts";
import { explain, modelOf, rounded } from "./explain.ts";
import {
  type ConditionType,
  conditionOf,
  holdsPlacement,
  type IntentView,
  isSuspended,
} from "./intent-view.ts";
import { abandon } from "./places.ts";
import { settleIn } from "./returning.ts";
import { beginStart, restart, stopStart, troubledStart } from "./start.ts";
import { isSameWorkload, workloadPrint } from "./workload-print.ts";

/** What conditions are to say, by their type. */
export type Verdicts = Partial<Record<ConditionType, Verdict>>;

/** The status with what is given put in; an undefined field is taken out. */
export function change(
  view: IntentView,
  now: number,
  fields: { readonly [Key in keyof IntentStatus]?: IntentStatus[Key] | undefined },
  verdicts: Verdicts = {},
): IntentStatus {
  const at = { generation: view.generation, now };
  const conditions = withConditions(view.status.conditions, verdicts, at);
  const merged = { ...view.status, observedGeneration: view.generation, ...fields, conditions };
  return Object.fromEntries(
    Object.entries(merged).filter(([, value]) => value !== undefined),
  ) as IntentStatus;
}

/** The spec is good. Told with whatever is written next of an Intent that waits. */
export const ADMITTED: Verdicts = { Admitted: yes("Valid", "the spec is understood and can be honoured") };

/** The changed spec of an Intent that has a place is good: whether it keeps the place comes next. */
export const admittedStatus = (view: IntentView, now: number): IntentStatus =>
  change(view, now, {}, ADMITTED);

/** The spec cannot be honoured. What runs by an earlier spec goes on. */
export function refusedStatus(view: IntentView, problems: readonly Problem[], now: number): IntentStatus {
  const told = formatProblems(problems);
  const verdicts: Verdicts = { Admitted: no("Invalid", told) };
  if (!holdsPlacement(view))
    return change(view, now, { phase: "Failed", message: told, queue: undefined }, verdicts);
  const message = `${told}; until this is mended it goes on as it was`;
  return change(view, now, { message }, verdicts);
}

/** Its place in the queue, and what it waits for. */
export interface QueuePlace {
  readonly position: number;
  readonly reason: string;
  readonly decision?: Decision;
}

export function queuedStatus(view: IntentView, place: QueuePlace, now: number): IntentStatus {
  const { position, reason } = place;
  const decision = place.decision === undefined ? {} : { decision: recordOf(place.decision, []) };
  return change(
    view,
    now,
    {
      phase: "Queued",
      message: `number ${position} in the queue: ${reason}`,
      queue: { position, since: view.status.queue?.since ?? timestamp(view.createdAt), reason },
      ...decision,
    },
    { ...ADMITTED, Reserved: no("Queued", reason), Ready: no("Queued", reason) },
  );
}

interface Settled {
  readonly decision: Placed;
  readonly offers: readonly Offer[];
  readonly relaxed?: string;
  /** Whose name the namespace begins with, where that is not the Intent's tenant. */
  readonly tenant?: string | undefined;
}

/** A place was decided on. To be written before anything is created there. */
export function placedStatus(
  view: IntentView,
  { decision, offers, relaxed, tenant = view.tenant }: Settled,
  now: number,
  rates: CurrencyRates = {},
): IntentStatus {
  const explanation = explain(decision, offers);
  const record = recordOf(decision, offers);
  const settled = settleIn({ ...view, tenant }, decision, offers, now);
  const again = settled.placement?.namespace === view.status.placement?.namespace;
  return change(
    view,
    now,
    {
      phase: "Reserved",
      message: relaxed === undefined ? explanation : `${explanation}; given up for it: ${relaxed}`,
      ...settled,
      start: beginStart(view, now, { again }),
      decision: { ...record, explanation, ...(relaxed === undefined ? {} : { relaxed: [relaxed] }) },
      cost: startCost(view.status.cost, decision.rate && rounded(decision.rate), now, rates),
      queue: undefined,
    },
    {
      ...ADMITTED,
      Reserved: yes("Placed", explanation),
      Offloaded: no("Pending", "the provider was not told yet"),
      Deployed: no("Pending", "nothing was created yet"),
      Ready: no("Pending", "nothing runs yet"),
    },
  );
}

function recordOf(decision: Decision, offers: readonly Offer[]): IntentDecision {
  const rejected = decision.rejected.filter(({ count }) => count > 0);
  const alternatives = decision.placed ? decision.alternatives : [];
  return {
    considered: decision.considered,
    fitting: decision.fitting,
    ...(decision.placed ? { decidedBy: decision.decidedBy } : {}),
    rejected: rejected.map(({ code, count }) => ({ reason: code, count })),
    alternatives: alternatives.flatMap(({ placements: [first], rate }) => {
      if (first === undefined) return [];
      const model = modelOf(offers.find(({ id }) => id === first.offer));
      return [
        {
          offer: first.offer,
          provider: first.provider,
          ...(model === undefined ? {} : { model }),
          ...(rate === undefined ? {} : { rate: formatMoney(rounded(rate)) }),
        },
      ];
    }),
  };
}

/** The changed spec keeps the place it has: only the workload is brought up to date. */
export function keptStatus(view: IntentView, now: number): IntentStatus {
  const { placement, start } = view.status;
  const isSame = start?.since === undefined && isSameWorkload(view);
  const message = `the changed spec keeps its place on ${placement?.node} of ${placement?.provider}; the workload is updated`;
  return change(
    view,
    now,
    {
      message,
      start: isSame ? stopStart(view) : beginStart(view, now, { again: true }),
      ...(placement === undefined
        ? {}
        : {
            placement: {
              ...placement,
              generation: view.generation,
              ...given({ workload: workloadPrint(view) }),
            },
          }),
    },
    { Deployed: no("Updating", message) },
  );
}

/** Why a place is left. */
export interface Leaving {
  readonly reason: string;
  readonly message: string;
  readonly phase: Extract<IntentPhase, "Queued" | "Cancelled" | "Failed">;
}

/** The place is left; it is cleaned up from now on, and the Intent looks for another or comes to its end. */
export function leftStatus(view: IntentView, leaving: Leaving, now: number): IntentStatus {
  const { reason, phase } = leaving;
  const message = `${leaving.message}${volumesLeft(view)}`;
  const gone = no(reason, message);
  return change(
    view,
    now,
    {
      phase,
      message,
      placement: undefined,
      abandoned: [...abandon(view.status, reason, now)],
      cost: stopCost(view.status.cost, now),
      start: stopStart(view),
      workloadURL: undefined,
      gpuUtilization: undefined,
      queue:
        phase === "Queued" ? { position: 0, since: timestamp(view.createdAt), reason: message } : undefined,
    },
    { Reserved: gone, Offloaded: gone, Deployed: gone, Ready: gone },
  );
}

/** What nothing runs in any more is left as well; the Intent stays what it is, ended or suspended. */
export const vacatedStatus = (view: IntentView, now: number): IntentStatus =>
  change(view, now, {
    placement: undefined,
    abandoned: [...abandon(view.status, "ProviderGone", now)],
    workloadURL: undefined,
  });

/** Volumes do not move, and go with the place: whoever loses them is told. */
function volumesLeft({ read, status }: IntentView): string {
  const volumes = read.ok ? (read.spec.workload.storage?.volumes ?? []) : [];
  const names = volumes.filter(({ type }) => type === "Persistent").map(({ name }) => name);
  if (names.length === 0) return "";
  const { namespace, provider } = status.placement ?? {};
  return `; its persistent volumes (${names.join(", ")}) do not move: they are deleted with namespace ${namespace} of ${provider}`;
}

/** It ends without ever having had a place. */
export function endedStatus(view: IntentView, reason: string, message: string, now: number): IntentStatus {
  return change(
    view,
    now,
    { phase: "Failed", message, queue: undefined },
    { ...ADMITTED, Reserved: no(reason, message), Ready: no(reason, message) },
  );
}

/** The workload is not created yet; whether something is in the way. */
export function stuckStatus(
  view: IntentView,
  { reason, message, isTroubled }: { reason: string; message: string; isTroubled: boolean },
  now: number,
): IntentStatus {
  const phase = view.status.phase === "Running" ? "Running" : "Provisioning";
  const start = troubledStart(view, isTroubled, now);
  return change(view, now, { phase, message, start }, { Deployed: no(reason, message) });
}

/** The objects are in the provider. */
export function deployedStatus(view: IntentView, now: number): IntentStatus {
  const where = `in namespace ${view.status.placement?.namespace} of ${view.status.placement?.provider}`;
  const phase = view.status.phase === "Running" ? "Running" : "Provisioning";
  return change(
    view,
    now,
    { phase, message: `created ${where}`, start: startIn(view, now) },
    {
      Offloaded: yes("ObjectsApplied", `its objects are ${where}`),
      Deployed: yes("ObjectsApplied", `its objects are ${where}`),
    },
  );
}

/** What was suspended starts anew, and what was created anew has all of its time. */
const startIn = (view: IntentView, now: number): IntentStart | undefined =>
  isSuspended(view)
    ? beginStart(view, now, { again: true })
    : isDeployed(view)
      ? view.status.start
      : restart(view, now);

/** Places that are clean now are forgotten; what of them could not be given back is told. */
export function cleanedStatus(
  view: IntentView,
  clean: (place: { readonly provider: string; readonly namespace: string }) => boolean,
  now: number,
  more: readonly string[] = [],
): IntentStatus {
  const abandoned = (view.status.abandoned ?? []).filter((place) => !clean(place));
  const leftovers = [...(view.status.leftovers ?? []), ...more].slice(-MOST_LEFTOVERS);
  return change(view, now, {
    abandoned: abandoned.length === 0 ? undefined : abandoned,
    ...(more.length === 0 ? {} : { leftovers }),
  });
}

const MOST_LEFTOVERS = 20;

/** Of a deleted Intent: its own place is clean too, and costs nothing from now on. */
export function goneStatus(before: IntentStatus, now: number): IntentStatus {
  const { placement: _, ...status } = before;
  const cost = accrue(status.cost, now);
  return cost === undefined ? status : { ...status, cost };
}

/** Whether both say the same, in whatever order. Written out only where that is not plain to see. */
export const sayTheSame = (left: IntentStatus, right: IntentStatus): boolean =>
  isDeepStrictEqual(left, right) || canonicalJson(left) === canonicalJson(right);

/** True where the Deployed condition speaks of this generation and says yes. */
export function isDeployed(view: IntentView): boolean {
  const deployed = conditionOf(view, "Deployed");
  return deployed?.status === "True";
}
