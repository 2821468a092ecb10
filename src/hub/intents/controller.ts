import type { KubeObject } from "../../kubernetes/objects.ts";
import type { Change } from "../../kubernetes/reflector-store.ts";
import { sleep } from "../../kubernetes/timing.ts";
import { createWorkQueue, type WorkQueue } from "../../kubernetes/work-queue.ts";
import { KEYS } from "../../workload/identity.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { createEngines } from "../engines/engines.ts";
import { NAMESPACES } from "../engines/resources.ts";
import type { ProviderEntry } from "../providers/directory.ts";
import { createUtilization, type Utilization } from "../utilization/utilization.ts";
import { createAbsences } from "./absence.ts";
import { createBook } from "./book.ts";
import { tellBoughtLate } from "./bought-late.ts";
import { intentOptions } from "./config.ts";
import { createDemand } from "./demand.ts";
import { keepDepartures } from "./departures.ts";
import { createIntentStore, type IntentStore } from "./intent-store.ts";
import { asIntent, INTENTS, type IntentView, type KubeIntent, viewOf } from "./intent-view.ts";
import type { IntentOptions } from "./options.ts";
import { sweep } from "./orphans.ts";
import { placesOf, runningIn } from "./places.ts";
import { cleanUp, reconcile } from "./reconcile.ts";
import { scheduleOnce } from "./schedule.ts";
import { createTenantNames, type TenantNames } from "./tenant-names.ts";
import { forget, take, type World } from "./world.ts";

/** The key under which the queue as a whole is worked on; no Intent has a key without a slash. */
const THE_QUEUE = "queue";
/** Changes that come together are answered by one pass over the queue. */
const GATHER_MS = 20;
const SWEEP_MS = 60_000;

/**
 * Creates the controller of Intents: from a spec to a running workload, and back to nothing. What is given wins over the
 * hub's configuration.
 */
export function createIntentController(
  given: Partial<IntentOptions> & Pick<IntentOptions, "resolveModel">,
): Controller {
  return {
    name: "intents",
    start: (context) => run({ ...intentOptions(context.config.intents), ...given }, context),
  };
}

async function run(options: IntentOptions, context: ControllerContext): Promise<void> {
  const { signal } = context;
  const hub = options.hub ?? (await identityOf(context, signal));
  if (signal.aborted) return;
  const { world, tenants, queue } = createWorld({ ...options, hub }, context);
  const following = tenants.run(signal);
  const running: Promise<unknown>[] = [following, world.engine.run(signal), world.utilization.run(signal)];
  const hearing = listenToIntents(world);
  try {
    void context.intents.follow();
    await Promise.race([tenants.listed, following]);
    await listAll(world, signal);
    await settle(world, signal);
    hearing.begin();
    const unsubscribe = listen(world);
    running.push(keepSweeping(world, signal), keepDepartures(world, signal));
    for (const { key } of world.store.values()) world.wake(key);
    world.schedule();
    await Promise.all(running);
    for (const each of unsubscribe) each();
  } finally {
    hearing.end();
    await queue.stop();
    await Promise.allSettled(running);
  }
}

/** No two clusters have the same: a hub must never take the workloads of another for its own orphans. */
async function identityOf({ client, log }: ControllerContext, signal: AbortSignal): Promise<string> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      const { metadata } = await client.get<KubeObject>(NAMESPACES, { name: "kube-system" }, { signal });
      return metadata?.uid ?? "flare";
    } catch (error) {
      if (!signal.aborted)
        log.warn(
          { error: String(error) },
          "namespace kube-system, which tells who this hub is, cannot be read",
        );
      await sleep(Math.min(30_000, 500 * 2 ** failures), signal);
    }
  }
  return "";
}

function createWorld(
  options: IntentOptions & { readonly hub: string },
  context: ControllerContext,
): { world: World; tenants: TenantNames; queue: WorkQueue } {
  const { pool, reservations, providers, log, metrics, random } = context;
  const engine = createEngines({
    hub: options.hub,
    hubClient: context.client,
    providers,
    pool,
    reservations,
    tolerations: context.config.tolerations,
    workload: options.workload,
    log,
    fluidos: context.config.fluidos,
    now: context.now,
    random,
    onBoughtLate: (bought) => tellBoughtLate(world, bought),
  });
  const store = createIntentStore();
  const tenants = tenantsOf(store, context);
  const world: World = {
    context,
    options,
    store,
    tenants,
    book: createBook({ pool, reservations, currencyRates: options.currencyRates }),
    engine,
    absences: createAbsences({ pool, providers }),
    utilization: utilizationOf(store, options, context),
    demand: createDemand(),
    unsure: new Map(),
    told: new Map(),
    tried: new Map(),
    obstacles: new Map(),
    wake: (key) => queue.add(key, { priority: isPlaced(world.store.get(key)) ? 0 : 1 }),
    clean: (key) => cleanings.add(key),
    schedule: (delayMs = GATHER_MS) => passes.add(THE_QUEUE, { delayMs }),
  };
  const onError = failureTeller(context);
  const queue = createWorkQueue({
    concurrency: options.concurrency,
    maxDelayMs: 60_000,
    random,
    onError,
    work: (key, signal) => reconcile(world, key, signal),
  });
  const cleanings = createWorkQueue({
    concurrency: options.concurrency,
    maxDelayMs: 60_000,
    random,
    onError,
    work: (key, signal) => cleanUp(world, key, signal),
  });
  // One pass at a time: two would give the same GPUs to two Intents.
  const passes = createWorkQueue({
    concurrency: 1,
    random,
    onError,
    work: (_, signal) => scheduleOnce(world, signal),
  });
  metrics.queue("intent", queue);
  metrics.intents.observe({ views: () => store.values(), now: context.now });
  return { world, tenants, queue: together(queue, [cleanings, passes]) };
}

/** Tells what went wrong with something that is tried again. */
const failureTeller =
  ({ signal, metrics, log }: ControllerContext) =>
  (key: string, error: unknown, failures: number): void => {
    if (signal.aborted) return;
    metrics.reconcileFailed("intent");
    log.warn(
      { intent: key, failures, error: String(error) },
      "could not be brought further; it is tried again",
    );
  };

function tenantsOf(store: IntentStore, context: ControllerContext): TenantNames {
  const tenants = createTenantNames({
    ...context,
    label: context.config.api?.tenants.label ?? KEYS.tenant,
    onChange: (namespace) => {
      for (const view of store.values())
        if (view.namespace === namespace) store.put({ ...view, tenant: tenants.of(namespace) });
    },
  });
  return tenants;
}

const utilizationOf = (store: IntentStore, options: IntentOptions, context: ControllerContext): Utilization =>
  createUtilization({
    ...context,
    namespacesIn: (provider) => runningIn(store.values(), provider),
    everyMs: options.utilizationEveryMs,
    onError: () => context.metrics.reconcileFailed("utilization"),
  });

/** What has no place yet comes to the queue at once: creating what others have a place for takes longer. */
const isPlaced = (view: IntentView | undefined): boolean => view?.status.placement !== undefined;

const together = (queue: WorkQueue, others: readonly WorkQueue[]): WorkQueue => ({
  ...queue,
  stop: async () => {
    await Promise.all([queue, ...others].map((each) => each.stop()));
  },
});

/**
 * Who holds what, from the API itself and not from a cache that may be behind: a placement that is overlooked here would
 * be given away a second time.
 */
async function listAll(world: World, signal: AbortSignal): Promise<void> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      for await (const page of world.context.client.list<KubeIntent>(INTENTS, {}, { signal })) {
        for (const item of page.items) take(world, viewOf(asIntent(item), world.options.currency));
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      world.context.log.warn(
        { error: String(error) },
        "Intents cannot be listed; are the CRDs installed? It is tried again",
      );
      await sleep(Math.min(30_000, 500 * 2 ** failures), signal);
    }
  }
}

/** A decision with half of the providers is a worse one: they get a moment to tell what they have. */
async function settle({ context, options }: World, signal: AbortSignal): Promise<void> {
  const { providers } = context;
  const patience = AbortSignal.timeout(options.settleMs);
  await Promise.race([providers.listed, sleep(options.settleMs, signal)]);
  const isComplete = (): boolean =>
    providers.all().every((each) => each.synced() || each.closed() !== undefined);
  while (!signal.aborted && !patience.aborted && !isComplete()) await sleep(50, signal);
}

/** Whatever may matter to an Intent wakes it. */
function listen(world: World): readonly (() => void)[] {
  const { pool, providers } = world.context;
  const wakeThose = (isConcerned: (view: IntentView) => boolean): void => {
    for (const view of world.store.values()) if (isConcerned(view)) world.wake(view.key);
  };
  const wakeThoseAt = (name: string): void =>
    wakeThose(({ status }) =>
      [...placesOf(status.placement), ...(status.abandoned ?? [])].some(({ provider }) => provider === name),
    );
  const states = new Map<string, string>();
  return [
    world.engine.subscribe((news) => {
      if ("provider" in news) return wakeThoseAt(news.provider);
      const view = world.store.byUid(news.uid);
      if (view !== undefined) world.wake(view.key);
    }),
    pool.subscribe((changes) => {
      for (const { provider, node } of changes)
        for (const key of world.store.on(provider, node)) world.wake(key);
      world.schedule();
    }),
    providers.subscribe((name) => {
      const state = stateOf(providers.get(name));
      if (states.get(name) === state) return;
      states.set(name, state);
      wakeThoseAt(name);
      world.schedule();
    }),
  ];
}

/** What of a provider matters to Intents; its status, with the time of its last answer, changes all the time. */
const stateOf = (entry: ProviderEntry | undefined): string =>
  entry === undefined ? "gone" : `${entry.provider().metadata.generation} ${entry.closed() ?? "open"}`;

const isKnown = ({ store }: World, { key, uid, resourceVersion }: IntentView): boolean =>
  store.get(key)?.uid === uid && store.get(key)?.resourceVersion === resourceVersion;

/** Takes in what the watch tells of Intents, the last of each from before `begin` too: nothing is decided until all is known. */
function listenToIntents(world: World): { begin(): void; end(): void } {
  const early = new Map<string, Change<IntentView>>();
  let hasBegun = false;
  const end = world.context.intents.subscribe((change) => {
    if (hasBegun) hear(world, change);
    else early.set(change.key, change);
  });
  return {
    begin: () => {
      hasBegun = true;
      for (const change of early.values()) hear(world, change);
      early.clear();
    },
    end,
  };
}

function hear(world: World, change: Change<IntentView>): void {
  // What our own write made of it, whose answer was quicker, is being worked on already.
  if (change.type !== "deleted" && isKnown(world, change.value)) return;
  if (change.type === "deleted") forget(world, change.key, change.previous.uid);
  else take(world, change.value);
  world.wake(change.key);
}

async function keepSweeping(world: World, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(SWEEP_MS, signal);
    if (!signal.aborted) await sweep(world, signal);
  }
}
