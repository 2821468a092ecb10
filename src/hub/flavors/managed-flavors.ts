import type { Offer } from "../../allocation/types.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import { NODES, type Resource } from "../../kubernetes/objects.ts";
import { createRateLimit } from "../../kubernetes/rate-limit.ts";
import { elapsed, whenAborted } from "../../kubernetes/timing.ts";
import { createWorkQueue, type WorkResult } from "../../kubernetes/work-queue.ts";
import type { ControllerContext } from "../controller.ts";
import type { PooledNode } from "../inventory/offer-pool.ts";
import { NOT_YET_MS } from "./flavor-writes.ts";
import { emptied, type Step, stepsFor } from "./managed-steps.ts";
import type { Market } from "./market.ts";
import { type FlavorPlace, flavorOf } from "./node-flavors.ts";
import { type GroupSales, salesOf } from "./node-sales.ts";
import type { SeenFlavor } from "./seen-flavor.ts";

export interface ManagedFlavors {
  readonly context: ControllerContext;
  readonly resource: Resource;
  readonly place: FlavorPlace;
  readonly market: Market;
}

/** Keeps the Flavors that FLUIDOS made of this cluster's GPU nodes in order, until the term ends. */
export async function keepManagedFlavors(around: ManagedFlavors): Promise<void> {
  const { context, market } = around;
  const { pool, config, signal, random, metrics, log } = context;
  const { every, perSecond } = config.flavors;
  const writtenAt = new Map<string, number>();
  const queue = createWorkQueue({
    random,
    limit: createRateLimit({ burst: Math.max(1, 2 * perSecond), perSecond }),
    work: async (node, workSignal) => {
      const result = await lookAt(around, node, workSignal);
      writtenAt.set(node, elapsed());
      return result;
    },
    onError: (node, error, failures) => {
      metrics.reconcileFailed("flavor");
      if (failures === 1) log.warn({ node, error: String(error) }, "its Flavors could not be kept in order");
    },
  });
  metrics.queue("managed-flavor", queue);
  const add = (node: string): void => {
    const waitMs = (writtenAt.get(node) ?? Number.NEGATIVE_INFINITY) + every - elapsed();
    queue.add(node, { delayMs: Math.max(0, waitMs) });
  };
  const unsubscribe = [
    market.subscribe(add),
    pool.subscribe((changes) => {
      for (const { provider, node } of changes) if (provider === config.provider.name) add(node);
    }),
  ];
  for (const node of market.nodes()) add(node);
  await whenAborted(signal);
  for (const end of unsubscribe) end();
  await queue.stop();
}

async function lookAt(around: ManagedFlavors, node: string, signal: AbortSignal): Promise<WorkResult> {
  const { context, market } = around;
  const { config, pool, providers } = context;
  const flavors = market.flavors(node);
  const pooled = pool.node(config.provider.name, node);
  if (pooled !== undefined) return keepNode(around, pooled, signal);
  const touched = flavors.filter(({ isOurs, resource }) => !isOurs && resource !== undefined);
  if (touched.length === 0) return {};
  if (providers.get(config.provider.name)?.synced() !== true) return { requeueAfterMs: NOT_YET_MS };
  return (await nodeExists(context, node, signal))
    ? take(around, touched.flatMap(emptied), signal)
    : take(around, touched.flatMap(gone), signal);
}

/** Upstream's Flavors outlive their nodes, and so does what is left of the hub's own; the fork's go by themselves. */
const gone = (flavor: SeenFlavor): readonly Step[] =>
  flavor.manager === "fork" ? [] : [{ kind: "remove", flavor }];

async function keepNode(
  around: ManagedFlavors,
  { provider, node }: PooledNode,
  signal: AbortSignal,
): Promise<WorkResult> {
  const { context, market, place } = around;
  const offers = context.pool.available(provider, node.name);
  const groups = salesOf(
    offers.map(({ resource }) => resource),
    market.flavors(node.name),
    market.isSold,
  );
  const wantedOf = (offer: Offer, { managed }: GroupSales) => ({
    flavor: flavorOf(managed?.name ?? "", offer, node, place),
    isFree: offer.free > 0,
  });
  for (const [index, group] of groups.entries()) {
    const offer = offers[index];
    if (offer === undefined) continue;
    const steps = stepsFor(group, wantedOf(offer, group));
    const needsCare = steps.some((step) => step.kind === "remove" || step.offers);
    if (needsCare && (await market.isAnySoldNow(group.names, signal))) return { requeueAfterMs: NOT_YET_MS };
    await take(around, steps, signal);
  }
  return {};
}

/** A step that comes too late, because the Flavor has changed, is thought over with the change. */
async function take(
  { context, resource, place }: ManagedFlavors,
  steps: readonly Step[],
  signal: AbortSignal,
): Promise<WorkResult> {
  const { client, metrics, log } = context;
  for (const step of steps) {
    const { name } = step.flavor;
    const target = { namespace: place.namespace, name };
    try {
      if (step.kind === "remove") await client.delete(resource, target, { signal });
      else await client.patch(resource, target, step.patch, { signal });
    } catch (error) {
      if (isKubeError(error, "conflict") || isKubeError(error, "not-found")) return {};
      throw error;
    }
    metrics.flavorWritten(step.kind === "remove" ? "delete" : "patch");
    log.info({ flavor: name, node: step.flavor.node }, saying(step));
  }
  return {};
}

const saying = (step: Step): string => {
  if (step.kind === "remove") return "nothing stands behind this Flavor any more: removed";
  return step.offers ? "this Flavor is on the market again" : "this Flavor is kept current";
};

async function nodeExists(
  { client }: ControllerContext,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.get(NODES, { name }, { signal });
    return true;
  } catch (error) {
    if (isKubeError(error, "not-found")) return false;
    throw error;
  }
}
