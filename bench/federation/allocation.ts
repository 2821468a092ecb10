/** One federated Intent after the other: how long the hub takes, how long FLUIDOS and Liqo, and what is asked of the API. */
import { setTimeout as delay } from "node:timers/promises";
import { INTENTS } from "../../src/hub/intents/intent-view.ts";
import { realTimings } from "../../src/sandbox/federation/timings.ts";
import { intent } from "../../test/integration/intents-harness.ts";
import { type HubProcess, startHubProcess } from "../hub/hub-process.ts";
import { callFigures } from "../hub/intents.ts";
import { type BenchResult, conditionsOf, type Figure, median } from "../support/figures.ts";
import { intentsOf, isDeployed } from "./ledger.ts";
import { freeGpus } from "./provider-status.ts";
import { type FederationSite, startSite, until } from "./site.ts";
import { between, followIntents, hubsShare, STAGES, type Timeline } from "./timeline.ts";

/** Discovery is counted by itself, before: then there is one round at the start, and no other. */
const ONE_ROUND = { fluidos: { discoverEvery: "1h", forgetAfter: "2h" } };
const ROUNDS_MS = 20_000;

/** Allocates for so many Intents, with controllers that take as long as real ones. */
export async function benchAllocation(intents: number): Promise<BenchResult> {
  const site = await startSite({ sellers: { alpha: "clastix" }, timings: realTimings });
  site.sellers[0]?.addNodes(intents, 4);
  let hub: HubProcess | undefined;
  try {
    const rounds = await measureRounds(site, 4 * intents);
    const parts = { intents: true, flavors: false };
    hub = startHubProcess(site.hub.kubeconfig, { ...parts, config: ONE_ROUND });
    await hub.next("synced");
    const figures = await measure(site, hub, intents);
    const conditions = conditionsOf({ Intents: intents, Flavors: intents, timings: "real" });
    return { bench: "federation, one Intent after the other", conditions, figures: [...figures, ...rounds] };
  } finally {
    await hub?.end();
    await site.close();
  }
}

async function measure(site: FederationSite, hub: HubProcess, intents: number): Promise<readonly Figure[]> {
  const seen = followIntents(site);
  await quiet(hub);
  const before = await hub.calls();
  const lines: Timeline[] = [];
  for (let index = 0; index < intents; index += 1) lines.push(await allocate(site, seen, `n-${index}`));
  await quiet(hub);
  const allocated = await hub.calls();
  for (let index = 0; index < intents; index += 1)
    await site.hub.client.delete(INTENTS, { name: `n-${index}`, namespace: "team-a" });
  await until("all Intents are gone", async () => (await intentsOf(site)).length === 0);
  await quiet(hub);
  seen.stop();
  const released = await hub.calls();
  return [
    ...timeFigures(lines),
    ...callFigures((name) => `allocation: ${name}`, before, allocated, intents),
    ...callFigures((name) => `giving back: ${name}`, allocated, released, intents),
  ];
}

async function allocate(
  site: FederationSite,
  seen: ReturnType<typeof followIntents>,
  name: string,
): Promise<Timeline> {
  await site.hub.client.create(INTENTS, intent(name));
  await until(`${name} is deployed`, async () =>
    (await intentsOf(site)).some((found) => found.metadata?.name === name && isDeployed(found)),
  );
  return seen.of(`team-a/${name}`);
}

function timeFigures(lines: readonly Timeline[]): readonly Figure[] {
  const ms = (name: string, read: (line: Timeline) => number): Figure => ({
    name,
    value: median(lines.map(read)),
    unit: "ms",
  });
  return [
    ms("reservation until node ready", (line) => between(line, "reservation", "node ready")),
    ms("  of which the hub's", (line) => hubsShare(line, "reservation", "node ready")),
    ms("Intent until deployed", (line) => between(line, "intent", "deployed")),
    ms("  of which the hub's", (line) => hubsShare(line, "intent", "deployed")),
    ...STAGES.slice(1).map(({ name, by }, at) =>
      ms(`    until ${name} (${by})`, (line) => between(line, STAGES[at]?.name ?? name, name)),
    ),
  ];
}

/** What rounds of discovery ask of the API while nothing else happens. */
async function measureRounds(site: FederationSite, gpus: number): Promise<readonly Figure[]> {
  const config = { fluidos: { discoverEvery: "2s" } };
  const hub = startHubProcess(site.hub.kubeconfig, { intents: true, flavors: false, config });
  try {
    await until("candidates are offered", async () => (await freeGpus(site)) === gpus);
    const before = await hub.calls();
    await delay(ROUNDS_MS);
    const after = await hub.calls();
    const rounds = (after["create solvers"] ?? 0) - (before["create solvers"] ?? 0);
    return callFigures((name) => `round of discovery: ${name}`, before, after, rounds);
  } finally {
    await hub.end();
  }
}

/** No more writes in two seconds. */
async function quiet(hub: HubProcess): Promise<void> {
  const writes = async (): Promise<number> =>
    Object.entries(await hub.calls())
      .filter(([name]) => /^(apply|create|update|patch|delete) (?!providers|leases)/.test(name))
      .reduce((sum, [, count]) => sum + count, 0);
  for (let before = -1, now = await writes(); now !== before; ) {
    await delay(2000);
    before = now;
    now = await writes();
  }
}
