/** Images are built for GPUs of one vendor: what has run on them is not moved to those of another, unless it says so. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { NODES } from "../../src/kubernetes/objects.ts";
import type { TestCluster } from "./hub-cluster.ts";
import { until } from "./hub-harness.ts";
import { type Federation, intent, intentsOf, makeAvailable, startFederation } from "./intents-harness.ts";

let federation: Federation;
let intents: ReturnType<typeof intentsOf>;
beforeAll(async () => {
  federation = await startFederation(["green", "red"]);
  intents = intentsOf(federation.hub);
  await cluster("green").addNode({ name: "h100", annotations: { "cost.fluidos.eu/hourly-rate": "10" } });
  await cluster("red").addNode({
    name: "mi300x",
    annotations: {
      "gpu.fluidos.eu/vendor": "amd",
      "gpu.fluidos.eu/model": "amd-mi300x",
      "gpu.fluidos.eu/variant": undefined,
      "gpu.fluidos.eu/devices": JSON.stringify([
        {
          resource: "amd.com/gpu",
          model: "amd-mi300x",
          count: 8,
          memoryGi: 192,
          sharing: "none",
          replicas: 1,
        },
      ]),
    },
    allocatable: { cpu: "192", memory: "2000Gi", pods: "110", "amd.com/gpu": "8" },
  });
  federation.start({ maxInterruptionMs: 800 });
});
afterAll(() => federation.close());

function cluster(name: string): TestCluster {
  const found = federation.providers[name];
  if (found === undefined) throw new Error(`no provider ${name}`);
  return found;
}
const placedAt = async (name: string) => (await intents.status(name)).placement?.provider;

it("waits for GPUs of its vendor when it loses its own, and goes to others when it may", async () => {
  await intents.submit(intent("built", { gpu: { model: "any" } }));
  await until(() => intents.condition("built", "Deployed")).toBe("True ObjectsApplied");
  const { placement } = await intents.status("built");
  expect(placement).toMatchObject({ provider: "green", vendor: "nvidia" });
  await until(async () => {
    await makeAvailable(cluster("green"), placement?.namespace ?? "");
    return intents.phase("built");
  }).toBe("Running");
  expect((await intents.status("built")).ranOn).toBe("nvidia");
  await cluster("green").client.delete(NODES, { name: "h100" });
  await until(async () => (await intents.status("built")).message).toContain("of another vendor");
  await intents.change("built", { workload: { resources: { gpu: { vendor: "Any" } } } });
  await until(() => placedAt("built")).toBe("red");
  await intents.remove("built");
});

it("is placed on the vendor that it asks for, and on no other", async () => {
  await intents.submit(intent("asks", { gpu: { model: "any", vendor: "amd" } }));
  await until(() => placedAt("asks")).toBe("red");
  await intents.submit(intent("waits", { gpu: { model: "any", vendor: "intel" } }));
  await until(async () => (await intents.status("waits")).message).toContain("of another vendor");
  for (const name of ["asks", "waits"]) await intents.remove(name);
});
