/** Two hubs at work on the same Intents, as without leader election: no GPU is for two Intents for longer than it takes to see it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { INTENTS, type KubeIntent } from "../../src/hub/intents/intent-view.ts";
import type { IntentStatus } from "../../src/intent/status-schema.ts";
import type { TestCluster } from "./hub-cluster.ts";
import { settled, until } from "./hub-harness.ts";
import {
  type Federation,
  intent,
  intentsOf,
  madeIn,
  makeAvailable,
  type RunningHub,
  startFederation,
  workloadsIn,
} from "./intents-harness.ts";

const GPUS = 4;
const HURRY = { settleMs: 1000, queueEveryMs: 100 };

let federation: Federation;
let intents: ReturnType<typeof intentsOf>;
let hubs: RunningHub[] = [];
let submitted: string[] = [];

beforeAll(async () => {
  federation = await startFederation(["alpha"]);
  for (const name of ["gpu-1", "gpu-2"]) {
    const entry = { resource: "nvidia.com/gpu", model: "nvidia-h100", count: 2, memoryGi: 80 };
    const devices = JSON.stringify([{ ...entry, sharing: "none", replicas: 1 }]);
    await alpha().addNode({
      name,
      annotations: { "gpu.fluidos.eu/count": "2", "gpu.fluidos.eu/devices": devices },
      allocatable: { cpu: "64", memory: "500Gi", pods: "110", "nvidia.com/gpu": "2" },
    });
  }
  intents = intentsOf(federation.hub);
}, 60_000);
afterEach(async () => {
  for (const name of submitted) await intents.remove(name);
  for (const name of submitted) await until(() => intents.exists(name)).toBe(false);
  await until(() => madeIn(alpha())).toEqual([]);
  await Promise.all(hubs.map((hub) => hub.stop()));
  [hubs, submitted] = [[], []];
});
afterAll(() => federation.close());

function alpha(): TestCluster {
  const cluster = federation.providers.alpha;
  if (cluster === undefined) throw new Error("no provider alpha");
  return cluster;
}
async function submit(name: string, parts: Parameters<typeof intent>[1] = {}): Promise<void> {
  submitted.push(name);
  await intents.submit(intent(name, parts));
}

/** GPUs that Intents hold, by node; what they left and is not cleaned yet counts too. */
async function held(): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const name of submitted) {
    const { placement, abandoned = [] } = await intents.status(name);
    for (const { node, units } of [...(placement?.tasks ?? []), ...abandoned.flatMap(({ tasks }) => tasks)])
      sums[node] = (sums[node] ?? 0) + units;
  }
  return sums;
}
const deployed = async (): Promise<string[]> => {
  const told = await Promise.all(submitted.map((name) => intents.condition(name, "Deployed")));
  return submitted.filter((_, at) => told[at] === "True ObjectsApplied");
};
const versions = async (names: readonly string[]): Promise<(string | undefined)[]> =>
  Promise.all(names.map(async (name) => (await intents.read(name)).metadata.resourceVersion));

describe("two hubs without leader election", () => {
  it("give each GPU to one Intent, and then leave well alone", async () => {
    hubs = [federation.start(HURRY), federation.start(HURRY)];
    const names = Array.from({ length: GPUS + 3 }, (_, index) => `crowd-${index}`);
    await Promise.all(names.map((name) => submit(name)));
    await until(async () => (await deployed()).length).toBe(GPUS);
    await until(held).toEqual({ "gpu-1": 2, "gpu-2": 2 });
    await until(async () => (await workloadsIn(alpha())).length).toBe(GPUS);

    // Both have answered one who came later: whatever either wanted of the others, it has done by now.
    const placed = await deployed();
    const before = await versions(placed);
    await submit("latecomer");
    await until(() => intents.phase("latecomer")).toBe("Queued");
    expect(await deployed()).toEqual(placed);
    expect(await versions(placed)).toEqual(before);
    expect(await held()).toEqual({ "gpu-1": 2, "gpu-2": 2 });
  });

  it("clean up once, whichever of them does it", async () => {
    hubs = [federation.start(HURRY), federation.start(HURRY)];
    await submit("brief");
    await until(deployed).toEqual(["brief"]);
    await intents.remove("brief");
    await until(() => intents.exists("brief")).toBe(false);
    await until(() => madeIn(alpha())).toEqual([]);
  });
});

describe("a placement that another hub wrote, on GPUs that were given away already", () => {
  /** What a hub would have written that did not know of the others. */
  async function placeByHand(name: string, since: string): Promise<void> {
    const seen = await intents.read(name);
    const at = { lastTransitionTime: since, observedGeneration: 1 };
    const yes = (type: string, reason: string) => ({
      type,
      status: "True" as const,
      reason,
      message: "placed by another hub",
      ...at,
    });
    const task = { provider: "alpha", node: "gpu-1", resource: "nvidia.com/gpu", units: 2 };
    const status: IntentStatus = {
      ...seen.status,
      phase: "Reserved",
      conditions: [yes("Admitted", "Valid"), yes("Reserved", "Placed")],
      placement: {
        provider: "alpha",
        node: "gpu-1",
        namespace: `team-a-${name}`,
        generation: 1,
        gpus: 2,
        since,
        tasks: [{ index: 0, ...task }],
      },
    };
    const written: KubeIntent = { ...seen, status };
    await federation.hub.client.update(INTENTS, written, { subresource: "status" });
  }
  const TWO = { gpu: { count: 2 } };

  it.each([
    ["gives way as the later one", "2099-01-01T00:00:00Z"],
    ["gives way where the other runs already, though it is the older", "2000-01-01T00:00:00Z"],
  ])("%s", async (_, since) => {
    hubs = [federation.start(HURRY)];
    await submit("first", TWO);
    await submit("second", TWO);
    await until(async () => (await deployed()).sort()).toEqual(["first", "second"]);
    for (const name of ["first", "second"]) {
      await until(async () => {
        await makeAvailable(alpha(), (await intents.status(name)).placement?.namespace ?? "");
        return intents.phase(name);
      }).toBe("Running");
    }
    await submit("twin", TWO);
    await until(() => intents.phase("twin")).toBe("Queued");
    await settled(() => placeByHand("twin", since));
    await until(() => hubs[0]?.log.join("")).toContain('"action":"GPUsTaken"');
    await until(() => intents.phase("twin")).toBe("Queued");
    await until(held).toEqual({ "gpu-1": 2, "gpu-2": 2 });
    expect(await Promise.all(["first", "second"].map((name) => intents.phase(name)))).toEqual([
      "Running",
      "Running",
    ]);
    expect(await workloadsIn(alpha())).toHaveLength(2);
  });
});

describe("GPUs that somebody in the provider's cluster takes before the Intent's pods are bound", () => {
  it("are left to him, and the Intent goes elsewhere", async () => {
    hubs = [federation.start(HURRY)];
    await submit("slow", { gpu: { count: 2 } });
    await until(deployed).toEqual(["slow"]);
    const { placement } = await intents.status("slow");
    const other = placement?.node === "gpu-1" ? "gpu-2" : "gpu-1";
    await alpha().addPod({ name: "user", node: placement?.node ?? "", requests: { "nvidia.com/gpu": "1" } });
    await until(async () => (await intents.status("slow")).placement?.node).toBe(other);
    await until(deployed).toEqual(["slow"]);
    await until(held).toEqual({ [other]: 2 });
    await alpha().removePod("user");
  });
});
