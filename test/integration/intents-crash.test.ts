/** The hub dies at every one of its writes, and another takes over: nothing is booked twice, nothing is left behind. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { INTENTS } from "../../src/hub/intents/intent-view.ts";
import type { KubeObject } from "../../src/kubernetes/objects.ts";
import { workloadNamespace } from "../../src/workload/names.ts";
import { createNamespace } from "./hub-cluster.ts";
import { until } from "./hub-harness.ts";
import {
  type Federation,
  intent,
  intentsOf,
  listed,
  madeIn,
  type RunningHub,
  startFederation,
  workloadsIn,
} from "./intents-harness.ts";
import { mortal } from "./mortal.ts";

let federation: Federation;
let intents: ReturnType<typeof intentsOf>;
beforeAll(async () => {
  federation = await startFederation(["alpha", "beta"]);
  for (const [index, cluster] of Object.values(federation.providers).entries()) {
    const devices = [
      {
        resource: "nvidia.com/gpu",
        model: "nvidia-h100",
        count: 1,
        memoryGi: 80,
        sharing: "none",
        replicas: 1,
      },
    ];
    await cluster.addNode({
      name: `node-${index}`,
      annotations: { "gpu.fluidos.eu/count": "1", "gpu.fluidos.eu/devices": JSON.stringify(devices) },
      allocatable: { cpu: "64", memory: "500Gi", pods: "110", "nvidia.com/gpu": "1" },
    });
  }
  intents = intentsOf(federation.hub);
}, 60_000);
afterAll(() => federation.close());

const clusters = () => Object.values(federation.providers);
const made = async () => (await Promise.all(clusters().map(madeIn))).flat();
const workloads = async () => (await Promise.all(clusters().map(workloadsIn))).flat();
const nodes = async (): Promise<string[]> =>
  (await listed<KubeObject & { status?: { placement?: { node?: string } } }>(federation.hub.client, INTENTS))
    .flatMap(({ status }) => status?.placement?.node ?? [])
    .sort();

async function untilDeadOr(isDone: () => Promise<boolean>, life: { isDead: () => boolean }): Promise<void> {
  await until(async () => life.isDead() || (await isDone())).toBe(true);
}

const bothDeployed = async (): Promise<boolean> => {
  const conditions = await Promise.all(["one", "two"].map((name) => intents.condition(name, "Deployed")));
  return conditions.every((condition) => condition.startsWith("True"));
};
const bothGone = async (): Promise<boolean> =>
  !(await intents.exists("one")) && !(await intents.exists("two")) && (await made()).length === 0;

async function submitBoth(): Promise<void> {
  for (const name of ["one", "two"]) await intents.submit(intent(name));
}
async function removeBoth(): Promise<void> {
  for (const name of ["one", "two"]) await intents.remove(name);
}

/** A hub that is left to do its work until all is as it should be. */
async function finish(isDone: () => Promise<boolean>): Promise<void> {
  const hub: RunningHub = federation.start({ settleMs: 1000 });
  await until(isDone).toBe(true);
  await hub.stop();
}

describe("two Intents, two GPUs, and a hub that dies", () => {
  // Two finalizers, placements (with which they are admitted) and deployments, and five objects of each: 16 writes at least.
  // On a real API server each takes seven seconds, so that some have to stand for all.
  const quick = process.env.FLARE_TEST_API !== "real";
  const points = quick ? Array.from({ length: 16 }, (_, index) => index + 1) : [2, 4, 8];
  it.each(points.flatMap((point) => [[point, "before"] as const, [point, "after"] as const]))(
    "at write %i, %s it: each gets a GPU of its own in the end",
    async (point, when) => {
      const life = mortal(point, when);
      const first = federation.start({ settleMs: 1000 }, life.wrap);
      await submitBoth();
      await untilDeadOr(bothDeployed, life);
      expect(life.isDead()).toBe(true);
      await first.stop();
      await finish(bothDeployed);
      expect(await nodes()).toEqual(["node-0", "node-1"]);
      expect(await workloads()).toHaveLength(2);
      await removeBoth();
      await finish(bothGone);
    },
  );

  it.each(
    (quick ? [1, 2, 3, 4, 5, 6] : [2, 4]).flatMap((point) => [
      [point, "before"] as const,
      [point, "after"] as const,
    ]),
  )("at write %i of the clean-up, %s it: nothing is left in the end", async (point, when) => {
    await submitBoth();
    await finish(bothDeployed);
    await removeBoth();
    const life = mortal(point, when);
    const first = federation.start({ settleMs: 1000 }, life.wrap);
    await untilDeadOr(bothGone, life);
    expect(life.isDead()).toBe(true);
    await first.stop();
    await finish(bothGone);
    expect(await workloads()).toEqual([]);
  });
});

describe("an Intent whose hours end and begin again, and a hub that dies", () => {
  const MINUTE = 60_000;
  const options = { settleMs: 1000, holdWhileSuspendedMs: 0, maxInterruptionMs: 60 * MINUTE };
  const at = (minutes: number) => (): number => Date.now() + minutes * MINUTE;
  const timeIn = (minutes: number): string => new Date(at(minutes)()).toISOString();
  const wanted = async () => (await workloads()).map(({ spec }) => spec?.replicas);
  const isSetAside = async (): Promise<boolean> =>
    (await intents.condition("hours", "Reserved")) === "False OutsideAvailability" &&
    (await wanted()).join() === "0";
  const isBack = async (): Promise<boolean> =>
    (await intents.condition("hours", "Deployed")) === "True ObjectsApplied" &&
    (await wanted()).join() === "1";

  /** A hub whose clock is put ahead, until all is as it should be, or until it is dead. */
  async function live(minutes: number, isDone: () => Promise<boolean>, life?: ReturnType<typeof mortal>) {
    const hub = federation.start(options, life?.wrap, {}, at(minutes));
    await until(life === undefined ? isDone : life.isDead).toBe(true);
    await hub.stop();
  }

  const quick = process.env.FLARE_TEST_API !== "real";
  const points = (quick ? [1, 2, 3] : [1]).flatMap((point) => [
    [point, "before"] as const,
    [point, "after"] as const,
  ]);
  it.each(points)("at write %i of either, %s it: stopped and started where it was", async (point, when) => {
    const availability = { maintenanceWindows: [{ start: timeIn(5), end: timeIn(10) }] };
    await intents.submit(intent("hours", { spec: { constraints: { availability } } }));
    await live(0, isBack);
    const { placement } = await intents.status("hours");
    await live(6, isSetAside, mortal(point, when));
    await live(6, isSetAside);
    await live(11, isBack, mortal(point, when));
    await live(11, isBack);
    const after = await intents.status("hours");
    expect(after.placement).toMatchObject({ namespace: placement?.namespace, tasks: placement?.tasks });
    await intents.remove("hours");
    await live(11, async () => !(await intents.exists("hours")) && (await made()).length === 0);
  });
});

describe("a namespace of the name that an Intent's would have", () => {
  it("is left alone, and the Intent says so", async () => {
    const { metadata } = await intents.submit(intent("unlucky"));
    const identity = { namespace: "team-a", name: "unlucky", uid: metadata.uid ?? "" };
    const name = workloadNamespace("team-a", identity);
    for (const { client } of clusters()) await createNamespace(client, name);
    const hub = federation.start({ settleMs: 1000 });
    await until(() => intents.condition("unlucky", "Deployed")).toBe("False NamespaceTaken");
    await intents.remove("unlucky");
    await until(() => intents.exists("unlucky")).toBe(false);
    await hub.stop();
    for (const { client } of clusters()) {
      const found = await client.get<KubeObject>(
        { group: "", version: "v1", plural: "namespaces", namespaced: false },
        { name },
      );
      expect(found.metadata?.deletionTimestamp).toBeUndefined();
    }
  });
});
