import type { Flavor } from "../../fluidos/flavor.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject, ManagedFieldsEntry, Resource } from "../../kubernetes/objects.ts";
import { createRateLimit } from "../../kubernetes/rate-limit.ts";
import { createReflector, type Reflector } from "../../kubernetes/reflector.ts";
import { elapsed, sleep } from "../../kubernetes/timing.ts";
import { createWorkQueue, type WorkQueue, type WorkResult } from "../../kubernetes/work-queue.ts";
import { KEYS } from "../../workload/identity.ts";
import { labelValue } from "../../workload/names.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { HUB_MANAGER } from "../manager.ts";
import { covers } from "./covers.ts";
import { findFlavors, readIdentity } from "./flavor-resources.ts";
import { createFlavorTargets, type FlavorTargets } from "./flavor-targets.ts";
import { type FlavorPlace, flavorOf, OWNED_SELECTOR } from "./node-flavors.ts";

/** A site that installs FLUIDOS later does not restart the hub for it. */
const LOOK_AGAIN_MS = 60_000;
/** A provider that is not known whole yet: its old Flavors stay for now. */
const NOT_YET_MS = 2000;

/** Keeps a Flavor for each GPU node of the providers that the hub places at itself. */
export function createFlavorController(): Controller {
  return { name: "flavors", start: run };
}

async function run(context: ControllerContext): Promise<void> {
  const { client, config, signal } = context;
  if (!config.flavors.enabled) return;
  const call = { signal };
  let told = false;
  while (!signal.aborted) {
    try {
      const resource = await findFlavors(client, call);
      if (resource !== undefined) {
        const { namespace } = config.flavors;
        const owner = (await readIdentity(client, namespace, call)) ?? config.flavors.owner;
        return await keepFlavors(context, resource, { namespace, owner });
      }
      if (!told) context.log.info({}, "this cluster has no Flavors (nodecore.fluidos.eu): none are written");
      told = true;
    } catch (error) {
      if (!signal.aborted)
        context.log.warn({ error: String(error) }, "the API could not be asked for Flavors");
    }
    await sleep(LOOK_AGAIN_MS, signal);
  }
}

/** A Flavor of ours as it is on the cluster: as text, because there may be ten thousand. */
interface Observed {
  readonly provider: string;
  readonly text: string;
}

/** What work on one Flavor needs. */
interface Keeper {
  readonly context: ControllerContext;
  readonly resource: Resource;
  readonly place: FlavorPlace;
  readonly targets: FlavorTargets;
  readonly observed: (name: string) => Observed | undefined;
  readonly writtenAt: Map<string, number>;
}

async function keepFlavors(
  context: ControllerContext,
  resource: Resource,
  place: FlavorPlace,
): Promise<void> {
  const { pool, providers, signal, metrics, config } = context;
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
  const reflector = watchFlavors(keeper, add, () => isSynced());
  const watching = reflector.run(signal);
  const aborted = new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  await Promise.race([Promise.all([synced, providers.listed]), aborted]);
  queue = startQueue(keeper);
  metrics.queue("flavor", queue);
  const unsubscribe = [
    pool.subscribe((changes) => changes.flatMap((change) => targets.update(change)).forEach(add)),
    providers.subscribe(touch),
  ];
  for (const { name } of providers.all()) touch(name);
  for (const { name } of reflector.values()) add(name);
  await watching;
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
      if ("error" in state && state.name !== "EXPIRED") log.warn({ watch: "flavors" }, state.error.message);
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
  if (target === undefined) return observed === undefined ? {} : withdraw(keeper, name, observed, signal);
  const node = context.pool.node(target.provider, target.node)?.node;
  const offers = context.pool.available(target.provider, target.node);
  const offer = offers.find(({ resource }) => resource === target.resource);
  if (node === undefined || offer === undefined) return {};
  const wanted = flavorOf(name, offer, node, place);
  const { labels } = wanted.metadata;
  if (
    observed !== undefined &&
    covers(JSON.parse(observed.text), { metadata: { labels }, spec: wanted.spec })
  )
    return {};
  await apply(keeper, wanted, observed !== undefined, signal);
  return {};
}

/** Takes away a Flavor of ours that nothing stands behind any more; not on the word of a provider that is silent. */
async function withdraw(
  { context, resource, place, writtenAt }: Keeper,
  name: string,
  { provider }: Observed,
  signal: AbortSignal,
): Promise<WorkResult> {
  const entry = context.providers.all().find((each) => labelValue(each.name) === provider);
  if (entry !== undefined && !entry.synced()) return { requeueAfterMs: NOT_YET_MS };
  await context.client.delete(resource, { namespace: place.namespace, name }, { signal });
  writtenAt.delete(name);
  context.metrics.flavorWritten("delete");
  return {};
}

/**
 * Applies a Flavor. Ours is forced, so that edits by hand are undone; of one that we do not know to be ours nothing is
 * taken: its fields belong to somebody else, unless its label alone was lost.
 */
async function apply(keeper: Keeper, wanted: Flavor, isOurs: boolean, signal: AbortSignal): Promise<void> {
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
