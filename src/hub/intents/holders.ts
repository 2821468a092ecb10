import type { Placement } from "../../allocation/decision.ts";
import type { ProviderEntry } from "../providers/directory.ts";
import { holdsPlacement, type IntentView } from "./intent-view.ts";
import { asPlacements } from "./places.ts";
import type { Holder } from "./preempt.ts";
import type { World } from "./world.ts";

/** What an Intent left at providers that answer: it comes back in seconds. */
export function leavingSoon({ context }: World, view: IntentView): readonly Placement[] {
  const spec = view.read.ok ? view.read.spec : undefined;
  const tasks = (view.status.abandoned ?? [])
    .filter(({ provider }) => {
      const entry = context.providers.get(provider);
      return entry !== undefined && entry.closed() === undefined && !isFederation(entry);
    })
    .flatMap((place) => place.tasks);
  return asPlacements(tasks, spec);
}

/** What is bought there does not come back. */
const isFederation = (entry: ProviderEntry): boolean => entry.provider().spec.engine === "fluidos";

/** Somebody who agreed to be interrupted. */
export function holderOf(view: IntentView): Holder | undefined {
  if (view.status.placement?.engine === "fluidos") return undefined;
  if (!view.read.ok || !holdsPlacement(view) || view.deletingSince !== undefined) return undefined;
  const { workload, constraints, priority } = view.read.spec;
  if (workload.resources.gpu.interruptible !== true && constraints?.preEmptible !== true) return undefined;
  const { tasks = [], since = "" } = view.status.placement ?? {};
  return {
    uid: view.uid,
    priority,
    since: Date.parse(since) || 0,
    placements: asPlacements(tasks, view.read.spec),
  };
}
