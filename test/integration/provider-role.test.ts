/** A hub of role `provider` beside the FLUIDOS node of its cluster, as a consumer of the federation and kubectl see it. */
import { afterEach, describe, expect, it } from "vitest";
import { parseFlavor } from "../../src/fluidos/parse-flavor.ts";
import type { Dialect } from "../../src/sandbox/federation/defects.ts";
import type { Flavor } from "../../src/sandbox/federation/fluidos-types.ts";
import { applyManifests } from "../support/discovery.ts";
import { candidateOf, type TestFederation, type TestSite } from "../support/federation.ts";
import { loadManifests } from "../support/manifests.ts";
import { serviceAccountKubeconfig } from "../support/service-account.ts";
import { kubeNode, type NodeParts } from "../unit/hub/builders.ts";
import { onlyFind, reserve, settle, solved, start } from "./federation-harness.ts";
import { startHub, type TestHub, until } from "./hub-harness.ts";

const RBAC = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
const ACCOUNT = { namespace: "flare-system", name: "flare-provider" };
const LABELLED = { "node-role.fluidos.eu/resources": "true" };
const ROLE = { role: "provider", provider: { name: "alpha" } };

const hubs: TestHub[] = [];
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.stop();
});

interface Provider {
  readonly federation: TestFederation;
  readonly alpha: TestSite;
  readonly hub: TestHub;
}

async function provider(dialect: Dialect): Promise<Provider> {
  const federation = await start({ providers: { alpha: dialect } });
  const alpha = federation.site("alpha");
  return { federation, alpha, hub: await hubOf(alpha) };
}

const hubOf = ({ sandbox }: TestSite): Promise<TestHub> => hubAs(sandbox.adminKubeconfig);

async function hubAs(
  kubeconfig: string,
  config: typeof ROLE | { readonly role: string } = ROLE,
): Promise<TestHub> {
  const hub = await startHub({ kubeconfig }, config);
  hubs.push(hub);
  return hub;
}

async function addNode(site: TestSite, parts: NodeParts = {}): Promise<void> {
  const { metadata = {}, ...node } = kubeNode(parts);
  const { uid: _, ...named } = metadata;
  await site.admin.create(site.path("nodes"), { ...node, metadata: named });
}

const annotate = (site: TestSite, annotations: object) =>
  site.admin.patch(site.path("nodes", "gpu-1"), "merge", { metadata: { annotations } });

/** All Flavors, by name. */
async function flavors(site: TestSite): Promise<readonly Flavor[]> {
  const names = await site.names("flavors");
  return Promise.all(names.map((name) => site.get("flavors", name)));
}

const isOurs = ({ metadata }: Pick<Flavor, "metadata">): boolean => metadata.name.startsWith("flare-");
const gpuOf = ({ spec }: Flavor) => spec.flavorType.typeData.characteristics.gpu ?? {};

/** What is for sale: the GPU models of the available Flavors, and whether the hub published each. */
const market = async (site: TestSite): Promise<readonly string[]> =>
  (await flavors(site))
    .filter(({ spec }) => spec.availability)
    .map((flavor) => `${String(gpuOf(flavor).model)} of ${isOurs(flavor) ? "the hub" : "FLUIDOS"}`);

async function only(site: TestSite): Promise<Flavor> {
  const [flavor, ...others] = await flavors(site);
  if (flavor === undefined || others.length > 0) throw new Error(`${others.length + 1} Flavors`);
  return flavor;
}

/** Finds, reserves and buys a part without GPUs, as FLUIDOS's own Solvers do. */
async function buy({ federation, alpha }: Provider, flavor: string): Promise<void> {
  await federation.consumer.create("solvers", "look", onlyFind);
  await solved(federation, "look");
  expect((await reserve(federation, flavor))?.phase.phase).toBe("Solved");
  await until(async () => (await alpha.get("flavors", flavor)).spec.availability).toBe(false);
}

/** What a consumer cannot do and an administrator does: the provider's Contract and Allocation go. */
async function release(site: TestSite): Promise<void> {
  for (const kind of ["allocations", "contracts"] as const)
    for (const name of await site.names(kind)) await site.delete(kind, name);
}

describe("a node that FLUIDOS makes no Flavor of", () => {
  it.each<Dialect>(["upstream", "clastix"])("is published for %s to advertise", async (dialect) => {
    const { federation, alpha } = await provider(dialect);
    await addNode(alpha);
    await until(() => market(alpha)).toEqual(["nvidia-h100 of the hub"]);
    const { metadata, spec } = await only(alpha);
    const { data } = await alpha.get("configmaps", "fluidos-node-identity");
    expect(spec).toMatchObject({
      providerID: data?.nodeID,
      owner: { domain: data?.domain, nodeID: data?.nodeID, ip: `${data?.ip}:${data?.port}` },
      price: { amount: "80", currency: "USD", period: "hourly" },
    });
    await federation.consumer.create("solvers", "look", onlyFind);
    await solved(federation, "look");
    const candidate = await federation.consumer.get("peeringcandidates", candidateOf(metadata.name));
    expect(candidate.spec.available).toBe(true);
    expect(candidate.spec.flavor.spec.flavorType.typeData).toMatchObject({
      characteristics: { gpu: { model: "nvidia-h100", cores: "135168", memory: "640Gi" } },
      properties: { additionalProperties: { resource: "nvidia.com/gpu", total: "8", free: "8" } },
    });
  });

  it("is of this cluster's FLUIDOS node where nobody gave the cluster a name, and the hub says what to set", async () => {
    const federation = await start({ providers: { alpha: "upstream" } });
    const alpha = federation.site("alpha");
    const hub = await hubAs(alpha.sandbox.adminKubeconfig, { role: "provider" });
    await addNode(alpha, { annotations: { "provider.fluidos.eu/name": undefined } });
    await until(() => market(alpha)).toHaveLength(1);
    const { nodeID = "" } = (await alpha.get("configmaps", "fluidos-node-identity")).data ?? {};
    const flavor = await only(alpha);
    expect(gpuOf(flavor).provider).toBe(nodeID);
    const read = parseFlavor(flavor);
    if (!read.ok) throw new Error(read.problem);
    expect(read.facts.additional?.operator).toBe(nodeID);
    expect(hub.log.filter((line) => line.includes("provider.name"))).toHaveLength(1);
  });

  it("follows a change of the price, and leaves with its node", async () => {
    const { alpha } = await provider("upstream");
    await addNode(alpha);
    await until(async () => (await only(alpha)).spec.price.amount).toBe("80");
    await annotate(alpha, { "cost.fluidos.eu/hourly-rate": "64" });
    await until(async () => (await only(alpha)).spec.price.amount).toBe("64");
    await alpha.delete("nodes", "gpu-1");
    await until(() => alpha.names("flavors")).toEqual([]);
  });

  it.each<Dialect>(["upstream", "clastix"])(
    "is sold once by %s, and again when it is released",
    async (dialect) => {
      const it = await provider(dialect);
      const { alpha, federation } = it;
      await addNode(alpha);
      await until(() => market(alpha)).toHaveLength(1);
      const { name } = (await only(alpha)).metadata;
      await buy(it, name);
      // FLUIDOS offers what it takes for the rest, with all GPUs.
      await until(() => alpha.names("flavors")).toHaveLength(2);
      await until(() => market(alpha)).toEqual([]);
      await settle(federation);
      expect(await market(alpha)).toEqual([]);
      await release(alpha);
      await until(() => alpha.names("flavors")).toEqual([name]);
      await until(() => market(alpha)).toEqual(["nvidia-h100 of the hub"]);
    },
  );

  it("is for sale again, too, when it was released while no hub ran", async () => {
    const it = await provider("upstream");
    const { alpha, hub } = it;
    await addNode(alpha);
    await until(() => market(alpha)).toHaveLength(1);
    const { name } = (await only(alpha)).metadata;
    await buy(it, name);
    await hub.stop();
    await release(alpha);
    await hubOf(alpha);
    await until(() => market(alpha)).toEqual(["nvidia-h100 of the hub"]);
    await until(() => alpha.names("flavors")).toEqual([name]);
  });

  it("stays off the market after a restart of the hub while it is sold", async () => {
    const it = await provider("upstream");
    const { alpha, hub } = it;
    await addNode(alpha);
    await until(() => market(alpha)).toHaveLength(1);
    await buy(it, (await only(alpha)).metadata.name);
    await until(() => market(alpha)).toEqual([]);
    await hub.stop();
    const next = await hubOf(alpha);
    await until(() => next.free()).toEqual({ "alpha/gpu-1/nvidia.com/gpu": "8/8" });
    await settle(it.federation);
    expect(await market(alpha)).toEqual([]);
  });
});

describe("a node that the CLASTIX fork makes a Flavor of", () => {
  it("is not published a second time; the Flavor gets the price that it lacks", async () => {
    const { alpha } = await provider("clastix");
    await addNode(alpha, { labels: LABELLED });
    await until(async () => (await only(alpha)).spec.price.amount).toBe("80");
    const before = await only(alpha);
    expect(isOurs(before)).toBe(false);
    expect(gpuOf(before)).toMatchObject({ count: 8, region: "eu-west-1a", zone: "eu-west-1" });
    await annotate(alpha, { "cost.fluidos.eu/hourly-rate": "64" });
    await until(async () => (await only(alpha)).spec.price.amount).toBe("64");
    expect(await alpha.names("flavors")).toEqual([before.metadata.name]);
  });

  it("has its own Flavor withdrawn when the fork comes to make one", async () => {
    const { alpha } = await provider("clastix");
    await addNode(alpha);
    await until(() => market(alpha)).toEqual(["nvidia-h100 of the hub"]);
    await alpha.admin.patch(alpha.path("nodes", "gpu-1"), "merge", { metadata: { labels: LABELLED } });
    await until(() => market(alpha)).toEqual(["nvidia-h100 of FLUIDOS"]);
    expect((await flavors(alpha)).filter(isOurs)).toEqual([]);
  });

  it("stays off the market where somebody took it off, who did not sell it", async () => {
    const { alpha, hub } = await provider("clastix");
    await addNode(alpha, { labels: LABELLED });
    await until(async () => (await only(alpha)).spec.price.amount).toBe("80");
    const { name } = (await only(alpha)).metadata;
    const hand = { spec: { availability: false, price: { amount: "99" } } };
    await alpha.admin.patch(alpha.path("flavors", name), "merge", hand);
    await annotate(alpha, { "cost.fluidos.eu/hourly-rate": "64" });
    await until(async () => gpuOf(await only(alpha)).hourly_rate).toBe(64);
    await until(() => hub.context()?.pool.offers()[0]?.unitRate).toBe(8);
    await addNode(alpha, { name: "gpu-2" });
    await until(() => market(alpha)).toEqual(["nvidia-h100 of the hub"]);
    expect((await alpha.get("flavors", name)).spec).toMatchObject({ price: { amount: "99" } });
  });
});

describe("a node that FLUIDOS makes a Flavor of", () => {
  it.each(["clastix", "upstream"] as const)(
    "%s: is sold once, and again when it is released",
    async (dialect) => {
      const it = await provider(dialect);
      const { alpha } = it;
      await addNode(alpha, { labels: LABELLED });
      await until(() => market(alpha)).toEqual(["nvidia-h100 of FLUIDOS"]);
      const { name } = (await only(alpha)).metadata;
      await buy(it, name);
      await until(() => alpha.names("flavors")).toHaveLength(2);
      await until(() => market(alpha)).toEqual([]);
      await release(alpha);
      await until(() => alpha.names("flavors")).toEqual([name]);
      await until(() => market(alpha)).toEqual(["nvidia-h100 of FLUIDOS"]);
    },
  );
});

describe("a node that upstream FLUIDOS makes a Flavor of", () => {
  it("has its GPUs and its price filled in, and kept current", async () => {
    const { alpha, federation } = await provider("upstream");
    await addNode(alpha, { labels: LABELLED });
    await until(() => market(alpha)).toEqual(["nvidia-h100 of FLUIDOS"]);
    expect(gpuOf(await only(alpha))).toMatchObject({ vendor: "nvidia", count: 8, memory: "640Gi" });
    await annotate(alpha, { "gpu.fluidos.eu/tier": "standard", "cost.fluidos.eu/hourly-rate": "64" });
    await until(async () => gpuOf(await only(alpha)).tier).toBe("standard");
    const { metadata, spec } = await only(alpha);
    expect(spec.price).toEqual({ amount: "64", currency: "USD", period: "hourly" });
    await federation.consumer.create("solvers", "look", onlyFind);
    await solved(federation, "look");
    const candidate = await federation.consumer.get("peeringcandidates", candidateOf(metadata.name));
    expect(candidate.spec.flavor.spec.flavorType.typeData.properties).toMatchObject({
      additionalProperties: { resource: "nvidia.com/gpu", total: "8", free: "8" },
    });
  });

  it("is off the market while its GPUs are in use", async () => {
    const { alpha } = await provider("upstream");
    await addNode(alpha, { labels: LABELLED });
    await until(() => market(alpha)).toHaveLength(1);
    const container = { name: "main", image: "image", resources: { limits: { "nvidia.com/gpu": "8" } } };
    const pod = { nodeName: "gpu-1", containers: [container] };
    await alpha.create("pods", "all", pod, "default");
    await until(() => market(alpha)).toEqual([]);
    await alpha.admin.delete(`${alpha.path("pods", "all", "default")}?gracePeriodSeconds=0`);
    await until(() => market(alpha)).toEqual(["nvidia-h100 of FLUIDOS"]);
  });

  it("has nothing filled in any more when it is no GPU node, and goes with its node, whose owner reference is wrong", async () => {
    const { alpha } = await provider("upstream");
    await addNode(alpha, { labels: LABELLED });
    await addNode(alpha, { name: "gpu-2", labels: LABELLED });
    await until(() => market(alpha)).toEqual(Array(2).fill("nvidia-h100 of FLUIDOS"));
    await alpha.delete("nodes", "gpu-2");
    await until(() => alpha.names("flavors")).toHaveLength(1);
    const unlabelled = { metadata: { labels: { "node.fluidos.eu/gpu": null } } };
    await alpha.admin.patch(alpha.path("nodes", "gpu-1"), "merge", unlabelled);
    await until(async () => gpuOf(await only(alpha)).model).toBe("");
    expect((await only(alpha)).spec).toMatchObject({ price: { amount: "" }, availability: true });
  });
});

describe("under the rights of manifests/provider-hub", () => {
  it("a hub sells, without a Provider object or anything else of a hub", async () => {
    const federation = await start({ providers: { alpha: "upstream" } });
    const alpha = federation.site("alpha");
    await alpha.create("namespaces", "flare-system", {});
    const rights = loadManifests("manifests/provider-hub").filter(({ kind }) => RBAC.includes(kind));
    expect((await applyManifests(alpha.admin, rights)).refused).toEqual([]);
    const { adminKubeconfig } = alpha.sandbox;
    const hub = await hubAs(await serviceAccountKubeconfig(adminKubeconfig, ACCOUNT));
    await addNode(alpha);
    await addNode(alpha, { name: "gpu-2", labels: LABELLED });
    await until(async () => (await market(alpha)).toSorted()).toEqual([
      "nvidia-h100 of FLUIDOS",
      "nvidia-h100 of the hub",
    ]);
    const name = (await flavors(alpha)).find(isOurs)?.metadata.name ?? "";
    await buy({ federation, alpha, hub }, name);
    await until(() => market(alpha)).toEqual(["nvidia-h100 of FLUIDOS"]);
    await release(alpha);
    await until(() => market(alpha)).toHaveLength(2);
    for (const node of ["gpu-1", "gpu-2"]) await alpha.delete("nodes", node);
    await until(() => alpha.names("flavors")).toEqual([]);
    expect(hub.log.filter((line) => /"level":"(warn|error)"/.test(line))).toEqual([]);
  });
});
