import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { type KubeNode, viewOfNode } from "../../src/agent/node-view.ts";
import { publish } from "../../src/agent/publish.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import { findResource } from "../../src/kubernetes/discovery.ts";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import { CONFIG_MAPS, EVENTS, type KubeObject, NODES } from "../../src/kubernetes/objects.ts";
import { startApi, type TestApi } from "../support/api.ts";
import { configMapsRefused, nodesOf, type RunningAgent, startAgent } from "./agent-harness.ts";

const H100 = { "nvidia.com/gpu.product": "H100", "nvidia.com/gpu.count": "8" };
const MODEL = "gpu.fluidos.eu/model";

let api: TestApi;
let client: KubeClient;
let nodes: ReturnType<typeof nodesOf>;
const running: RunningAgent[] = [];

beforeAll(async () => {
  api = await startApi();
  client = createClient({ kubeconfigText: api.kubeconfig });
  nodes = nodesOf(client);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((agent) => agent.stop()));
});

afterAll(async () => {
  client?.close();
  await api?.stop();
});

function start(
  ...[options, deps]: [Parameters<typeof startAgent>[1], Parameters<typeof startAgent>[2]?]
): RunningAgent {
  const agent = startAgent(api.kubeconfig, options, deps);
  running.push(agent);
  return agent;
}

/** The same server, another user. */
function withToken(kubeconfig: string, token: string): string {
  const config = parse(kubeconfig);
  for (const user of config.users) user.user = { token };
  return stringify(config);
}

const modelOf = async (name: string): Promise<string | undefined> =>
  (await nodes.read(name)).annotations[MODEL];
const until = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 60_000, interval: 30 });
/** How many passes ended so, from the agent's own metrics. */
const passes = async (agent: RunningAgent, result: string): Promise<number> => {
  const { body } = await agent.fetch("/metrics");
  return Number(new RegExp(`flare_agent_publishes_total\\{result="${result}"\\} (\\d+)`).exec(body)?.[1]);
};
const eventReasons = async (name: string): Promise<string[]> => {
  const reasons: string[] = [];
  for await (const page of client.list<KubeObject & { reason: string; involvedObject: { name: string } }>(
    EVENTS,
    { namespace: "default" },
  )) {
    reasons.push(
      ...page.items.filter((event) => event.involvedObject.name === name).map((event) => event.reason),
    );
  }
  return reasons.sort();
};

describe("an agent on a node with GPUs", () => {
  it("publishes annotations and the label, is ready, and tells so once by an Event", async () => {
    await nodes.create("publish", H100);
    const agent = start({ node: "publish" });
    await until(() => modelOf("publish")).toBe("h100");
    const node = await nodes.read("publish");
    expect(node.labels["node.fluidos.eu/gpu"]).toBe("true");
    expect(node.owned).toEqual([
      "gpu.fluidos.eu/count",
      MODEL,
      "gpu.fluidos.eu/vendor",
      "node.fluidos.eu/gpu",
    ]);
    await until(() => eventReasons("publish")).toEqual(["GPUAnnotationsPublished"]);
    expect(await agent.fetch("/readyz")).toEqual({ status: 200, body: "published 4 keys\n" });
    expect((await agent.fetch("/metrics")).body).toContain(
      'flare_gpu_devices{node="publish",group="nvidia.com/gpu#0"} 8',
    );
  });

  it("follows changed labels with one write for a burst", async () => {
    await nodes.create("burst", H100);
    const agent = start({ node: "burst", debounceMs: 150, maxWaitMs: 2000 });
    await until(() => modelOf("burst")).toBe("h100");
    for (const count of ["4", "5", "6"]) await nodes.label("burst", { "nvidia.com/gpu.count": count });
    await nodes.label("burst", { "nvidia.com/gpu.product": "H200" });
    await until(() => modelOf("burst")).toBe("h200");
    expect((await nodes.read("burst")).annotations["gpu.fluidos.eu/count"]).toBe("6");
    expect(await passes(agent, "published")).toBe(2);
  });

  it("writes nothing for heartbeats", async () => {
    await nodes.create("heartbeat", H100);
    const agent = start({ node: "heartbeat" });
    await until(() => modelOf("heartbeat")).toBe("h100");
    const passesBefore = await passes(agent, "unchanged");
    await nodes.label("heartbeat", { "nvidia.com/gfd.timestamp": "1780000000" });
    const { resourceVersion } = await nodes.read("heartbeat");
    await until(() => passes(agent, "unchanged")).toBeGreaterThan(passesBefore);
    expect((await nodes.read("heartbeat")).resourceVersion).toBe(resourceVersion);
    expect(await passes(agent, "published")).toBe(1);
  });

  it("writes nothing after a restart", async () => {
    await nodes.create("restart", H100);
    const first = start({ node: "restart" });
    await until(() => modelOf("restart")).toBe("h100");
    await first.stop();
    const { resourceVersion } = await nodes.read("restart");
    const second = start({ node: "restart" });
    await until(() => passes(second, "unchanged").catch(() => 0)).toBeGreaterThan(0);
    expect((await nodes.read("restart")).resourceVersion).toBe(resourceVersion);
    expect(await passes(second, "published")).toBe(0);
  });

  it("is ready and writes nothing on a node without GPUs", async () => {
    await nodes.create("no-gpu");
    const { resourceVersion } = await nodes.read("no-gpu");
    const agent = start({ node: "no-gpu" });
    await until(() => agent.fetch("/readyz").catch(String)).toEqual({
      status: 200,
      body: "nothing to publish: no GPU on this node\n",
    });
    expect((await nodes.read("no-gpu")).resourceVersion).toBe(resourceVersion);
  });

  it("tells by Event and metric of a product that the tables do not know, and publishes the rest", async () => {
    await nodes.create("mystery", { ...H100, "nvidia.com/gpu.product": "Mystery" });
    const agent = start({ node: "mystery" });
    await until(() => eventReasons("mystery")).toEqual(["GPUAnnotationsPublished", "GPUProductUnknown"]);
    expect((await nodes.read("mystery")).annotations["gpu.fluidos.eu/count"]).toBe("8");
    expect((await agent.fetch("/metrics")).body).toContain(
      'flare_agent_unmapped_products{node="mystery",product="Mystery"} 1',
    );
  });
});

describe("an agent beside other owners", () => {
  it("leaves a key that somebody else set, publishes the rest, and reports it", async () => {
    await nodes.create("owned", H100);
    await nodes.annotate("owned", { [MODEL]: "set-by-admin" });
    const agent = start({ node: "owned" });
    await until(async () => (await nodes.read("owned")).annotations["gpu.fluidos.eu/count"]).toBe("8");
    const node = await nodes.read("owned");
    expect(node.annotations[MODEL]).toBe("set-by-admin");
    expect(node.owned).not.toContain(MODEL);
    await until(() => eventReasons("owned")).toContain("GPUAnnotationOverridden");
    expect((await agent.fetch("/metrics")).body).toMatch(
      new RegExp(`flare_agent_overridden_keys\\{key="${MODEL}",manager=".+"\\} 1`),
    );
  });

  it("gives up a key that somebody takes over, and takes it up again when it is free", async () => {
    await nodes.create("taken", H100);
    const agent = start({ node: "taken" });
    await until(() => modelOf("taken")).toBe("h100");
    await nodes.annotate("taken", { [MODEL]: "taken-over" });
    await until(async () => (await agent.fetch("/metrics")).body).toContain(`key="${MODEL}"`);
    expect(await modelOf("taken")).toBe("taken-over");
    await nodes.annotate("taken", { [MODEL]: null });
    await until(() => modelOf("taken")).toBe("h100");
  });
});

describe("an agent whose GPUs go away", () => {
  it("withdraws everything, but only after the grace period", async () => {
    await nodes.create("grace", H100);
    const agent = start({ node: "grace", graceMs: 400 });
    await until(() => modelOf("grace")).toBe("h100");
    await nodes.label("grace", { "nvidia.com/gpu.product": null });
    await until(async () => (await agent.fetch("/metrics")).body).toContain(
      "flare_agent_withdrawals_pending 4",
    );
    expect(await modelOf("grace")).toBe("h100");
    await until(() => modelOf("grace")).toBeUndefined();
    const node = await nodes.read("grace");
    expect(node.owned).toEqual([]);
    expect(node.labels).not.toHaveProperty("node.fluidos.eu/gpu");
  });

  it("withdraws nothing when the labels come back in time, and writes nothing meanwhile", async () => {
    await nodes.create("flap", H100);
    const agent = start({ node: "flap" });
    await until(() => modelOf("flap")).toBe("h100");
    await nodes.label("flap", { "nvidia.com/gpu.product": null });
    await until(async () => (await agent.fetch("/metrics")).body).toContain(
      "flare_agent_withdrawals_pending 4",
    );
    await nodes.label("flap", { "nvidia.com/gpu.product": "H100" });
    await until(async () => (await agent.fetch("/metrics")).body).toContain(
      "flare_agent_withdrawals_pending 0",
    );
    expect(await modelOf("flap")).toBe("h100");
    expect(await passes(agent, "published")).toBe(1);
  });

  it("cannot bring a deleted node back by a late write", async () => {
    await nodes.create("late-write", H100);
    const view = viewOfNode(await client.get<KubeNode>(NODES, { name: "late-write" }));
    await nodes.delete("late-write");
    await expect(publish(client, view, { "labels/node.fluidos.eu/gpu": "true" })).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(nodes.read("late-write")).rejects.toMatchObject({ code: "not-found" });
  });

  it("waits for a node that is deleted, says so, does not bring it back, and goes on when it returns", async () => {
    await nodes.create("deleted", H100);
    const agent = start({ node: "deleted" });
    await until(() => modelOf("deleted")).toBe("h100");
    await nodes.delete("deleted");
    await until(() => agent.fetch("/readyz")).toEqual({
      status: 503,
      body: 'node "deleted" was deleted: waiting for it\n',
    });
    expect((await agent.fetch("/healthz")).status).toBe(200);
    await until(async () => (await agent.fetch("/metrics")).body).not.toContain("flare_gpu_info{");
    await expect(nodes.read("deleted")).rejects.toMatchObject({ code: "not-found" });
    await nodes.create("deleted", { ...H100, "nvidia.com/gpu.product": "L40S" });
    await until(() => modelOf("deleted")).toBe("l40s");
  });
});

describe("an agent on a node that describes its GPUs by ResourceSlices", () => {
  const wanted = { group: "resource.k8s.io", plural: "resourceslices", versions: ["v1"] };
  const slice = (name: string, node: string, devices: readonly string[]) => ({
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceSlice",
    metadata: { name },
    spec: {
      driver: "gpu.nvidia.com",
      nodeName: node,
      pool: { name: node, generation: 1, resourceSliceCount: 1 },
      devices: devices.map((each) => ({ name: each, attributes: { productName: { string: "GB200" } } })),
    },
  });

  it("publishes what they say, follows them, and does not take another node's", async (context) => {
    const resource = await findResource(client, wanted);
    if (resource === undefined) return context.skip("this API server has no resource.k8s.io/v1");
    await nodes.create("dra");
    await nodes.create("dra-other");
    await client.create(resource, slice("dra-1", "dra", ["gpu-0", "gpu-1"]));
    await client.create(resource, slice("dra-2", "dra-other", ["gpu-0", "gpu-1", "gpu-2"]));
    const agent = start({ node: "dra" });
    await until(() => modelOf("dra")).toBe("gb200");
    const count = async () => (await nodes.read("dra")).annotations["gpu.fluidos.eu/count"];
    expect(await count()).toBe("2");
    const devices = slice("dra-1", "dra", ["gpu-0", "gpu-1", "gpu-2", "gpu-3"]).spec.devices;
    await client.patch(resource, { name: "dra-1" }, { spec: { devices } });
    await until(count).toBe("4");
    await client.delete(resource, { name: "dra-1" });
    await until(async () => (await agent.fetch("/metrics")).body).toContain(
      "flare_agent_withdrawals_pending 4",
    );
  });
});

describe("a site's own tables", () => {
  const overlay = (name: string) => ({ namespace: "default", name });
  const put = (name: string, text: string) =>
    client.create(CONFIG_MAPS, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "default" },
      data: { "site.yaml": text, notes: "x" },
    } as KubeObject);
  const region = async (name: string) => (await nodes.read(name)).annotations["location.fluidos.eu/region"];

  it("come from a ConfigMap, and a bad one keeps the last good tables and is told", async () => {
    await nodes.create("overlay", H100);
    await put("tables", "milan");
    const agent = start({ node: "overlay", overlayConfigMap: overlay("tables") });
    await until(() => region("overlay")).toBe("milan");
    await client.patch(CONFIG_MAPS, overlay("tables"), { data: { "site.yaml": "broken" } });
    await until(async () => (await agent.fetch("/metrics")).body).toContain("flare_agent_overlay_problems 1");
    expect(await region("overlay")).toBe("milan");
    await until(() => eventReasons("overlay")).toContain("GPUMappingsInvalid");
    await client.patch(CONFIG_MAPS, overlay("tables"), { data: { "site.yaml": "turin" } });
    await until(() => region("overlay")).toBe("turin");
    expect((await agent.fetch("/metrics")).body).toContain("flare_agent_overlay_problems 0");
  });

  it("stay in what is published when the agent restarts while they are bad, and new keys are added", async () => {
    await nodes.create("overlay-restart", H100);
    await put("restarted", "milan");
    const first = start({ node: "overlay-restart", overlayConfigMap: overlay("restarted") });
    await until(() => region("overlay-restart")).toBe("milan");
    await first.stop();
    await client.patch(CONFIG_MAPS, overlay("restarted"), { data: { "site.yaml": "broken" } });
    await client.patch(NODES, { name: "overlay-restart" }, { metadata: { annotations: { [MODEL]: null } } });
    const second = start({ node: "overlay-restart", overlayConfigMap: overlay("restarted"), graceMs: 0 });
    await until(() => modelOf("overlay-restart")).toBe("h100");
    expect(await region("overlay-restart")).toBe("milan");
    await client.patch(CONFIG_MAPS, overlay("restarted"), { data: { "site.yaml": null } });
    await until(() => region("overlay-restart")).toBeUndefined();
    expect((await second.fetch("/metrics")).body).toContain("flare_agent_overlay_problems 0");
  });

  it("are waited for: until they can be read, what is published stays as it is", async () => {
    await nodes.create("overlay-slow", H100);
    await put("slow", "milan");
    const first = start({ node: "overlay-slow", overlayConfigMap: overlay("slow") });
    await until(() => region("overlay-slow")).toBe("milan");
    await first.stop();
    const gate = configMapsRefused(createClient({ kubeconfigText: api.kubeconfig }));
    await nodes.label("overlay-slow", { "nvidia.com/gpu.product": "H200" });
    const second = start(
      { node: "overlay-slow", overlayConfigMap: overlay("slow") },
      { client: gate.client },
    );
    await until(async () => (await second.fetch("/metrics")).body).toContain(
      'publishes_total{result="unchanged"} 1',
    );
    expect(await region("overlay-slow")).toBe("milan");
    expect(await modelOf("overlay-slow")).toBe("h100");
    gate.open();
    await until(() => modelOf("overlay-slow")).toBe("h200");
    expect(await region("overlay-slow")).toBe("milan");
  });

  it("come from a mounted folder, and follow its changes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "flare-overlay-"));
    await writeFile(join(folder, "site.yaml"), "rome");
    await nodes.create("folder", H100);
    start({ node: "folder", overlayFolder: folder });
    await until(() => region("folder")).toBe("rome");
    await writeFile(join(folder, "site.yaml"), "oslo");
    await until(() => region("folder")).toBe("oslo");
    await rm(folder, { recursive: true });
  });
});

describe("an agent that runs once", () => {
  it("publishes and ends with 0", async () => {
    await nodes.create("once", H100);
    expect(await start({ node: "once", once: true }).exit).toBe(0);
    expect(await modelOf("once")).toBe("h100");
    await until(() => eventReasons("once")).toEqual(["GPUAnnotationsPublished"]);
  });

  it("prints what it would apply with --dry-run, and writes nothing", async () => {
    await nodes.create("dry", H100);
    const agent = start({ node: "dry", once: true, dryRun: true });
    expect(await agent.exit).toBe(0);
    expect(JSON.parse(agent.printed.join(""))).toMatchObject({
      kind: "Node",
      metadata: { name: "dry", annotations: { [MODEL]: "h100" }, labels: { "node.fluidos.eu/gpu": "true" } },
    });
    expect(await modelOf("dry")).toBeUndefined();
  });

  it("ends with 2 and writes nothing where the site's tables are bad, since it has no good ones", async () => {
    const folder = await mkdtemp(join(tmpdir(), "flare-overlay-"));
    await writeFile(join(folder, "site.yaml"), "broken");
    await nodes.create("once-bad", H100);
    const agent = start({ node: "once-bad", once: true, overlayFolder: folder });
    expect(await agent.exit).toBe(2);
    expect(agent.lines.at(-1)?.msg).toContain("site.yaml:1:1: broken");
    expect(await modelOf("once-bad")).toBeUndefined();
    await rm(folder, { recursive: true });
  });

  it("ends with 3 and names the flag where there is no such node", async () => {
    const agent = start({ node: "nowhere", once: true });
    expect(await agent.exit).toBe(3);
    expect(agent.lines.at(-1)?.msg).toContain(
      'there is no node "nowhere" in this cluster: correct --node or NODE_NAME',
    );
  });
});

describe("an agent that cannot work", () => {
  it("waits for a node that does not exist yet, and says which", async () => {
    const agent = start({ node: "later" });
    await until(() => agent.fetch("/readyz").catch(String)).toEqual({
      status: 503,
      body: 'node "later" does not exist: waiting for it\n',
    });
    await nodes.create("later", H100);
    await until(() => modelOf("later")).toBe("h100");
  });

  it("ends with 1 and says that the token is not accepted", async () => {
    const agent = startAgent(withToken(api.kubeconfig, "expired"), { node: "publish", once: true });
    expect(await agent.exit).toBe(1);
    expect(agent.lines.at(-1)?.msg).toMatch(/get nodes "publish": the API server answered 401.*expired/);
  });

  it("ends with 1 and says who may not do what", async () => {
    const account = { metadata: { name: "nobody", namespace: "default" } };
    await client.create({ group: "", version: "v1", plural: "serviceaccounts", namespaced: true }, account);
    const answer = await client.raw({
      method: "POST",
      path: "/api/v1/namespaces/default/serviceaccounts/nobody/token",
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
    });
    const agent = startAgent(withToken(api.kubeconfig, JSON.parse(answer).status.token), {
      node: "publish",
      once: true,
    });
    expect(await agent.exit).toBe(1);
    expect(agent.lines.at(-1)?.msg).toMatch(
      /answered 403: .*"system:serviceaccount:default:nobody" cannot get resource "nodes".*grant this verb/,
    );
  });

  it("ends with 2 and names the kubeconfig that is missing", async () => {
    const missing = createClient({ kubeconfig: "/nowhere/kubeconfig" });
    const agent = startAgent(api.kubeconfig, { node: "publish" }, { client: missing });
    expect(await agent.exit).toBe(2);
    expect(agent.lines.at(-1)?.msg).toContain(
      "kubeconfig /nowhere/kubeconfig (from --kubeconfig) does not exist",
    );
  });

  it("is asked to end and does so at once", async () => {
    await nodes.create("end", H100);
    const agent = start({ node: "end" });
    await until(() => modelOf("end")).toBe("h100");
    const before = performance.now();
    expect(await agent.stop()).toBe(0);
    expect(performance.now() - before).toBeLessThan(1000);
  });
});
