import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { createGpuNode, setLabels } from "../support/gpu-nodes.ts";
import { type KubeClient, kubeClientFrom } from "../support/kube-client.ts";
import { eventually } from "../support/processes.ts";
import { startTestAgent, type TestAgent } from "../support/test-agent.ts";

const names = Array.from({ length: 100 }, (_, index) => `gpu-${index}`);

describe("a hundred agents at once", () => {
  let plane: ControlPlane;
  let admin: KubeClient;
  let agents: TestAgent[] = [];
  beforeAll(async () => {
    plane = await startControlPlane({
      audit: true,
      controllers: false,
      users: { crowd: ["system:masters"] },
    });
    admin = kubeClientFrom(plane.kubeconfig);
    for (const name of names) await createGpuNode(admin, name);
  });
  afterAll(async () => {
    await stopAll();
    admin.close();
    await plane.stop();
  });

  const startAll = async (): Promise<void> => {
    agents = await Promise.all(names.map((node) => startTestAgent(plane.kubeconfigFor("crowd"), { node })));
  };
  const stopAll = async (): Promise<void> => {
    await Promise.all(agents.splice(0).map((agent) => agent.stop()));
  };
  const models = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const { metadata } of (await admin.get("/api/v1/nodes")).body.items ?? []) {
      const model = metadata?.annotations?.["gpu.fluidos.eu/model"] ?? "none";
      counts[model] = (counts[model] ?? 0) + 1;
    }
    return counts;
  };
  /** Node writes of the agents so far. */
  const writes = async (): Promise<number> => {
    const log = await plane.auditLog();
    const ours = log.filter(({ user, verb }) => user.username === "crowd" && verb === "patch");
    return ours.filter(({ requestURI }) => requestURI.startsWith("/api/v1/nodes/")).length;
  };
  const passes = async (result: string): Promise<number> => {
    const series = `flare_agent_publishes_total{result="${result}"}`;
    const values = await Promise.all(agents.map((agent) => agent.metric(series)));
    return values.filter((value) => (value ?? 0) > 0).length;
  };

  test("each publish its own Node with one write, restart without any, and follow a change with one more", async () => {
    await startAll();
    await eventually("all published", async () => (await models())["nvidia-h100"] === 100, 60_000);
    await eventually("all have passed", async () => (await passes("published")) === 100);
    expect(await writes()).toBe(100);

    await stopAll();
    await startAll();
    await eventually("all looked", async () => (await passes("unchanged")) === 100, 60_000);
    expect(await writes()).toBe(100);

    const h200 = { "nvidia.com/gpu.product": "NVIDIA-H200", "nvidia.com/gpu.memory": "143771" };
    await Promise.all(names.map((name) => setLabels(admin, name, h200)));
    await eventually("all follow", async () => (await models())["nvidia-h200"] === 100, 60_000);
    expect(await writes()).toBe(200);
  });
});
