import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PODS } from "../../src/hub/providers/connection.ts";
import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import { SECRETS } from "../../src/hub/providers/secret-source.ts";
import { EVENTS, type KubeObject, NODES } from "../../src/kubernetes/objects.ts";
import {
  addProvider,
  applyCrds,
  createNamespace,
  startCluster,
  type TestCluster,
  writeKubeconfig,
} from "./hub-cluster.ts";
import { conditionsOf, settled, startHub, statusOf, type TestHub, until } from "./hub-harness.ts";

const WELL = ["Reachable=True Connected", "Authorized=True Authorized", "Synced=True Synced"];

let hubCluster: TestCluster;
let hub: TestHub;
const clusters: Record<string, TestCluster> = {};
const cluster = (name: string): TestCluster => {
  const found = clusters[name];
  if (found === undefined) throw new Error(`no cluster ${name}`);
  return found;
};

beforeAll(async () => {
  hubCluster = await startCluster();
  await applyCrds(hubCluster.client, "manifests/crds/flare.clastix.io_providers.yaml");
  await createNamespace(hubCluster.client, "flare-system");
  for (const name of ["alpha", "beta", "gamma"]) {
    clusters[name] = await startCluster();
    await cluster(name).addNode();
    await writeKubeconfig(hubCluster, name, cluster(name).kubeconfig);
  }
  hub = await startHub(hubCluster);
});

afterEach(async () => {
  for (const name of ["alpha", "beta", "gamma"]) await hubCluster.client.delete(PROVIDERS, { name });
  await settled(() => expect(hub.free()).toEqual({}));
});

afterAll(async () => {
  await hub?.stop();
  await Promise.all([...Object.values(clusters), hubCluster].map((each) => each?.close()));
});

interface Told extends KubeObject {
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
}

async function eventsOf(name: string): Promise<string[]> {
  const found: Told[] = [];
  for await (const page of hubCluster.client.list<Told>(EVENTS, { namespace: "default" }))
    found.push(...page.items);
  return found
    .filter(({ involvedObject }) => involvedObject?.kind === "Provider" && involvedObject.name === name)
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

const offer = (provider: string, node = "gpu-1") => `${provider}/${node}/nvidia.com/gpu`;

describe("providers", () => {
  it("come, change and go at run time", async () => {
    for (const name of ["alpha", "beta", "gamma"]) await addProvider(hubCluster, name);
    await until(() => hub.free()).toEqual({
      [offer("alpha")]: "8/8",
      [offer("beta")]: "8/8",
      [offer("gamma")]: "8/8",
    });
    await until(() => conditionsOf(hubCluster, "alpha")).toEqual(WELL);

    await hubCluster.client.patch(PROVIDERS, { name: "beta" }, { spec: { paused: true, priceFactor: 2 } });
    await until(() => hub.free()[offer("beta")]).toBe("0/8");
    expect(hub.context()?.pool.node("beta", "gpu-1")?.offers[0]?.unitRate).toBe(20);

    await hubCluster.client.delete(PROVIDERS, { name: "gamma" });
    await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8", [offer("beta")]: "0/8" });
  });

  it("that become a federation offer no node of their own any more, and say what they lack for it", async () => {
    await addProvider(hubCluster, "alpha");
    await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8" });
    await hubCluster.client.patch(PROVIDERS, { name: "alpha" }, { spec: { engine: "fluidos" } });
    await until(() => hub.free()).toEqual({});
    await until(() => conditionsOf(hubCluster, "alpha")).toEqual([
      "Reachable=True Connected",
      "Authorized=True Authorized",
      "Synced=False NotInstalled",
    ]);
    // The kinds are asked for at the same time; each is told once it is known to be missing.
    await until(async () => (await statusOf(hubCluster, "alpha")).message).toContain(
      "peeringcandidates.advertisement.fluidos.eu",
    );
    await hubCluster.client.patch(PROVIDERS, { name: "alpha" }, { spec: { engine: "direct" } });
    await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8" });
  });

  it("have a status that tells nodes, GPUs, version and last contact", async () => {
    await cluster("alpha").addPod({ name: "user", requests: { "nvidia.com/gpu": "3" } });
    await addProvider(hubCluster, "alpha");
    await until(async () => (await statusOf(hubCluster, "alpha")).gpus).toEqual({ total: 8, free: 5 });
    await until(async () => (await statusOf(hubCluster, "alpha")).version).toMatch(/^v1\./);
    const status = await statusOf(hubCluster, "alpha");
    expect(status).toMatchObject({ nodes: 1, observedGeneration: 1 });
    expect(status).not.toHaveProperty("message");
    expect(Date.now() - Date.parse(status.lastContact ?? "")).toBeLessThan(60_000);
    await cluster("alpha").removePod("user");
    await until(() => hub.free()[offer("alpha")]).toBe("8/8");
  });

  it("keep their offers while their kubeconfig is rotated, and lose them with the old cluster's nodes when it leads elsewhere", async () => {
    await cluster("beta").addNode({ name: "gpu-2" });
    await addProvider(hubCluster, "alpha");
    await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8" });
    await writeKubeconfig(hubCluster, "alpha", cluster("beta").kubeconfig);
    await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8", [offer("alpha", "gpu-2")]: "8/8" });
    await writeKubeconfig(hubCluster, "alpha", cluster("alpha").kubeconfig);
    await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8" });
    await cluster("beta").client.delete(NODES, { name: "gpu-2" });
  });

  it("that are one cluster count once, and the later says whose cluster it is; alone, it is open again", async () => {
    await writeKubeconfig(hubCluster, "beta", cluster("alpha").kubeconfig);
    await addProvider(hubCluster, "alpha");
    await addProvider(hubCluster, "beta");
    await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8", [offer("beta")]: "0/8" });
    await until(() => conditionsOf(hubCluster, "beta")).toEqual([...WELL, "Closed=True SameCluster"]);
    expect((await statusOf(hubCluster, "beta")).message).toContain("same cluster as provider alpha");
    // Each status is written by itself: that of alpha may come after that of beta.
    await until(() => conditionsOf(hubCluster, "alpha")).toEqual(WELL);
    await hubCluster.client.delete(PROVIDERS, { name: "alpha" });
    await until(() => hub.free()).toEqual({ [offer("beta")]: "8/8" });
    await until(() => conditionsOf(hubCluster, "beta")).toEqual(WELL);
    await writeKubeconfig(hubCluster, "beta", cluster("beta").kubeconfig);
  });

  it("can be the hub's own cluster", async () => {
    await hubCluster.addNode({ name: "own" });
    const spec = { inCluster: true, kubeconfigSecretRef: undefined };
    await addProvider(hubCluster, "alpha", spec);
    await until(() => hub.free()).toEqual({ [offer("alpha", "own")]: "8/8" });
    await hubCluster.client.delete(NODES, { name: "own" });
  });
});

describe("a provider's nodes and pods", () => {
  it("are offers, which follow every change", async () => {
    const alpha = cluster("alpha");
    const { client } = alpha;
    await addProvider(hubCluster, "alpha");
    await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8" });
    await alpha.addNode({ name: "gpu-2" });
    await alpha.addPod({ name: "one", node: "gpu-2", requests: { "nvidia.com/gpu": "2" } });
    await alpha.addPod({ name: "two", node: "gpu-2", requests: { "nvidia.com/gpu": "4" } });
    await until(() => hub.free()[offer("alpha", "gpu-2")]).toBe("2/8");

    await client.patch(
      PODS,
      { namespace: "default", name: "two", subresource: "status" },
      { status: { phase: "Succeeded" } },
    );
    await until(() => hub.free()[offer("alpha", "gpu-2")]).toBe("6/8");
    await cluster("alpha").removePod("one");
    await until(() => hub.free()[offer("alpha", "gpu-2")]).toBe("8/8");

    await client.patch(NODES, { name: "gpu-2" }, { spec: { unschedulable: true } });
    await until(() => hub.free()[offer("alpha", "gpu-2")]).toBe("0/8");
    await client.patch(NODES, { name: "gpu-2" }, { spec: { unschedulable: false } });
    await until(() => hub.free()[offer("alpha", "gpu-2")]).toBe("8/8");

    await client.patch(NODES, { name: "gpu-2" }, { metadata: { labels: { "node.fluidos.eu/gpu": null } } });
    await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8" });
    await client.delete(NODES, { name: "gpu-2" });
  });

  it("that are reserved for an Intent are subtracted once, with its pods or without", async () => {
    await addProvider(hubCluster, "alpha");
    await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8" });
    const { pool, reservations } = hub.context() ?? {};
    const available = () => pool?.available("alpha", "gpu-1").map(({ free }) => free);
    reservations?.set("uid-1", [
      { provider: "alpha", node: "gpu-1", resource: "nvidia.com/gpu", units: 2, cpu: 1, memoryGi: 1 },
    ]);
    expect(available()).toEqual([6]);
    await cluster("alpha").addPod({ name: "mine", requests: { "nvidia.com/gpu": "2" }, intent: "uid-1" });
    await cluster("alpha").addPod({ name: "other", requests: { "nvidia.com/gpu": "1" } });
    await until(available).toEqual([5]);
    expect(hub.free()[offer("alpha")]).toBe("7/8");
    // The pod outlives its reservation: from now on it counts like anybody's.
    reservations?.set("uid-1", []);
    expect(available()).toEqual([5]);
    for (const name of ["mine", "other"]) await cluster("alpha").removePod(name);
    await until(available).toEqual([8]);
  });
});

describe("bad input ends in a clear condition:", () => {
  const message = async () => (await statusOf(hubCluster, "beta")).message;

  it("no Secret, then one without the key, then nonsense, then a kubeconfig that would run a program, then a good one", async () => {
    const secret = { namespace: "flare-system", name: "beta-kubeconfig" };
    await hubCluster.client.delete(SECRETS, secret);
    await addProvider(hubCluster, "beta");
    await until(() => conditionsOf(hubCluster, "beta")).toEqual([
      "Reachable=False SecretNotFound",
      "Authorized=Unknown SecretNotFound",
      "Synced=False Listing",
    ]);
    expect(await message()).toContain("Secret flare-system/beta-kubeconfig does not exist");

    await writeKubeconfig(hubCluster, "beta", "anything", "config");
    await until(async () => (await conditionsOf(hubCluster, "beta"))[0]).toBe(
      "Reachable=False SecretKeyMissing",
    );
    expect(await message()).toContain('has no key "kubeconfig" (it has: config)');

    await writeKubeconfig(hubCluster, "beta", "clusters: []");
    await until(async () => (await conditionsOf(hubCluster, "beta"))[0]).toBe(
      "Reachable=False KubeconfigInvalid",
    );

    await writeKubeconfig(hubCluster, "beta", "users: [{ name: a, user: { exec: { command: sh } } }]");
    await until(async () => (await conditionsOf(hubCluster, "beta"))[0]).toBe(
      "Reachable=False KubeconfigUnsafe",
    );
    expect(await message()).toContain("users.user.exec is not allowed");

    await writeKubeconfig(hubCluster, "beta", cluster("beta").kubeconfig);
    await until(() => conditionsOf(hubCluster, "beta")).toEqual(WELL);
  });

  it("a token that is not good", async () => {
    const bad = cluster("gamma").kubeconfig.replace(/token: "?[^"\s}]+"?/, "token: expired");
    await writeKubeconfig(hubCluster, "gamma", bad);
    await addProvider(hubCluster, "gamma");
    await until(() => conditionsOf(hubCluster, "gamma")).toEqual([
      "Reachable=True Connected",
      "Authorized=False TokenRejected",
      "Synced=False Listing",
    ]);
    await until(() => eventsOf("gamma")).toContainEqual(
      expect.stringMatching(/^Warning TokenRejected: .*token/),
    );
    await until(() =>
      hub.log.some((line) => line.includes('"level":"warn"') && line.includes("TokenRejected")),
    ).toBe(true);
    await until(() =>
      hub.log.some((line) => line.includes("does not answer as it should") && line.includes("token")),
    ).toBe(true);
    await writeKubeconfig(hubCluster, "gamma", cluster("gamma").kubeconfig);
    await until(() => conditionsOf(hubCluster, "gamma")).toEqual(WELL);
    await until(() => eventsOf("gamma")).toContain("Normal Authorized: the hub may read nodes and pods");
  });

  it("a cluster without GPU nodes", async () => {
    await cluster("gamma").client.delete(NODES, { name: "gpu-1" });
    await addProvider(hubCluster, "gamma");
    await until(() => conditionsOf(hubCluster, "gamma")).toEqual([
      "Reachable=True Connected",
      "Authorized=True Authorized",
      "Synced=True NoGPUNodes",
    ]);
    await cluster("gamma").addNode();
    await until(() => hub.free()).toEqual({ [offer("gamma")]: "8/8" });
  });

  it("annotations edited to nonsense, which cost their value and nothing else", async () => {
    const annotations = { "gpu.fluidos.eu/cores": "lots" };
    await cluster("alpha").client.patch(NODES, { name: "gpu-1" }, { metadata: { annotations } });
    await addProvider(hubCluster, "alpha");
    await until(async () => (await statusOf(hubCluster, "alpha")).message).toContain(
      'gpu.fluidos.eu/cores is "lots"',
    );
    expect(hub.free()).toEqual({ [offer("alpha")]: "8/8" });
    await cluster("alpha").client.patch(
      NODES,
      { name: "gpu-1" },
      { metadata: { annotations: { "gpu.fluidos.eu/cores": "16896" } } },
    );
  });
});

describe("a provider that goes down", () => {
  it("slows no other, offers nothing meanwhile, and is taken up again when it is back", async () => {
    const down = await startCluster();
    await down.addNode();
    await writeKubeconfig(hubCluster, "beta", down.kubeconfig);
    await addProvider(hubCluster, "alpha");
    await addProvider(hubCluster, "beta");
    await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8", [offer("beta")]: "8/8" });
    await down.close();
    await until(() => hub.free()[offer("beta")]).toBe("0/8");
    await until(() => conditionsOf(hubCluster, "beta")).toEqual([
      "Reachable=False Unreachable",
      "Authorized=Unknown Unreachable",
      "Synced=False Stale",
    ]);
    await cluster("alpha").addPod({ name: "busy", requests: { "nvidia.com/gpu": "8" } });
    await until(() => hub.free()[offer("alpha")]).toBe("0/8");
    await cluster("alpha").removePod("busy");
    expect((await hub.fetch("/metrics")).body).toContain('flare_hub_provider_up{provider="beta"} 0');
    await writeKubeconfig(hubCluster, "beta", cluster("beta").kubeconfig);
    await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8", [offer("beta")]: "8/8" });
  });
});

it("a hub serves health, readiness and metrics, and ends within a second", async () => {
  await addProvider(hubCluster, "alpha");
  await until(() => hub.free()).toEqual({ [offer("alpha")]: "8/8" });
  expect(await hub.fetch("/healthz")).toMatchObject({ status: 200 });
  const starts = hub.log.map((line) => JSON.parse(line)).find(({ msg }) => msg === "flare hub starts");
  expect(starts).toMatchObject({ metrics: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/) });
  expect(await hub.fetch("/readyz")).toEqual({ status: 200, body: "leading\n" });
  const { body } = await hub.fetch("/metrics");
  expect(body).toContain(
    'flare_hub_offer_units{provider="alpha",model="nvidia-h100",resource="nvidia.com/gpu",state="free"} 8',
  );
  expect(body).toContain('flare_hub_offers{provider="alpha",model="nvidia-h100",free="true"} 1');
  const startedAt = performance.now();
  expect(await hub.stop()).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(1000);
  hub = await startHub(hubCluster);
});
