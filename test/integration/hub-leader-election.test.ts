import { afterAll, beforeAll, expect, it } from "vitest";
import { type KubeLease, LEASES } from "../../src/kubernetes/lease.ts";
import { addProvider, applyCrds, createNamespace, startCluster, type TestCluster } from "./hub-cluster.ts";
import { startHub, type TestHub, until } from "./hub-harness.ts";

const leaderElection = { enabled: true, leaseDuration: "2s", renewDeadline: "1500ms", retryPeriod: "100ms" };

let cluster: TestCluster;
const hubs: TestHub[] = [];

beforeAll(async () => {
  cluster = await startCluster();
  await applyCrds(cluster.client, "manifests/crds/flare.clastix.io_providers.yaml");
  await createNamespace(cluster.client, "flare-system");
  await cluster.addNode();
  await addProvider(cluster, "own", { inCluster: true, kubeconfigSecretRef: undefined });
});

afterAll(async () => {
  for (const hub of hubs) await hub.stop();
  await cluster?.close();
});

const lease = () => cluster.client.get<KubeLease>(LEASES, { namespace: "flare-system", name: "flare-hub" });

it("of two hubs one leads; the other stands by, and takes over as soon as the first ends", async () => {
  const first = await startHub(cluster, { leaderElection }, { identity: "first" });
  hubs.push(first);
  await until(async () => (await first.fetch("/readyz")).body).toBe("leading\n");
  const second = await startHub(cluster, { leaderElection }, { identity: "second" });
  hubs.push(second);
  await until(async () => (await second.fetch("/readyz")).body).toBe("standing by for first\n");
  expect([first.context() !== undefined, second.context() !== undefined]).toEqual([true, false]);
  expect((await second.fetch("/metrics")).body).toContain("flare_hub_leader 0");

  const old = first.context();
  await first.stop();
  expect(old?.isLeader()).toBe(false);
  await until(() => second.free()).toEqual({ "own/gpu-1/nvidia.com/gpu": "8/8" });
  expect((await lease()).spec).toMatchObject({ holderIdentity: "second" });
  await expect(old?.client.delete(LEASES, { namespace: "flare-system", name: "flare-hub" })).rejects.toThrow(
    "not the leader any more: nothing was written",
  );
});
