/** What a federation is made of, on a real API server and with the CRDs of FLUIDOS, Liqo and Capsule themselves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CAPSULE_TENANTS } from "../../src/hub/engines/resources.ts";
import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import type { KubeObject, Resource } from "../../src/kubernetes/objects.ts";
import { deployed, type FederatedHub, objectsIn, startFederatedHub } from "../integration/fluidos-harness.ts";
import { createNamespace, NAMESPACES } from "../integration/hub-cluster.ts";
import { until } from "../integration/hub-harness.ts";
import { intent, madeIn } from "../integration/intents-harness.ts";
import { emptied, filled, takesEmptyTexts } from "../support/empty-texts.ts";
import { prunedOf } from "../support/pruned.ts";
import { realCrds, realCrdsAreThere, resourceOf } from "../support/real-crds.ts";
import { recordWrites } from "../support/recording.ts";
import { SAMPLES, sample, samplesAreThere } from "../unit/fluidos/samples.ts";
import { WRITTEN } from "../unit/fluidos/written.ts";

/** A namespace in which nobody looks for objects of FLUIDOS. */
const ASIDE = "samples";
const aside = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, namespace: ASIDE },
});
const isThere = realCrdsAreThere && samplesAreThere;

describe.skipIf(!isThere)("a federation with the real CRDs (needs ../shared)", () => {
  let fed: Awaited<ReturnType<typeof startFederatedHub>>;
  let client: KubeClient;
  beforeAll(async () => {
    fed = await startFederatedHub({ alpha: ["4"], beta: ["8"] });
    client = fed.hub.client;
    await createNamespace(client, ASIDE);
  });
  afterAll(() => fed?.close());

  it("installs all of them", () => {
    expect(realCrds().map(({ spec }) => spec.names.kind)).toEqual(
      expect.arrayContaining(["Solver", "Discovery", "PeeringCandidate", "Reservation", "Transaction"]),
    );
    expect(realCrds().map(({ spec }) => spec.names.kind)).toEqual(
      expect.arrayContaining(["Contract", "Allocation", "ResourceSlice", "VirtualNode", "Tenant"]),
    );
  });

  // Before the samples: simulated controllers do what those say.
  describe("a hub that buys", () => {
    it("writes for an Intent from the first Solver to the last deletion only what is kept whole", async () => {
      const { hub, intents, federation } = fed;
      const tenant = { apiVersion: "capsule.clastix.io/v1beta2", kind: "Tenant", metadata: { name: "acme" } };
      const owners = [{ kind: "ServiceAccount", name: "system:serviceaccount:flare-system:flare-hub" }];
      await client.create(CAPSULE_TENANTS, { ...tenant, spec: { owners } } as KubeObject);
      await client.patch(
        PROVIDERS,
        { name: "fed" },
        { spec: { capsule: { tenants: { "team-a": "acme" } } } },
      );
      const { wrap, writes, problems } = recordWrites();
      const running = fed.start({ wrap });
      await until(async () => (await federation.consumer.names("peeringcandidates")).length).toBe(2);
      federation.provider("alpha").failNext("purchase");
      await intents.submit(intent("train", { gpu: { count: 2 } }));
      const { placement } = await deployed(fed, "train");
      expect(placement?.node).toBe(fed.flavors.beta?.[0]);
      await expectTenant(fed, placement?.namespace ?? "");
      await intents.remove("train");
      await until(() => intents.exists("train")).toBe(false);
      expect(await objectsIn(fed)).toEqual({});
      expect(await madeIn(hub)).toEqual([]);
      await running.stop();
      expect(problems).toEqual([]);
      expect([...writes]).toEqual(expect.arrayContaining(WRITES));
      // And what FLUIDOS and Liqo are simulated to write passes their CRDs.
      expect(hub.problems).toEqual([]);
    });
  });

  describe("what we read", () => {
    it.each(SAMPLES)("%s of the samples is accepted whole, and read as it is kept", async (...row) => {
      const [, file, read, expected] = row;
      const object = aside(sample(file) as KubeObject);
      const isLiteral = await takesEmptyTexts(client);
      const written = isLiteral ? object : filled(object);
      const kept = await made(client, resourceFor(object), written);
      expect(prunedOf(written, kept)).toEqual([]);
      expect(read(isLiteral ? kept : emptied(kept))).toMatchObject(expected);
    });
  });

  describe("what we write", () => {
    it.each(WRITTEN)("%s is accepted, and nothing of it pruned", async (_, resource, object) => {
      const written = aside(object);
      expect(prunedOf(written, await made(client, resource, written))).toEqual([]);
    });
  });
});

/** Sorts of writes of the hub on the way: the candidate that failed is annotated, and the one that was sold. */
const WRITES = [
  "create solvers",
  "create reservations",
  "create allocations",
  "patch allocations",
  "patch resourceslices",
  "patch peeringcandidates",
  "apply namespaceoffloadings",
  "apply namespaces",
  "apply deployments",
];

/** The Tenant owns the namespace, as Capsule wants it. */
async function expectTenant({ hub }: FederatedHub, name: string): Promise<void> {
  const { metadata } = await hub.client.get<KubeObject>(NAMESPACES, { name });
  expect(name).toMatch(/^acme-/);
  expect(metadata).toMatchObject({
    labels: { "capsule.clastix.io/tenant": "acme" },
    ownerReferences: [{ apiVersion: "capsule.clastix.io/v1beta2", kind: "Tenant", name: "acme" }],
  });
}

function resourceFor({ apiVersion, kind }: KubeObject): Resource {
  if (kind === "ConfigMap") return { group: "", version: "v1", plural: "configmaps", namespaced: true };
  const crd = realCrds().find(
    ({ spec }) => apiVersion?.startsWith(`${spec.group}/`) && spec.names.kind === kind,
  );
  if (crd === undefined) throw new Error(`no CRD of ${apiVersion} ${kind}`);
  return resourceOf(crd);
}

/** The object as the server has it, status and all; it is deleted again. */
async function made(client: KubeClient, resource: Resource, object: KubeObject): Promise<KubeObject> {
  const { status, ...main } = object as KubeObject & { readonly status?: object };
  const target = { name: object.metadata?.name, namespace: ASIDE };
  const created = await client.create<KubeObject>(resource, main as KubeObject);
  const kept =
    status === undefined
      ? created
      : await client.patch<KubeObject>(resource, { ...target, subresource: "status" }, { status });
  await client.delete(resource, target);
  // The simulated Liqo holds what is its own until it has heard of the end.
  await until(() =>
    client.get(resource, target).then(
      () => true,
      () => false,
    ),
  ).toBe(false);
  return kept;
}
