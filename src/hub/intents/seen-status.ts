import type { IntentStatus } from "../../intent/status-schema.ts";
import type { WorkloadObservation } from "../../workload/observe.ts";
import { no, yes } from "./conditions.ts";
import { accrue, stopCost } from "./cost.ts";
import type { IntentView } from "./intent-view.ts";
import { change, type Verdicts } from "./next-status.ts";
import { hasStarted, seenStart } from "./start.ts";

/** What its pods do. A batch that is done gives its GPUs back. */
export function observedStatus(view: IntentView, seen: WorkloadObservation, now: number): IntentStatus {
  const { phase, reason, message, ready, url } = seen;
  const isBatch = view.read.ok && view.read.spec.workload.type === "Batch";
  const isOver = isBatch && (phase === "Completed" || phase === "Failed");
  const verdicts: Verdicts = { Ready: ready ? yes(reason, message) : no(reason, message) };
  const start = seenStart(view, seen, now);
  const ranOn =
    (hasStarted(view, seen, now) ? view.status.placement?.vendor : undefined) ?? view.status.ranOn;
  if (!isOver) return change(view, now, { phase, message, workloadURL: url, start, ranOn }, verdicts);
  return change(
    view,
    now,
    {
      phase,
      message,
      workloadURL: url,
      gpuUtilization: undefined,
      start: undefined,
      cost: stopCost(view.status.cost, now),
    },
    { ...verdicts, Reserved: no(phase, "its GPUs were given back") },
  );
}

/** Nothing new but time: the cost so far and, in percent and where it is known, how busy its GPUs are. */
export const costedStatus = (view: IntentView, now: number, utilization?: number): IntentStatus =>
  change(view, now, {
    cost: accrue(view.status.cost, now),
    gpuUtilization: steadyPercent(view.status.gpuUtilization, utilization),
  });

/** Points by which the utilisation must differ to be told anew. */
const NOTABLE = 5;

function steadyPercent(before: string | undefined, percent: number | undefined): string | undefined {
  if (percent === undefined) return undefined;
  const isSame = Math.abs(Number.parseFloat(before ?? "") - percent) < NOTABLE;
  return isSame ? before : `${Math.round(percent)}%`;
}
