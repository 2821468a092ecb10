/** What befalls a federation over time: hours, the Provider's end, the rest of what was sold in part. */
import { describe, expect, it } from "vitest";
import { roundTime } from "../../src/fluidos/discovery.ts";
import { INTENTS } from "../../src/hub/intents/intent-view.ts";
import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import { deployed, federatedHubs, objectsIn, type StartedHub } from "./fluidos-harness.ts";
import { addProvider, startCluster, statusOf, until, writeKubeconfig } from "./hub-harness.ts";
import { intent, listed, madeIn, workloadsIn } from "./intents-harness.ts";

const { open, started } = federatedHubs();

/** When the newest round began that found a candidate. */
async function newestRound({ federation: { consumer } }: StartedHub): Promise<number> {
  const names = await consumer.names("peeringcandidates");
  const found = await Promise.all(names.map((name) => consumer.get("peeringcandidates", name)));
  return Math.max(...found.flatMap(({ spec }) => spec.interestedSolverIDs.map((id) => roundTime(id) ?? 0)));
}

describe("hours of an Intent that was bought for", () => {
  let aheadMs = 0;
  const now = (): number => Date.now() + aheadMs;
  const inMinutes = (minutes: number): string => new Date(now() + minutes * 60_000).toISOString();
  /** Puts the hub's clock, and has it look at the Intent: its timers know nothing of that. */
  const putClock = async ({ hub }: StartedHub, minutes: number): Promise<void> => {
    aheadMs += minutes * 60_000;
    const annotations = { "example.com/clock": String(aheadMs) };
    await hub.client.patch(INTENTS, { name: "web", namespace: "team-a" }, { metadata: { annotations } });
  };
  const closed = (from: number, to: number) => ({
    constraints: { availability: { maintenanceWindows: [{ start: inMinutes(from), end: inMinutes(to) }] } },
  });

  it("stop it for a night and let it go on where it was: nobody else could have what was bought", async () => {
    const fed = await started({ alpha: ["4"], beta: ["8"] });
    fed.start({ now, intents: { holdWhileSuspendedMs: 0, maxInterruptionMs: 24 * 3_600_000 } });
    await fed.intents.submit(intent("web", { spec: closed(5, 485) }));
    const before = (await deployed(fed, "web")).placement;
    expect(before?.node).toBe(fed.flavors.alpha?.[0]);
    const bought = await objectsIn(fed);
    const replicas = async () => (await workloadsIn(fed.hub)).map(({ spec }) => spec?.replicas);
    await putClock(fed, 6);
    await until(() => fed.intents.phase("web")).toBe("Suspended");
    await until(replicas).toEqual([0]);
    // Rounds of discovery go on, and what else there was then is forgotten.
    await putClock(fed, 470);
    const awake = now();
    await until(() => newestRound(fed)).toBeGreaterThan(awake);
    expect(await objectsIn(fed)).toEqual(bought);
    expect((await fed.intents.status("web")).cost?.rate).toBe("1 EUR");
    await putClock(fed, 10);
    await until(replicas).toEqual([1]);
    await deployed(fed, "web");
    expect((await fed.intents.status("web")).placement).toEqual(before);
    expect(await objectsIn(fed)).toEqual(bought);
  });
});

describe("a Provider with engine fluidos that is deleted", () => {
  it("goes once what was bought through it is given back, and its Intents are elsewhere", async () => {
    const fed = await started({ alpha: ["4"] });
    const own = await startCluster();
    open.push(own);
    await own.addNode({ name: "own-1", annotations: { "cost.fluidos.eu/hourly-rate": "800" } });
    await writeKubeconfig(fed.hub, "own", own.kubeconfig);
    await addProvider(fed.hub, "own");
    fed.start();
    await until(async () => (await statusOf(fed.hub, "fed")).gpus?.free).toBe(4);
    await fed.intents.submit(intent("train"));
    expect((await deployed(fed, "train")).placement?.provider).toBe("fed");
    await fed.hub.client.delete(PROVIDERS, { name: "fed" });
    const providers = async () =>
      (await listed(fed.hub.client, PROVIDERS)).map(({ metadata }) => metadata?.name);
    await until(providers).toEqual(["own"]);
    expect(await objectsIn(fed)).toEqual({});
    expect(await madeIn(fed.hub)).toEqual([]);
    await until(async () => (await fed.intents.status("train")).placement?.provider).toBe("own");
    await deployed(fed, "train");
    const { consumer } = fed.federation;
    await until(async () => [await consumer.names("solvers"), await consumer.names("discoveries")]).toEqual([
      [],
      [],
    ]);
  });
});

describe("the spec of an Intent that was bought for, when it is changed", () => {
  it("reaches what runs there; where it asks for more, another Flavor is bought and the first given back", async () => {
    const fed = await started({ alpha: ["4"], beta: ["8"] });
    fed.start();
    await fed.intents.submit(intent("web"));
    const first = (await deployed(fed, "web")).placement;
    const bought = await objectsIn(fed);
    const workload = (parts: object) => intent("web", { workload: parts }) as { readonly spec?: object };
    await fed.intents.change("web", workload({ image: "ghcr.io/acme/work:2" }).spec ?? {});
    const images = async () => JSON.stringify((await workloadsIn(fed.hub)).map(({ spec }) => spec?.template));
    await until(images).toContain("ghcr.io/acme/work:2");
    expect(await objectsIn(fed)).toEqual(bought);
    await fed.intents.change("web", { workload: { resources: { gpu: { count: 2 } } } });
    await until(async () => (await fed.intents.status("web")).placement?.gpus).toBe(2);
    const second = (await deployed(fed, "web")).placement;
    expect([first?.node, second?.node]).toEqual([fed.flavors.alpha?.[0], fed.flavors.beta?.[0]]);
    await until(async () => (await objectsIn(fed)).contracts).toHaveLength(1);
    await until(async () => (await fed.intents.status("web")).abandoned).toBeUndefined();
    expect(await madeIn(fed.hub)).toEqual([second?.namespace]);
  });
});

describe("a Flavor that is sold in part", () => {
  it("leaves a rest that is offered as soon as a round has found it, to the right number", async () => {
    const fed = await started({ alpha: ["4"] }, { defects: { remainderKeepsGpus: false } });
    fed.start();
    const part = (name: string, count: number) =>
      intent(name, {
        workload: { resources: { cpu: 1, memory: "4Gi", gpu: { model: "nvidia-h100", count } } },
      });
    await fed.intents.submit(part("one", 1));
    const first = (await deployed(fed, "one")).placement?.node;
    await until(async () => (await statusOf(fed.hub, "fed")).gpus).toEqual({ total: 4, free: 3 });
    await fed.intents.submit(part("two", 3));
    expect((await deployed(fed, "two")).placement?.node).not.toBe(first);
    expect((await objectsIn(fed)).contracts).toHaveLength(2);
  });
});
