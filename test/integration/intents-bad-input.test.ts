/** What people get wrong, and what happens to an Intent from outside: each ends in a clear condition, and nothing is lost. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { isKubeError } from "../../src/kubernetes/kube-error.ts";
import { type KubeObject, NODES, type Resource } from "../../src/kubernetes/objects.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { createNamespace, NAMESPACES, type TestCluster, writeKubeconfig } from "./hub-cluster.ts";
import { settled, statusOf, until } from "./hub-harness.ts";
import {
  addPodOf,
  type Federation,
  intent,
  intentsOf,
  listed,
  madeIn,
  makeAvailable,
  type RunningHub,
  startFederation,
  workloadsIn,
} from "./intents-harness.ts";

const EVENTS: Resource = { group: "", version: "v1", plural: "events", namespaced: true };

let federation: Federation;
let hub: RunningHub;
let line: TcpProxy;
let intents: ReturnType<typeof intentsOf>;
let submitted: (readonly [string, string])[] = [];

beforeAll(async () => {
  federation = await startFederation(["alpha"]);
  await alpha().addNode({ name: "gpu-1" });
  line = await startTcpProxy(Number(new URL(alpha().url).port));
  await writeKubeconfig(federation.hub, "alpha", alpha().kubeconfig.replace(alpha().url, line.url));
  intents = intentsOf(federation.hub);
  hub = federation.start({
    hosts: new Map([["team-b", ["chat.example.com"]]]),
    maxInterruptionMs: 600_000,
    letGoAfterMs: 600_000,
  });
  await settled(async () => expect((await statusOf(federation.hub, "alpha")).nodes).toBe(1));
}, 60_000);
afterEach(async () => {
  for (const [name, namespace] of submitted) await intents.remove(name, namespace);
  for (const [name, namespace] of submitted) await until(() => intents.exists(name, namespace)).toBe(false);
  submitted = [];
  await until(() => madeIn(alpha())).toEqual([]);
});
afterAll(async () => {
  await federation.close();
  await line.close();
});

function alpha(): TestCluster {
  const cluster = federation.providers.alpha;
  if (cluster === undefined) throw new Error("no provider alpha");
  return cluster;
}
async function submit(name: string, parts: Parameters<typeof intent>[1] = {}): Promise<void> {
  submitted.push([name, parts.namespace ?? "team-a"]);
  await intents.submit(intent(name, parts));
}
const deployed = (name: string) =>
  until(() => intents.condition(name, "Deployed")).toBe("True ObjectsApplied");
const namespaceOf = async (name: string, namespace?: string): Promise<string> =>
  (await intents.status(name, namespace)).placement?.namespace ?? "";

describe("an Intent that asks for what makes no sense", () => {
  it.each<[string, Parameters<typeof intent>[1], readonly string[]]>([
    [
      "contradicts itself",
      { gpu: { shared: true, dedicated: true, memoryMin: "80Gi", memoryMax: "40Gi" } },
      ["spec.workload.resources.gpu.dedicated", "spec.workload.resources.gpu.memoryMax"],
    ],
    [
      "is for a service and a batch at once",
      { workload: { batch: { timeout: "1h" } } },
      ["spec.workload.batch"],
    ],
    [
      "names an unknown model",
      { gpu: { model: "nvidia-h1000" } },
      ["spec.workload.resources.gpu.model", "nvidia-h100"],
    ],
    // An empty text is refused by some API servers already, which take it for null.
    ["has no image", { workload: { image: " " } }, ["spec.workload.image"]],
    [
      "names a host of another tenant",
      { workload: { ports: [{ port: 80, expose: true, domain: "chat.example.com" }] } },
      ["spec.workload.ports[0].domain", "no host of tenant team-a"],
    ],
    ["has a name that is none", { workload: { name: "Not A Name!" } }, ["spec.workload.name"]],
  ])("and %s is refused with the path, and goes its way once it is mended", async (_, parts, told) => {
    await submit("wrong", parts);
    await until(() => intents.condition("wrong", "Admitted")).toBe("False Invalid");
    const { message, phase } = await intents.status("wrong");
    expect(phase).toBe("Failed");
    for (const text of told) expect(message).toContain(text);
    expect(await madeIn(alpha())).toEqual([]);
    const gpu = {
      model: "nvidia-h100",
      count: 1,
      shared: null,
      dedicated: null,
      memoryMin: null,
      memoryMax: null,
    };
    await intents.change("wrong", {
      workload: { image: "ghcr.io/acme/work:1", name: "right", batch: null, ports: null, resources: { gpu } },
    });
    await deployed("wrong");
  });

  it.each<[string, Parameters<typeof intent>[1], string]>([
    ["a negative number of GPUs", { gpu: { count: -1 } }, "count"],
    ["a number of GPUs that nobody has", { gpu: { count: 1e9 } }, "count"],
    ["a negative price", { spec: { constraints: { maxHourlyCost: "-5 EUR" } } }, "maxHourlyCost"],
    ["a negative size", { workload: { resources: { cpu: "-4", gpu: {} } } }, "cpu"],
    ["a size beyond all bounds", { workload: { resources: { memory: "1e99Gi", gpu: {} } } }, "memory"],
    ["a priority beyond all bounds", { spec: { priority: 1e12 } }, "priority"],
  ])("and has %s is refused by the API server itself", async (_, parts, field) => {
    const refused = await intents.submit(intent("wrong", parts)).catch((error: unknown) => error);
    expect(isKubeError(refused, "invalid") ? refused.message : "accepted").toContain(field);
  });

  it.each<[string, Parameters<typeof intent>[1], string]>([
    ["more GPUs than any node has", { gpu: { count: 1024 } }, "fewer GPUs on one node than it needs"],
    [
      "more memory than any node has",
      { workload: { resources: { memory: "9000Gi", gpu: { count: 1 } } } },
      "memory",
    ],
    [
      "a price that nobody meets",
      { spec: { constraints: { maxHourlyCost: "0.000001 EUR" } } },
      "above its hourly bound",
    ],
    ["a provider that there is not", { spec: { constraints: { providers: ["nobody"] } } }, "provider"],
  ])("and wants %s waits, and says for what", async (_, parts, told) => {
    await submit("dreamer", parts);
    await until(() => intents.phase("dreamer")).toBe("Queued");
    await until(async () => (await intents.status("dreamer")).message).toContain(told);
    expect(await intents.condition("dreamer", "Reserved")).toBe("False Queued");
  });
});

describe("an image that cannot be pulled", () => {
  const waiting = { reason: "ImagePullBackOff", message: 'Back-off pulling image "ghcr.io/acme/nope:1"' };
  const containerStatuses = [
    { name: "main", image: "i", imageID: "", ready: false, restartCount: 0, state: { waiting } },
  ];

  it.each(["Service", "Batch"] as const)(
    "keeps a %s from running, which says so; the image put right, it runs",
    async (type) => {
      await submit("typo", { type });
      await deployed("typo");
      const before = await namespaceOf("typo");
      await addPodOf(alpha(), before, { phase: "Pending", containerStatuses });
      await until(() => intents.condition("typo", "Ready")).toBe("False ImagePullBackOff");
      expect((await intents.status("typo")).message).toContain("ghcr.io/acme/nope:1");
      await intents.change("typo", { workload: { image: "ghcr.io/acme/right:1" } });
      await until(async () => JSON.stringify(await workloadsIn(alpha()))).toContain("ghcr.io/acme/right:1");
      await deployed("typo");
      // A Job cannot be changed: it began anew, and nothing of the first is left.
      await until(() => madeIn(alpha())).toEqual([await namespaceOf("typo")]);
    },
  );
});

describe("a namespace that is deleted under an Intent", () => {
  it("in the provider is made anew, and the Intent runs there again", async () => {
    await submit("robbed", { type: "Batch" });
    await deployed("robbed");
    const name = await namespaceOf("robbed");
    const before = await alpha().client.get<KubeObject>(NAMESPACES, { name });
    await alpha().client.delete(NAMESPACES, { name });
    await until(async () => {
      const found = await listed<KubeObject>(alpha().client, NAMESPACES);
      return found.find(({ metadata }) => metadata?.name === name)?.metadata?.uid;
    }).not.toBe(before.metadata?.uid);
    await until(async () => (await workloadsIn(alpha())).length).toBe(1);
    await deployed("robbed");
    expect((await intents.status("robbed")).placement?.node).toBe("gpu-1");
  });

  it("on the hub takes the Intent with it, and everything that it had", async () => {
    await createNamespace(federation.hub.client, "team-gone");
    await intents.submit(intent("doomed", { namespace: "team-gone" }));
    await until(async () => (await workloadsIn(alpha())).length).toBe(1);
    await federation.hub.client.delete(NAMESPACES, { name: "team-gone" });
    await until(() => madeIn(alpha())).toEqual([]);
    await until(async () =>
      (await listed<KubeObject>(federation.hub.client, NAMESPACES)).map(({ metadata }) => metadata?.name),
    ).not.toContain("team-gone");
  });

  it("on the hub ends while the provider is away only when that is back, and then leaves nothing", async () => {
    await createNamespace(federation.hub.client, "team-away");
    await intents.submit(intent("patient", { namespace: "team-away" }));
    await until(async () => (await workloadsIn(alpha())).length).toBe(1);
    line.freezeAll();
    await federation.hub.client.delete(NAMESPACES, { name: "team-away" });
    await until(async () => (await statusOf(federation.hub, "alpha")).conditions?.[0]?.status).toBe("False");
    expect(await intents.exists("patient", "team-away")).toBe(true);
    expect(await madeIn(alpha())).toHaveLength(1);
    // Whoever looks sees that it was heard, and the log tells it once.
    const told = /it is being deleted, but could not be cleaned up yet: /;
    await until(async () => (await intents.status("patient", "team-away")).message).toMatch(told);
    const lines = () => hub.log.filter((line) => line.includes("could not clean up yet"));
    const before = lines().length;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(lines().length - before).toBeLessThan(3);
    line.resume();
    await until(() => intents.exists("patient", "team-away")).toBe(false);
    expect(await madeIn(alpha())).toEqual([]);
  });
});

describe("annotations of a node that are edited to nonsense under an Intent", () => {
  it("leave it where it runs", async () => {
    await submit("steady");
    await deployed("steady");
    // Where controllers run they may take its replicas away for a moment.
    await until(async () => {
      await makeAvailable(alpha(), await namespaceOf("steady"));
      return intents.phase("steady");
    }).toBe("Running");
    const read = async () =>
      (await alpha().client.get<KubeObject>(NODES, { name: "gpu-1" })).metadata?.annotations;
    const before = await read();
    const nonsense = Object.fromEntries(
      Object.keys(before ?? {})
        .filter((key) => key.includes("fluidos.eu/"))
        .map((key) => [key, "¯\\_(ツ)_/¯"]),
    );
    await alpha().client.patch(NODES, { name: "gpu-1" }, { metadata: { annotations: nonsense } });
    await until(async () => (await statusOf(federation.hub, "alpha")).message).toContain("gpu-1");
    await submit("next");
    await until(() => intents.phase("next")).toBe("Queued");
    expect(await intents.condition("steady", "Reserved")).toContain("True");
    expect((await intents.status("steady")).placement?.node).toBe("gpu-1");
    await alpha().client.patch(NODES, { name: "gpu-1" }, { metadata: { annotations: before ?? {} } });
    await deployed("next");
  });
});

describe("many Intents at once", () => {
  it("each have their Events: what was decided, and what became of it", async () => {
    const names = Array.from({ length: 8 }, (_, index) => `many-${index}`);
    for (const name of names) await submit(name);
    for (const name of names) await deployed(name);
    await until(async () => {
      const events = await listed<KubeObject & { reason: string; involvedObject: { name: string } }>(
        federation.hub.client,
        EVENTS,
        "team-a",
      );
      return names.map((name) =>
        ["Placed", "Deployed"].every((reason) =>
          events.some((event) => event.involvedObject.name === name && event.reason === reason),
        ),
      );
    }).toEqual(names.map(() => true));
  });
});
