import type { Provider } from "../../intent/resources.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import { createWorkQueue, type WorkResult } from "../../kubernetes/work-queue.ts";
import type { FoundPlace } from "../engines/engine.ts";
import type { ProviderEntry } from "../providers/directory.ts";
import { PROVIDERS } from "../providers/providers.ts";
import { type DepartureFacts, departureStep } from "./departure-step.ts";
import { FINALIZER } from "./intent-view.ts";
import { sweep } from "./orphans.ts";
import { placesOf } from "./places.ts";
import type { World } from "./world.ts";

/** Events name no more places than people read. */
const TOLD = 10;

/** Sees to it that no Provider goes before what the hub made there has gone, until the signal aborts. */
export async function keepDepartures(world: World, signal: AbortSignal): Promise<void> {
  const { providers, metrics, log, random } = world.context;
  const queue = createWorkQueue({
    concurrency: 4,
    maxDelayMs: 60_000,
    random,
    onError: (name, error) => {
      if (signal.aborted) return;
      metrics.reconcileFailed("departure");
      log.warn(
        { provider: name, error: String(error) },
        "its finalizer could not be seen to; it is tried again",
      );
    },
    work: (name, within) => workOn(world, name, within),
  });
  metrics.queue("departure", queue);
  const unsubscribe = providers.subscribe((name) => queue.add(name));
  for (const { name } of providers.all()) queue.add(name);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  unsubscribe();
  await queue.stop();
}

async function workOn(world: World, name: string, signal: AbortSignal): Promise<WorkResult> {
  const entry = world.context.providers.get(name);
  if (entry === undefined) return {};
  const found = world.engine.found().filter(({ provider }) => provider === name);
  const step = departureStep(factsOf(world, entry, found));
  const provider = entry.provider();
  const finalizers = provider.metadata.finalizers ?? [];
  switch (step.do) {
    case "rest":
      return {};
    case "hold":
      await writeFinalizers(world, provider, [...finalizers, FINALIZER], signal);
      return {};
    case "wait":
      // What no Intent knows of is not waited for: nobody else would come for it in time.
      await sweep(world, signal, found);
      return { requeueAfterMs: step.afterMs };
    case "let-go":
      if (step.leftovers.length > 0) tellLeftovers(world, provider, step.leftovers);
      await writeFinalizers(
        world,
        provider,
        finalizers.filter((each) => each !== FINALIZER),
        signal,
      );
      return {};
  }
}

function factsOf(world: World, entry: ProviderEntry, found: readonly FoundPlace[]): DepartureFacts {
  const { context, options, store, engine } = world;
  const { deletionTimestamp, finalizers = [] } = entry.provider().metadata;
  const places = [...store.values()].flatMap(({ key, status }) =>
    [...placesOf(status.placement), ...(status.abandoned ?? [])]
      .filter(({ provider }) => provider === entry.name)
      .map(({ namespace }) => `namespace ${namespace} of Intent ${key}`),
  );
  return {
    isHeld: finalizers.includes(FINALIZER),
    leavingSince: deletionTimestamp === undefined ? undefined : Date.parse(deletionTimestamp),
    places,
    isBusy: found.length > 0 || context.reservations.holders(entry.name) > 0,
    isSeen: engine.sees(entry.name),
    isAway: entry.unreachable() !== undefined,
    letGoAfterMs: options.letGoAfterMs,
    retryMs: options.retryMs,
    now: context.now(),
  };
}

function tellLeftovers({ context }: World, { metadata }: Provider, leftovers: readonly string[]): void {
  const { name = "", uid } = metadata;
  const more = leftovers.length > TOLD ? ` and ${leftovers.length - TOLD} more` : "";
  const message = `removed without cleaning up ${leftovers.slice(0, TOLD).join(", ")}${more}: it stayed out of reach for too long`;
  const subject = { apiVersion: "flare.clastix.io/v1alpha1", kind: "Provider", name };
  context.events.record(uid === undefined ? subject : { ...subject, uid }, {
    type: "Warning",
    reason: "LeftBehind",
    message,
  });
  context.log.warn({ provider: name }, message);
}

/** On top of the very state that was looked at; what has changed or gone since is looked at again when its news comes. */
async function writeFinalizers(
  { context }: World,
  { metadata }: Provider,
  finalizers: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { name, resourceVersion } = metadata;
  try {
    await context.client.patch(
      PROVIDERS,
      { name },
      { metadata: { resourceVersion, finalizers } },
      { signal },
    );
  } catch (error) {
    if (!isKubeError(error, "conflict") && !isKubeError(error, "not-found")) throw error;
  }
}
