import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApi, type TestApi } from "../support/api.ts";
import { createGpuNode } from "../support/gpu-nodes.ts";
import { type KubeClient, kubeClientFrom } from "../support/kube-client.ts";
import { eventually } from "../support/processes.ts";
import { lintMetrics, type Prometheus, prometheusIsThere, startPrometheus } from "../support/prometheus.ts";
import { startTestAgent, type TestAgent } from "../support/test-agent.ts";

if (!prometheusIsThere()) {
  console.log("Not run: prometheus and promtool are not installed (Debian's package `prometheus` has both).");
}

describe.runIf(prometheusIsThere())("a real Prometheus", () => {
  let api: TestApi;
  let admin: KubeClient;
  let agents: TestAgent[] = [];
  let prometheus: Prometheus;
  beforeAll(async () => {
    api = await startApi();
    admin = kubeClientFrom(api.kubeconfig);
    await createGpuNode(admin, "gpu-1");
    await createGpuNode(admin, "gpu-2", {}, 0);
    agents = await Promise.all(["gpu-1", "gpu-2"].map((node) => startTestAgent(api.kubeconfig, { node })));
    prometheus = await startPrometheus(agents.map(({ port }) => port));
  });
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    await prometheus.stop();
    admin.close();
    await api.stop();
  });

  test("scrapes the agents and answers what GPUs there are", async () => {
    await eventually("scraped", async () => (await prometheus.query("up == 1")).length === 2);
    const devices = await eventually("inventory", async () => {
      const samples = await prometheus.query(
        "sum by (model, variant) (flare_gpu_devices * on (node, group) group_left (model, variant) flare_gpu_info)",
      );
      return samples.length > 0 && samples;
    });
    expect(devices).toEqual([{ labels: { model: "nvidia-h100", variant: "sxm5-80gb" }, value: 8 }]);
    const memory = await prometheus.query("sum(flare_gpu_devices * flare_gpu_memory_bytes) / 2^30");
    expect(memory.map(({ value }) => value)).toEqual([640]);
    expect(await prometheus.query("flare_agent_last_success_timestamp_seconds > 0")).toHaveLength(2);
  });

  test("takes the agent's metrics in without a complaint of promtool", async () => {
    await eventually("published", async () => (await agents[0]?.metrics())?.includes("flare_gpu_info{"));
    for (const agent of agents) expect(lintMetrics(await agent.metrics())).toBe("");
  });

  test("promtool does complain where there is cause", () => {
    expect(lintMetrics("# TYPE bad counter\nbad 1\n")).toContain("bad");
  });
});
