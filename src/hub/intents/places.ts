import type { Placed, Placement } from "../../allocation/decision.ts";
import type { Offer } from "../../allocation/types.ts";
import type { IntentSpec } from "../../intent/spec-schema.ts";
import type {
  AbandonedPlace,
  IntentPlacement,
  IntentStatus,
  IntentTask,
} from "../../intent/status-schema.ts";
import { gibibytesOf, numberOf } from "../../intent/values.ts";
import { formatMoney } from "../../units/money.ts";
import { joinName, workloadNamespace } from "../../workload/names.ts";
import { given } from "../inventory/given.ts";
import type { Reservation } from "../inventory/reservations.ts";
import { timestamp } from "./conditions.ts";
import { modelOf, rounded } from "./explain.ts";
import { FINALIZER, holdsPlacement, type IntentView } from "./intent-view.ts";
import { workloadPrint } from "./workload-print.ts";

/** A namespace in a provider with the tasks of an Intent in it: what an engine works on. */
export interface Place {
  readonly provider: string;
  readonly namespace: string;
  readonly tasks: readonly IntentTask[];
}

/** The places of a placement, one for each provider. */
export function placesOf(placement: IntentPlacement | undefined): readonly Place[] {
  if (placement === undefined) return [];
  const byProvider = new Map<string, IntentTask[]>();
  for (const task of placement.tasks) {
    byProvider.set(task.provider, [...(byProvider.get(task.provider) ?? []), task]);
  }
  const { namespace = "" } = placement;
  return [...byProvider].map(([provider, tasks]) => ({ provider, namespace, tasks }));
}

/** What a decision becomes in the status. */
export function placementOf(
  view: IntentView,
  decision: Placed,
  offers: readonly Offer[],
  now: number,
): IntentPlacement {
  const chosen = decision.placements.map((placement) => offers.find(({ id }) => id === placement.offer));
  const models = [...new Set(chosen.map(modelOf).filter((model) => model !== undefined))];
  const vendors = new Set(chosen.map((offer) => offer?.gpu.vendor));
  const vendor = vendors.size === 1 ? chosen[0]?.gpu.vendor : undefined;
  let index = 0;
  const tasks = decision.placements.flatMap((placement) =>
    Array.from({ length: placement.tasks }, (): IntentTask => taskOf(placement, index++)),
  );
  return {
    provider: unique(decision.placements.map(({ provider }) => provider)),
    node: unique(decision.placements.map(({ node }) => node)),
    ...(models.length === 0 ? {} : { model: models.join(",") }),
    ...given({ vendor }),
    gpus: decision.placements.reduce((sum, { units }) => sum + units, 0),
    ...(decision.rate === undefined ? {} : { rate: formatMoney(rounded(decision.rate)) }),
    engine: chosen.some((offer) => offer?.soldOnce === true) ? "fluidos" : "direct",
    namespace: freshNamespace(view),
    generation: view.generation,
    ...given({ workload: workloadPrint(view) }),
    since: timestamp(now),
    tasks,
  };
}

const unique = (names: readonly string[]): string => [...new Set(names)].join(",");

function taskOf(
  { provider, node, offer, resource, units, tasks, rate }: Placement,
  index: number,
): IntentTask {
  const share = rate && rounded({ ...rate, amount: rate.amount / tasks });
  return {
    index,
    provider,
    node,
    offer,
    resource,
    units: units / tasks,
    ...(share === undefined ? {} : { rate: formatMoney(share) }),
  };
}

/**
 * A namespace that no earlier place of the Intent uses: what is new never waits for the end of what was before, nor
 * takes it for its own.
 */
function freshNamespace(view: IntentView): string {
  const base = workloadNamespace(view.tenant, view);
  const taken = new Set(heldNamespaces(view.status));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : joinName(base, String(number));
    if (!taken.has(name)) return name;
  }
}

/** Namespaces in which something of the Intent may be. */
export const heldNamespaces = ({ placement, abandoned = [] }: IntentStatus): readonly string[] =>
  [placement?.namespace, ...abandoned.map(({ namespace }) => namespace)].filter((name) => name !== undefined);

/** Namespaces of a provider in which Intents run now. */
export function runningIn(views: Iterable<IntentView>, provider: string): readonly string[] {
  const running = [...views].filter(({ status }) => status.phase === "Running");
  return running
    .flatMap(({ status }) => placesOf(status.placement))
    .filter((place) => place.provider === provider && place.namespace !== "")
    .map(({ namespace }) => namespace);
}

/** The status' list of left places with the present placement added to it, and the GPUs that are held there. */
export function abandon(status: IntentStatus, reason: string, now: number): readonly AbandonedPlace[] {
  const since = timestamp(now);
  const isHeld = holdsPlacement({ status });
  const left = placesOf(status.placement).map(
    (place): AbandonedPlace => ({
      provider: place.provider,
      namespace: place.namespace,
      reason,
      since,
      tasks: isHeld ? [...place.tasks] : [],
    }),
  );
  return [...(status.abandoned ?? []), ...left];
}

/** What the Intent holds, for the ledger: its placement, and what it left and is not clean yet. */
export function heldPlacements(view: IntentView): readonly Placement[] {
  // Deleted before anything was created, or let go since: somebody else's finalizer must not keep our GPUs.
  if (view.deletingSince !== undefined && !view.finalizers.includes(FINALIZER)) return [];
  const tasks = [
    ...(holdsPlacement(view) ? (view.status.placement?.tasks ?? []) : []),
    ...(view.status.abandoned ?? []).flatMap((place) => place.tasks),
  ];
  const spec = view.read.ok ? view.read.spec : undefined;
  return asPlacements(tasks, spec);
}

/** Tasks as the ledger counts them; CPU and memory as the spec has them now. */
export function asPlacements(
  tasks: readonly IntentTask[],
  spec: IntentSpec | undefined,
): readonly Placement[] {
  const { cpu, memory, gpu } = spec?.workload.resources ?? {};
  const byOffer = new Map<string, Placement>();
  for (const { provider, node, resource, units } of tasks) {
    const offer = `${provider}/${node}/${resource}`;
    const known = byOffer.get(offer);
    byOffer.set(offer, {
      offer,
      provider,
      node,
      resource,
      tasks: (known?.tasks ?? 0) + 1,
      units: (known?.units ?? 0) + units,
      cpu: (known?.cpu ?? 0) + (cpu === undefined ? 0 : numberOf(cpu)),
      memoryGi: (known?.memoryGi ?? 0) + (memory === undefined ? 0 : gibibytesOf(memory)),
      exclusive: gpu?.dedicated === true,
    });
  }
  return [...byOffer.values()];
}

/** The same for the inventory, which subtracts it from what it tells. */
export const asReservations = (placements: readonly Placement[]): readonly Reservation[] =>
  placements.map(({ provider, node, resource, units, cpu, memoryGi }) => ({
    provider,
    node,
    resource,
    units,
    cpu,
    memoryGi,
  }));
