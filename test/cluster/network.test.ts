import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { annotationsOf, createGpuNode, getNode, setLabels } from "../support/gpu-nodes.ts";
import { type KubeClient, kubeClientFrom } from "../support/kube-client.ts";
import { eventually } from "../support/processes.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { startTestAgent, type TestAgent, type TestAgentOptions } from "../support/test-agent.ts";

const H200 = { "nvidia.com/gpu.product": "NVIDIA-H200", "nvidia.com/gpu.memory": "143771" };

describe("an agent whose network or API server fails", () => {
  let plane: ControlPlane;
  let admin: KubeClient;
  let proxy: TcpProxy;
  let node: string;
  let count = 0;
  const agents: TestAgent[] = [];

  beforeAll(async () => {
    plane = await startControlPlane({ controllers: false });
    admin = kubeClientFrom(plane.kubeconfig);
  });
  afterAll(async () => {
    admin.close();
    await plane.stop();
  });
  beforeEach(async () => {
    count += 1;
    node = `gpu-${count}`;
    proxy = await startTcpProxy(plane.port);
    await createGpuNode(admin, node);
  });
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.stop()));
    await proxy.close();
  });

  const start = async (options: Partial<TestAgentOptions> = {}): Promise<TestAgent> => {
    const agent = await startTestAgent(plane.kubeconfigVia(proxy.url), { node, dra: false, ...options });
    agents.push(agent);
    await model("nvidia-h100");
    return agent;
  };
  const model = (value: string): Promise<unknown> =>
    eventually(
      `the model is ${value}`,
      async () => (await annotationsOf(admin, node))["gpu.fluidos.eu/model"] === value,
    );
  const restarts = (agent: TestAgent, reason: string): Promise<number | undefined> =>
    agent.metric(`flare_agent_watch_restarts_total{watch="node",reason="${reason}"}`);
  const lists = (agent: TestAgent): Promise<number | undefined> =>
    agent.metric('flare_agent_lists_total{watch="node"}');

  test("goes on after its connections were cut, without listing again", async () => {
    const agent = await start();
    proxy.cut();
    await setLabels(admin, node, H200);
    await model("nvidia-h200");
    expect(await restarts(agent, "broken")).toBe(1);
    expect(await lists(agent)).toBe(1);
  });

  test("notices a connection that went silent without closing, and goes on over a new one", async () => {
    const agent = await start({ silenceMs: 1500 });
    proxy.freeze();
    await setLabels(admin, node, H200);
    await model("nvidia-h200");
    expect(await restarts(agent, "silent")).toBeGreaterThan(0);
    expect(await lists(agent)).toBe(1);
  });

  test("waits for a network that swallows everything, and goes on when it is back", async () => {
    const agent = await start({ silenceMs: 1000 });
    proxy.freezeAll();
    await setLabels(admin, node, H200);
    await eventually("noticed", async () => ((await restarts(agent, "silent")) ?? 0) > 0);
    expect((await annotationsOf(admin, node))["gpu.fluidos.eu/model"]).toBe("nvidia-h100");
    expect((await fetch(`http://127.0.0.1:${agent.port}/healthz`)).status).toBe(200);
    proxy.resume();
    await model("nvidia-h200");
  });

  test("survives the death of the API server, writes nothing that was written, and goes on when it is back", async () => {
    const agent = await start();
    const before = (await getNode(admin, node)).metadata?.resourceVersion;
    await plane.killApiServer();
    await eventually(
      "noticed",
      async () => (await agent.metric('flare_agent_watch_connected{watch="node"}')) === 0,
    );
    expect((await fetch(`http://127.0.0.1:${agent.port}/healthz`)).status).toBe(200);
    await plane.startApiServer();
    await eventually(
      "connected",
      async () => (await agent.metric('flare_agent_watch_connected{watch="node"}')) === 1,
    );
    expect((await getNode(admin, node)).metadata?.resourceVersion).toBe(before);
    await setLabels(admin, node, H200);
    await model("nvidia-h200");
  });

  test("waits for a Node that is deleted, and publishes when it comes back", async () => {
    const agent = await start();
    await admin.delete(`/api/v1/nodes/${node}`);
    const ready = async (): Promise<number> => (await fetch(`http://127.0.0.1:${agent.port}/readyz`)).status;
    await eventually("not ready", async () => (await ready()) === 503);
    await createGpuNode(admin, node);
    await model("nvidia-h100");
    await eventually("ready", async () => (await ready()) === 200);
  });
});
