/** Many federated Intents at once: how long, at what cost, and whether anything is sold twice. */
import { setTimeout as delay } from "node:timers/promises";
import { INTENTS } from "../../src/hub/intents/intent-view.ts";
import type { KubeObject } from "../../src/kubernetes/objects.ts";
import { quickTimings } from "../../src/sandbox/federation/timings.ts";
import { intent } from "../../test/integration/intents-harness.ts";
import { type HubProcess, startHubProcess } from "../hub/hub-process.ts";
import { callFigures } from "../hub/intents.ts";
import { clock } from "../hub/processes.ts";
import { TEAMS } from "../hub/site.ts";
import { type BenchResult, conditionsOf, type Figure, median, percentile } from "../support/figures.ts";
import { watchSales } from "./chaos.ts";
import { intentsOf, isDeployed, orphans } from "./ledger.ts";
import { freeGpus } from "./provider-status.ts";
import { type FederationSite, startSite, until } from "./site.ts";
import { between, followIntents } from "./timeline.ts";

/** Flavors for each Intent: some are lost to failures, and the rest of a sale is another Flavor. */
const SPARE = 1.25;
const APPLYING = 16;
/** The simulated controllers gather what happens, as real ones do: at each change they look at all of them. */
const STEP_MS = 50;
/** How fast the machine is that simulates is not what is measured. */
const PATIENT = { providers: { probeTimeout: "1m", unreachableAfter: "5m" } };
const SELLERS = ["alpha", "beta", "gamma", "delta"];

/** Applies so many Intents at a time, from few to many, each time to a federation of its own. */
export async function benchConcurrency(sizes: readonly number[]): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = [];
  for (const size of sizes) results.push(await atOnce(size));
  return results;
}

async function atOnce(size: number): Promise<BenchResult> {
  const sellers = Object.fromEntries(SELLERS.map((name) => [name, "clastix" as const]));
  const site = await startSite({ sellers, timings: { ...quickTimings, stepMs: STEP_MS } });
  const nodes = Math.ceil((size * SPARE) / SELLERS.length);
  for (const [at, seller] of site.sellers.entries()) seller.addNodes(nodes, 4 + at);
  const hub = startHubProcess(site.hub.kubeconfig, { intents: true, flavors: false, config: PATIENT });
  try {
    await until("candidates are offered", async () => (await freeGpus(site)) === nodes * SELLERS.length * 4);
    const figures = await measure(site, hub, size);
    const conditions = conditionsOf({
      Intents: size,
      Flavors: nodes * SELLERS.length,
      providers: SELLERS.length,
    });
    return { bench: `federation, ${size} Intents at once`, conditions, figures };
  } finally {
    await hub.end();
    await site.close();
  }
}

async function measure(site: FederationSite, hub: HubProcess, size: number): Promise<readonly Figure[]> {
  const seen = followIntents(site);
  const sales = watchSales(site);
  const before = hub.cpuMilliseconds();
  const cpuOfSimulation = process.cpuUsage();
  const callsBefore = await hub.calls();
  const [startedAt, names] = [clock(), namesOf(size)];
  await applyAll(site, names);
  await until("all Intents are deployed", async () => (await intentsOf(site)).every(isDeployed));
  const deployedIn = (clock() - startedAt) / 1000;
  const cpu = hub.cpuMilliseconds() - before;
  const calls = callFigures((name) => name, callsBefore, await hub.calls(), size);
  const times = names.map(({ name, namespace }) =>
    between(seen.of(`${namespace}/${name}`), "intent", "deployed"),
  );
  const contracts = site.sellers.reduce((sum, seller) => sum + seller.contracts(), 0);
  for (const target of names) await site.hub.client.delete(INTENTS, target);
  const deletedAt = clock();
  await until("all Intents are gone", async () => (await intentsOf(site)).length === 0);
  const goneIn = (clock() - deletedAt) / 1000;
  await delay(1000);
  const { user, system } = process.cpuUsage(cpuOfSimulation);
  const cpuAll = hub.cpuMilliseconds() - before;
  seen.stop();
  return [
    { name: "Flavors or GPUs that were sold twice", value: sales.stop().length, unit: "", atMost: 0 },
    { name: "Flavors bought and not used", value: contracts - size, unit: "", atMost: 0 },
    { name: "objects left when all are deleted", value: orphans(site).length, unit: "", atMost: 0 },
    { name: "all deployed", value: deployedIn, unit: "s" },
    { name: "all gone again", value: goneIn, unit: "s" },
    { name: "apply until deployed, median", value: median(times) / 1000, unit: "s" },
    { name: "apply until deployed, p99", value: percentile(times, 0.99) / 1000, unit: "s" },
    { name: "CPU of the hub for each, until deployed", value: cpu / size, unit: "ms" },
    { name: "CPU of the hub for each, until gone", value: (cpuAll - cpu) / size, unit: "ms" },
    { name: "CPU of the simulation for each", value: (user + system) / 1000 / size, unit: "ms" },
    { name: "highest memory of the hub", value: hub.memory().resident, unit: "MiB" },
    ...calls,
  ];
}

type Target = { readonly name: string; readonly namespace: string };

const namesOf = (size: number): readonly Target[] =>
  Array.from({ length: size }, (_, index) => ({
    name: `n-${index}`,
    namespace: TEAMS[index % TEAMS.length] ?? "",
  }));

async function applyAll(site: FederationSite, names: readonly Target[]): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < names.length; index = next++)
      await site.hub.client.create(INTENTS, intentOf(names[index], index));
  };
  await Promise.all(Array.from({ length: APPLYING }, worker));
}

/** In turn a Batch and a Service, of one, two and four GPUs. */
function intentOf({ name, namespace }: Target = { name: "", namespace: "" }, index: number): KubeObject {
  const type = index % 2 === 0 ? "Batch" : "Service";
  return intent(name, { namespace, type, gpu: { count: 2 ** (index % 3) } });
}
