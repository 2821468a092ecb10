import type { Requirement } from "../../allocation/requirement.ts";
import type { IntentStatus } from "../../intent/status-schema.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { ControllerContext } from "../controller.ts";
import type { Engine } from "../engines/engine.ts";
import type { Utilization } from "../utilization/utilization.ts";
import type { Absences } from "./absence.ts";
import type { Book } from "./book.ts";
import type { Demand } from "./demand.ts";
import type { IntentStore } from "./intent-store.ts";
import { INTENTS, type IntentView, isAdmitted, type KubeIntent, viewOf } from "./intent-view.ts";
import type { IntentOptions } from "./options.ts";
import { heldPlacements } from "./places.ts";
import { type ReadRequirement, requirementOf } from "./requirement.ts";
import { type Announcement, normal } from "./step.ts";
import type { TenantNames } from "./tenant-names.ts";

/** All that the parts of the Intent controller share during one term. */
export interface World {
  readonly context: ControllerContext;
  readonly options: IntentOptions;
  readonly store: IntentStore;
  readonly tenants: Pick<TenantNames, "of">;
  readonly book: Book;
  readonly engine: Omit<Engine, "name">;
  readonly absences: Absences;
  readonly utilization: Utilization;
  readonly demand: Demand;
  /**
   * Intents (uid) whose placement was decided on: it is being written, or the write may or may not have arrived. What they
   * hold is certain only after the answer, or after a look.
   */
  readonly unsure: Map<string, "writing" | "unknown">;
  /** When the place in the queue of an Intent (uid) was told last (ms): spares writes, and nothing is lost with it. */
  readonly told: Map<string, number>;
  /** When it was last looked for moves that make room for an Intent (uid), milliseconds: spares work, and nothing is lost with it. */
  readonly tried: Map<string, number>;
  /** What keeps the places of an Intent (uid) from being cleaned up, as it was told last. */
  readonly obstacles: Map<string, string>;
  /** Wants a look at the Intent. */
  readonly wake: (key: string) => void;
  /** Wants the places that the Intent left cleaned up, beside whatever else is done for it. */
  readonly clean: (key: string) => void;
  /** Wants the queue gone through. */
  readonly schedule: (delayMs?: number) => void;
}

/** Takes in a state of an Intent, from a watch or from one of our writes, and what it holds with it. */
export function take(world: World, heard: IntentView): void {
  const { store, tenants, book, unsure, clean } = world;
  const view = { ...heard, tenant: tenants.of(heard.namespace) };
  const before = store.get(view.key);
  // Made anew under its name: that the old one went was missed.
  if (before !== undefined && before.uid !== view.uid && !store.isOutdated(view))
    forget(world, view.key, before.uid);
  store.put(view);
  const newest = store.get(view.key);
  if (newest !== undefined && !unsure.has(newest.uid)) book.set(newest.uid, heldPlacements(newest));
  if ((newest?.status.abandoned ?? []).length > 0) clean(view.key);
}

/** What it asks; what has run somewhere asks for GPUs of the same maker, unless it says otherwise. */
export function requirementFor({ options, context }: World, view: IntentView): ReadRequirement {
  if (!view.read.ok) return view.read;
  const read = requirementOf(view.read.spec, {
    resolveModel: options.resolveModel,
    now: context.now(),
    currency: options.currency,
    currencyRates: options.currencyRates,
    tenant: view.tenant,
    hosts: options.hosts,
  });
  const { ranOn } = view.status;
  if (!read.ok || ranOn === undefined) return read;
  const { gpu } = read.requirement;
  const isFree = gpu.vendor === undefined && gpu.model === undefined;
  return isFree ? { ok: true, requirement: { ...read.requirement, gpu: { ...gpu, vendor: ranOn } } } : read;
}

/** The requirement of an Intent that was admitted. */
export function askedBy(world: World, view: IntentView): Requirement | undefined {
  const read = requirementFor(world, view);
  return read.ok ? read.requirement : undefined;
}

const ADMISSION: Announcement = {
  ...normal("Admitted", "the spec is understood and can be honoured"),
  event: false,
};

/**
 * Writes a status on top of the very state that it was worked out from, and takes in the answer. Throws `conflict` where
 * the Intent has changed since: then it is looked at again.
 */
export async function writeStatus(
  world: World,
  view: IntentView,
  status: IntentStatus,
  signal: AbortSignal,
): Promise<IntentView> {
  const { namespace, name, uid, resourceVersion } = view;
  const object = {
    apiVersion: "flare.clastix.io/v1alpha1",
    kind: "Intent",
    metadata: { namespace, name, uid, resourceVersion },
    spec: view.written,
    status,
  };
  const written = await world.context.client.update<KubeIntent>(INTENTS, object, {
    subresource: "status",
    signal,
  });
  const next = viewOf(written, world.options.currency, view);
  world.context.metrics.intents.wrote(view.tenant, view.status, next.status);
  world.unsure.delete(uid);
  take(world, next);
  // Told along with something else that says more: no Event of its own.
  if (!isAdmitted(view) && isAdmitted(next)) announce(world, next, ADMISSION);
  return next;
}

/** Looks at the Intent in the API itself; undefined where it is gone. */
export async function readAgain(
  world: World,
  view: IntentView,
  signal: AbortSignal,
): Promise<IntentView | undefined> {
  const { namespace, name, key, uid } = view;
  try {
    const found = viewOf(
      await world.context.client.get<KubeIntent>(INTENTS, { namespace, name }, { signal }),
      world.options.currency,
      view,
    );
    world.unsure.delete(uid);
    if (found.uid !== uid) forget(world, key, uid);
    take(world, found);
    return world.store.get(key);
  } catch (error) {
    if (!isKubeError(error, "not-found")) throw error;
    forget(world, key, uid);
    return undefined;
  }
}

/** The Intent is gone, and with it what it held. */
export function forget(world: World, key: string, uid: string): void {
  world.unsure.delete(uid);
  world.told.delete(uid);
  world.tried.delete(uid);
  world.obstacles.delete(uid);
  world.demand.forget(uid);
  world.store.remove(key, uid);
  world.book.set(uid, []);
  world.schedule();
}

/** Tells people: an Event on the Intent, a line of the audit log, and a notification to each webhook that wants it. */
export function announce({ context, options }: World, view: IntentView, announcement: Announcement): void {
  const { namespace, name, uid } = view;
  const { type, reason, message, event = true } = announcement;
  const subject = { apiVersion: "flare.clastix.io/v1alpha1", kind: "Intent", name, namespace, uid };
  if (event) context.events.record(subject, { type, reason, message });
  context.notifier.tell(view, announcement, options.hub ?? "");
  const { phase, placement, cost } = view.status;
  context.log.info(
    {
      audit: true,
      intent: view.key,
      uid,
      tenant: view.tenant,
      generation: view.generation,
      requestedBy: view.requestedBy,
      action: reason,
      phase,
      provider: placement?.provider,
      node: placement?.node,
      gpus: placement?.gpus,
      rate: placement?.rate,
      accrued: cost?.accrued,
    },
    message,
  );
}
