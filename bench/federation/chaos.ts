/** Everything goes wrong while Intents come and go: in the end all that are left work, and then nothing is left of any. */
import { setTimeout as delay } from "node:timers/promises";
import { INTENTS } from "../../src/hub/intents/intent-view.ts";
import { FLAVORS, type Kind } from "../../src/sandbox/federation/kinds.ts";
import { quickTimings, type Timings } from "../../src/sandbox/federation/timings.ts";
import type { KubeObject as Stored } from "../../src/sandbox/object.ts";
import { intent } from "../../test/integration/intents-harness.ts";
import { randomOf } from "../cost/random.ts";
import { type Act, defectsFor, type Form, type Lasting, planChaos } from "./chaos-plan.ts";
import { doubleSales, intentsOf, orphans, oversold, stuck } from "./ledger.ts";
import { type FederationSite, type Seller, startSite, until } from "./site.ts";

/** A hub that can die at any moment, as its process would. */
export interface MortalHub {
  die(): Promise<void>;
}

export interface ChaosOptions {
  readonly form: Form;
  readonly seed: number;
  readonly intents: number;
  /** How long what lasts goes on after the last thing happened. */
  readonly holdMs: number;
  /** Starts a hub in the cluster that buys, with `CHAOS_CONFIG`. */
  readonly startHub: (site: FederationSite) => MortalHub;
}

/** What came of a run; the first three are to be empty. */
export interface ChaosOutcome {
  readonly soldTwice: readonly string[];
  /** Intents that had neither a workload in its place nor ended, when all troubles were over. */
  readonly stuck: readonly string[];
  /** What was there when all Intents were gone. */
  readonly orphans: readonly string[];
  readonly deployed: number;
  readonly bought: number;
  /** How often each trouble came. */
  readonly troubles: Readonly<Record<string, number>>;
  /** How often the hub said so of Intents, by the reason of its Events. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly settledInMs: number;
}

/** Time limits so short that they are met; but the door to the federation is this process, and as slow as its machine. */
export const CHAOS_CONFIG = {
  flavors: { enabled: false },
  providers: { probeEvery: "1s", probeTimeout: "30s", unreachableAfter: "1m", statusEvery: "2s" },
  intents: { queueEvery: "300ms", retryEvery: "300ms", maxInterruption: "15s", settle: "2s" },
  fluidos: {
    discoverEvery: "1s",
    discoveryTimeout: "3s",
    forgetAfter: "10m",
    retryAfter: "2s",
    reservationTimeout: "10s",
    peeringTimeout: "15s",
    sliceTimeout: "1s",
    grantTimeout: "2s",
  },
};

/** As quick as it goes, but long enough that something can happen in between. */
const TIMINGS: Timings = {
  ...quickTimings,
  stepMs: 2,
  rearMs: 20,
  lookMs: 30,
  establishMs: 100,
  grantMs: 30,
  nodeMs: 60,
  namespaceMs: 30,
  podMs: 30,
  taskMs: 3000,
};

const LASTS_MS = 30_000;
const SETTLE_MS = 300_000;

/** Runs the plan of a seed. Throws where what is left does not come to rest. */
export async function runChaos({
  form,
  seed,
  intents,
  holdMs,
  startHub,
}: ChaosOptions): Promise<ChaosOutcome> {
  const [random, chance] = [randomOf(seed), randomOf(seed + 1)];
  const { sellers, buyer, liqo } = form;
  const defects = defectsFor(form, random);
  const plan = planChaos(intents, random);
  const site = await startSite({
    sellers,
    buyer,
    liqo,
    defects,
    timings: TIMINGS,
    runWorkloads: true,
    random: () => chance.next(),
  });
  for (const seller of site.sellers) seller.addNodes(Math.ceil(intents / 2), 4);
  const run: Run = { site, startHub, hub: startHub(site), applied: [], ends: [] };
  const sales = watchSales(site);
  try {
    for (const act of plan) await perform(run, act);
    await delay(holdMs);
    for (const end of run.ends.splice(0)) end();
    // Who could not be served for want of Flavors is no fault of the hub.
    for (const seller of site.sellers) seller.addNodes(intents, 5);
    const settledInMs = await settle(site);
    const left = await intentsOf(site);
    const before = { deployed: left.length, stuck: stuck(left) };
    await removeAll(site);
    return {
      ...before,
      soldTwice: sales.stop(),
      orphans: orphans(site),
      bought: site.sellers.reduce((sum, seller) => sum + seller.contracts(), 0),
      troubles: countOf(plan.map(({ what }) => what)),
      reasons: reasonsIn(site),
      settledInMs,
    };
  } finally {
    sales.stop();
    await run.hub.die();
    await site.close();
  }
}

interface Run {
  readonly site: FederationSite;
  readonly startHub: ChaosOptions["startHub"];
  hub: MortalHub;
  readonly applied: string[];
  /** Ends of what lasts. */
  readonly ends: (() => void)[];
}

async function perform(run: Run, act: Act): Promise<void> {
  await delay(act.afterMs);
  const { site } = run;
  const seller = chosen(site.sellers, act.which);
  if (seller === undefined) return;
  const { federation, consumer } = site;
  const provider = federation.provider(seller.name);
  switch (act.what) {
    case "Intent applied":
      return apply(run, act);
    case "Intent deleted":
      return remove(run, act);
    case "hub killed":
      await run.hub.die();
      run.hub = run.startHub(site);
      return;
    case "reservation fails":
      return provider.failNext("reservation", 1 + Math.floor(act.much * 3));
    case "purchase fails":
      return provider.failNext("purchase", 1 + Math.floor(act.much * 3));
    case "discovery fails":
      return provider.failNext("discovery", 1 + Math.floor(act.much * 3));
    case "sold elsewhere":
    case "withdrawn":
      return takeAway(seller, act, (flavor) =>
        act.what === "withdrawn" ? provider.withdraw(flavor) : provider.sellElsewhere(flavor),
      );
    case "conflict":
      return federation.conflict(1 + Math.floor(act.much * 3));
    case "API errors":
      return consumer.failNext(
        1 + Math.floor(act.much * 12),
        chosen([409, 429, 500, 503, 504], act.which) ?? 500,
      );
    case "watches cut":
      return consumer.dropWatches();
    case "history compacted":
      consumer.compact();
      return consumer.dropWatches();
    case "node added":
      return seller.addNodes(1, 4);
    default:
      return begin(run, act.what, seller, 300 + act.much * LASTS_MS);
  }
}

const chosen = <T>(from: readonly T[], which: number): T | undefined => from[Math.floor(which * from.length)];

/** It lasts for a while, also while other things happen, and is over in the end. */
function begin(run: Run, what: Lasting, { name }: Seller, forMs: number): void {
  const provider = run.site.federation.provider(name);
  const troubles: Readonly<Record<Lasting, readonly [begin: () => void, end: () => void]>> = {
    away: [() => provider.goAway(), () => provider.comeBack()],
    "withholds GPUs": [() => provider.withholdGpus(), () => provider.withholdGpus(false)],
    "denies slices": [() => provider.denySlices(), () => provider.denySlices(false)],
    "peering lost": [() => provider.losePeering(), () => provider.restorePeering()],
    unpeered: [() => provider.dropForeignCluster(), () => provider.restorePeering()],
  };
  const [start, stop] = troubles[what];
  start();
  const timer = setTimeout(stop, forMs);
  run.ends.push(() => {
    clearTimeout(timer);
    stop();
  });
}

/** In turn a Batch and a Service of one, two and four GPUs. */
async function apply({ site, applied }: Run, { which }: Act): Promise<void> {
  const name = `n-${applied.length}`;
  const type = applied.length % 2 === 0 ? "Batch" : "Service";
  applied.push(name);
  await persist(() =>
    site.hub.client.create(INTENTS, intent(name, { type, gpu: { count: chosen([1, 2, 4], which) } })),
  );
}

async function remove({ site, applied }: Run, { which }: Act): Promise<void> {
  const name = chosen(applied, which);
  if (name !== undefined) await persist(() => site.hub.client.delete(INTENTS, { name, namespace: "team-a" }));
}

/** People try again when the API has an error. */
async function persist(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (String(error).includes("already exists")) return;
      await delay(50);
    }
  }
}

/** Somebody else buys it, or its node leaves. */
function takeAway({ cluster }: Seller, { much }: Act, take: (flavor: string) => void): void {
  const offered = cluster.list(FLAVORS).filter(({ spec }) => spec.availability);
  const flavor = chosen(offered, much);
  try {
    if (flavor !== undefined) take(flavor.metadata.name);
  } catch {
    // It is bought just now.
  }
}

/** Waits until nobody is on its way any more; returns how long that took. Who never arrives is told by the outcome. */
async function settle(site: FederationSite): Promise<number> {
  const startedAt = performance.now();
  const isQuiet = async (): Promise<boolean> => stuck(await intentsOf(site)).length === 0;
  await until("all Intents are settled", isQuiet, SETTLE_MS).catch(() => undefined);
  return performance.now() - startedAt;
}

async function removeAll(site: FederationSite): Promise<void> {
  for (const { metadata } of await intentsOf(site))
    await persist(() =>
      site.hub.client.delete(INTENTS, { name: metadata?.name, namespace: metadata?.namespace }),
    );
  const isClean = async (): Promise<boolean> =>
    (await intentsOf(site)).length === 0 && orphans(site).length === 0;
  await until("everything is gone", isClean, SETTLE_MS).catch(() => undefined);
}

/** Looks at all sales while they are made. `stop` returns what was sold twice. */
export function watchSales(site: FederationSite): { stop(): readonly string[] } {
  const found = new Set<string>();
  const look = async (): Promise<void> => {
    for (const sale of [...doubleSales(site, await intentsOf(site)), ...oversold(site)]) found.add(sale);
  };
  const timer = setInterval(() => void look().catch(() => undefined), 200);
  return {
    stop: () => {
      clearInterval(timer);
      return [...found];
    },
  };
}

const countOf = (words: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
};

interface Event extends Stored {
  readonly reason?: string;
  readonly count?: number;
}

/** They are kept as core/v1 has them. */
const EVENTS: Kind<Event> = { apiVersion: "v1", kind: "Event" };

const reasonsIn = ({ cluster }: FederationSite): Readonly<Record<string, number>> =>
  countOf(
    cluster
      .list(EVENTS)
      .flatMap(({ reason = "", count = 1 }) => Array.from({ length: Math.max(1, count) }, () => reason)),
  );
