import type { WorkloadObservation } from "../../workload/observe.ts";
import { isLeaving } from "../providers/closure.ts";
import { patienceOf } from "./absence.ts";
import { crowdedOut } from "./crowding.ts";
import { holdsPlacement, type IntentView } from "./intent-view.ts";
import { isDeployed } from "./next-status.ts";
import type { Facts } from "./next-step.ts";
import { type Place, placesOf } from "./places.ts";
import { stillFits } from "./still-fits.ts";
import { askedBy, requirementFor, type World } from "./world.ts";

/** Everything around the Intent that its next step depends on. */
export function factsOf(world: World, view: IntentView, cleaned: boolean): Facts {
  const { context, options, engine } = world;
  const now = context.now();
  const requirement = requirementFor(world, view);
  const places = holdsPlacement(view) ? placesOf(view.status.placement) : [];
  return {
    now,
    problems: requirement.ok || !view.read.ok ? [] : requirement.problems,
    ...lossOf(world, view, places, now),
    stillFits: isReplanned(view) && fits(world, view),
    missing: isDeployed(view) && places.some((place) => engine.isMissing(view, place)),
    observation: isDeployed(view) ? observe(world, view, places) : undefined,
    utilization: world.utilization.of(places),
    cleaned,
    removed: isLeftBehind(world, view),
    letGoAfterMs: options.letGoAfterMs,
    costEveryMs: options.costEveryMs,
    retryMs: options.retryMs,
    holdWhileSuspendedMs: options.holdWhileSuspendedMs,
    startLimits: options.start,
  };
}

/** Whether it holds nothing any more, but its objects are where a provider is being removed. */
const isLeftBehind = ({ context }: World, view: IntentView): boolean =>
  !holdsPlacement(view) &&
  placesOf(view.status.placement).some(({ provider }) => {
    const entry = context.providers.get(provider);
    return entry !== undefined && isLeaving(entry.provider());
  });

function lossOf(
  world: World,
  view: IntentView,
  places: readonly Place[],
  now: number,
): Pick<Facts, "lost" | "lostInMs"> {
  const absence = places.length === 0 ? undefined : world.absences.of(places, now);
  const { pool, reservations } = world.context;
  const crowded = crowdedOut({ pool, reservations, store: world.store }, view);
  if (absence === undefined || crowded !== undefined) return { lost: crowded, lostInMs: undefined };
  if (absence.forGood)
    return {
      lost: { reason: absence.reason, message: `${absence.what}: it looks for another place` },
      lostInMs: undefined,
    };
  const leftMs = absence.since + patienceOf(view, world.options.maxInterruptionMs) - now;
  if (leftMs > 0) return { lost: undefined, lostInMs: leftMs };
  const message = `${absence.what} for ${Math.round((now - absence.since) / 1000)} s: it looks for another place`;
  return { lost: { reason: absence.reason, message }, lostInMs: undefined };
}

/** Only then it is asked whether the place still fits: the answer costs a look at everything that is held. */
const isReplanned = (view: IntentView): boolean =>
  holdsPlacement(view) && view.status.placement?.generation !== view.generation;

function fits(world: World, view: IntentView): boolean {
  const requirement = askedBy(world, view);
  return (
    requirement !== undefined && stillFits(view.status, requirement, world.book.ledger(new Set([view.uid])))
  );
}

/** What all places together say: as good as the worst of them, and suspended where none runs any more. */
function observe(
  { engine }: World,
  view: IntentView,
  places: readonly Place[],
): WorkloadObservation | undefined {
  const seen = places.map((place) => engine.observe(view, place)).filter((each) => each !== undefined);
  return seen.length < places.length ? undefined : worstOf(seen);
}

/** As good as the worst of them. */
export const worstOf = (seen: readonly WorkloadObservation[]): WorkloadObservation | undefined =>
  seen.toSorted(
    (left, right) =>
      WORST_FIRST.indexOf(left.phase) - WORST_FIRST.indexOf(right.phase) ||
      Number(left.ready) - Number(right.ready) ||
      Number(right.reason === "Suspending") - Number(left.reason === "Suspending"),
  )[0];

const WORST_FIRST: readonly WorkloadObservation["phase"][] = [
  "Failed",
  "Provisioning",
  "Running",
  "Suspended",
  "Completed",
];
