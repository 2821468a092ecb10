/** The life of FLUIDOS and Liqo objects in the simulation, step by step as a person with kubectl would see it. */
import { describe, expect, it } from "vitest";
import { quickTimings } from "../../src/sandbox/federation/timings.ts";
import { addGpuNode, candidateOf, until } from "../support/federation.ts";
import {
  all,
  allocated,
  askForGpus,
  gpuPod,
  known,
  offload,
  onlyFind,
  type Peered,
  peered,
  phaseOf,
  readiness,
  reserve,
  small,
  solved,
  start,
  TENANT,
} from "./federation-harness.ts";

describe("a Solver that only finds", () => {
  it("makes a PeeringCandidate of every Flavor of every provider", async () => {
    const federation = await start({ providers: { alpha: "clastix", beta: "clastix" } });
    const { consumer } = federation;
    const flavors = [
      await addGpuNode(federation.site("alpha"), "gpu-1"),
      await addGpuNode(federation.site("beta"), "gpu-2"),
    ];
    await consumer.create("solvers", "look", onlyFind);
    expect(await solved(federation, "look")).toMatchObject({
      findCandidate: "Solved",
      discoveryPhase: "Solved",
      solverPhase: { message: "No need to reserve and buy the resources" },
    });
    expect(await consumer.names("peeringcandidates")).toEqual(flavors.map(candidateOf).sort());
    expect((await consumer.get("discoveries", "discovery-look")).status?.phase).toMatchObject({
      phase: "Solved",
      message: "Discovery Solved: Peering Candidate found",
    });
  });

  it("makes no Discovery where a candidate is known already", async () => {
    const federation = await start();
    await addGpuNode(federation.site("alpha"), "gpu-1");
    await federation.consumer.create("solvers", "first", onlyFind);
    await solved(federation, "first");
    await federation.consumer.create("solvers", "second", onlyFind);
    await solved(federation, "second");
    expect(await federation.consumer.names("discoveries")).toEqual(["discovery-first"]);
  });

  it("fails where no provider offers anything", async () => {
    const federation = await start();
    await federation.consumer.create("solvers", "look", onlyFind);
    const { solverPhase } = await solved(federation, "look", "Failed");
    expect(solverPhase?.message).toBe("Solver has not found any candidate");
    expect((await federation.consumer.get("discoveries", "discovery-look")).status?.phase.message).toBe(
      "No Flavors found",
    );
  });
});

describe("a Reservation without a Solver", () => {
  it("becomes a Transaction here and a Contract on both sides, and the Flavor goes off the market", async () => {
    const federation = await start();
    const { consumer } = federation;
    const alpha = federation.site("alpha");
    const flavor = await addGpuNode(alpha, "gpu-1");
    await consumer.create("solvers", "look", onlyFind);
    await solved(federation, "look");
    const status = await reserve(federation, flavor);
    const { transactionID = "", contract: { name = "" } = {} } = status ?? {};
    expect(status).toMatchObject({
      phase: { phase: "Solved", message: "Reservation solved" },
      reservePhase: "Solved",
      purchasePhase: "Solved",
      contract: { namespace: "fluidos" },
    });
    expect(transactionID).toMatch(/^[0-9a-f]{32}-\d{19}$/);
    expect((await consumer.get("transactions", transactionID)).spec).toMatchObject({
      flavorID: flavor,
      clusterID: "",
      buyer: { additionalInformation: { liqoID: "consumer" } },
    });
    expect(await alpha.names("transactions")).toEqual([]);
    for (const site of [consumer, alpha]) {
      const contract = await site.get("contracts", name);
      expect(contract.spec).toMatchObject({
        transactionID,
        buyerClusterID: "consumer",
        peeringTargetCredentials: { liqoID: "alpha" },
        configuration: { type: "K8Slice", data: { cpu: "1", memory: "512Mi", pods: "10" } },
        flavor: { metadata: { name: flavor, namespace: "fluidos" } },
      });
      expect(contract.status).toBeUndefined();
    }
    expect((await consumer.get("peeringcandidates", candidateOf(flavor))).spec.available).toBe(false);
    await until(async () => (await alpha.get("flavors", flavor)).spec.availability).toBe(false);
    const [allocation = ""] = await alpha.names("allocations");
    await until(async () => (await alpha.get("allocations", allocation)).status?.message).toBe(
      "ForeignCluster not found, peering not yet started",
    );
    expect(await consumer.names("allocations")).toEqual([]);
  });
});

describe("an Allocation", () => {
  it("leads to a virtual node that has what was bought, but for the GPUs", async () => {
    const { federation, consumer, flavor } = await known();
    const { contract } = (await reserve(federation, flavor)) ?? {};
    const name = contract?.name ?? "";
    await consumer.create("allocations", "mine", { contract });
    await until(async () => (await consumer.get("allocations", "mine")).status?.message).toBe(
      "Outgoing peering ready, Allocation is Active",
    );
    const tenant = "liqo-tenant-alpha";
    const slice = await consumer.get("resourceslices", name, tenant);
    expect(slice.spec.resources).toEqual({ cpu: "1", memory: "512Mi", pods: "10" });
    expect(slice.status?.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
      "Authentication Accepted",
      "Resources Accepted",
    ]);
    await until(async () => (await consumer.find("nodes", name))?.status?.conditions?.[0]).toMatchObject({
      type: "Ready",
      status: "True",
    });
    const node = await consumer.get("nodes", name);
    expect(node.status?.allocatable).toEqual({
      cpu: "1",
      memory: "512Mi",
      pods: "10",
      "ephemeral-storage": "20Gi",
    });
    expect(node.metadata.labels).toMatchObject({
      "liqo.io/type": "virtual-node",
      "liqo.io/remote-cluster-id": "alpha",
    });
    expect(await federation.site("alpha").names("resourceslices", "liqo-tenant-consumer")).toEqual([name]);
  });

  it("is made by a Solver that is to do it all", async () => {
    const federation = await start();
    await addGpuNode(federation.site("alpha"), "gpu-1");
    await federation.consumer.create("solvers", "all", { ...all, selector: small });
    expect(await solved(federation, "all")).toMatchObject({
      discoveryPhase: "Solved",
      findCandidate: "Solved",
      peering: "Solved",
      reservationPhase: "Solved",
      reserveAndBuy: "Solved",
      solverPhase: { message: "Solver has completed all the phases" },
    });
  });
});

describe("a virtual node", () => {
  it("has the GPUs that its ResourceSlice is made to ask for, also afterwards", async () => {
    const found = await peered();
    const { federation, contract } = found;
    await until(() => readiness(federation.consumer, contract)).toBe("True");
    await askForGpus(found, "2");
    await until(
      async () => (await federation.consumer.get("nodes", contract)).status?.allocatable,
    ).toMatchObject({ cpu: "1", "nvidia.com/gpu": "2" });
    const { spec } = await federation.consumer.get("virtualnodes", contract, TENANT);
    expect(spec).toMatchObject({ clusterID: "alpha", resourceQuota: { hard: { "nvidia.com/gpu": "2" } } });
  });

  it("keeps away what does not tolerate it", async () => {
    const { federation, contract } = await peered();
    await until(() => readiness(federation.consumer, contract)).toBe("True");
    expect((await federation.consumer.get("nodes", contract)).spec.taints).toEqual([
      { key: "virtual-node.liqo.io/not-allowed", value: "true", effect: "NoExecute" },
    ]);
  });
});

describe("an offloaded namespace", () => {
  it("is made at the provider, where pods on the virtual node run, and ends with its NamespaceOffloading", async () => {
    const found = await peered();
    const { federation, contract } = found;
    const { consumer } = federation;
    const alpha = federation.site("alpha");
    await askForGpus(found, "2");
    await offload(federation, "work");
    await until(() => phaseOf(federation, "work")).toBe("Ready");
    const { status } = await consumer.get("namespaceoffloadings", "offloading", "work");
    expect(status).toMatchObject({
      remoteNamespaceName: "work-consumer",
      remoteNamespacesConditions: {
        alpha: [
          { type: "OffloadingRequired", status: "True" },
          { type: "Ready", status: "True", reason: "NamespaceCreated" },
        ],
      },
    });
    expect((await consumer.get("namespaces", "work")).metadata.labels).toMatchObject({
      "liqo.io/scheduling-enabled": "true",
    });
    await consumer.create("pods", "train", gpuPod(contract, 2), "work");
    await until(async () => (await consumer.get("pods", "train", "work")).status?.phase).toBe("Running");
    expect((await consumer.get("pods", "train", "work")).spec.nodeName).toBe(contract);
    expect((await alpha.get("pods", "train", "work-consumer")).spec.nodeName).toBe("gpu-1");

    await consumer.delete("pods", "train", "work");
    await until(() => alpha.names("pods", "work-consumer")).toEqual([]);
    await until(() => consumer.names("pods", "work")).toEqual([]);
    await consumer.delete("namespaceoffloadings", "offloading", "work");
    await until(() => consumer.names("namespaceoffloadings", "work")).toEqual([]);
    await until(() => alpha.find("namespaces", "work-consumer")).toBeUndefined();
    expect((await consumer.get("namespaces", "work")).metadata.labels).not.toHaveProperty([
      "liqo.io/scheduling-enabled",
    ]);
  });

  it("selects no cluster before there is a virtual node, and becomes ready with it", async () => {
    const federation = await start();
    const { consumer } = federation;
    await offload(federation, "early");
    await until(() => phaseOf(federation, "early")).toBe("NoClusterSelected");
    await addGpuNode(federation.site("alpha"), "gpu-1");
    await consumer.create("solvers", "all", { ...all, selector: small });
    await until(() => phaseOf(federation, "early")).toBe("Ready");
  });

  it("leaves a pod waiting that fits on no virtual node, and says why", async () => {
    const { federation, contract } = await peered();
    const { consumer } = federation;
    await offload(federation, "work");
    await until(() => phaseOf(federation, "work")).toBe("Ready");
    await consumer.create("pods", "train", gpuPod(contract), "work");
    await until(
      async () => (await consumer.get("pods", "train", "work")).status?.conditions?.[0],
    ).toMatchObject({
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message: "0/1 virtual nodes are available: Insufficient nvidia.com/gpu",
    });
  });
});

describe("what is deleted", () => {
  it("takes along VirtualNode, Node and NamespaceMap with its ResourceSlice, and nothing else", async () => {
    const { federation, contract } = await peered();
    const { consumer } = federation;
    const alpha = federation.site("alpha");
    await allocated(federation, "mine", "Outgoing peering ready, Allocation is Active");
    await until(() => readiness(consumer, contract)).toBe("True");
    await consumer.delete("resourceslices", contract, TENANT);
    for (const kind of ["resourceslices", "virtualnodes", "namespacemaps"] as const)
      await until(() => consumer.names(kind, TENANT)).toEqual([]);
    await until(() => consumer.find("nodes", contract)).toBeUndefined();
    await until(() => alpha.names("resourceslices", "liqo-tenant-consumer")).toEqual([]);
    expect(await consumer.names("contracts")).toEqual([contract]);
    expect(await consumer.names("allocations")).toEqual(["mine"]);
    expect(await consumer.names("foreignclusters")).toEqual(["alpha"]);
  });

  it("leaves everything that was made for it: Allocation, Contract and Reservation hold nothing together", async () => {
    const { federation, flavor, contract } = await peered();
    const { consumer } = federation;
    const alpha = federation.site("alpha");
    await allocated(federation, "mine", "Outgoing peering ready, Allocation is Active");
    for (const [kind, name] of [
      ["allocations", "mine"],
      ["contracts", contract],
      ["reservations", "mine"],
    ] as const)
      await consumer.delete(kind, name);
    await until(() => readiness(consumer, contract)).toBe("True");
    expect(await consumer.names("resourceslices", TENANT)).toEqual([contract]);
    expect(await alpha.names("contracts")).toEqual([contract]);
    expect((await alpha.get("flavors", flavor)).spec.availability).toBe(false);
  });
});

describe("a node's Flavor", () => {
  it("follows its annotations, stays without its label, and goes with its node", async () => {
    const federation = await start();
    const alpha = federation.site("alpha");
    const flavor = await addGpuNode(alpha, "gpu-1");
    const annotate = (metadata: object) =>
      alpha.admin.patch(alpha.path("nodes", "gpu-1"), "merge", { metadata });
    const rate = async (): Promise<unknown> =>
      (await alpha.get("flavors", flavor)).spec.flavorType.typeData.characteristics.gpu?.hourly_rate;
    await annotate({ annotations: { "cost.fluidos.eu/hourly-rate": "3.25" } });
    await until(rate).toBe(3.25);
    await annotate({
      annotations: { "cost.fluidos.eu/hourly-rate": "1" },
      labels: { "node-role.fluidos.eu/resources": null },
    });
    await alpha.create("namespaces", "later", {});
    expect(await rate()).toBe(3.25);
    await alpha.delete("nodes", "gpu-1");
    await until(() => alpha.names("flavors")).toEqual([]);
  });
});

describe("a workload in an offloaded namespace", () => {
  const running = async (): Promise<Peered> => {
    const found = await peered({ runWorkloads: true, timings: { ...quickTimings, taskMs: 500 } });
    await askForGpus(found, "2");
    await offload(found.federation, "work");
    return found;
  };
  const template = (node: string, more: object = {}): object => ({
    metadata: { labels: { app: "train" } },
    spec: { ...gpuPod(node), ...more },
  });

  it("gets the pods of a Deployment, others when it changes, and none when it is gone", async () => {
    const { federation, contract } = await running();
    const { consumer } = federation;
    const selector = { matchLabels: { app: "train" } };
    const spec = { replicas: 2, selector, template: template(contract) };
    await consumer.create("deployments", "train", spec, "work");
    const status = async () => (await consumer.get("deployments", "train", "work")).status;
    await until(status).toMatchObject({ observedGeneration: 1, readyReplicas: 2, availableReplicas: 2 });
    const before = await consumer.names("pods", "work");
    await consumer.admin.patch(consumer.path("deployments", "train", "work"), "merge", {
      spec: { replicas: 1, template: { metadata: { annotations: { changed: "yes" } } } },
    });
    await until(status).toMatchObject({ observedGeneration: 2, readyReplicas: 1, replicas: 1 });
    await until(() => consumer.names("pods", "work")).toHaveLength(1);
    expect(before).not.toContain((await consumer.names("pods", "work"))[0]);
    await consumer.delete("deployments", "train", "work");
    await until(() => federation.site("alpha").names("pods", "work-consumer")).toEqual([]);
  });

  it("ends with the tasks of a Job", async () => {
    const { federation, contract } = await running();
    const { consumer } = federation;
    const spec = { parallelism: 2, completions: 2, template: template(contract, { restartPolicy: "Never" }) };
    await consumer.create("jobs", "train", spec, "work");
    await until(async () => (await consumer.get("jobs", "train", "work")).status).toMatchObject({
      succeeded: 2,
      conditions: [{ type: "Complete", status: "True" }],
    });
  });
});
