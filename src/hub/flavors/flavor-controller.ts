import type { Flavor } from "../../fluidos/flavor.ts";
import type { KubeObject, Resource } from "../../kubernetes/objects.ts";
import { createRateLimit } from "../../kubernetes/rate-limit.ts";
import { createReflector, type Reflector } from "../../kubernetes/reflector.ts";
import { troubleIn } from "../../kubernetes/reflector-state.ts";
import { elapsed, sleep, whenAborted } from "../../kubernetes/timing.ts";
import { createWorkQueue, type WorkQueue, type WorkResult } from "../../kubernetes/work-queue.ts";
import { KEYS } from "../../workload/identity.ts";
import { UNNAMED } from "../config.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { covers } from "./covers.ts";
import { findContracts, findFlavors, readIdentity } from "./flavor-resources.ts";
import { createFlavorTargets } from "./flavor-targets.ts";
import { applyFlavor, type Keeper, NOT_YET_MS, type Observed, withdraw } from "./flavor-writes.ts";
import { keepManagedFlavors } from "./managed-flavors.ts";
import { createMarket } from "./market.ts";
import { type FlavorPlace, type FlavorTarget, flavorOf, OWNED_SELECTOR } from "./node-flavors.ts";
import { type GroupSales, salesOf } from "./node-sales.ts";

/** A site that installs FLUIDOS later does not restart the hub for it. */
const LOOK_AGAIN_MS = 60_000;

/** Keeps a Flavor for each GPU node of the providers that the hub places at itself. */
export function createFlavorController(): Controller {
  return { name: "flavors", start: run };
}

async function run(context: ControllerContext): Promise<void> {
  const { config, signal } = context;
  if (!config.flavors.enabled) return;
  let told = false;
  while (!signal.aborted) {
    try {
      const found = await findSite(context);
      if (typeof found !== "string") return await keepFlavors(context, found);
      if (!told) context.log.info({}, `this cluster has no ${found}: no Flavors are written`);
      told = true;
    } catch (error) {
      if (!signal.aborted)
        context.log.warn({ error: String(error) }, "the API could not be asked for Flavors");
    }
    await sleep(LOOK_AGAIN_MS, signal);
  }
}

interface Site {
  readonly resource: Resource;
  /** Where the hub is a provider's, and Flavors are sold. */
  readonly contracts: Resource | undefined;
  readonly place: FlavorPlace;
}

/** What there is to work with, or what is missing. */
async function findSite({ client, config, log, signal }: ControllerContext): Promise<Site | string> {
  const { namespace } = config.flavors;
  const isProvider = config.role === "provider";
  const resource = await findFlavors(client, { signal });
  if (resource === undefined) return "Flavors (nodecore.fluidos.eu)";
  const contracts = isProvider ? await findContracts(client, { signal }) : undefined;
  if (contracts === undefined && isProvider) return "Contracts (reservation.fluidos.eu)";
  const owner = (await readIdentity(client, namespace, { signal })) ?? config.flavors.owner;
  const { nodeID } = owner;
  const isUnnamed = isProvider && config.provider.name === UNNAMED;
  if (isUnnamed)
    log.warn(
      { operator: nodeID },
      `provider.name is ${UNNAMED}, which is no name for others: buyers see operator ${nodeID}, this cluster's FLUIDOS node; give it a name in the hub's file, or its nodes the annotation provider.fluidos.eu/name`,
    );
  return {
    resource,
    contracts,
    place: {
      namespace,
      owner,
      ...(isProvider ? { providerID: nodeID } : {}),
      ...(isUnnamed ? { operator: nodeID } : {}),
    },
  };
}

async function keepFlavors(context: ControllerContext, { resource, contracts, place }: Site): Promise<void> {
  const { pool, providers, signal, metrics, config } = context;
  const market =
    contracts &&
    createMarket({
      context,
      flavors: resource,
      contracts,
      namespace: place.namespace,
      provider: config.provider.name,
    });
  const isDirect = (name: string): boolean => providers.get(name)?.provider().spec.engine === "direct";
  const targets = createFlavorTargets(pool, isDirect);
  const writtenAt = new Map<string, number>();
  let isSynced: () => void = () => undefined;
  const synced = new Promise<void>((resolve) => {
    isSynced = resolve;
  });
  const keeper: Keeper = {
    context,
    resource,
    place,
    targets,
    market,
    writtenAt,
    observed: (name) => reflector.get(`${place.namespace}/${name}`),
  };
  let queue: WorkQueue | undefined;
  const add = (name: string): void => {
    const waitMs = (writtenAt.get(name) ?? Number.NEGATIVE_INFINITY) + config.flavors.every - elapsed();
    queue?.add(name, { delayMs: Math.max(0, waitMs) });
  };
  const touch = (provider: string): void => {
    for (const { node } of pool.nodes(provider)) targets.update({ provider, node: node.name }).forEach(add);
  };
  const sold = (node: string): void => {
    targets.update({ provider: config.provider.name, node }).forEach(add);
    for (const { name, isOurs } of market?.flavors(node) ?? []) if (isOurs) add(name);
  };
  const reflector = watchFlavors(keeper, add, () => isSynced());
  const watching = Promise.all([reflector.run(signal), market?.run(signal)]);
  await Promise.race([Promise.all([synced, market?.synced, providers.listed]), whenAborted(signal)]);
  queue = startQueue(keeper);
  metrics.queue("flavor", queue);
  const unsubscribe = [
    pool.subscribe((changes) => changes.flatMap((change) => targets.update(change)).forEach(add)),
    providers.subscribe(touch),
    ...(market === undefined ? [] : [market.subscribe(sold)]),
  ];
  for (const { name } of providers.all()) touch(name);
  for (const { name } of reflector.values()) add(name);
  const managed = market && keepManagedFlavors({ context, resource, place, market });
  await Promise.all([watching, managed]);
  for (const end of unsubscribe) end();
  await queue.stop();
}

type NamedObserved = Observed & { readonly name: string };

function watchFlavors(
  { context, resource, place }: Pick<Keeper, "context" | "resource" | "place">,
  onName: (name: string) => void,
  onSynced: () => void,
): Reflector<NamedObserved> {
  const { client, log, now, random } = context;
  return createReflector<Flavor & KubeObject, NamedObserved>({
    client,
    resource,
    namespace: place.namespace,
    labelSelector: OWNED_SELECTOR,
    transform: ({ metadata: { name, labels }, spec }) => ({
      name,
      provider: labels?.[KEYS.provider] ?? "",
      text: JSON.stringify({ metadata: { labels }, spec }),
    }),
    onChange: (change) => onName(change.type === "deleted" ? change.previous.name : change.value.name),
    onHandlerError: (error) => log.error({ error: String(error) }, "a Flavor could not be taken in"),
    onState: (state) => {
      if (state.name === "SYNCED") onSynced();
      const trouble = troubleIn(state);
      if (trouble !== undefined) log.warn({ watch: "flavors" }, trouble.message);
    },
    now,
    random,
  });
}

function startQueue(keeper: Keeper): WorkQueue {
  const { config, random, metrics, log } = keeper.context;
  const { perSecond } = config.flavors;
  return createWorkQueue({
    concurrency: 4,
    random,
    limit: createRateLimit({ burst: Math.max(1, 2 * perSecond), perSecond }),
    work: (name, signal) => reconcile(keeper, name, signal),
    onError: (name, error, failures) => {
      metrics.reconcileFailed("flavor");
      if (failures === 1) log.warn({ flavor: name, error: String(error) }, "a Flavor could not be written");
    },
  });
}

async function reconcile(keeper: Keeper, name: string, signal: AbortSignal): Promise<WorkResult> {
  const { context, targets, place } = keeper;
  const target = targets.get(name);
  const observed = keeper.observed(name);
  const sales = target && salesAt(keeper, target);
  if (target === undefined || sales?.isCovered === true)
    return observed === undefined ? {} : withdraw(keeper, name, observed, signal);
  const node = context.pool.node(target.provider, target.node)?.node;
  const offers = context.pool.available(target.provider, target.node);
  const offer = offers.find(({ resource }) => resource === target.resource);
  if (node === undefined || offer === undefined) return {};
  const wanted = flavorOf(name, sales?.isSold === true ? { ...offer, free: 0 } : offer, node, place);
  const { labels } = wanted.metadata;
  const present = observed && (JSON.parse(observed.text) as Pick<Flavor, "metadata" | "spec">);
  if (covers(present, { metadata: { labels }, spec: wanted.spec })) return {};
  const isPutBack = wanted.spec.availability && present?.spec.availability === false;
  if (isPutBack && (await keeper.market?.isAnySoldNow([...(sales?.names ?? []), name], signal)))
    return { requeueAfterMs: NOT_YET_MS };
  await applyFlavor(keeper, wanted, observed !== undefined, signal);
  return {};
}

/** How things stand with the sale of a target's devices; undefined where the hub sells nothing. */
function salesAt(
  { context, market }: Keeper,
  { provider, node, resource }: FlavorTarget,
): GroupSales | undefined {
  if (market === undefined) return undefined;
  const resources = context.pool.node(provider, node)?.offers.map((offer) => offer.resource) ?? [];
  return salesOf(resources, market.flavors(node), market.isSold).find((group) => group.resource === resource);
}
