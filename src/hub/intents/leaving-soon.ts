import type { Placement } from "../../allocation/decision.ts";
import type { ProviderEntry } from "../providers/directory.ts";
import type { IntentView } from "./intent-view.ts";
import { asPlacements } from "./places.ts";
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
