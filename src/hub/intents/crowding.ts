import type { IntentTask } from "../../intent/status-schema.ts";
import type { OfferPool } from "../inventory/offer-pool.ts";
import type { Reservations } from "../inventory/reservations.ts";
import type { IntentStore } from "./intent-store.ts";
import { holdsPlacement, type IntentView } from "./intent-view.ts";

export interface CrowdingSources {
  readonly pool: Pick<OfferPool, "node">;
  readonly reservations: Pick<Reservations, "on">;
  readonly store: Pick<IntentStore, "values">;
}

type Devices = Pick<IntentTask, "provider" | "node" | "resource">;

/**
 * Why an Intent has to leave GPUs that more are booked on than fit: a second hub or an old leader's last write booked
 * them too, or somebody in the provider's cluster was quicker. Who runs stays; of the others the one that was placed
 * last goes, by what the API says, so that every hub finds the same one.
 */
export function crowdedOut(
  sources: CrowdingSources,
  view: IntentView,
): { readonly reason: "GPUsTaken"; readonly message: string } | undefined {
  if (!holdsPlacement(view) || isRunning(view)) return undefined;
  const crowded = view.status.placement?.tasks.find((task) => isCrowdedOut(sources, view, task));
  if (crowded === undefined) return undefined;
  const { provider, node, resource } = crowded;
  const message = `others have the ${resource} of node ${node} of ${provider} that it was to get: it looks for another place`;
  return { reason: "GPUsTaken", message };
}

const isRunning = ({ status }: IntentView): boolean => status.phase === "Running";

function isCrowdedOut(sources: CrowdingSources, view: IntentView, devices: Devices): boolean {
  const { provider, node, resource } = devices;
  const free = freeUnits(sources, devices);
  // Nearly always there is room, and then nobody has to look at all Intents. Places that are being left count here too.
  const reserved = sources.reservations.on(provider, node).filter((each) => each.resource === resource);
  if (free === undefined || sum(reserved) <= free) return false;
  const holders = [...sources.store.values()].filter(
    (each) => holdsPlacement(each) && unitsOn(each, devices) > 0,
  );
  const held = holders.reduce((total, each) => total + unitsOn(each, devices), 0);
  return held > free && !holders.some((each) => !isRunning(each) && cameLater(each, view));
}

/** What Intents may have of it; undefined where that cannot be told: the node is closed, its device plugin restarts. */
function freeUnits({ pool }: CrowdingSources, { provider, node, resource }: Devices): number | undefined {
  const known = pool.node(provider, node);
  if (known?.problems.some(({ code }) => code === "closed") !== false) return undefined;
  const offer = known.offers.find((each) => each.resource === resource);
  return offer === undefined || offer.total === 0 ? undefined : offer.free;
}

function unitsOn({ status }: IntentView, { provider, node, resource }: Devices): number {
  const tasks = status.placement?.tasks ?? [];
  return sum(
    tasks.filter((task) => task.provider === provider && task.node === node && task.resource === resource),
  );
}

const sum = (parts: readonly { readonly units: number }[]): number =>
  parts.reduce((total, { units }) => total + units, 0);

/** Times of placements are whole seconds, of perhaps several clocks: what counts is that all find the same order. */
function cameLater(left: IntentView, right: IntentView): boolean {
  const order = ({ status, uid }: IntentView): string => `${status.placement?.since ?? ""} ${uid}`;
  return order(left) > order(right);
}
