/**
 * What can never start gives its GPUs back: it is tried elsewhere, or later, and at last no more. Each part of a story is told
 * by another hub, whose clock is further ahead: nothing of it is kept but in the API.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DEPLOYMENTS } from "../../src/hub/engines/resources.ts";
import type { IntentOptions } from "../../src/hub/intents/options.ts";
import type { KubeObject, Resource } from "../../src/kubernetes/objects.ts";
import type { TestCluster } from "./hub-cluster.ts";
import { until } from "./hub-harness.ts";
import {
  addPodOf,
  type Federation,
  intent,
  intentsOf,
  listed,
  madeIn,
  makeAvailable,
  startFederation,
  workloadsIn,
} from "./intents-harness.ts";
import { mortal } from "./mortal.ts";

const EVENTS: Resource = { group: "", version: "v1", plural: "events", namespaced: true };
const MINUTE = 60_000;
const OPTIONS: Partial<IntentOptions> = {
  settleMs: 1000,
  maxInterruptionMs: 600 * MINUTE,
  start: {
    timeoutMs: 30 * MINUTE,
    troubleTimeoutMs: 5 * MINUTE,
    attempts: 2,
    backoffMs: 3 * MINUTE,
    maxBackoffMs: 60 * MINUTE,
  },
};

let federation: Federation;
let intents: ReturnType<typeof intentsOf>;
beforeAll(async () => {
  federation = await startFederation(["alpha", "beta"]);
  for (const [index, name] of (["alpha", "beta"] as const).entries()) {
    const annotations = { "cost.fluidos.eu/hourly-rate": String(10 + index) };
    await cluster(name).addNode({ name: `gpu-${index + 1}`, annotations });
  }
  intents = intentsOf(federation.hub);
});
afterEach(async () => {
  await intents.remove("lame");
  await live(100, async () => !(await intents.exists("lame")) && (await made()).length === 0);
});
afterAll(() => federation.close());

function cluster(name: string): TestCluster {
  const found = federation.providers[name];
  if (found === undefined) throw new Error(`no provider ${name}`);
  return found;
}
const made = async () => (await Promise.all(Object.values(federation.providers).map(madeIn))).flat();

/** A hub whose clock is put ahead, until all is as it should be, or until it is dead. */
async function live(
  minutes: number,
  isDone: () => Promise<boolean>,
  life?: ReturnType<typeof mortal>,
): Promise<void> {
  const hub = federation.start(OPTIONS, life?.wrap, {}, () => Date.now() + minutes * MINUTE);
  await until(life === undefined ? isDone : life.isDead).toBe(true);
  await hub.stop();
}
const status = () => intents.status("lame");
const isDeployedAt = (provider: string) => async (): Promise<boolean> =>
  (await intents.condition("lame", "Deployed")) === "True ObjectsApplied" &&
  (await status()).placement?.provider === provider;
const isTroubled = async (): Promise<boolean> => (await status()).start?.troubled !== undefined;
const isReserved = (said: string) => async (): Promise<boolean> =>
  (await intents.condition("lame", "Reserved")) === said;

async function troubleIts(pod: object): Promise<void> {
  const { placement } = await status();
  await addPodOf(cluster(placement?.provider ?? ""), placement?.namespace ?? "", pod);
}
/** Its pod runs since just now, or waits to be restarted. */
async function isUp(up: boolean): Promise<void> {
  const { placement } = await status();
  const { client } = cluster(placement?.provider ?? "");
  const startedAt = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const state = up ? { running: { startedAt } } : { waiting: { reason: "CrashLoopBackOff" } };
  await troubleIts({
    phase: "Running",
    conditions: [{ type: "Ready", status: up ? "True" : "False" }],
    containerStatuses: [{ name: "main", image: "i", imageID: "", ready: up, restartCount: 1, state }],
  });
  // A real control plane tells of the Deployment by itself.
  if (process.env.FLARE_TEST_API === "real") return;
  const { namespace } = placement ?? {};
  const [{ metadata } = {}] = await listed<KubeObject>(client, DEPLOYMENTS, namespace);
  const counts = { replicas: 1, availableReplicas: up ? 1 : 0, observedGeneration: metadata?.generation };
  await client.patch(
    DEPLOYMENTS,
    { name: metadata?.name, namespace, subresource: "status" },
    { status: counts },
  );
}
const waiting = { reason: "ImagePullBackOff", message: 'Back-off pulling image "ghcr.io/acme/work:1"' };
const UNPULLED = {
  phase: "Pending",
  containerStatuses: [
    { name: "main", image: "i", imageID: "", ready: false, restartCount: 0, state: { waiting } },
  ],
};
const UNSCHEDULED = {
  phase: "Pending",
  conditions: [
    { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes are available" },
  ],
};

describe("an Intent whose image cannot be pulled", () => {
  it("is tried at another provider, has failed after so many starts, and begins anew with another image", async () => {
    await intents.submit(intent("lame"));
    await live(0, isDeployedAt("alpha"));
    await troubleIts(UNPULLED);
    await live(1, isTroubled);
    await live(7, isDeployedAt("beta"));
    expect((await status()).start?.failed).toMatchObject([
      { reason: "ImagePullBackOff", heldAgainst: ["alpha"] },
    ]);
    await troubleIts(UNPULLED);
    await live(8, isTroubled);
    await live(14, async () => (await status()).phase === "Failed" && (await made()).length === 0);
    expect(await intents.condition("lame", "Ready")).toBe("False StartFailed");
    const { message, placement } = await status();
    expect(placement).toBeUndefined();
    expect(message).toContain(waiting.message);
    expect(message).toContain("after 2 starts; it is tried again when its spec is changed");
    const events = await listed<KubeObject & { reason: string }>(federation.hub.client, EVENTS, "team-a");
    expect(events.map(({ reason }) => reason)).toEqual(expect.arrayContaining(["NotStarted", "StartFailed"]));
    await intents.change("lame", { workload: { image: "ghcr.io/acme/right:1" } });
    await live(15, isDeployedAt("alpha"));
    expect((await status()).start?.failed).toBeUndefined();
  });
});

describe("a Service without a port that crashes whenever it has come to run", () => {
  it("was not started by a moment in which it was up: it is tried at another provider", async () => {
    await intents.submit(intent("lame"));
    await live(0, isDeployedAt("alpha"));
    await isUp(true);
    await live(1, async () => (await status()).phase === "Running");
    expect((await status()).start?.since).toBeDefined();
    await isUp(false);
    await live(2, isTroubled);
    await isUp(true);
    await live(3, async () => (await status()).phase === "Running");
    await isUp(false);
    await live(8, isDeployedAt("beta"));
    expect((await status()).start?.failed).toMatchObject([
      { reason: "CrashLoopBackOff", heldAgainst: ["alpha/gpu-1"] },
    ]);
  });
});

describe("an Intent whose Secret is missing", () => {
  it("waits without GPUs after a while, and goes on when it is there", async () => {
    await intents.submit(intent("lame", { workload: { secrets: [{ name: "late", env: "LATE" }] } }));
    await live(0, async () => (await intents.condition("lame", "Deployed")) === "False SecretMissing");
    await live(6, isReserved("False NotStarted"));
    const { placement, phase, message } = await status();
    expect([placement, phase]).toEqual([undefined, "Queued"]);
    expect(message).toContain("its GPUs were given back, and it is tried again from ");
    const metadata = { name: "late", namespace: "team-a" };
    await federation.hub.client.raw({
      method: "POST",
      path: "/api/v1/namespaces/team-a/secrets",
      body: { apiVersion: "v1", kind: "Secret", metadata, data: { late: "c2VjcmV0" } },
    });
    await live(10, isDeployedAt("alpha"));
  });
});

describe("an Intent whose pods no node takes", () => {
  it("goes back to the only place that there is after a while, and forgets it once it runs", async () => {
    await intents.submit(intent("lame", { spec: { constraints: { providers: ["alpha"] } } }));
    await live(0, isDeployedAt("alpha"));
    await troubleIts(UNSCHEDULED);
    await live(1, isTroubled);
    await live(7, async () => {
      const { phase, message = "" } = await status();
      return phase === "Queued" && message.includes("it did not start on alpha/gpu-1 (Unschedulable)");
    });
    await live(11, isDeployedAt("alpha"));
    const { start, placement } = await status();
    expect(start?.failed).toMatchObject([{ heldAgainst: ["alpha/gpu-1"] }]);
    await live(12, async () => {
      await makeAvailable(cluster("alpha"), placement?.namespace ?? "");
      return (await status()).phase === "Running";
    });
    expect((await status()).start).toBeUndefined();
  });
});

describe("a hub that dies while it gives a start up", () => {
  const quick = process.env.FLARE_TEST_API !== "real";
  const points = (quick ? [1, 2, 3, 4] : [1, 3]).flatMap((point) => [
    [point, "before"] as const,
    [point, "after"] as const,
  ]);
  it.each(points)(
    "at write %i, %s it: it is counted once, and starts once elsewhere",
    async (point, when) => {
      await intents.submit(intent("lame"));
      await live(0, isDeployedAt("alpha"));
      await troubleIts(UNSCHEDULED);
      await live(1, isTroubled);
      await live(7, isDeployedAt("beta"), mortal(point, when));
      await live(7, isDeployedAt("beta"));
      expect((await status()).start?.failed).toHaveLength(1);
      await live(7, async () => (await made()).length === 1);
      expect(await workloadsIn(cluster("beta"))).toHaveLength(1);
    },
  );
});
