/** Rounds of discovery against FLUIDOS as it is: what they find, what they leave, and whom a failure hides. */
import { describe, expect, it } from "vitest";
import { roundTime } from "../../src/fluidos/discovery.ts";
import { deployed, type FederatedHub, federatedHubs, objectsIn } from "./fluidos-harness.ts";
import { conditionsOf, statusOf, until } from "./hub-harness.ts";
import { intent } from "./intents-harness.ts";

const { started } = federatedHubs();
const gpus = async (fed: FederatedHub) => (await statusOf(fed.hub, "fed")).gpus;
/** Rounds that each candidate was found by, the most first. */
async function rounds({ federation: { consumer } }: FederatedHub): Promise<number[]> {
  const names = await consumer.names("peeringcandidates");
  const found = await Promise.all(names.map((name) => consumer.get("peeringcandidates", name)));
  return found.map(({ spec }) => spec.interestedSolverIDs.filter((id) => roundTime(id) !== undefined).length);
}

describe("rounds of discovery", () => {
  it("find candidates again and again, and leave neither Solver nor Discovery", async () => {
    const fed = await started({ alpha: ["4"] });
    const running = fed.start();
    await until(() => gpus(fed)).toEqual({ total: 4, free: 4 });
    await until(async () => Math.max(...(await rounds(fed)))).toBeGreaterThan(2);
    await running.stop();
    const { consumer } = fed.federation;
    // The last one was cut off with its hub: the next hub clears it away.
    const next = fed.start({ fluidos: { discoverEvery: "1h" } });
    await until(async () => [await consumer.names("solvers"), await consumer.names("discoveries")]).toEqual([
      [],
      [],
    ]);
    await next.stop();
  });

  it("find what is new while the hub runs", async () => {
    const fed = await started({ alpha: ["4"], beta: [] });
    fed.start();
    await until(() => gpus(fed)).toEqual({ total: 4, free: 4 });
    await fed.addNode("beta", "late", "4");
    await until(() => gpus(fed)).toEqual({ total: 8, free: 8 });
  });

  it("one failing provider fails Discovery: the others' candidates are offered all the same", async () => {
    const fed = await started({ alpha: ["8"], beta: ["4"] });
    fed.start();
    await until(() => gpus(fed)).toEqual({ total: 8, free: 8 });
    fed.federation.provider("beta").goAway();
    const before = Math.max(...(await rounds(fed)));
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(Math.max(...(await rounds(fed))) - before).toBeLessThanOrEqual(1);
    await until(() => conditionsOf(fed.hub, "fed")).toContain("Synced=False DiscoveryFails");
    const { address } = fed.federation.provider("beta");
    expect((await statusOf(fed.hub, "fed")).message).toContain(address);
    await fed.intents.submit(intent("train"));
    expect((await deployed(fed, "train")).placement?.node).toBe(fed.flavors.alpha?.[0]);
    fed.federation.provider("beta").comeBack();
    await until(() => conditionsOf(fed.hub, "fed")).toContain("Synced=True Synced");
  });

  it("terminal Failed on any conflict: rounds that meet somebody else's writes are followed by new ones", async () => {
    const fed = await started({ alpha: ["4"] });
    fed.start();
    await until(() => gpus(fed)).toEqual({ total: 4, free: 4 });
    const before = Math.max(...(await rounds(fed)));
    fed.federation.conflict(3);
    await until(async () => Math.max(...(await rounds(fed)))).toBeGreaterThan(before + 1);
    expect(await conditionsOf(fed.hub, "fed")).toContain("Synced=True Synced");
  });

  it("find again what upstream FLUIDOS can only find once", async () => {
    const fed = await started({ alpha: ["4"] }, { consumerDefects: { candidatesOnlyCreated: true } });
    fed.start({ fluidos: { discoveryTimeout: "1s" } });
    await until(() => gpus(fed)).toEqual({ total: 4, free: 4 });
    const { consumer } = fed.federation;
    const [name = ""] = await consumer.names("peeringcandidates");
    const first = (await consumer.get("peeringcandidates", name)).metadata.uid;
    await until(async () => (await consumer.find("peeringcandidates", name))?.metadata.uid ?? first).not.toBe(
      first,
    );
    await fed.intents.submit(intent("train"));
    await deployed(fed, "train");
  });
});

describe("upstream FLUIDOS, which can find a candidate only once,", () => {
  const upstream = { consumerDefects: { candidatesOnlyCreated: true } };
  const start = { fluidos: { discoveryTimeout: "1s" } };
  const notesOf = async ({ federation: { consumer } }: FederatedHub, flavor: string) =>
    (await consumer.find("peeringcandidates", `peeringcandidate-${flavor}`))?.metadata.annotations;

  it("finds what is new though a candidate that failed is still offered; that one keeps its note", async () => {
    const fed = await started({ alpha: ["4"] }, upstream);
    const [flavor = ""] = fed.flavors.alpha ?? [];
    fed.start(start);
    await until(() => gpus(fed)).toEqual({ total: 4, free: 4 });
    fed.federation.provider("alpha").failNext("reservation");
    await fed.intents.submit(intent("train"));
    await until(async () => (await notesOf(fed, flavor))?.["flare.clastix.io/refused-because"]).toBeDefined();
    const before = await notesOf(fed, flavor);
    const late = await fed.addNode("alpha", "late", "4");
    expect((await deployed(fed, "train")).placement?.node).toBe(late);
    await until(() => notesOf(fed, flavor)).toEqual(before);
  });

  it("finds what is new though FLUIDOS has left a candidate closed that nobody reserves", async () => {
    const fed = await started({ alpha: ["4"] }, upstream);
    fed.start(start);
    await until(() => gpus(fed)).toEqual({ total: 4, free: 4 });
    await closeCandidates(fed);
    await until(() => gpus(fed)).toEqual({ total: 4, free: 4 });
    await fed.addNode("alpha", "late", "4");
    await until(() => gpus(fed)).toEqual({ total: 8, free: 8 });
  });

  it("leaves a candidate alone that somebody's Reservation has closed", async () => {
    const fed = await started({ alpha: ["4"] }, upstream);
    fed.start(start);
    await until(() => gpus(fed)).toEqual({ total: 4, free: 4 });
    const { consumer } = fed.federation;
    const [name = ""] = await consumer.names("peeringcandidates");
    const { metadata, spec } = await consumer.get("peeringcandidates", name);
    // Of a Solver of FLUIDOS's own, which is slow.
    await consumer.create("reservations", "reservation-by-hand", {
      solverID: "by-hand",
      buyer: spec.flavor.spec.owner,
      seller: spec.flavor.spec.owner,
      peeringCandidate: { name, namespace: "fluidos" },
      reserve: false,
      purchase: false,
    });
    await closeCandidates(fed);
    await new Promise((resolve) => setTimeout(resolve, 8000));
    expect((await consumer.get("peeringcandidates", name)).metadata.uid).toBe(metadata.uid);
  });
});

/** What FLUIDOS does as it begins to reserve, and does not undo where that comes to nothing. */
async function closeCandidates({ federation: { consumer } }: FederatedHub): Promise<void> {
  for (const name of await consumer.names("peeringcandidates"))
    await consumer.admin.patch(consumer.path("peeringcandidates", name), "merge", {
      spec: { available: false },
    });
}

describe("Liqo as it is now", () => {
  it("is bought through as Liqo v1.0 is", async () => {
    const fed = await started({ alpha: ["4"] }, { liqo: "head" });
    fed.start();
    await fed.intents.submit(intent("train"));
    await deployed(fed, "train");
    await fed.intents.remove("train");
    await until(() => fed.intents.exists("train")).toBe(false);
    expect(await objectsIn(fed)).toEqual({});
  });

  it("peers twice with one provider, each Intent on the node of its own contract", async () => {
    const fed = await started({ alpha: ["4", "5"] });
    fed.start();
    for (const name of ["one", "two"]) await fed.intents.submit(intent(name));
    const places = await Promise.all(
      ["one", "two"].map(async (name) => (await deployed(fed, name)).placement?.node),
    );
    expect(new Set(places).size).toBe(2);
    await fed.intents.remove("one");
    await until(() => fed.intents.exists("one")).toBe(false);
    expect((await objectsIn(fed)).contracts).toHaveLength(1);
    expect(await fed.intents.condition("two", "Deployed")).toBe("True ObjectsApplied");
  });
});
