/** The life of FLUIDOS and Liqo objects in the simulation, step by step as a person with kubectl would see it. */
import { afterEach, describe, expect, it } from "vitest";
import type { ReservationStatus, SolverStatus } from "../../src/sandbox/federation/fluidos-types.ts";
import {
  addGpuNode,
  candidateOf,
  startTestFederation,
  type TestFederation,
  type TestFederationOptions,
} from "../support/federation.ts";

const open: TestFederation[] = [];
afterEach(async () => {
  for (const federation of open.splice(0)) await federation.close();
});

async function start(options: TestFederationOptions = {}): Promise<TestFederation> {
  const federation = await startTestFederation(options);
  open.push(federation);
  return federation;
}

const onlyFind = { intentID: "look", findCandidate: true };
const all = { intentID: "all", findCandidate: true, reserveAndBuy: true, establishPeering: true };
const small = {
  flavorType: "K8Slice",
  filters: {
    cpuFilter: { name: "Range", data: { min: "1" } },
    memoryFilter: { name: "Range", data: { min: "512Mi" } },
    podsFilter: { name: "Range", data: { min: "10" } },
  },
};

/** Waits until the consumer's Solver has that phase; returns its status. */
async function solved({ consumer }: TestFederation, name: string, phase = "Solved"): Promise<SolverStatus> {
  const read = async (): Promise<SolverStatus> => (await consumer.find("solvers", name))?.status ?? {};
  await expect.poll(async () => (await read()).solverPhase?.phase).toBe(phase);
  return read();
}

/** The Reservation of a candidate, as a client makes it without a Solver. Returns its status once it is done. */
async function reserve({ consumer }: TestFederation, flavor: string): Promise<ReservationStatus | undefined> {
  const candidate = await consumer.get("peeringcandidates", candidateOf(flavor));
  const { data } = await consumer.get("configmaps", "fluidos-node-identity");
  await consumer.create("reservations", "mine", {
    solverID: "nobody",
    buyer: { domain: data?.domain, nodeID: data?.nodeID, ip: `${data?.ip}:${data?.port}` },
    seller: candidate.spec.flavor.spec.owner,
    peeringCandidate: { name: candidateOf(flavor), namespace: "fluidos" },
    configuration: { type: "K8Slice", data: { cpu: "1", memory: "512Mi", pods: "10" } },
    reserve: true,
    purchase: true,
  });
  const read = async () => (await consumer.get("reservations", "mine")).status;
  await expect.poll(async () => (await read())?.phase.phase).toMatch(/Solved|Failed/);
  return read();
}

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
    await expect.poll(async () => (await alpha.get("flavors", flavor)).spec.availability).toBe(false);
    const [allocation = ""] = await alpha.names("allocations");
    await expect
      .poll(async () => (await alpha.get("allocations", allocation)).status?.message)
      .toBe("ForeignCluster not found, peering not yet started");
    expect(await consumer.names("allocations")).toEqual([]);
  });
});

describe("an Allocation", () => {
  it("leads to a virtual node that has what was bought, but for the GPUs", async () => {
    const federation = await start();
    const { consumer } = federation;
    const flavor = await addGpuNode(federation.site("alpha"), "gpu-1");
    await consumer.create("solvers", "look", onlyFind);
    await solved(federation, "look");
    const { contract } = (await reserve(federation, flavor)) ?? {};
    const name = contract?.name ?? "";
    await consumer.create("allocations", "mine", { contract });
    await expect
      .poll(async () => (await consumer.get("allocations", "mine")).status?.message)
      .toBe("Outgoing peering ready, Allocation is Active");
    const tenant = "liqo-tenant-alpha";
    const slice = await consumer.get("resourceslices", name, tenant);
    expect(slice.spec.resources).toEqual({ cpu: "1", memory: "512Mi", pods: "10" });
    expect(slice.status?.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
      "Authentication Accepted",
      "Resources Accepted",
    ]);
    await expect
      .poll(async () => (await consumer.find("nodes", name))?.status?.conditions?.[0])
      .toMatchObject({ type: "Ready", status: "True" });
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
