import type { Flavor } from "../../fluidos/flavor.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject, ManagedFieldsEntry, Resource } from "../../kubernetes/objects.ts";
import { elapsed } from "../../kubernetes/timing.ts";
import type { WorkResult } from "../../kubernetes/work-queue.ts";
import { labelValue } from "../../workload/names.ts";
import type { ControllerContext } from "../controller.ts";
import { HUB_MANAGER } from "../manager.ts";
import type { FlavorTargets } from "./flavor-targets.ts";
import type { Market } from "./market.ts";
import type { FlavorPlace } from "./node-flavors.ts";

/** A provider that is not known whole yet: its old Flavors stay for now. */
export const NOT_YET_MS = 2000;

/** A Flavor of ours as it is on the cluster: as text, because there may be ten thousand. */
export interface Observed {
  readonly provider: string;
  readonly text: string;
}

/** What work on one Flavor needs. */
export interface Keeper {
  readonly context: ControllerContext;
  readonly resource: Resource;
  readonly place: FlavorPlace;
  readonly targets: FlavorTargets;
  /** What is sold; undefined where Flavors only tell what there is. */
  readonly market: Market | undefined;
  readonly observed: (name: string) => Observed | undefined;
  readonly writtenAt: Map<string, number>;
}

/**
 * Takes away a Flavor of ours that nothing stands behind any more; not on the word of a provider that is silent, nor
 * while it is sold and its node is there.
 */
export async function withdraw(
  { context, resource, place, writtenAt, market }: Keeper,
  name: string,
  { provider }: Observed,
  signal: AbortSignal,
): Promise<WorkResult> {
  const entry = context.providers.all().find((each) => labelValue(each.name) === provider);
  // A federation has no nodes that could still be told.
  const hasNodes = entry?.provider().spec.engine === "direct";
  if (hasNodes && !entry.synced()) return { requeueAfterMs: NOT_YET_MS };
  const node = market?.isSold(name) === true ? market.flavor(name)?.node : undefined;
  if (node !== undefined && context.pool.node(context.config.provider.name, node) !== undefined) return {};
  await context.client.delete(resource, { namespace: place.namespace, name }, { signal });
  writtenAt.delete(name);
  context.metrics.flavorWritten("delete");
  return {};
}

/**
 * Applies a Flavor. Ours is forced, so that edits by hand are undone; of one that we do not know to be ours nothing is
 * taken: its fields belong to somebody else, unless its label alone was lost.
 */
export async function applyFlavor(
  keeper: Keeper,
  wanted: Flavor,
  isOurs: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { context, resource, writtenAt } = keeper;
  const { name } = wanted.metadata;
  const force = isOurs || (await wasOurs(keeper, name, signal));
  const done = await context.client.apply(resource, wanted, { fieldManager: HUB_MANAGER, force, signal });
  writtenAt.set(name, elapsed());
  context.metrics.flavorWritten(done.outcome === "applied" ? "apply" : "conflict");
  if (done.outcome === "applied") return;
  const managers = [...new Set(done.conflicts.map(({ manager }) => manager))].join(", ");
  throw new Error(`Flavor ${wanted.metadata.namespace}/${name} belongs to ${managers}: it is left as it is`);
}

async function wasOurs(
  { context, resource, place }: Keeper,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { metadata } = await context.client.get<KubeObject>(
      resource,
      { namespace: place.namespace, name },
      { signal },
    );
    return metadata?.managedFields?.some(isApplyOfOurs) === true;
  } catch (error) {
    if (isKubeError(error, "not-found")) return false;
    throw error;
  }
}

const isApplyOfOurs = ({ manager, operation }: ManagedFieldsEntry): boolean =>
  manager === HUB_MANAGER && operation === "Apply";
