import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApi, type TestApi } from "../support/api.ts";
import { applyManifests } from "../support/discovery.ts";
import { type KubeClient, kubeClientFrom } from "../support/kube-client.ts";
import { loadManifests } from "../support/manifests.ts";
import { serviceAccountKubeconfig } from "../support/service-account.ts";

describe("the API of the integration tests", () => {
  let api: TestApi;
  let admin: KubeClient;
  beforeAll(async () => {
    api = await startApi();
    admin = kubeClientFrom(api.kubeconfig);
  });
  afterAll(async () => {
    admin.close();
    await api.stop();
  });

  test("takes the agent's manifests and gives its service account those rights", async () => {
    const { refused } = await applyManifests(admin, loadManifests("manifests/agent/older-clusters"));
    expect(refused).toEqual([]);
    await admin.create("/api/v1/nodes", { metadata: { name: "gpu-1" } });
    const account = { namespace: "flare-system", name: "flare-agent" };
    const agent = kubeClientFrom(await serviceAccountKubeconfig(api.kubeconfig, account));
    const label = { metadata: { labels: { "node.fluidos.eu/gpu": "true" } } };
    expect((await agent.patch("/api/v1/nodes/gpu-1", "merge", label)).status).toBe(200);
    expect((await agent.delete("/api/v1/nodes/gpu-1")).status).toBe(403);
    expect((await agent.get("/api/v1/secrets")).status).toBe(403);
    agent.close();
  });
});
