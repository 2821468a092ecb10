import { VIRTUAL_NODE_TAINT } from "../../../fluidos/liqo.ts";
import { gibibytesOf, numberOf } from "../../../intent/values.ts";
import type { KubeObject } from "../../../kubernetes/objects.ts";
import { KEYS } from "../../../workload/identity.ts";
import { labelValue } from "../../../workload/names.ts";
import type { IntentView } from "../../intents/intent-view.ts";
import type { Place } from "../../intents/places.ts";
import type { Toleration } from "../../inventory/closed.ts";
import type { Reservations } from "../../inventory/reservations.ts";
import { deployObjects } from "../deploy.ts";
import type { DirectEngineOptions } from "../direct.ts";
import type { DeployCall, DeployResult, Engine, EngineNews, FoundPlace, StepResult } from "../engine.ts";
import { bounded, type Failure, failure, openTo } from "../open-provider.ts";
import { createWorkloadWatches } from "../workload-watches.ts";
import type { FluidosConfig } from "./config.ts";
import { followConsumers } from "./consumer-follower.ts";
import type { ConsumerView } from "./consumer-view.ts";
import { DEAL_KEYS, type DealIdentity, dealMark, tellTale } from "./deal-mark.ts";
import {
  candidateOf,
  type Deal,
  type DealWork,
  type DoneDeal,
  spareCandidate,
  workOnDeal,
} from "./deal-work.ts";
import { keepDiscovering } from "./discovery-rounds.ts";
import type { LateWork } from "./late-purchases.ts";
import { openNamespace } from "./offloading.ts";
import { releasePlace } from "./release.ts";
import { isUndone } from "./undone-deals.ts";

export interface FluidosEngineOptions extends DirectEngineOptions, Pick<LateWork, "onBoughtLate"> {
  readonly fluidos: FluidosConfig;
  /** What Intents hold. */
  readonly reservations: Pick<Reservations, "on">;
  readonly now: () => number;
  readonly random: () => number;
}

const LIQO: Toleration = { key: VIRTUAL_NODE_TAINT, operator: "Exists" };
const GIB = 2 ** 30;

/** The engine that buys: of clusters that the hub has no kubeconfig of, through FLUIDOS and Liqo in one that it has. */
export function createFluidosEngine(options: FluidosEngineOptions): Engine {
  const { providers, hub } = options;
  const watches = createWorkloadWatches(options, "fluidos");
  const listeners = new Set<(news: EngineNews) => void>();
  const tell = (news: EngineNews): void => {
    for (const listener of listeners) listener(news);
  };
  const within = openFederation(options);
  return {
    name: "fluidos",
    reserve: (view, place, signal) =>
      within(place.provider, signal, async (work) => {
        const results = await workOnDeals(work, dealsOf(hub, view, place, work.view));
        return worstOf(results) ?? { ok: true };
      }),
    deploy: (view, place, how) =>
      within(place.provider, how.signal, async (work) => {
        const deals = dealsOf(hub, view, place, work.view);
        const results = await workOnDeals(work, deals);
        const failed = worstOf(results);
        if (failed !== undefined) return failed;
        const done = new Map(deals.map(({ flavor }, at) => [flavor, results[at] as DoneDeal]));
        const namespaceSeen = watches.namespace(place);
        const result = await deployOn(options, work, { view, place, how, done, namespaceSeen });
        if (result.ok) watches.deployed(view.uid, place);
        else if (result.outlook === "hopeless")
          for (const deal of deals) await spareCandidate(work, deal, result.message, true);
        return result;
      }),
    observe: ({ uid }, place) => watches.observe(uid, place),
    isMissing: (view, place) => isDealUndone(options, view, place) || watches.isMissing(view.uid, place),
    release: (view, place, signal) =>
      within(
        place.provider,
        signal,
        async (work) => {
          const result = await releasePlace(work, hub, view, place.namespace);
          if (result.ok) watches.released(view.uid, place);
          return result;
        },
        // Of what was uninstalled nothing can be left.
        (consumer) => consumer.settled(),
      ),
    found: () => [
      ...watches.found(),
      ...providers.all().flatMap((entry) => dealsIn(hub, entry.name, entry.consumer?.())),
    ],
    sees: (provider) => watches.sees(provider) && providers.get(provider)?.consumer?.()?.settled() === true,
    subscribe: (listener) => {
      const unsubscribe = watches.subscribe(listener);
      listeners.add(listener);
      return () => {
        unsubscribe();
        listeners.delete(listener);
      };
    },
    run: async (signal) => {
      await Promise.all([
        watches.run(signal),
        followConsumers(providers, tell, signal),
        keepDiscovering(options, signal),
      ]);
    },
  };
}

/** Works at a federation as far as it can be reached and was read: all of it, or what `isRead` says is enough. */
function openFederation({ providers, fluidos, now }: FluidosEngineOptions) {
  return async <T extends StepResult>(
    provider: string,
    signal: AbortSignal,
    work: (work: DealWork) => Promise<T>,
    isRead = (view: ConsumerView): boolean => view.synced(),
  ): Promise<T | Failure> => {
    const open = openTo(providers.get(provider), provider);
    if (!("client" in open)) return open;
    const view = providers.get(provider)?.consumer?.();
    if (view === undefined || !isRead(view)) return unread(provider);
    return bounded(signal, (limited) =>
      work({ client: open.client, view, config: fluidos, now, signal: limited }),
    );
  };
}

const unread = (provider: string): Failure => ({
  ...failure(
    "FederationUnread",
    `what FLUIDOS and Liqo have at provider ${provider} was not all read yet; are both installed there?`,
  ),
  outlook: "under-way",
});

const flavorsOf = ({ tasks }: Place): readonly string[] => [...new Set(tasks.map(({ node }) => node))];

const identityOf = (
  hub: string,
  { uid, namespace, name, status }: IntentView,
  place: Place,
  flavor: string,
): DealIdentity => ({
  hub,
  intent: { uid, namespace, name },
  provider: place.provider,
  namespace: place.namespace,
  flavor,
  since: status.placement?.since ?? "",
});

function isDealUndone({ providers, hub }: FluidosEngineOptions, view: IntentView, place: Place): boolean {
  const consumer = providers.get(place.provider)?.consumer?.();
  if (consumer?.synced() !== true) return false;
  return flavorsOf(place).some((flavor) => isUndone(consumer, identityOf(hub, view, place, flavor)));
}

/** What the place needs of each Flavor. */
function dealsOf(hub: string, view: IntentView, place: Place, consumer: ConsumerView): readonly Deal[] {
  return flavorsOf(place).map((flavor): Deal => {
    const tasks = place.tasks.filter(({ node }) => node === flavor);
    const units = tasks.reduce((sum, task) => sum + task.units, 0);
    const identity = identityOf(hub, view, place, flavor);
    const part = partOf(view, { tasks: tasks.length, units }, candidateOf(consumer, flavor)?.flavor);
    return {
      ...identity,
      wanted: { flavor, resource: tasks[0]?.resource ?? "", units },
      part: { ...part, memoryBytes: part.memoryBytes + tellTale(identity) },
    };
  });
}

/** What the Intent asks; where it names no CPU or memory, the share that goes with its GPUs. A pod that ends and one that takes its place. */
function partOf(
  { read }: IntentView,
  { tasks, units }: { readonly tasks: number; readonly units: number },
  flavor: { readonly cpu: number; readonly memoryBytes: number; readonly values: object } | undefined,
): Deal["part"] {
  const { cpu, memory } = read.ok ? read.spec.workload.resources : {};
  const count = (flavor?.values as Readonly<Record<string, unknown>> | undefined)?.["gpu.fluidos.eu/count"];
  const share = units / Math.max(units, typeof count === "number" ? count : units);
  return {
    cpu: cpu === undefined ? (flavor?.cpu ?? 0) * share : numberOf(cpu) * tasks,
    memoryBytes:
      memory === undefined ? (flavor?.memoryBytes ?? 0) * share : gibibytesOf(memory) * GIB * tasks,
    pods: 2 * tasks,
    gpus: units,
  };
}

const workOnDeals = (work: DealWork, deals: readonly Deal[]): Promise<readonly (DoneDeal | Failure)[]> =>
  Promise.all(deals.map((deal) => workOnDeal(work, deal)));

/** Where one part of the place is hopeless, the whole is. */
function worstOf(results: readonly (DoneDeal | Failure)[]): Failure | undefined {
  const failures = results.filter((result) => !result.ok);
  return failures.find(({ outlook }) => outlook === "hopeless") ?? failures[0];
}

interface Deployment {
  readonly view: IntentView;
  readonly place: Place;
  readonly how: DeployCall;
  readonly done: ReadonlyMap<string, DoneDeal>;
  readonly namespaceSeen: KubeObject | undefined;
}

/** The workload as everywhere, bound to the virtual nodes of its own contracts. */
function deployOn(
  options: FluidosEngineOptions,
  work: DealWork,
  { view, place, how, done, namespaceSeen }: Deployment,
): Promise<DeployResult> {
  const nodes = new Map([...done.values()].map(({ node }) => [node.name, node]));
  const tasks = place.tasks.map((task) => ({ ...task, node: done.get(task.node)?.node.name ?? task.node }));
  const [flavor = ""] = done.keys();
  const offloading = {
    client: work.client,
    view: work.view,
    namespace: place.namespace,
    mark: dealMark(identityOf(options.hub, view, place, flavor)),
    deals: [...done.values()],
    timeoutMs: options.fluidos.peeringTimeout,
    now: options.now,
  };
  return deployObjects(
    {
      ...options,
      provider: options.providers.get(place.provider)?.provider(),
      namespaceSeen,
      tolerations: [...options.tolerations, LIQO],
      pool: {
        node: (_, name) => {
          const node = nodes.get(name);
          return node && { node: { hostname: node.hostname, taints: node.taints.map(withoutUndefined) } };
        },
      },
      prepare: (wanted, signal) => openNamespace(offloading, wanted, signal),
    },
    { client: work.client, view, place: { ...place, tasks }, suspended: how.suspended, signal: work.signal },
  );
}

const withoutUndefined = ({
  key,
  value,
  effect,
}: {
  key: string;
  value?: string | undefined;
  effect: string;
}) => (value === undefined ? { key, effect } : { key, value, effect });

/** Places for which this hub bought something. */
function dealsIn(hub: string, provider: string, view: ConsumerView | undefined): readonly FoundPlace[] {
  if (view?.settled() !== true) return [];
  return [...view.reservations(), ...view.allocations()]
    .filter(({ labels }) => labels[KEYS.hub] === labelValue(hub))
    .map(({ labels, annotations }) => ({
      provider,
      namespace: annotations[DEAL_KEYS.place] ?? "",
      uid: labels[KEYS.intentUid] ?? "",
      key: annotations[KEYS.intent] ?? "",
    }))
    .filter(({ namespace }) => namespace !== "");
}
