import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { WorkResult } from "../../kubernetes/work-queue.ts";
import type { WorkloadObservation } from "../../workload/observe.ts";
import type { StepResult } from "../engines/engine.ts";
import { factsOf, worstOf } from "./facts.ts";
import { giveUpAs, troubleIn } from "./give-up.ts";
import {
  conditionOf,
  FINALIZER,
  holdsPlacement,
  INTENTS,
  type IntentView,
  type KubeIntent,
  viewOf,
} from "./intent-view.ts";
import { cleanedStatus, goneStatus, sayTheSame, stuckStatus } from "./next-status.ts";
import { deployedStep, nextStep, type Step } from "./next-step.ts";
import { tellObstacles } from "./obstacles.ts";
import { type Place, placesOf } from "./places.ts";
import { announce, forget, readAgain, take, type World, writeStatus } from "./world.ts";

/** No Intent needs more steps in a row; what does is a fault of ours, and must not spin. */
const MOST_STEPS = 12;
/** Writes of one Intent that may come between. */
const MOST_TRIES = 5;

/** Brings one Intent nearer to what it should be, step by step. Throws what the API throws: then it is tried again. */
export async function reconcile(world: World, key: string, signal: AbortSignal): Promise<WorkResult> {
  let view = world.store.get(key);
  const unsure = view === undefined ? undefined : world.unsure.get(view.uid);
  // Whoever writes its placement wakes it when that is done.
  if (unsure === "writing") return {};
  if (view !== undefined && unsure === "unknown") view = await readAgain(world, view, signal);
  const pass = { cleaned: false };
  for (let step = 0; step < MOST_STEPS && view !== undefined; step += 1) {
    const next = nextStep(view, factsOf(world, view, pass.cleaned));
    const done = await attempt(world, view, next, signal, pass);
    if ("result" in done) return done.result;
    view = done.view;
  }
  return view === undefined ? {} : { requeueAfterMs: world.options.retryMs };
}

/** Cleans up what a living Intent left. A provider that is slow or away keeps nothing else from being done for it. */
export async function cleanUp(world: World, key: string, signal: AbortSignal): Promise<WorkResult> {
  const view = world.store.get(key);
  const places = view?.status.abandoned ?? [];
  if (view === undefined || view.deletingSince !== undefined || places.length === 0) return {};
  try {
    const next = await clean(world, view, places, signal);
    return (next.status.abandoned ?? []).length === 0 ? {} : { requeueAfterMs: world.options.retryMs };
  } catch (error) {
    if (!isKubeError(error, "conflict") && !isKubeError(error, "not-found")) throw error;
    await readAgain(world, view, signal);
    return { requeueAfterMs: 0 };
  }
}

type Done = { readonly result: WorkResult } | { readonly view: IntentView | undefined };

/** What we worked on was not the newest state: that one comes, or is fetched, and is worked on instead. */
async function attempt(
  world: World,
  view: IntentView,
  step: Step,
  signal: AbortSignal,
  pass: { cleaned: boolean },
): Promise<Done> {
  try {
    return await perform(world, view, step, signal, pass);
  } catch (error) {
    if (isKubeError(error, "conflict") || isKubeError(error, "not-found")) {
      return { view: await readAgain(world, view, signal) };
    }
    throw error;
  }
}

async function perform(
  world: World,
  view: IntentView,
  step: Step,
  signal: AbortSignal,
  pass: { cleaned: boolean },
): Promise<Done> {
  switch (step.do) {
    case "rest":
      return { result: { requeueAfterMs: step.afterMs } };
    case "schedule":
      world.schedule();
      return { result: { requeueAfterMs: step.afterMs } };
    case "write":
      return { view: await write(world, view, step, signal) };
    case "add-finalizer":
      return { view: await writeFinalizers(world, view, [...view.finalizers, FINALIZER], signal) };
    case "release":
      pass.cleaned = true;
      return { view: await clean(world, view, step.places, signal) };
    case "let-go":
      return letGo(world, view, step.leftovers, signal);
    case "deploy":
      return deploy(world, view, step, signal);
  }
}

async function write(
  world: World,
  view: IntentView,
  { status, say }: Extract<Step, { do: "write" }>,
  signal: AbortSignal,
): Promise<IntentView> {
  const held = holdsPlacement(view);
  const next = await writeStatus(world, view, status, signal);
  if (say !== undefined) announce(world, next, say);
  if (held && !holdsPlacement(next)) world.schedule();
  return next;
}

async function writeFinalizers(
  world: World,
  view: IntentView,
  finalizers: readonly string[],
  signal: AbortSignal,
): Promise<IntentView> {
  const { namespace, name, resourceVersion } = view;
  const patch = { metadata: { resourceVersion, finalizers } };
  const patched = await world.context.client.patch<KubeIntent>(INTENTS, { namespace, name }, patch, {
    signal,
  });
  const next = viewOf(patched, world.options.currency, view);
  take(world, next);
  return next;
}

/** Cleans what can be cleaned now. A deleted Intent's own place is moved among the left ones once it is clean. */
async function clean(
  world: World,
  view: IntentView,
  places: readonly Pick<Place, "provider" | "namespace">[],
  signal: AbortSignal,
): Promise<IntentView> {
  const results = await Promise.all(
    places.map(async (place) => ({ place, result: await world.engine.release(view, place, signal) })),
  );
  const clean = results.filter(({ result }) => result.ok).map(({ place }) => place);
  const isClean = (place: Pick<Place, "provider" | "namespace">): boolean =>
    clean.some(({ provider, namespace }) => provider === place.provider && namespace === place.namespace);
  const isLate = isLateFor(view, world.context.now());
  const obstacles = results.flatMap(({ place, result }) =>
    result.ok || (result.reason === "Terminating" && !isLate(place))
      ? []
      : [{ ...place, message: result.message }],
  );
  if (clean.length === 0) return tellObstacles(world, view, obstacles, signal);
  const leftovers = results.flatMap(({ result }) => (result.ok ? (result.leftovers ?? []) : []));
  const next = await writeCleaned(world, view, { isClean, leftovers }, signal);
  const what = clean.map(({ provider, namespace }) => `namespace ${namespace} of provider ${provider}`);
  const message = `nothing is left in ${what.join(" and ")}`;
  announce(world, next, { type: "Normal", reason: "CleanedUp", message, event: false });
  if (leftovers.length > 0)
    announce(world, next, { type: "Warning", reason: "NotGivenBack", message: leftovers.join("; ") });
  world.schedule();
  return tellObstacles(world, next, obstacles, signal);
}

/** What ends takes its time, and is no obstacle; but whoever waits for longer than this is told for what. */
const ENDS_WITHIN_MS = 5 * 60_000;

function isLateFor({ status, deletingSince }: IntentView, now: number) {
  return ({ provider, namespace }: Pick<Place, "provider" | "namespace">): boolean => {
    const left = status.abandoned?.find((each) => each.provider === provider && each.namespace === namespace);
    const since = left?.since === undefined ? (deletingSince ?? now) : Date.parse(left.since);
    return now - since > ENDS_WITHIN_MS;
  };
}

interface Cleaned {
  readonly isClean: (place: Pick<Place, "provider" | "namespace">) => boolean;
  readonly leftovers: readonly string[];
}

/** What could not be given back is told by this call and by none after it: it is written on top of whatever comes between. */
async function writeCleaned(
  world: World,
  view: IntentView,
  { isClean, leftovers }: Cleaned,
  signal: AbortSignal,
): Promise<IntentView> {
  let newest = view;
  for (let tries = 1; ; tries += 1) {
    const present = placesOf(newest.status.placement);
    const now = world.context.now();
    const cleaned = cleanedStatus(newest, isClean, now, leftovers);
    const isGone = newest.deletingSince !== undefined && present.length > 0 && present.every(isClean);
    try {
      return await writeStatus(world, newest, isGone ? goneStatus(cleaned, now) : cleaned, signal);
    } catch (error) {
      const again = isKubeError(error, "conflict") && tries < MOST_TRIES;
      const found = again ? await readAgain(world, newest, signal) : undefined;
      if (found?.uid !== view.uid) throw error;
      newest = found;
    }
  }
}

async function letGo(
  world: World,
  view: IntentView,
  leftovers: readonly string[],
  signal: AbortSignal,
): Promise<Done> {
  if (leftovers.length > 0) {
    const message = `deleted without cleaning up ${leftovers.join(" and ")}: it stayed out of reach for too long`;
    announce(world, view, { type: "Warning", reason: "LeftBehind", message });
  }
  const rest = view.finalizers.filter((each) => each !== FINALIZER);
  await writeFinalizers(world, view, rest, signal);
  announce(world, view, { type: "Normal", reason: "Released", message: "nothing of it is kept any more" });
  // Other finalizers may hold the object; ours is done with it either way.
  if (rest.length === 0) forget(world, view.key, view.uid);
  return { result: {} };
}

async function deploy(
  world: World,
  view: IntentView,
  { places, suspended }: Extract<Step, { do: "deploy" }>,
  signal: AbortSignal,
): Promise<Done> {
  const seen: WorkloadObservation[] = [];
  for (const place of places) {
    const reserved = await world.engine.reserve(view, place, signal);
    const result = reserved.ok ? await world.engine.deploy(view, place, { suspended, signal }) : reserved;
    if (result.ok) {
      seen.push(result.seen);
      continue;
    }
    return fallShort(world, view, result, signal);
  }
  const step = deployedStep(view, { suspended, seen: worstOf(seen) }, world.context.now());
  return perform(world, view, step, signal, { cleaned: false });
}

/** It is tried again, or looks for another place where this one will not do. */
async function fallShort(
  world: World,
  view: IntentView,
  failure: Extract<StepResult, { ok: false }>,
  signal: AbortSignal,
): Promise<Done> {
  const { reason, message, outlook } = failure;
  const now = world.context.now();
  const leaving = giveUpAs(view, failure, { now, startLimits: world.options.start });
  if (leaving !== undefined) return { view: await write(world, view, leaving, signal) };
  const isTroubled = troubleIn(failure) !== undefined;
  const status = stuckStatus(view, { reason, message, isTroubled }, now);
  if (!sayTheSame(status, view.status)) {
    const next = await writeStatus(world, view, status, signal);
    const tone =
      outlook === "under-way" ? ({ type: "Normal", event: false } as const) : { type: "Warning" as const };
    // Since when it is so is no news.
    if (conditionOf(view, "Deployed")?.message !== message)
      announce(world, next, { ...tone, reason, message });
  }
  return { result: { requeueAfterMs: world.options.retryMs } };
}
