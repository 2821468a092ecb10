import type { Placed } from "../../allocation/decision.ts";
import type { Requirement } from "../../allocation/requirement.ts";
import type { Offer } from "../../allocation/types.ts";
import type { IntentPlacement, IntentStatus, IntentTask } from "../../intent/status-schema.ts";
import { given } from "../inventory/given.ts";
import { type IntentView, isSetAside } from "./intent-view.ts";
import { abandon, placementOf } from "./places.ts";

/** Where an Intent was before it was suspended: what it does not hold any more, and would have again. */
export interface FormerPlace {
  /** Units that it had, by offer. */
  readonly units: ReadonlyMap<string, number>;
  /** What was given up for it: it goes back on the same terms. */
  readonly relaxed: string | undefined;
  /** What binds it to the place: nowhere else are its volumes. Undefined: another will do as well. */
  readonly bound: string | undefined;
}

/**
 * The place that an Intent goes back to. Its volumes bind it, but not to offers that nobody has told of for as long as the
 * Intent bears to be interrupted: with these, the volumes are lost too.
 */
export function formerPlace(
  view: IntentView,
  isTold: (task: IntentTask) => boolean,
  isPatient: boolean,
): FormerPlace | undefined {
  const { placement, decision } = view.status;
  if (placement === undefined || !isSetAside(view) || !view.read.ok) return undefined;
  const units = new Map<string, number>();
  for (const task of placement.tasks) {
    const offer = `${task.provider}/${task.node}/${task.resource}`;
    units.set(offer, (units.get(offer) ?? 0) + task.units);
  }
  const volumes = view.read.spec.workload.storage?.volumes ?? [];
  const isKept = volumes.some(({ type }) => type === "Persistent");
  const isThere = isPatient || placement.tasks.every(isTold);
  return {
    units,
    relaxed: decision?.relaxed?.[0],
    bound: isKept && isThere ? `its volumes are on ${placement.node} of ${placement.provider}` : undefined,
  };
}

/** Whether a decision gives back all that it had. */
export const isWhole = ({ units }: FormerPlace, { placements }: Placed): boolean =>
  placements.length === units.size && placements.every((each) => units.get(each.offer) === each.units);

/** The offers of the place, with no more of each than it had: whoever fits there takes just what it had. */
export const offersOf = ({ units }: FormerPlace, offers: readonly Offer[]): readonly Offer[] =>
  offers.flatMap((offer) => {
    const had = units.get(offer.id);
    return had === undefined ? [] : [{ ...offer, free: Math.min(offer.free, had) }];
  });

/** Whoever goes on may be nearly done: nobody knows how long it takes. */
export function withoutDeadline({ constraints, ...requirement }: Requirement): Requirement {
  const { deadlineSeconds: _, ...others } = constraints;
  return { ...requirement, constraints: others };
}

/**
 * What a decision becomes in the status of an Intent that may have been set aside: back on its place it goes on in its
 * namespace, where its volumes are; elsewhere it leaves that.
 */
export function settleIn(
  view: IntentView,
  decision: Placed,
  offers: readonly Offer[],
  now: number,
): Pick<IntentStatus, "placement" | "abandoned"> {
  const placement = placementOf(view, decision, offers, now);
  const former = view.status.placement;
  if (former === undefined) return { placement };
  if (said(former) !== said(placement)) {
    return { placement, abandoned: [...abandon(view.status, "Moved", now)] };
  }
  const { tasks, rate, since, generation } = placement;
  const byOffer = new Map(tasks.map((task) => [task.offer, task.rate]));
  const same = former.tasks.map((task) => ({ ...task, ...given({ rate: byOffer.get(task.offer) }) }));
  return { placement: { ...former, ...given({ rate, since, generation }), tasks: same } };
}

/** Which offers give what; the numbers of the tasks there are up to who was there first. */
const said = ({ tasks }: IntentPlacement): string =>
  tasks
    .map(({ provider, node, resource, units }) => `${provider}/${node}/${resource} ${units}`)
    .toSorted((one, other) => (one < other ? -1 : 1))
    .join();
