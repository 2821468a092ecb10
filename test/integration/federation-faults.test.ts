/** What can go wrong with a provider, on demand: what kubectl shows of it then. */
import { describe, expect, it } from "vitest";
import { quickTimings } from "../../src/sandbox/federation/timings.ts";
import { addGpuNode, candidateOf, type TestSite, until } from "../support/federation.ts";
import {
  all,
  allocated,
  askForGpus,
  gpuPod,
  known,
  offload,
  onlyFind,
  peered,
  phaseOf,
  readiness,
  reserve,
  small,
  solved,
  start,
  TENANT,
} from "./federation-harness.ts";

const two = { alpha: "clastix", beta: "clastix" } as const;

describe("a provider that is away", () => {
  it("fails the Discovery of all, and none once it is back", async () => {
    const federation = await start({ providers: two });
    const { consumer } = federation;
    const flavor = await addGpuNode(federation.site("alpha"), "gpu-1");
    federation.provider("beta").goAway();
    await consumer.create("solvers", "first", onlyFind);
    await solved(federation, "first", "Failed");
    const { status } = await consumer.get("discoveries", "discovery-first");
    expect(status?.phase.message).toBe("Error when getting Flavor");
    federation.provider("beta").comeBack();
    await consumer.create("solvers", "second", onlyFind);
    await solved(federation, "second");
    expect(await consumer.names("peeringcandidates")).toEqual([candidateOf(flavor)]);
  });

  it("fails nobody's Discovery once it is forgotten, where providers are found by multicast", async () => {
    const timings = { ...quickTimings, multicastMs: 50, forgetMs: 100 };
    const federation = await start({ providers: two, multicast: true, timings });
    const { consumer } = federation;
    const flavor = await addGpuNode(federation.site("alpha"), "gpu-1");
    await until(async () => (await consumer.names("knownclusters")).length).toBe(2);
    federation.provider("beta").goAway();
    await until(async () => (await consumer.names("knownclusters")).length).toBe(1);
    await consumer.create("solvers", "look", onlyFind);
    await solved(federation, "look");
    expect(await consumer.names("peeringcandidates")).toEqual([candidateOf(flavor)]);
    federation.provider("beta").comeBack();
    await until(async () => (await consumer.names("knownclusters")).length).toBe(2);
  });

  it("fails a Reservation, whose candidate is available again", async () => {
    const { federation, consumer, flavor } = await known();
    federation.provider("alpha").goAway();
    expect(await reserve(federation, flavor)).toMatchObject({
      phase: { phase: "Failed", message: "Reservation failed: error when reserving flavor" },
      reservePhase: "Failed",
    });
    expect((await consumer.get("peeringcandidates", candidateOf(flavor))).spec.available).toBe(true);
    expect(await consumer.names("transactions")).toEqual([]);
  });

  it("fails a peering for good", async () => {
    const { federation, consumer, flavor } = await known();
    const { contract } = (await reserve(federation, flavor)) ?? {};
    federation.provider("alpha").goAway();
    await consumer.create("allocations", "mine", { contract });
    const failed = await allocated(federation, "mine", "Error when peering with cluster alpha");
    expect(failed?.status).toBe("Error");
    federation.provider("alpha").comeBack();
    await consumer.create("namespaces", "later", {});
    expect((await consumer.get("allocations", "mine")).status?.status).toBe("Error");
  });

  it("makes its virtual node not ready while the Allocation stays Active, and ready again when it is back", async () => {
    const { federation, contract } = await peered();
    const { consumer } = federation;
    await allocated(federation, "mine", "Outgoing peering ready, Allocation is Active");
    await until(() => readiness(consumer, contract)).toBe("True");
    federation.provider("alpha").goAway();
    await until(() => readiness(consumer, contract)).toBe("False");
    const lost = await allocated(federation, "mine", "Outgoing peering not yet ready, Allocation is Active");
    expect(lost?.status).toBe("Active");
    expect((await consumer.get("foreignclusters", "alpha")).status?.conditions).toMatchObject([
      { type: "APIServerStatus", status: "Error" },
    ]);
    federation.provider("alpha").comeBack();
    await until(() => readiness(consumer, contract)).toBe("True");
    await allocated(federation, "mine", "Outgoing peering ready, Allocation is Active");
  });

  it.each([
    ["keeps its ResourceSlice from ending, with Liqo v1.0 also its VirtualNode and pods", "v1.0", true],
    ["keeps its ResourceSlice from ending; Liqo of HEAD gives up its pods and VirtualNode", "head", false],
  ] as const)("%s", async (_, liqo, stays) => {
    const found = await peered({ liqo });
    const { federation, contract } = found;
    const { consumer } = federation;
    await askForGpus(found, "1");
    await offload(federation, "work");
    await consumer.create("pods", "train", gpuPod(contract), "work");
    await until(async () => (await consumer.get("pods", "train", "work")).status?.phase).toBe("Running");
    federation.provider("alpha").goAway();
    await consumer.delete("resourceslices", contract, TENANT);
    await consumer.delete("virtualnodes", contract, TENANT);
    await until(async () => (await consumer.find("nodes", contract))?.spec.unschedulable ?? "gone").toBe(
      stays ? true : "gone",
    );
    expect(await consumer.names("pods", "work")).toEqual(stays ? ["train"] : []);
    expect(await consumer.names("resourceslices", TENANT)).toEqual([contract]);
    federation.provider("alpha").comeBack();
    for (const kind of ["resourceslices", "virtualnodes"] as const)
      await until(() => consumer.names(kind, TENANT)).toEqual([]);
    await until(() => consumer.names("pods", "work")).toEqual([]);
  });
});

describe("a gateway that refuses", () => {
  it("a purchase, fails the Reservation, whose candidate is available again", async () => {
    const { federation, consumer, flavor } = await known();
    federation.provider("alpha").failNext("purchase");
    expect(await reserve(federation, flavor)).toMatchObject({
      phase: { phase: "Failed", message: "Reservation failed: error when purchasing flavor" },
      reservePhase: "Solved",
      purchasePhase: "Failed",
    });
    expect((await consumer.get("peeringcandidates", candidateOf(flavor))).spec.available).toBe(true);
    for (const site of [consumer, federation.site("alpha")])
      expect(await site.names("contracts")).toEqual([]);
  });

  it("a purchase once, makes a second Reservation of the Flavor meet the transaction that is still open", async () => {
    const { federation, consumer, flavor } = await known();
    federation.provider("alpha").failNext("purchase");
    const first = await reserve(federation, flavor);
    await consumer.delete("reservations", "mine");
    const second = await reserve(federation, flavor);
    expect(second?.phase).toMatchObject({
      phase: "Failed",
      message: "Reservation failed: PeeringCandidate not available",
    });
    expect(await consumer.names("transactions")).toEqual([first?.transactionID]);
  });

  it.each([
    ["discovery", "discoveries", "discovery-all", "Solver has not found any candidate"],
    ["reservation", "reservations", "reservation-all", "Solver has failed to reserve the resources"],
  ] as const)("a %s, fails the Solver that needed it", async (call, kind, name, message) => {
    const federation = await start();
    await addGpuNode(federation.site("alpha"), "gpu-1");
    federation.provider("alpha").failNext(call);
    await federation.consumer.create("solvers", "all", { ...all, selector: small });
    expect((await solved(federation, "all", "Failed")).solverPhase?.message).toBe(message);
    expect((await federation.consumer.get(kind, name)).status?.phase.phase).toBe("Failed");
  });
});

describe("a ResourceSlice", () => {
  it("that is granted without GPUs leaves the virtual node without them", async () => {
    const found = await peered();
    const { federation, contract } = found;
    const { consumer } = federation;
    federation.provider("alpha").withholdGpus();
    await askForGpus(found, "2");
    await until(() => readiness(consumer, contract)).toBe("True");
    const { spec, status } = await consumer.get("resourceslices", contract, TENANT);
    expect(spec.resources).toHaveProperty(["nvidia.com/gpu"], "2");
    expect(status?.resources).not.toHaveProperty(["nvidia.com/gpu"]);
    expect((await consumer.get("nodes", contract)).status?.allocatable).not.toHaveProperty([
      "nvidia.com/gpu",
    ]);
    federation.provider("alpha").withholdGpus(false);
    await until(async () => (await consumer.get("nodes", contract)).status?.allocatable).toHaveProperty(
      ["nvidia.com/gpu"],
      "2",
    );
  });

  it("that is denied leads to no VirtualNode, and its Allocation to an error", async () => {
    const { federation, consumer, flavor } = await known({
      timings: { ...quickTimings, peeringTimeoutMs: 200 },
    });
    const { contract } = (await reserve(federation, flavor)) ?? {};
    federation.provider("alpha").denySlices();
    await consumer.create("allocations", "mine", { contract });
    await allocated(federation, "mine", "Error when peering with cluster alpha");
    const { status } = await consumer.get("resourceslices", contract?.name ?? "", TENANT);
    expect(status?.conditions).toMatchObject([
      { type: "Authentication", status: "Accepted" },
      { type: "Resources", status: "Denied", reason: "ResourceSliceResourcesDenied" },
    ]);
    expect(await consumer.names("virtualnodes", TENANT)).toEqual([]);
  });
});

describe("a peering", () => {
  it("that is lost shows on Node and ForeignCluster, and pods stay as they were", async () => {
    const found = await peered();
    const { federation, contract } = found;
    const { consumer } = federation;
    await askForGpus(found, "1");
    await offload(federation, "work");
    await consumer.create("pods", "train", gpuPod(contract), "work");
    const phase = async () => (await consumer.get("pods", "train", "work")).status?.phase;
    await until(phase).toBe("Running");
    federation.provider("alpha").losePeering();
    await until(() => readiness(consumer, contract)).toBe("False");
    await until(
      async () => (await consumer.get("foreignclusters", "alpha")).status?.modules?.networking.conditions,
    ).toMatchObject([{ type: "NetworkConnectionStatus", status: "Error", reason: "ConnectionError" }]);
    expect(await phase()).toBe("Running");
    expect(await phaseOf(federation, "work")).toBe("Ready");
    federation.provider("alpha").restorePeering();
    await until(() => readiness(consumer, contract)).toBe("True");
  });

  it("whose ForeignCluster is gone takes its Allocation back to Provisioning, from where it does not return", async () => {
    const { federation, contract } = await peered();
    const { consumer } = federation;
    await allocated(federation, "mine", "Outgoing peering ready, Allocation is Active");
    await until(() => readiness(consumer, contract)).toBe("True");
    federation.provider("alpha").dropForeignCluster();
    const status = await allocated(federation, "mine", "ForeignCluster not found, peering not yet started");
    expect(status?.status).toBe("Provisioning");
    federation.provider("alpha").restorePeering();
    await until(() => consumer.names("foreignclusters")).toEqual(["alpha"]);
    await until(async () => (await consumer.get("foreignclusters", "alpha")).status?.role).toBe("Provider");
    expect((await consumer.get("allocations", "mine")).status?.status).toBe("Provisioning");
  });
});

describe("a candidate", () => {
  it("stays as it was when its Flavor is gone, and can then not be reserved", async () => {
    const federation = await start();
    const { consumer } = federation;
    const alpha = federation.site("alpha");
    const flavor = await addGpuNode(alpha, "gpu-1");
    await consumer.create("solvers", "look", onlyFind);
    await solved(federation, "look");
    await alpha.delete("nodes", "gpu-1");
    await until(() => alpha.names("flavors")).toEqual([]);
    expect((await consumer.get("peeringcandidates", candidateOf(flavor))).spec.available).toBe(true);
    expect((await reserve(federation, flavor))?.phase.message).toBe(
      "Reservation failed: error when reserving flavor",
    );
  });

  it("that somebody else bought can be reserved, and not be purchased", async () => {
    const { federation, flavor } = await known();
    federation.provider("alpha").sellElsewhere(flavor);
    await until(async () => (await federation.site("alpha").get("flavors", flavor)).spec.availability).toBe(
      false,
    );
    expect(await reserve(federation, flavor)).toMatchObject({
      phase: { message: "Reservation failed: error when purchasing flavor" },
      reservePhase: "Solved",
    });
    const [contract = ""] = await federation.site("alpha").names("contracts");
    expect((await federation.site("alpha").get("contracts", contract)).spec.buyer.nodeID).toBe("stranger");
  });
});

describe("a Solver", () => {
  it("whose status somebody else wrote meanwhile fails for good", async () => {
    const federation = await start();
    await addGpuNode(federation.site("alpha"), "gpu-1");
    federation.conflict();
    await federation.consumer.create("solvers", "look", onlyFind);
    expect((await solved(federation, "look", "Failed")).solverPhase?.message).toMatch(
      /^Error when finding a candidate: .*has been modified/,
    );
  });

  it("whose Reservation's name is taken fails for good", async () => {
    const { federation, consumer, flavor } = await known();
    const { owner } = (await consumer.get("peeringcandidates", candidateOf(flavor))).spec.flavor.spec;
    await consumer.create("reservations", "reservation-all", {
      solverID: "all",
      buyer: owner,
      seller: owner,
      peeringCandidate: { name: candidateOf(flavor), namespace: "fluidos" },
    });
    await consumer.create("solvers", "all", { ...all, selector: small });
    expect((await solved(federation, "all", "Failed")).solverPhase?.message).toMatch(
      /^Error when reserving and buying the resources: .*already exists/,
    );
  });
});

describe("a provider by a name that is none", () => {
  it("is refused with the names that there are", async () => {
    const federation = await start({ providers: two });
    expect(() => federation.provider("gamma")).toThrow(
      'no provider "gamma" in the federation; it has: alpha, beta',
    );
  });
});

describe("the webhooks of FLUIDOS and Liqo", () => {
  const owner = { domain: "fluidos.eu", nodeID: "n", ip: "192.0.2.1:30000" };
  const namespaced = { clusterSelector: { nodeSelectorTerms: [] } };
  it.each<[string, Parameters<TestSite["path"]>[0], string, object, RegExp]>([
    [
      "a Reservation of no candidate",
      "reservations",
      "r",
      { solverID: "s", buyer: owner, seller: owner, peeringCandidate: { name: "none" } },
      /vreservation.kb.io.* denied the request: .*none.* not found/,
    ],
    [
      "a Solver for what is not sold",
      "solvers",
      "s",
      { intentID: "i", selector: { flavorType: "VM" } },
      /vsolver.kb.io.* denied the request: flavor type VM not supported/,
    ],
    [
      "a Range without bounds",
      "solvers",
      "s",
      {
        intentID: "i",
        selector: { flavorType: "K8Slice", filters: { cpuFilter: { name: "Range", data: {} } } },
      },
      /cpuFilter not supported/,
    ],
    [
      "a NamespaceOffloading by another name",
      "namespaceoffloadings",
      "mine",
      namespaced,
      /name must match offloading/,
    ],
    [
      "a selected name that is none",
      "namespaceoffloadings",
      "offloading",
      { ...namespaced, namespaceMappingStrategy: "SelectedName" },
      /cannot be empty/,
    ],
  ])("refuse %s", async (_, kind, name, spec, message) => {
    const { consumer } = await start();
    await expect(consumer.create(kind, name, spec)).rejects.toThrow(message);
    expect(await consumer.names(kind)).toEqual([]);
  });

  it("refuse another mapping of a namespace that is offloaded", async () => {
    const federation = await start();
    const { consumer } = federation;
    await offload(federation, "work");
    const path = consumer.path("namespaceoffloadings", "offloading", "work");
    const { status, body } = await consumer.admin.patch(path, "merge", {
      spec: { namespaceMappingStrategy: "EnforceSameName" },
    });
    expect([status, body.message]).toEqual([
      403,
      'admission webhook "nsoff.validate.liqo.io" denied the request: The NamespaceMappingStrategy value cannot be modified after creation',
    ]);
  });
});
