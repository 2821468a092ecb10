import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { applyManifests } from "../support/discovery.ts";
import {
  annotationsOf,
  createGpuNode,
  getNode,
  H100_LABELS,
  setGpus,
  setLabels,
} from "../support/gpu-nodes.ts";
import { type KubeClient, kubeClientFrom } from "../support/kube-client.ts";
import { loadManifests } from "../support/manifests.ts";
import { eventually } from "../support/processes.ts";
import { serviceAccountKubeconfig } from "../support/service-account.ts";
import { startTestAgent, type TestAgent, type TestAgentOptions } from "../support/test-agent.ts";

const account = { namespace: "flare-system", name: "flare-agent" };
const site = { namespace: "flare-system", name: "flare-site" };
const MODEL = "gpu.fluidos.eu/model";

describe("an agent with the shipped ServiceAccount on a real API server", () => {
  let plane: ControlPlane;
  let admin: KubeClient;
  let kubeconfig: string;
  let node: string;
  let count = 0;
  const agents: TestAgent[] = [];

  beforeAll(async () => {
    plane = await startControlPlane({ audit: true });
    admin = kubeClientFrom(plane.kubeconfig);
    const { refused } = await applyManifests(admin, loadManifests("manifests/agent"));
    expect(refused).toEqual([]);
    kubeconfig = await serviceAccountKubeconfig(plane.kubeconfig, account);
  });
  afterAll(async () => {
    admin.close();
    await plane.stop();
  });
  beforeEach(() => {
    count += 1;
    node = `gpu-${count}`;
  });
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.stop()));
  });

  const start = async (options: Partial<TestAgentOptions> = {}): Promise<TestAgent> => {
    const agent = await startTestAgent(kubeconfig, { node, ...options });
    agents.push(agent);
    return agent;
  };
  const published = (value: string): Promise<unknown> =>
    eventually(`${MODEL} is ${value}`, async () => (await annotationsOf(admin, node))[MODEL] === value);
  const passed = (agent: TestAgent, result: string, times: number): Promise<unknown> =>
    eventually(`${times} passes end ${result}`, async () => {
      const value = await agent.metric(`flare_agent_publishes_total{result="${result}"}`);
      return (value ?? 0) >= times;
    });
  /** Writes to the Node by the agents so far, as the API server's audit log has them. */
  const writes = async (): Promise<number> => {
    const log = await plane.auditLog();
    const path = new RegExp(`^/api/v1/nodes/${node}([/?]|$)`);
    return log.filter(({ verb, requestURI }) => verb === "patch" && path.test(requestURI)).filter(byAgent)
      .length;
  };
  const byAgent = (event: { user: { username: string } }): boolean =>
    event.user.username === `system:serviceaccount:${account.namespace}:${account.name}`;

  test("publishes annotations and the label by server-side apply, in one write", async () => {
    await createGpuNode(admin, node);
    const agent = await start();
    await published("nvidia-h100");
    const { metadata } = await getNode(admin, node);
    expect(metadata?.annotations).toMatchObject({
      "gpu.fluidos.eu/vendor": "nvidia",
      "gpu.fluidos.eu/count": "8",
      "gpu.fluidos.eu/memory-per-gpu": "80Gi",
      "gpu.fluidos.eu/variant": "sxm5-80gb",
      "gpu.fluidos.eu/interconnect": "nvlink",
    });
    expect(metadata?.labels).toMatchObject({ ...H100_LABELS, "node.fluidos.eu/gpu": "true" });
    expect(metadata?.managedFields?.filter(({ manager }) => manager === "flare-agent")).toMatchObject([
      { operation: "Apply" },
    ]);
    await passed(agent, "published", 1);
    expect(await writes()).toBe(1);
  });

  test("writes nothing when it is restarted, nor when labels change that mean nothing", async () => {
    await createGpuNode(admin, node);
    const first = await start();
    await published("nvidia-h100");
    await passed(first, "published", 1);
    await first.stop();
    const before = (await getNode(admin, node)).metadata?.resourceVersion;
    const second = await start();
    await passed(second, "unchanged", 1);
    expect((await getNode(admin, node)).metadata?.resourceVersion).toBe(before);
    await setLabels(admin, node, { "nvidia.com/gfd.timestamp": "1732999999" });
    await passed(second, "unchanged", 2);
    expect(await writes()).toBe(1);
  });

  test("follows a real change with one write", async () => {
    await createGpuNode(admin, node);
    await start();
    await published("nvidia-h100");
    await setLabels(admin, node, {
      "nvidia.com/gpu.product": "NVIDIA-H200",
      "nvidia.com/gpu.memory": "143771",
    });
    await published("nvidia-h200");
    expect(await writes()).toBe(2);
  });

  test("leaves a key to whoever owns it, publishes the rest and says so", async () => {
    await createGpuNode(admin, node);
    const mine = { metadata: { annotations: { "cost.fluidos.eu/hourly-rate": "1.23" } } };
    await admin.patch(`/api/v1/nodes/${node}?fieldManager=finance`, "merge", mine);
    const agent = await start();
    await published("nvidia-h100");
    expect((await annotationsOf(admin, node))["cost.fluidos.eu/hourly-rate"]).toBe("1.23");
    const series = 'flare_agent_overridden_keys{key="cost.fluidos.eu/hourly-rate",manager="finance"}';
    await eventually("told in a metric", async () => (await agent.metric(series)) === 1);
    const told = await eventually("told in an Event", async () => {
      const { items } = (await admin.get("/api/v1/namespaces/default/events")).body;
      const ours = items?.filter(({ involvedObject }) => (involvedObject as { name?: string }).name === node);
      return ours?.find(({ message }) => message?.includes("finance"));
    });
    expect(told.message).toContain("cost.fluidos.eu/hourly-rate");
  });

  test("withdraws everything it published after the grace period, and nothing before or of others", async () => {
    await createGpuNode(admin, node);
    await admin.patch(`/api/v1/nodes/${node}?fieldManager=admin`, "merge", {
      metadata: { annotations: { team: "a" } },
    });
    const agent = await start({ graceMs: 1500 });
    await published("nvidia-h100");
    await passed(agent, "published", 1);
    const gone = Object.fromEntries(Object.keys(H100_LABELS).map((label) => [label, null]));
    await Promise.all([setLabels(admin, node, gone), setGpus(admin, node, 0)]);
    await eventually("seen", async () => ((await agent.metric("flare_agent_withdrawals_pending")) ?? 0) > 0);
    expect((await annotationsOf(admin, node))[MODEL]).toBe("nvidia-h100");
    const ours = async (): Promise<string[]> => {
      const { annotations = {}, labels = {} } = (await getNode(admin, node)).metadata ?? {};
      return [...Object.keys(annotations), ...Object.keys(labels)].filter((key) =>
        key.includes("fluidos.eu/"),
      );
    };
    await eventually("withdrawn", async () => (await ours()).length === 0);
    expect(await annotationsOf(admin, node)).toMatchObject({ team: "a" });
  });

  test("keeps what it published when labels are gone for less than the grace period", async () => {
    await createGpuNode(admin, node);
    const agent = await start({ graceMs: 60_000 });
    await published("nvidia-h100");
    await passed(agent, "published", 1);
    await setLabels(admin, node, { "nvidia.com/gpu.product": null });
    await eventually("seen", async () => ((await agent.metric("flare_agent_withdrawals_pending")) ?? 0) > 0);
    await setLabels(admin, node, { "nvidia.com/gpu.product": H100_LABELS["nvidia.com/gpu.product"] ?? null });
    await eventually("back", async () => (await agent.metric("flare_agent_withdrawals_pending")) === 0);
    expect((await annotationsOf(admin, node))[MODEL]).toBe("nvidia-h100");
  });

  test("reads its site ConfigMap with those rights, and follows it", async () => {
    await createGpuNode(admin, node);
    const agent = await start({ overlayConfigMap: site });
    await published("nvidia-h100");
    const table = (name: string): string =>
      `about: { title: Ours }\nvalues:\n  - rule: ours\n    set: { provider.fluidos.eu/name: ${name} }\n`;
    const path = `/api/v1/namespaces/${site.namespace}/configmaps`;
    await admin.create(path, { metadata: { name: site.name }, data: { "site.yaml": table("our-lab") } });
    const provider = async (): Promise<string | undefined> =>
      (await annotationsOf(admin, node))["provider.fluidos.eu/name"];
    await eventually(`provider ${agent.log.join("")}`, async () => (await provider()) === "our-lab");
    await admin.patch(`${path}/${site.name}`, "merge", { data: { "site.yaml": "values: [oops" } });
    await eventually(
      "bad table seen",
      async () => ((await agent.metric("flare_agent_overlay_problems")) ?? 0) > 0,
    );
    expect(await provider()).toBe("our-lab");
  });

  test("without the role it publishes nothing, is not ready, and says what is forbidden", async () => {
    await createGpuNode(admin, node);
    await admin.create("/api/v1/namespaces/default/serviceaccounts", {
      metadata: { name: `nobody-${count}` },
    });
    const powerless = await serviceAccountKubeconfig(plane.kubeconfig, {
      namespace: "default",
      name: `nobody-${count}`,
    });
    const agent = await startTestAgent(powerless, { node });
    agents.push(agent);
    const ready = await eventually("it was refused", async () => {
      const response = await fetch(`http://127.0.0.1:${agent.port}/readyz`);
      const text = await response.text();
      return text.includes("forbidden") && { status: response.status, text };
    });
    expect(ready.status).toBe(503);
    expect(await annotationsOf(admin, node)).toEqual({});
  });

  test("ends within a second when asked", async () => {
    await createGpuNode(admin, node);
    const agent = await start();
    await published("nvidia-h100");
    const asked = Date.now();
    expect(await agent.stop()).toBe(0);
    expect(Date.now() - asked).toBeLessThan(1000);
  });
});
