/** FLUIDOS asks a peer for a ResourceSlice once, late or never: the hub asks then, and what FLUIDOS does besides does no harm. */
import { afterEach, describe, expect, it } from "vitest";
import type { ResourceSlice } from "../../src/sandbox/federation/liqo-types.ts";
import { quickTimings } from "../../src/sandbox/federation/timings.ts";
import { deployed, type FederatedHub, objectsIn, startFederatedHub } from "./fluidos-harness.ts";
import { until } from "./hub-harness.ts";
import { intent, madeIn } from "./intents-harness.ts";

let fed: FederatedHub | undefined;
afterEach(() => fed?.close());

const fluidos = { sliceTimeout: "1s" };

async function slicesOf({ federation: { consumer } }: FederatedHub): Promise<readonly ResourceSlice[]> {
  const names = await consumer.names("resourceslices", "liqo-tenant-alpha");
  return Promise.all(names.map((name) => consumer.get("resourceslices", name, "liqo-tenant-alpha")));
}

/** All but names and amounts, and what only the hub adds. */
const formOf = ({
  apiVersion,
  kind,
  metadata,
  spec,
}: ResourceSlice & { apiVersion?: string; kind?: string }) => {
  const liqo = Object.entries(metadata.labels ?? {}).filter(([key]) => key.startsWith("liqo.io/"));
  const { class: sort, providerClusterID, consumerClusterID, resources = {} } = spec;
  return {
    apiVersion,
    kind,
    namespace: metadata.namespace,
    liqo: Object.fromEntries(liqo),
    createsNode: metadata.annotations?.["liqo.io/create-virtual-node"],
    sort,
    providerClusterID,
    consumerClusterID,
    resources: Object.keys(resources).sort(),
  };
};

async function expectGivenBack(hub: FederatedHub, names: readonly string[]): Promise<void> {
  for (const name of names) await hub.intents.remove(name);
  for (const name of names) await until(() => hub.intents.exists(name)).toBe(false);
  expect(await objectsIn(hub)).toEqual({});
  expect(await madeIn(hub.hub)).toEqual([]);
}

describe.each(["v1.0", "head"] as const)("with Liqo %s", (liqo) => {
  it("a second Intent at a provider that is a peer is bought for, which upstream never asks for a slice", async () => {
    const hub = await startFederatedHub({ alpha: ["4", "5"] }, { liqo, defects: { peersOnce: true } });
    fed = hub;
    const running = hub.start({ fluidos });
    await hub.intents.submit(intent("first"));
    await deployed(hub, "first");
    const [bySelf] = await slicesOf(hub);
    await hub.intents.submit(intent("second"));
    const { placement } = await deployed(hub, "second");
    expect(placement?.node).toBe(hub.flavors.alpha?.[1]);
    const byHub = (await slicesOf(hub)).find(({ metadata }) => metadata.name !== bySelf?.metadata.name);
    if (bySelf === undefined || byHub === undefined) throw new Error("there are no two slices");
    expect(formOf(byHub)).toEqual(formOf(bySelf));
    expect(byHub.metadata.labels?.["app.kubernetes.io/managed-by"]).toBe("flare");
    expect(running.log.join("")).not.toContain("CandidateNotPeered");
    await expectGivenBack(hub, ["first", "second"]);
  });

  it("FLUIDOS that comes late finds the hub's, and its error counts for nothing", async () => {
    const timings = { ...quickTimings, establishMs: 4000 };
    const hub = await startFederatedHub({ alpha: ["4"] }, { liqo, timings });
    fed = hub;
    hub.start({ fluidos });
    await hub.intents.submit(intent("train"));
    await deployed(hub, "train");
    const { consumer } = hub.federation;
    const [allocation = ""] = await consumer.names("allocations");
    await until(async () => (await consumer.get("allocations", allocation)).status?.status).toBe("Error");
    expect(await slicesOf(hub)).toHaveLength(1);
    expect(await hub.intents.condition("train", "Deployed")).toBe("True ObjectsApplied");
    await expectGivenBack(hub, ["train"]);
  });
});
