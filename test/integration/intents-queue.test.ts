/** More is asked than there is: who waits, who goes first, who gives way, and what happens when a place is lost. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import { NODES } from "../../src/kubernetes/objects.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { addProvider, startCluster, type TestCluster, writeKubeconfig } from "./hub-cluster.ts";
import { statusOf, until } from "./hub-harness.ts";
import {
  endJob,
  type Federation,
  intent,
  intentsOf,
  madeIn,
  type RunningHub,
  startFederation,
  workloadsIn,
} from "./intents-harness.ts";

let federation: Federation;
let hub: RunningHub;
let intents: ReturnType<typeof intentsOf>;
let submitted: (readonly [string, string])[] = [];

beforeAll(async () => {
  federation = await startFederation(["alpha"]);
  await alpha().addNode({ name: "gpu-1" });
  intents = intentsOf(federation.hub);
  hub = federation.start({ maxInterruptionMs: 800, letGoAfterMs: 60_000 });
}, 60_000);
afterEach(async () => {
  for (const [name, namespace] of submitted) await intents.remove(name, namespace);
  for (const [name, namespace] of submitted) await until(() => intents.exists(name, namespace)).toBe(false);
  submitted = [];
  expect(await madeIn(alpha())).toEqual([]);
});
afterAll(() => federation.close());

function alpha(): TestCluster {
  const cluster = federation.providers.alpha;
  if (cluster === undefined) throw new Error("no provider alpha");
  return cluster;
}
async function submit(name: string, parts: Parameters<typeof intent>[1] = {}): Promise<void> {
  submitted.push([name, parts.namespace ?? "team-a"]);
  await intents.submit(intent(name, parts));
}
const isPlaced = async (name: string, namespace?: string): Promise<boolean> =>
  (await intents.status(name, namespace)).placement !== undefined;

describe("the queue", () => {
  it("holds what does not fit now, with its reason, and lets it go when something frees up", async () => {
    await submit("first", { type: "Batch", gpu: { count: 6 } });
    await until(() => intents.condition("first", "Deployed")).toBe("True ObjectsApplied");
    await submit("second", { gpu: { count: 4 } });
    await until(() => intents.phase("second")).toBe("Queued");
    const { queue, message, decision } = await intents.status("second");
    expect(queue?.position).toBe(1);
    expect(message).toContain("of 1 offers 1 without enough GPUs free now; it fits once others leave");
    expect(decision?.rejected).toEqual([{ reason: "gpu-free", count: 1 }]);
    const { placement } = await intents.status("first");
    await endJob(alpha(), placement?.namespace ?? "", "Complete");
    await until(() => isPlaced("second")).toBe(true);
  });

  it("never gives one GPU to two", async () => {
    const names = Array.from({ length: 6 }, (_, index) => `crowd-${index}`);
    await Promise.all(names.map((name) => submit(name, { gpu: { count: 3 } })));
    await until(
      async () =>
        (await Promise.all(names.map((name) => intents.phase(name)))).filter((phase) => phase === "Queued")
          .length,
    ).toBe(4);
    expect((await Promise.all(names.map((name) => isPlaced(name)))).filter(Boolean)).toHaveLength(2);
    await until(async () => (await workloadsIn(alpha())).length).toBe(2);
  });

  it("lets a small one past a large one that cannot be placed", async () => {
    await submit("holder", { gpu: { count: 4 } });
    await until(() => isPlaced("holder")).toBe(true);
    await submit("large", { gpu: { count: 8 }, spec: { priority: 5 } });
    await until(() => intents.phase("large")).toBe("Queued");
    await submit("small");
    await until(() => isPlaced("small")).toBe(true);
  });

  it("takes an interruptible one of lower priority off its place for a higher one", async () => {
    await submit("cheap", { gpu: { count: 8, interruptible: true } });
    await until(() => intents.condition("cheap", "Deployed")).toBe("True ObjectsApplied");
    await submit("urgent", { gpu: { count: 2 }, spec: { priority: 10 } });
    await until(() => intents.condition("urgent", "Deployed")).toBe("True ObjectsApplied");
    await until(() => intents.phase("cheap")).toBe("Queued");
    expect(hub.log.join("")).toContain('"action":"Preempted"');
    await intents.remove("urgent");
    await until(() => isPlaced("cheap")).toBe(true);
  });

  it("leaves one alone that did not agree to be interrupted", async () => {
    await submit("steady", { gpu: { count: 8 } });
    await until(() => isPlaced("steady")).toBe(true);
    await submit("urgent", { gpu: { count: 2 }, spec: { priority: 10 } });
    await until(() => intents.phase("urgent")).toBe("Queued");
    expect(await isPlaced("steady")).toBe(true);
  });

  it("serves the tenant that has less before the one that has more", async () => {
    await submit("a-1", { type: "Batch", gpu: { count: 6 } });
    await until(() => intents.condition("a-1", "Deployed")).toBe("True ObjectsApplied");
    await submit("a-0", { gpu: { count: 2 } });
    await until(() => isPlaced("a-0")).toBe(true);
    await submit("a-2", { gpu: { count: 6 } });
    await until(() => intents.phase("a-2")).toBe("Queued");
    await submit("b-1", { namespace: "team-b", gpu: { count: 6 } });
    await until(() => intents.phase("b-1", "team-b")).toBe("Queued");
    const { placement } = await intents.status("a-1");
    await endJob(alpha(), placement?.namespace ?? "", "Complete");
    await until(() => isPlaced("b-1", "team-b")).toBe(true);
    expect(await isPlaced("a-2")).toBe(false);
  });

  it("says what would fit where the asked is nowhere", async () => {
    await submit("huge", { gpu: { count: 64 } });
    await until(async () => (await intents.status("huge")).message).toContain(
      "it would fit with 8 GPUs per task instead of 64",
    );
  });

  it("refuses to wait where that is not wanted", async () => {
    const negotiation = { fallbackStrategy: "fail", timeoutSeconds: 1 };
    await submit("strict", { gpu: { count: 64 }, spec: { constraints: { negotiation } } });
    await until(() => intents.phase("strict")).toBe("Failed");
    expect(await intents.condition("strict", "Reserved")).toBe("False NothingFits");
  });
});

describe("money", () => {
  it("stops what has spent its total", async () => {
    await submit("poor", { spec: { constraints: { maxTotalCost: "0.002 EUR" } } });
    await until(() => intents.phase("poor")).toBe("Cancelled");
    const { cost, message } = await intents.status("poor");
    expect(message).toContain("maxTotalCost");
    expect(cost?.accrued).toMatch(/^0\.00\d+ EUR$/);
    await until(async () => (await workloadsIn(alpha())).length).toBe(0);
  });
});

describe("a place that is lost", () => {
  it("is left for another when its node is not ready for too long, and cleaned", async () => {
    await alpha().addNode({ name: "gpu-0" });
    await submit("mover");
    await until(() => intents.condition("mover", "Deployed")).toBe("True ObjectsApplied");
    const before = (await intents.status("mover")).placement;
    const conditions = (status: string) => ({ status: { conditions: [{ type: "Ready", status }] } });
    const node = { name: before?.node ?? "", subresource: "status" };
    await alpha().client.patch(NODES, node, conditions("Unknown"));
    await until(async () => (await intents.status("mover")).placement?.node).not.toBe(before?.node);
    await until(() => intents.condition("mover", "Deployed")).toBe("True ObjectsApplied");
    await until(() => madeIn(alpha())).toEqual([(await intents.status("mover")).placement?.namespace]);
    await alpha().client.patch(NODES, node, conditions("True"));
    await alpha().client.delete(NODES, { name: "gpu-0" });
  });

  it("is left for another cluster when its provider does not answer, and cleaned when that is back", async () => {
    const far = await startCluster();
    const line = await startTcpProxy(Number(new URL(far.url).port));
    await far.addNode({ name: "far", annotations: { "cost.fluidos.eu/hourly-rate": "1" } });
    await writeKubeconfig(federation.hub, "far", far.kubeconfig.replace(far.url, line.url));
    await addProvider(federation.hub, "far");
    await until(async () => (await statusOf(federation.hub, "far")).nodes).toBe(1);
    await submit("refugee");
    await until(() => intents.condition("refugee", "Deployed")).toBe("True ObjectsApplied");
    expect((await intents.status("refugee")).placement?.provider).toBe("far");
    line.freezeAll();
    await until(async () => (await intents.status("refugee")).placement?.provider).toBe("alpha");
    await until(() => intents.condition("refugee", "Deployed")).toBe("True ObjectsApplied");
    expect((await intents.status("refugee")).abandoned).toMatchObject([{ provider: "far" }]);
    expect(await madeIn(far)).toHaveLength(1);
    line.resume();
    await until(() => madeIn(far)).toEqual([]);
    await until(async () => (await intents.status("refugee")).abandoned).toBeUndefined();
    expect((await intents.status("refugee")).placement?.provider).toBe("alpha");
    await federation.hub.client.delete(PROVIDERS, { name: "far" });
    await line.close();
    await far.close();
  });
});
