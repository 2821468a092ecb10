/** Intents that are placed through FLUIDOS and Liqo, as they are simulated with all their defects. */
import { describe, expect, it } from "vitest";
import { FINALIZER } from "../../src/hub/intents/intent-view.ts";
import type { TestSite } from "../support/federation.ts";
import { deployed, federatedHubs, objectsIn, type StartedHub } from "./fluidos-harness.ts";
import { addProvider, startCluster, writeKubeconfig } from "./hub-cluster.ts";
import { statusOf, until } from "./hub-harness.ts";
import { DEPLOYMENTS, intent, madeIn, workloadsIn } from "./intents-harness.ts";

const ROOM = { cpu: "64", memory: "500Gi", pods: "110" };
const { open, started } = federatedHubs();

describe("an Intent in a federation", () => {
  it("is bought, peered and deployed on the virtual node of its own contract, and given back whole", async () => {
    const fed = await started({ alpha: ["4"], beta: ["8"] });
    const running = fed.start();
    await fed.intents.submit(intent("train", { gpu: { count: 2 } }));
    const status = await deployed(fed, "train");
    const [flavor = ""] = fed.flavors.alpha ?? [];
    expect(status.placement).toMatchObject({
      provider: "fed",
      node: flavor,
      engine: "fluidos",
      gpus: 2,
      rate: "2 EUR",
    });

    const { consumer } = fed.federation;
    const [contract = ""] = await consumer.names("contracts");
    const node = await consumer.get("nodes", contract);
    expect(node.status?.allocatable).toMatchObject({ "nvidia.com/gpu": "2" });
    const [workload] = await workloadsIn(fed.hub);
    const namespace = status.placement?.namespace ?? "";
    expect(workload?.metadata).toMatchObject({ namespace });
    expect(JSON.stringify(workload?.spec?.template?.spec)).toContain(
      `{"matchFields":[{"key":"metadata.name","operator":"In","values":["${contract}"]}]}`,
    );
    expect(JSON.stringify(workload?.spec?.template?.spec)).toContain("virtual-node.liqo.io/not-allowed");
    const offloading = await consumer.get("namespaceoffloadings", "offloading", namespace);
    expect(offloading).toMatchObject({
      spec: { podOffloadingStrategy: "Remote" },
      status: { offloadingPhase: "Ready" },
    });
    const reservation = await consumer.get("reservations", (await consumer.names("reservations"))[0] ?? "");
    expect(reservation.spec.configuration?.data).toMatchObject({ cpu: "4", pods: "2", gpu: { count: 2 } });

    await fed.intents.remove("train");
    await until(() => fed.intents.exists("train")).toBe(false);
    expect(await objectsIn(fed)).toEqual({});
    expect(await madeIn(fed.hub)).toEqual([]);
    expect(await consumer.find("nodes", contract)).toBeUndefined();
    expect(running.log.join("")).toContain(
      `Flavor ${flavor} of ${reservation.spec.seller.nodeID} stays sold`,
    );
    // Sold is sold: the next one goes elsewhere, though the Flavor's candidate may be told available again.
    await fed.intents.submit(intent("next"));
    expect((await deployed(fed, "next")).placement?.node).toBe(fed.flavors.beta?.[0]);
  });

  it("runs: what its pods do in the provider's cluster is its phase", async () => {
    const fed = await started({ alpha: ["4"] }, { runWorkloads: true });
    fed.start();
    await fed.intents.submit(intent("serve"));
    await until(() => fed.intents.phase("serve")).toBe("Running");
    expect(await fed.intents.condition("serve", "Ready")).toBe("True Available");
    await fed.intents.submit(intent("batch", { type: "Batch" }));
    await until(async () => (await fed.intents.status("batch")).queue?.reason).toBeDefined();
    await fed.intents.remove("serve");
    await until(() => fed.intents.exists("serve")).toBe(false);
    expect(await objectsIn(fed)).toEqual({});
  });

  it("takes a Flavor again that its provider offers anew after it was given back", async () => {
    const fed = await started({ alpha: ["4"] });
    fed.start();
    await fed.intents.submit(intent("first"));
    await deployed(fed, "first");
    await fed.intents.remove("first");
    await until(() => fed.intents.exists("first")).toBe(false);
    await fed.intents.submit(intent("second"));
    await until(() => fed.intents.phase("second")).toBe("Queued");
    await offerAnew(fed.federation.site("alpha"));
    expect((await deployed(fed, "second")).placement?.node).toBe(fed.flavors.alpha?.[0]);
  });

  it("buys of another where its pods are refused, and gives back what it bought first", async () => {
    const fed = await started({ alpha: ["4"], beta: ["8"] });
    const [alpha = ""] = fed.flavors.alpha ?? [];
    const start = {
      timeoutMs: 60_000,
      troubleTimeoutMs: 1000,
      attempts: 3,
      backoffMs: 60_000,
      maxBackoffMs: 60_000,
    };
    fed.start({ intents: { start } });
    await fed.intents.submit(intent("refused"));
    const { placement } = await deployed(fed, "refused");
    expect(placement?.node).toBe(alpha);
    const [{ metadata } = {}] = await workloadsIn(fed.hub);
    const refused = {
      type: "ReplicaFailure",
      status: "True",
      reason: "FailedCreate",
      message: "exceeded quota: team",
    };
    await fed.hub.client.patch(
      DEPLOYMENTS,
      { name: metadata?.name, namespace: metadata?.namespace, subresource: "status" },
      { status: { observedGeneration: metadata?.generation, conditions: [refused] } },
    );
    await until(async () => (await fed.intents.status("refused")).placement?.node).toBe(
      fed.flavors.beta?.[0],
    );
    // Both sell at one door: another provider there is another Flavor.
    expect((await fed.intents.status("refused")).start?.failed).toMatchObject([
      { reason: "FailedCreate", heldAgainst: [`fed/${alpha}`] },
    ]);
    await deployed(fed, "refused");
    await until(async () => (await objectsIn(fed)).contracts?.length).toBe(1);
    expect(await madeIn(fed.hub)).toHaveLength(1);
  });

  it("has its finalizer before anything is bought for it", async () => {
    const fed = await started({ alpha: ["4"] });
    fed.start();
    await fed.intents.submit(intent("train"));
    await until(async () => (await fed.federation.consumer.names("reservations")).length).toBe(1);
    expect((await fed.intents.read("train")).metadata.finalizers).toContain(FINALIZER);
  });

  it("twenty at once buy twenty Flavors, some after a failure, and nobody's is sold to two", async () => {
    const fed = await started({
      alpha: Array.from({ length: 15 }, () => "4"),
      beta: Array.from({ length: 8 }, () => "4"),
    });
    fed.start();
    fed.federation.provider("alpha").failNext("reservation", 2);
    fed.federation.provider("alpha").failNext("purchase", 1);
    const names = Array.from({ length: 20 }, (_, index) => `job-${index}`);
    for (const name of names) await fed.intents.submit(intent(name));
    const nodes = await Promise.all(names.map(async (name) => (await deployed(fed, name)).placement?.node));
    expect(new Set(nodes).size).toBe(20);
    expect((await objectsIn(fed)).contracts?.length).toBe(20);
    await until(async () => (await objectsIn(fed)).reservations?.length).toBe(20);
  });
});

/** What a provider does by hand, or its own hub for it: FLUIDOS does not. */
async function offerAnew(site: TestSite): Promise<void> {
  for (const kind of ["allocations", "contracts"] as const)
    for (const name of await site.names(kind)) await site.delete(kind, name);
  for (const name of await site.names("flavors"))
    await site.admin.patch(site.path("flavors", name), "merge", { spec: { availability: true } });
}

describe("what goes wrong in a federation", () => {
  const cheapFails = async (
    fault: (alpha: ReturnType<StartedHub["federation"]["provider"]>, fed: StartedHub) => void,
    reason: string,
    fluidos: object = {},
  ): Promise<StartedHub> => {
    const fed = await started({ alpha: ["4"], beta: ["8"] });
    const running = fed.start({ fluidos });
    await until(async () => (await fed.federation.consumer.names("peeringcandidates")).length).toBe(2);
    fault(fed.federation.provider("alpha"), fed);
    await fed.intents.submit(intent("train"));
    expect((await deployed(fed, "train")).placement?.node).toBe(fed.flavors.beta?.[0]);
    expect(running.log.join("")).toContain(`"action":"${reason}"`);
    await until(async () => (await objectsIn(fed)).reservations?.length).toBe(1);
    await until(async () => (await fed.intents.status("train")).abandoned).toBeUndefined();
    return fed;
  };

  it("a reservation that fails goes to the next candidate, and the reason is kept on the first", async () => {
    const fed = await cheapFails((alpha) => alpha.failNext("reservation"), "CandidateRefused");
    const candidate = await fed.federation.consumer.get(
      "peeringcandidates",
      `peeringcandidate-${fed.flavors.alpha?.[0]}`,
    );
    expect(candidate.metadata.annotations?.["flare.clastix.io/refused-because"]).toContain(
      "could not be bought",
    );
  });

  it("a purchase that fails goes to the next candidate", async () => {
    await cheapFails((alpha) => alpha.failNext("purchase"), "CandidateRefused");
  });

  it("a purchase that failed is tried again after a while, and leaves no Transaction in its way", async () => {
    const fed = await started({ alpha: ["4"] });
    fed.start({ fluidos: { retryAfter: "2s" } });
    fed.federation.provider("alpha").failNext("purchase");
    await fed.intents.submit(intent("train"));
    await until(() => fed.intents.phase("train")).toBe("Queued");
    await deployed(fed, "train");
    expect(await objectsIn(fed)).toMatchObject({ transactions: [expect.any(String)] });
  });

  it("a provider that is away goes to the next candidate", async () => {
    await cheapFails((alpha) => alpha.goAway(), "CandidateRefused");
  });

  it("a Flavor that somebody else bought goes to the next candidate", async () => {
    await cheapFails((alpha, fed) => alpha.sellElsewhere(fed.flavors.alpha?.[0] ?? ""), "CandidateRefused");
  });

  it("a slice that is denied goes to the next candidate", async () => {
    await cheapFails((alpha) => alpha.denySlices(), "CandidateRefused");
  });

  it("a slice that is granted without GPUs goes to the next candidate, before anything is deployed", async () => {
    await cheapFails((alpha) => alpha.withholdGpus(), "CandidateWithoutGPU");
  });

  it("a provider whose GPUs are of no use when they are bought is not bought of a second time", async () => {
    const fed = await started({ alpha: ["4", "5"], beta: ["8"] });
    fed.start();
    await until(async () => (await fed.federation.consumer.names("peeringcandidates")).length).toBe(3);
    fed.federation.provider("alpha").withholdGpus();
    await fed.intents.submit(intent("train"));
    expect((await deployed(fed, "train")).placement?.node).toBe(fed.flavors.beta?.[0]);
    expect(await fed.federation.site("alpha").names("contracts")).toHaveLength(1);
    await until(async () => (await statusOf(fed.hub, "fed")).message ?? "").toContain(
      `candidate ${fed.flavors.alpha?.[1]}`,
    );
  });

  it("a candidate that no provider offers any more is offered to nobody", async () => {
    const fed = await started({ alpha: ["4"], beta: ["8"] });
    fed.start();
    await until(async () => (await statusOf(fed.hub, "fed")).gpus).toEqual({ total: 8, free: 8 });
    await fed.federation.site("alpha").delete("nodes", "gpu-1");
    await until(async () => (await statusOf(fed.hub, "fed")).gpus).toEqual({ total: 8, free: 4 });
    await fed.intents.submit(intent("train"));
    expect((await deployed(fed, "train")).placement?.node).toBe(fed.flavors.beta?.[0]);
    expect(await objectsIn(fed)).toMatchObject({ reservations: [expect.any(String)] });
  });

  it("a peering that is lost is left for another after the Intent's patience", async () => {
    const fed = await started({ alpha: ["4"], beta: ["8"] });
    fed.start();
    await fed.intents.submit(intent("train", { spec: { sla: { maxInterruptionTime: "1s" } } }));
    await deployed(fed, "train");
    fed.federation.provider("alpha").losePeering();
    await until(async () => (await fed.intents.status("train")).placement?.node).toBe(fed.flavors.beta?.[0]);
    await deployed(fed, "train");
  });
});

describe("one hub with both engines", () => {
  it("places by itself where it has a kubeconfig and buys where it has none, as the price says", async () => {
    const fed = await started({ alpha: ["8"] });
    const direct = await startCluster();
    open.push(direct);
    await direct.addNode({
      name: "own-1",
      annotations: { "cost.fluidos.eu/hourly-rate": "32" },
      allocatable: { ...ROOM, "nvidia.com/gpu": "1" },
    });
    await writeKubeconfig(fed.hub, "own", direct.kubeconfig);
    await addProvider(fed.hub, "own");
    fed.start();
    await until(async () => (await statusOf(fed.hub, "fed")).gpus?.free).toBe(4);
    await until(async () => (await statusOf(fed.hub, "own")).gpus?.free).toBe(1);
    const places = async (name: string) => {
      const { placement } = await deployed(fed, name);
      return `${placement?.provider} ${placement?.engine}`;
    };
    // A GPU of alpha costs 2, the own one, an eighth of its node, 4.
    await fed.intents.submit(intent("cheap"));
    expect(await places("cheap")).toBe("fed fluidos");
    await fed.intents.submit(intent("dear"));
    expect(await places("dear")).toBe("own direct");
    expect(await madeIn(direct)).toHaveLength(1);
    for (const name of ["cheap", "dear"]) await fed.intents.remove(name);
    for (const name of ["cheap", "dear"]) await until(() => fed.intents.exists(name)).toBe(false);
    expect(await objectsIn(fed)).toEqual({});
    expect([...(await madeIn(direct)), ...(await madeIn(fed.hub))]).toEqual([]);
  });
});
