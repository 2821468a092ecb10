/** One that may be interrupted is moved so that another has room, whatever the hub does meanwhile. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { INTENTS, type KubeIntent } from "../../src/hub/intents/intent-view.ts";
import type { IntentOptions } from "../../src/hub/intents/options.ts";
import { NODES } from "../../src/kubernetes/objects.ts";
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

const MOVES: IntentOptions["moves"] = { most: 1, afterMs: 0, cooldownMs: 3_600_000, worseBy: 0.1 };

let federation: Federation;
let intents: ReturnType<typeof intentsOf>;
let hub: RunningHub | undefined;
let submitted: string[] = [];

beforeAll(async () => {
  federation = await startFederation(["alpha", "beta"]);
  await addNode("alpha", 4);
  await addNode("beta", 8);
  intents = intentsOf(federation.hub);
}, 60_000);
afterEach(async () => {
  await hub?.stop();
  hub = federation.start({ settleMs: 1000 });
  for (const name of submitted) await intents.remove(name);
  for (const name of submitted) await until(() => intents.exists(name)).toBe(false);
  submitted = [];
  await hub.stop();
  hub = undefined;
  expect((await Promise.all(clusters().map(madeIn))).flat()).toEqual([]);
});
afterAll(() => federation.close());

const clusters = () => Object.values(federation.providers);
async function addNode(provider: string, gpus: number): Promise<void> {
  const device = {
    resource: "nvidia.com/gpu",
    model: "nvidia-h100",
    count: gpus,
    memoryGi: 80,
    sharing: "none",
  };
  await federation.providers[provider]?.addNode({
    name: `node-${provider}`,
    annotations: {
      "gpu.fluidos.eu/count": String(gpus),
      "gpu.fluidos.eu/devices": JSON.stringify([{ ...device, replicas: 1 }]),
      "cost.fluidos.eu/hourly-rate": String(gpus * 10),
    },
    allocatable: { cpu: "64", memory: "500Gi", pods: "110", "nvidia.com/gpu": String(gpus) },
  });
}
/** While it is closed, whoever is placed is placed on the other. */
async function open(provider: string, isOpen: boolean): Promise<void> {
  const client = federation.providers[provider]?.client;
  await client?.patch(NODES, { name: `node-${provider}` }, { spec: { unschedulable: isOpen ? null : true } });
}
async function submit(name: string, parts: Parameters<typeof intent>[1] = {}): Promise<void> {
  submitted.push(name);
  await intents.submit(intent(name, parts));
}
const providerOf = async (name: string) => (await intents.status(name)).placement?.provider;
const isDeployed = async (name: string): Promise<boolean> =>
  (await intents.condition(name, "Deployed")) === "True ObjectsApplied";

/** A small one on the large node, where it is in the way of a large one; the small node is free. */
async function smallInTheWay(small: Parameters<typeof intent>[1], moves = MOVES): Promise<void> {
  await open("alpha", false);
  hub = federation.start({ settleMs: 1000, moves });
  await submit("small", small);
  await until(() => isDeployed("small")).toBe(true);
  expect(await providerOf("small")).toBe("beta");
  await open("alpha", true);
}
const INTERRUPTIBLE = { gpu: { count: 2, interruptible: true } };
const LARGE = { gpu: { count: 8 } };

describe("an interruptible Intent in the way of another", () => {
  it("moves to where there is room, and the other gets its place", async () => {
    await smallInTheWay(INTERRUPTIBLE);
    const before = await intents.status("small");
    await submit("large", LARGE);
    await until(() => isDeployed("large")).toBe(true);
    expect(await providerOf("large")).toBe("beta");
    await until(() => isDeployed("small")).toBe(true);
    const { placement, abandoned, moved, decision, message, cost } = await intents.status("small");
    expect(placement?.provider).toBe("alpha");
    expect(placement?.namespace).not.toBe(before.placement?.namespace);
    expect(abandoned).toBeUndefined();
    expect(moved?.times).toBe(1);
    expect(decision?.decidedBy).toBe("moved");
    expect(cost?.started).toBe(before.cost?.started);
    expect(await intents.condition("small", "Reserved")).toBe("True Moved");
    expect(message).toBeDefined();
    expect((await Promise.all(clusters().map(workloadsIn))).map((each) => each.length)).toEqual([1, 1]);
    const log = hub?.log.join("") ?? "";
    expect(log).toContain('"action":"Moved"');
    expect(log).toContain("moved off node-beta of beta, so that team-a/large has room");
    expect(log).toContain('"action":"MakingRoom"');
    expect(await hub?.metrics()).toContain('flare_hub_evictions_total{reason="Moved"} 1');
  });

  it("is not moved a second time before its cooldown is over", async () => {
    await smallInTheWay(INTERRUPTIBLE);
    await submit("large", LARGE);
    await until(() => isDeployed("large")).toBe(true);
    await until(() => isDeployed("small")).toBe(true);
    await intents.remove("large");
    await until(() => intents.exists("large")).toBe(false);
    await submit("other", { gpu: { count: 4 }, spec: { constraints: { providers: ["alpha"] } } });
    await until(() => intents.phase("other")).toBe("Queued");
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await providerOf("small")).toBe("alpha");
    expect((await intents.status("small")).moved?.times).toBe(1);
  });

  it.each([
    ["did not agree to it", { gpu: { count: 2 } }, MOVES],
    ["has a higher priority", { ...INTERRUPTIBLE, spec: { priority: 5 } }, MOVES],
    [
      "would leave its volumes behind",
      {
        ...INTERRUPTIBLE,
        workload: {
          storage: { volumes: [{ name: "data", path: "/data", size: "1Gi", type: "Persistent" }] },
        },
      },
      MOVES,
    ],
    ["may be moved, but nobody is unless the hub is told to", INTERRUPTIBLE, { ...MOVES, most: 0 }],
  ])("stays where it is if it %s", async (_, small, moves) => {
    await smallInTheWay(small, moves);
    await submit("large", LARGE);
    await until(() => intents.phase("large")).toBe("Queued");
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await intents.phase("large")).toBe("Queued");
    expect(await providerOf("small")).toBe("beta");
    expect((await intents.status("small")).moved).toBeUndefined();
  });
});

describe("a hub that dies while somebody moves", () => {
  const asItShouldBe = async (): Promise<boolean> =>
    (await isDeployed("small")) &&
    (await isDeployed("large")) &&
    (await intents.status("small")).abandoned === undefined;

  /** GPUs that all Intents hold on each provider, those that they left and did not clean included. */
  async function held(): Promise<Record<string, number>> {
    const sums: Record<string, number> = { alpha: 0, beta: 0 };
    for (const { status } of await listed<KubeIntent>(federation.hub.client, INTENTS)) {
      const isReserved = status?.conditions?.some(
        (each) => each.type === "Reserved" && each.status === "True",
      );
      const own = isReserved === true ? (status?.placement?.tasks ?? []) : [];
      for (const { provider, units } of [...own, ...(status?.abandoned ?? []).flatMap(({ tasks }) => tasks)])
        sums[provider] = (sums[provider] ?? 0) + units;
    }
    return sums;
  }

  const points = process.env.FLARE_TEST_API === "real" ? [1, 5] : [1, 2, 3, 5, 8, 11];
  // Of the move: its one write, what is created for it and cleaned up after it; then those of the other, which gets the place.
  it.each(points.flatMap((point) => [[point, "before"] as const, [point, "after"] as const]))(
    "at write %i, %s it: both have a place in the end, and nothing is booked twice on the way",
    async (point, when) => {
      await smallInTheWay(INTERRUPTIBLE, { ...MOVES, most: 0 });
      await submit("large", LARGE);
      await until(() => intents.phase("large")).toBe("Queued");
      await hub?.stop();
      const life = mortal(point, when);
      hub = federation.start({ settleMs: 1000, moves: MOVES }, life.wrap);
      await until(async () => life.isDead() || (await asItShouldBe())).toBe(true);
      expect(life.isDead()).toBe(true);
      await hub.stop();
      const { alpha = 0, beta = 0 } = await held();
      expect(alpha).toBeLessThanOrEqual(4);
      expect(beta).toBeLessThanOrEqual(8);
      hub = federation.start({ settleMs: 1000, moves: MOVES });
      await until(asItShouldBe).toBe(true);
      expect(await Promise.all(["small", "large"].map(providerOf))).toEqual(["alpha", "beta"]);
      expect((await intents.status("small")).moved?.times).toBe(1);
      expect((await Promise.all(clusters().map(workloadsIn))).map((each) => each.length)).toEqual([1, 1]);
    },
  );
});
