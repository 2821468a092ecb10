import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Flavor } from "../../src/fluidos/flavor.ts";
import { flavorName } from "../../src/hub/flavors/node-flavors.ts";
import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import { type KubeObject, NODES, type Resource } from "../../src/kubernetes/objects.ts";
import {
  addProvider,
  applyCrds,
  createNamespace,
  startCluster,
  type TestCluster,
  writeKubeconfig,
} from "./hub-cluster.ts";
import { conditionsOf, settled, startHub, type TestHub, until } from "./hub-harness.ts";

const FLAVORS: Resource = {
  group: "nodecore.fluidos.eu",
  version: "v1alpha1",
  plural: "flavors",
  namespaced: true,
};
/** FLUIDOS's own CRD where this machine has it, else ours for sites without FLUIDOS. */
const CRD = [
  "../shared/crds/nodecore.fluidos.eu_flavors.yaml",
  "manifests/crds/fluidos/nodecore.fluidos.eu_flavors.yaml",
].find((path) => existsSync(path));

type KubeFlavor = Flavor & KubeObject;

let hubCluster: TestCluster;
let alpha: TestCluster;
let hub: TestHub;

const nameOf = (node: string, resource?: string): string =>
  flavorName({ provider: "alpha", node, resource: resource ?? "nvidia.com/gpu" }, resource === undefined);
const read = (name: string): Promise<KubeFlavor> =>
  hubCluster.client.get<KubeFlavor>(FLAVORS, { namespace: "fluidos", name });
async function names(): Promise<string[]> {
  const found: string[] = [];
  for await (const page of hubCluster.client.list<KubeFlavor>(FLAVORS, { namespace: "fluidos" }))
    found.push(...page.items.map(({ metadata }) => metadata.name));
  return found.sort();
}
const gpuOf = async (name: string) => (await read(name)).spec.flavorType.typeData.characteristics.gpu;

beforeAll(async () => {
  hubCluster = await startCluster();
  alpha = await startCluster();
  await applyCrds(hubCluster.client, "manifests/crds/flare.clastix.io_providers.yaml");
  await applyCrds(hubCluster.client, CRD ?? "");
  for (const name of ["flare-system", "fluidos"]) await createNamespace(hubCluster.client, name);
  await alpha.addNode();
  await writeKubeconfig(hubCluster, "alpha", alpha.kubeconfig);
  hub = await startHub(hubCluster);
  await addProvider(hubCluster, "alpha");
  await settled(() => read(nameOf("gpu-1")));
});

afterAll(async () => {
  await hub?.stop();
  await Promise.all([alpha, hubCluster].map((each) => each?.close()));
});

describe("the Flavor of a GPU node", () => {
  it("tells what is there, in FLUIDOS's words", async () => {
    const { spec, metadata } = await read(nameOf("gpu-1"));
    expect(metadata.labels).toEqual({
      "app.kubernetes.io/managed-by": "flare-hub",
      "flare.clastix.io/provider": "alpha",
    });
    expect(spec).toMatchObject({
      providerID: "alpha",
      availability: true,
      owner: { domain: "flare", nodeID: "flare-hub", ip: "none" },
      price: { amount: "80", currency: "USD", period: "hourly" },
      location: { country: "IE", additionalNotes: "eu-west-1 / eu-west-1a" },
      flavorType: {
        typeIdentifier: "K8Slice",
        typeData: {
          characteristics: {
            architecture: "amd64",
            cpu: "192",
            memory: "2000Gi",
            gpu: {
              model: "nvidia-h100",
              count: 8,
              memory: "640Gi",
              cores: "135168",
              region: "eu-west-1",
              zone: "eu-west-1a",
              hourly_rate: 80,
              provider: "aws",
            },
          },
        },
      },
    });
  });

  it("is available while something is free", async () => {
    await alpha.addPod({ name: "most", requests: { "nvidia.com/gpu": "7" } });
    await until(async () => (await read(nameOf("gpu-1"))).spec.flavorType.typeData.properties).toMatchObject({
      additionalProperties: { free: "1" },
    });
    expect((await read(nameOf("gpu-1"))).spec.availability).toBe(true);
    await alpha.addPod({ name: "last", requests: { "nvidia.com/gpu": "1" } });
    await until(async () => (await read(nameOf("gpu-1"))).spec.availability).toBe(false);
    for (const name of ["most", "last"]) await alpha.removePod(name);
    await until(async () => (await read(nameOf("gpu-1"))).spec.availability).toBe(true);
  });

  it("comes, changes and leaves with its node", async () => {
    await alpha.addNode({ name: "gpu-2" });
    await until(names).toEqual([nameOf("gpu-1"), nameOf("gpu-2")].sort());
    await alpha.client.patch(
      NODES,
      { name: "gpu-2" },
      { metadata: { annotations: { "gpu.fluidos.eu/tier": "standard" } } },
    );
    await until(async () => (await gpuOf(nameOf("gpu-2"))).tier).toBe("standard");
    await alpha.client.delete(NODES, { name: "gpu-2" });
    await until(names).toEqual([nameOf("gpu-1")]);
  });

  it("is one for each device group where the node has several", async () => {
    const entry = { model: "nvidia-h100", count: 4, memoryGi: 80, sharing: "none", replicas: 1 };
    const slice = {
      ...entry,
      resource: "nvidia.com/mig-1g.10gb",
      profile: "1g.10gb",
      count: 28,
      memoryGi: 10,
      sharing: "mig",
    };
    await alpha.addNode({
      name: "mixed",
      annotations: {
        "gpu.fluidos.eu/devices": JSON.stringify([{ ...entry, resource: "nvidia.com/gpu" }, slice]),
      },
      allocatable: { cpu: "8", memory: "64Gi", "nvidia.com/gpu": "4", "nvidia.com/mig-1g.10gb": "28" },
    });
    const both = [nameOf("mixed", "nvidia.com/gpu"), nameOf("mixed", "nvidia.com/mig-1g.10gb")];
    await until(names).toEqual([nameOf("gpu-1"), ...both].sort());
    expect(await gpuOf(both[1] ?? "")).toMatchObject({ count: 28, memory: "280Gi", sharing_strategy: "mig" });
    await alpha.client.delete(NODES, { name: "mixed" });
    await until(names).toEqual([nameOf("gpu-1")]);
  });

  it("gets back what was edited by hand, its label too, and what was deleted", async () => {
    const target = { namespace: "fluidos", name: nameOf("gpu-1") };
    await hubCluster.client.patch(FLAVORS, target, { spec: { availability: false, price: { amount: "0" } } });
    await until(async () => (await read(target.name)).spec).toMatchObject({
      availability: true,
      price: { amount: "80" },
    });
    await hubCluster.client.patch(FLAVORS, target, {
      metadata: { labels: { "app.kubernetes.io/managed-by": null } },
    });
    await until(async () => (await read(target.name)).metadata.labels).toMatchObject({
      "app.kubernetes.io/managed-by": "flare-hub",
    });
    await hubCluster.client.delete(FLAVORS, target);
    await until(names).toEqual([target.name]);
  });

  it("is not written while nothing changes", async () => {
    const before = (await read(nameOf("gpu-1"))).metadata as KubeObject["metadata"];
    await alpha.client.patch(
      NODES,
      { name: "gpu-1" },
      { metadata: { annotations: { "other.example/heartbeat": "1" } } },
    );
    await alpha.addNode({ name: "gpu-3" });
    await until(names).toContain(nameOf("gpu-3"));
    await alpha.client.delete(NODES, { name: "gpu-3" });
    await until(names).toEqual([nameOf("gpu-1")]);
    const after = (await read(nameOf("gpu-1"))).metadata as KubeObject["metadata"];
    expect(after?.resourceVersion).toBe(before?.resourceVersion);
  });
});

describe("a Flavor of somebody else", () => {
  const foreign = async (name: string): Promise<void> => {
    const own = await read(nameOf("gpu-1"));
    const spec = { ...own.spec, providerID: "somebody" };
    await hubCluster.client.create(FLAVORS, {
      ...own,
      metadata: { name, namespace: "fluidos" },
      spec,
    } as KubeObject);
  };

  it("is left alone, even where its name is the one that a node's Flavor would have", async () => {
    await foreign(nameOf("gpu-4"));
    await alpha.addNode({ name: "gpu-4" });
    await until(async () => (await hub.fetch("/metrics")).body).toMatch(
      /flare_hub_flavor_writes_total\{verb="conflict"\} [1-9]/,
    );
    await alpha.client.delete(NODES, { name: "gpu-4" });
    await until(() => hub.free()).toEqual({ "alpha/gpu-1/nvidia.com/gpu": "8/8" });
    expect((await read(nameOf("gpu-4"))).spec.providerID).toBe("somebody");
    await hubCluster.client.delete(FLAVORS, { namespace: "fluidos", name: nameOf("gpu-4") });
  });
});

describe("after a restart", () => {
  it("Flavors of nodes that left meanwhile are withdrawn, the others are not written again", async () => {
    await alpha.addNode({ name: "gpu-5" });
    await until(names).toEqual([nameOf("gpu-1"), nameOf("gpu-5")].sort());
    const before = (await read(nameOf("gpu-1"))).metadata as KubeObject["metadata"];
    await hub.stop();
    await alpha.client.delete(NODES, { name: "gpu-5" });
    hub = await startHub(hubCluster);
    await until(names).toEqual([nameOf("gpu-1")]);
    const after = (await read(nameOf("gpu-1"))).metadata as KubeObject["metadata"];
    expect(after?.resourceVersion).toBe(before?.resourceVersion);
  });

  it("Flavors of a provider that is out of reach stay", async () => {
    await hub.stop();
    await writeKubeconfig(
      hubCluster,
      "alpha",
      alpha.kubeconfig.replace(/token: "?[^"\s}]+"?/, "token: expired"),
    );
    hub = await startHub(hubCluster);
    await until(() => conditionsOf(hubCluster, "alpha")).toContain("Authorized=False TokenRejected");
    expect(await names()).toEqual([nameOf("gpu-1")]);
    await writeKubeconfig(hubCluster, "alpha", alpha.kubeconfig);
    await until(() => hub.free()).toEqual({ "alpha/gpu-1/nvidia.com/gpu": "8/8" });
  });

  it("Flavors of a provider that is gone, or is not ours to place at, are withdrawn", async () => {
    await hubCluster.client.patch(PROVIDERS, { name: "alpha" }, { spec: { engine: "fluidos" } });
    await until(names).toEqual([]);
    await hubCluster.client.patch(PROVIDERS, { name: "alpha" }, { spec: { engine: "direct" } });
    await until(names).toEqual([nameOf("gpu-1")]);
    await hubCluster.client.delete(PROVIDERS, { name: "alpha" });
    await until(names).toEqual([]);
  });
});
