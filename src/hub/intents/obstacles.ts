import { no } from "./conditions.ts";
import type { IntentView } from "./intent-view.ts";
import { change, sayTheSame } from "./next-status.ts";
import { type World, writeStatus } from "./world.ts";

/** What keeps a place from being cleaned up. */
export interface Obstacle {
  readonly provider: string;
  readonly namespace: string;
  readonly message: string;
}

/**
 * Tells what keeps the places of an Intent from being cleaned up, once for as long as it is the same: in the log, and in the
 * status of an Intent that is being deleted, which otherwise would look as if nobody had heard.
 */
export async function tellObstacles(
  world: World,
  view: IntentView,
  obstacles: readonly Obstacle[],
  signal: AbortSignal,
): Promise<IntentView> {
  const { log, now } = world.context;
  const message = obstacles.map((each) => each.message).join("; ");
  const known = world.obstacles.get(view.uid) ?? "";
  if (message !== known) {
    if (message === "") world.obstacles.delete(view.uid);
    else world.obstacles.set(view.uid, message);
    for (const { provider, namespace, message: why } of obstacles)
      log.warn({ intent: view.key, provider, namespace }, `could not clean up yet: ${why}`);
  }
  if (message === "" || view.deletingSince === undefined) return view;
  const told = `it is being deleted, but could not be cleaned up yet: ${message}`;
  const status = change(view, now(), { message: told }, { Ready: no("Deleting", told) });
  return sayTheSame(status, view.status) ? view : writeStatus(world, view, status, signal);
}
