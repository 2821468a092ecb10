import type { Seated } from "../../allocation/plan-moves.ts";
import type { Requirement } from "../../allocation/requirement.ts";
import type { IntentSpec } from "../../intent/spec-schema.ts";
import { isClosed } from "./hours.ts";
import { holdsPlacement, type IntentView, isService } from "./intent-view.ts";
import { asPlacements } from "./places.ts";
import type { Holder } from "./preempt.ts";

/** Somebody who may be moved, in the state that this was found in. */
export interface Seat extends Seated, Holder {
  readonly view: IntentView;
}

const MOVABLE: readonly string[] = ["Reserved", "Provisioning", "Running"];
const HOUR_MS = 3_600_000;
/** What a restart costs whoever loses no work by it: GPUs that do nothing for about a minute. */
const START_HOURS = 1 / 60;

/** Whether it agreed to be interrupted. */
export const isInterruptible = ({ workload, constraints }: IntentSpec): boolean =>
  workload.resources.gpu.interruptible === true || constraints?.preEmptible === true;

/** Whether it may begin anew elsewhere: it has no volumes that would stay behind and no total that it would pay twice from. */
export function mayMove(spec: IntentSpec): boolean {
  const volumes = spec.workload.storage?.volumes ?? [];
  const isFree = spec.constraints?.maxTotalCost === undefined;
  return isInterruptible(spec) && isFree && volumes.every(({ type }) => type !== "Persistent");
}

/** What it holds, where it agreed to be interrupted; undefined where it did not, or holds nothing. */
export function holderOf(view: IntentView): Holder | undefined {
  // What is bought in a federation does not come back.
  if (view.status.placement?.engine === "fluidos") return undefined;
  if (
    !view.read.ok ||
    !holdsPlacement(view) ||
    view.deletingSince !== undefined ||
    !isInterruptible(view.read.spec)
  )
    return undefined;
  const { tasks = [], since = "" } = view.status.placement ?? {};
  return {
    uid: view.uid,
    priority: view.read.spec.priority,
    since: Date.parse(since) || 0,
    placements: asPlacements(tasks, view.read.spec),
  };
}

export interface MovableFacts {
  readonly now: number;
  readonly cooldownMs: number;
  /** What it asks; undefined where that is not known for sure. */
  readonly asked: (view: IntentView) => Requirement | undefined;
}

/**
 * An Intent that may begin anew elsewhere and lose nothing but time, is not on its way already, and was not moved
 * lately.
 */
export function seatOf(view: IntentView, { now, cooldownMs, asked }: MovableFacts): Seat | undefined {
  const holder = holderOf(view);
  const { placement, phase = "", abandoned = [], moved } = view.status;
  if (
    holder === undefined ||
    !MOVABLE.includes(phase) ||
    !(view.read.ok && mayMove(view.read.spec)) ||
    isClosed(view, now)
  )
    return undefined;
  if (placement?.generation !== view.generation || abandoned.length > 0) return undefined;
  // After a clock was stepped back it is left alone for longer, not for ever: the time is written anew with each move.
  if (moved !== undefined && now - Date.parse(moved.last) < cooldownMs) return undefined;
  const requirement = asked(view);
  return requirement && { ...holder, requirement, view, cost: costOf(view, holder, now) };
}

/** GPU hours that are lost: of a batch all that it has done so far. */
function costOf(view: IntentView, { since }: Holder, now: number): number {
  const hours = isService(view) ? 0 : Math.max(0, now - since) / HOUR_MS;
  return (view.status.placement?.gpus ?? 0) * (hours + START_HOURS);
}
