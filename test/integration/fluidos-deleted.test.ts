/** Somebody deletes what the hub bought with, while its Intent runs there. */
import { describe, expect, it } from "vitest";
import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import { EVENTS, type KubeObject, type Resource } from "../../src/kubernetes/objects.ts";
import { clusterOf } from "../../src/sandbox/federation/cluster.ts";
import { CONTRACTS } from "../../src/sandbox/federation/kinds.ts";
import { deployed, federatedHubs, objectsIn, type StartedHub } from "./fluidos-harness.ts";
import { until } from "./hub-harness.ts";
import { intent, listed, madeIn } from "./intents-harness.ts";

const { started } = federatedHubs();
const TENANT = "liqo-tenant-alpha";

/** An Intent that runs at the cheaper of two, and the Contract by which it does. */
async function running(): Promise<StartedHub & { readonly contract: string }> {
  const fed = await started({ alpha: ["4"], beta: ["8"] });
  fed.start();
  await fed.intents.submit(intent("web"));
  expect((await deployed(fed, "web")).placement?.node).toBe(fed.flavors.alpha?.[0]);
  const [contract = ""] = await fed.federation.consumer.names("contracts");
  return { ...fed, contract };
}

const isAtBeta = (fed: StartedHub) => async (): Promise<boolean> =>
  (await fed.intents.status("web")).placement?.node === fed.flavors.beta?.[0];

type Event = KubeObject & { readonly reason?: string; readonly message?: string };

const warningsOf = async ({ hub }: StartedHub, reason: string): Promise<readonly string[]> =>
  (await listed<Event>(hub.client, EVENTS, "team-a"))
    .filter((event) => event.reason === reason)
    .map(({ message = "" }) => message);

async function expectAllGivenBack(fed: StartedHub): Promise<void> {
  await fed.intents.remove("web");
  await until(() => fed.intents.exists("web")).toBe(false);
  expect(await objectsIn(fed)).toEqual({});
  expect(await madeIn(fed.hub)).toEqual([]);
}

const CRDS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  namespaced: false,
};

/** Its definitions go, and with them all objects. */
async function uninstallFluidos({ hub: { client } }: StartedHub): Promise<void> {
  for (const { metadata } of await listed<KubeObject>(client, CRDS))
    if (metadata?.name?.endsWith(".fluidos.eu")) await client.delete(CRDS, { name: metadata.name });
}

describe("of an Intent that runs where it was bought for,", () => {
  it("the Contract: it moves, and says which Contract is gone, where, and what happens now", async () => {
    const fed = await running();
    const { consumer } = fed.federation;
    await consumer.delete("contracts", fed.contract);
    await until(isAtBeta(fed)).toBe(true);
    const [flavor = ""] = fed.flavors.alpha ?? [];
    await until(() => warningsOf(fed, "ContractGone")).toEqual([
      `Contract ${fed.contract}, by which Flavor ${flavor} was bought, was deleted in namespace fluidos of provider fed: it looks for another place`,
    ]);
    expect(await warningsOf(fed, "CandidateTimeout")).toEqual([]);
    await deployed(fed, "web");
    await until(async () => (await fed.intents.status("web")).abandoned).toBeUndefined();
    const left = await objectsIn(fed);
    expect(left.resourceslices).toEqual(left.contracts);
    expect(left.contracts).not.toContain(fed.contract);
    // It stays sold at its provider, whoever deletes the Contract here.
    const candidate = await consumer.get("peeringcandidates", `peeringcandidate-${flavor}`);
    expect(candidate.metadata.annotations?.["flare.clastix.io/sold-by"]).toBe(fed.contract);
    expect(candidate.metadata.annotations?.["flare.clastix.io/sold-part"]).toContain('"gpus":1');
    await until(async () => (await warningsOf(fed, "NotGivenBack")).join("\n")).toContain(
      `Flavor ${flavor} of `,
    );
    await expectAllGivenBack(fed);
  });

  it("the Allocation: it is made again, and the Intent stays", async () => {
    const fed = await running();
    const { consumer } = fed.federation;
    const [name = ""] = await consumer.names("allocations");
    const { metadata } = await consumer.get("allocations", name);
    await consumer.delete("allocations", name);
    await until(async () => {
      const found = await consumer.find("allocations", name);
      return found !== undefined && found.metadata.uid !== metadata.uid;
    }).toBe(true);
    await deployed(fed, "web");
    expect(await isAtBeta(fed)()).toBe(false);
    await expectAllGivenBack(fed);
  });

  it("the Reservation: the Intent stays, and its Contract is given back all the same", async () => {
    const fed = await running();
    const { consumer } = fed.federation;
    const [name = ""] = await consumer.names("reservations");
    await consumer.delete("reservations", name);
    await fed.intents.change("web", { workload: { image: "ghcr.io/acme/work:2" } });
    await until(async () => (await fed.intents.status("web")).placement?.generation).toBe(2);
    await deployed(fed, "web");
    expect(await isAtBeta(fed)()).toBe(false);
    await fed.intents.remove("web");
    await until(() => fed.intents.exists("web")).toBe(false);
    // The Transaction was known by the Reservation alone.
    expect(Object.keys(await objectsIn(fed))).toEqual(["transactions"]);
  });

  it("the Reservation and the Allocation: what was bought is known by the slice, and kept", async () => {
    const fed = await running();
    const { consumer } = fed.federation;
    for (const kind of ["reservations", "allocations"] as const)
      for (const name of await consumer.names(kind)) await consumer.delete(kind, name);
    await until(async () => (await consumer.names("allocations")).length).toBe(1);
    await deployed(fed, "web");
    expect(await isAtBeta(fed)()).toBe(false);
    await fed.intents.remove("web");
    await until(() => fed.intents.exists("web")).toBe(false);
    expect(Object.keys(await objectsIn(fed))).toEqual(["transactions"]);
  });

  it.each(["runs on", "starts anew"])(
    "all of FLUIDOS: nothing waits for it where the Intent is deleted, and the hub %s",
    async (hub) => {
      const fed = await started({ alpha: ["4"] });
      const first = fed.start();
      await fed.intents.submit(intent("web"));
      await deployed(fed, "web");
      if (hub === "starts anew") await first.stop();
      await uninstallFluidos(fed);
      if (hub === "starts anew") fed.start();
      await fed.intents.remove("web");
      await until(() => fed.intents.exists("web")).toBe(false);
      expect(await madeIn(fed.hub)).toEqual([]);
      expect(await fed.federation.consumer.names("resourceslices", TENANT)).toEqual([]);
      expect(await fed.federation.consumer.names("virtualnodes", TENANT)).toEqual([]);
      await fed.hub.client.delete(PROVIDERS, { name: "fed" });
      await until(async () => (await listed(fed.hub.client, PROVIDERS)).length).toBe(0);
    },
  );

  it("the Contract, and somebody else buys the same Flavor: what is theirs is left alone", async () => {
    const fed = await running();
    const { consumer } = fed.federation;
    const theirs = clusterOf(consumer.sandbox.kernel, "rear-manager");
    const bought = theirs.get(CONTRACTS, fed.contract, "fluidos");
    if (bought === undefined) throw new Error("there is no Contract");
    theirs.update(CONTRACTS, { ...bought, spec: { ...bought.spec, transactionID: "somebody-else" } });
    await until(isAtBeta(fed)).toBe(true);
    await deployed(fed, "web");
    await until(async () => (await fed.intents.status("web")).abandoned).toBeUndefined();
    expect((await warningsOf(fed, "CandidateSold")).join("\n")).toContain(fed.contract);
    expect(await consumer.names("resourceslices", TENANT)).toEqual([fed.contract]);
    expect(await consumer.names("virtualnodes", TENANT)).toEqual([fed.contract]);
    expect(await consumer.names("contracts")).toContain(fed.contract);
  });
});

describe("an Intent that is deleted, of which something does not end,", () => {
  it("says after a while what it waits for", async () => {
    let aheadMs = 0;
    const fed = await started({ alpha: ["4"] });
    fed.start({ now: () => Date.now() + aheadMs });
    await fed.intents.submit(intent("web"));
    await deployed(fed, "web");
    const { consumer } = fed.federation;
    const [contract = ""] = await consumer.names("contracts");
    const path = consumer.path("resourceslices", contract, TENANT);
    const { metadata } = await consumer.get("resourceslices", contract, TENANT);
    const finalizers = [...(metadata.finalizers ?? []), "example.com/mine"];
    await consumer.admin.patch(path, "merge", { metadata: { finalizers } });
    await fed.intents.remove("web");
    await until(
      async () => (await consumer.find("resourceslices", contract, TENANT))?.metadata.deletionTimestamp,
    ).toBeDefined();
    aheadMs = 6 * 60_000;
    await until(async () => (await fed.intents.status("web")).message).toContain(
      `it is being deleted, but could not be cleaned up yet: ResourceSlice ${contract} is being deleted`,
    );
    await consumer.admin.patch(path, "merge", { metadata: { finalizers: [] } });
    await until(() => fed.intents.exists("web")).toBe(false);
  });
});
