/** The simulated Capsule: which namespaces it gives to which Tenant, what it adds to them, what it refuses. */
import { existsSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { compileSchema } from "../../src/sandbox/custom-schema.ts";
import { type Capsule, startCapsule } from "../../src/sandbox/federation/capsule/capsule.ts";
import { type CapsuleVersion, tenantCrd } from "../../src/sandbox/federation/capsule/crd.ts";
import type { KubeObject } from "../../src/sandbox/object.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { until } from "../support/federation.ts";
import { type KubeBody, type KubeClient, kubeClientFrom } from "../support/kube-client.ts";

const TENANTS = "/apis/capsule.clastix.io/v1beta2/tenants";
const NAMESPACES = "/api/v1/namespaces";
const versions: readonly CapsuleVersion[] = ["v0.10", "head"];

interface Running {
  readonly sandbox: Sandbox;
  readonly capsule: Capsule;
  readonly admin: KubeClient;
  /** An account of namespace `tenants`, as FLARE makes one for each tenant. */
  readonly account: (name: string) => Promise<KubeClient>;
}

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function start(version: CapsuleVersion, more: object = {}): Promise<Running> {
  const sandbox = await startSandbox();
  const capsule = startCapsule({ sandbox, version, ...more });
  const admin = kubeClientFrom(sandbox.adminKubeconfig);
  open.push(
    () => sandbox.close(),
    () => admin.close(),
    () => capsule.stop(),
  );
  await admin.create(NAMESPACES, { metadata: { name: "tenants" } });
  await admin.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: "all" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [
      { kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "system:serviceaccounts:tenants" },
    ],
  });
  const account = async (name: string): Promise<KubeClient> => {
    await admin.create(`${NAMESPACES}/tenants/serviceaccounts`, { metadata: { name } });
    const client = kubeClientFrom(sandbox.kubeconfigFor({ serviceAccount: name, namespace: "tenants" }));
    open.push(() => client.close());
    return client;
  };
  return { sandbox, capsule, admin, account };
}

const ownedBy = (account: string): object[] => [
  { kind: "ServiceAccount", name: `system:serviceaccount:tenants:${account}` },
];

const addTenant = (admin: KubeClient, name: string, spec: object): Promise<unknown> =>
  admin.create(TENANTS, {
    apiVersion: "capsule.clastix.io/v1beta2",
    kind: "Tenant",
    metadata: { name },
    spec,
  });

const statusOf = async (admin: KubeClient, name: string): Promise<KubeBody["status"]> =>
  (await admin.get(`${TENANTS}/${name}`)).body.status;

const makeNamespace = async (client: KubeClient, name: string, metadata: object = {}): Promise<string> => {
  const { status, body } = await client.request("POST", NAMESPACES, { metadata: { name, ...metadata } });
  return status === 201 ? "made" : (body.message ?? "");
};

describe.each(versions)("Capsule %s", (version) => {
  it("gives a namespace to the Tenant of its maker, with the Tenant's labels and quotas", async () => {
    const { admin, account } = await start(version);
    const acme = await account("acme");
    await addTenant(admin, "acme", {
      owners: ownedBy("acme"),
      namespaceOptions: { additionalMetadata: { labels: { team: "red" } } },
      resourceQuotas: { items: [{ hard: { "requests.nvidia.com/gpu": "8" } }] },
    });
    expect(await makeNamespace(acme, "acme-x7k2p")).toBe("made");
    await until(() => statusOf(admin, "acme")).toMatchObject({
      namespaces: ["acme-x7k2p"],
      size: 1,
      state: "Active",
    });
    const { metadata } = (await admin.get(`${NAMESPACES}/acme-x7k2p`)).body;
    expect(metadata).toMatchObject({
      labels: { team: "red", "capsule.clastix.io/tenant": "acme" },
      ownerReferences: [{ kind: "Tenant", name: "acme" }],
    });
    const quota = await admin.get(`${NAMESPACES}/acme-x7k2p/resourcequotas/capsule-acme-0`);
    expect(quota.body.spec).toEqual({ hard: { "requests.nvidia.com/gpu": "8" } });
    await admin.delete(`${NAMESPACES}/acme-x7k2p`);
    await until(() => statusOf(admin, "acme")).toMatchObject({ namespaces: [], size: 0 });
  });

  it("counts a namespace that somebody else made and that names the Tenant as its owner", async () => {
    const { admin } = await start(version);
    await addTenant(admin, "acme", { owners: ownedBy("acme") });
    const { uid } = (await admin.get(`${TENANTS}/acme`)).body.metadata as { readonly uid?: string };
    const owner = { apiVersion: "capsule.clastix.io/v1beta2", kind: "Tenant", name: "acme", uid };
    expect(await makeNamespace(admin, "whatever", { ownerReferences: [owner] })).toBe("made");
    await until(() => statusOf(admin, "acme")).toMatchObject({ namespaces: ["whatever"] });
  });

  it("chooses among several Tenants by the prefix, the longest first, or by the label", async () => {
    const { admin, account } = await start(version);
    const both = await account("both");
    for (const name of ["acme", "acme-lab"]) await addTenant(admin, name, { owners: ownedBy("both") });
    expect(await makeNamespace(both, "acme-one")).toBe("made");
    expect(await makeNamespace(both, "acme-lab-two")).toBe("made");
    const labels = { "capsule.clastix.io/tenant": "acme" };
    expect(await makeNamespace(both, "acme-lab-three", { labels })).toBe("made");
    expect(await makeNamespace(both, "globex-one")).toContain(
      "prefix used doesn't match any available Tenant",
    );
    await until(() => statusOf(admin, "acme")).toMatchObject({ namespaces: ["acme-lab-three", "acme-one"] });
    await until(() => statusOf(admin, "acme-lab")).toMatchObject({ namespaces: ["acme-lab-two"] });
  });

  it("refuses what exceeds the quota, lacks the prefix, belongs to others, or has no Tenant", async () => {
    const { admin, account } = await start(version);
    const [acme, nobody] = [await account("acme"), await account("nobody")];
    await addTenant(admin, "acme", { owners: ownedBy("acme"), namespaceOptions: { quota: 1 } });
    await addTenant(admin, "globex", { owners: ownedBy("globex") });
    expect(await makeNamespace(acme, "work")).toContain("expected acme-work");
    const labels = { "capsule.clastix.io/tenant": "globex" };
    expect(await makeNamespace(acme, "globex-x", { labels })).toContain("non-owned Tenant");
    expect(await makeNamespace(nobody, "free")).toContain("do not have any Tenant assigned");
    expect(await makeNamespace(acme, "acme-1")).toBe("made");
    await until(() => statusOf(admin, "acme")).toMatchObject({ size: 1 });
    expect(await makeNamespace(acme, "acme-2")).toContain("Cannot exceed Namespace quota");
  });
});

describe("what is not the same in the two versions", () => {
  it.each([
    ["v0.10", false],
    ["head", true],
  ] as const)("%s assigns what an administrator labelled: %s", async (version, assigns) => {
    const { admin } = await start(version);
    await addTenant(admin, "acme", { owners: ownedBy("acme") });
    const labels = { "capsule.clastix.io/tenant": "acme" };
    expect(await makeNamespace(admin, "acme-x", { labels })).toBe("made");
    const { metadata } = (await admin.get(`${NAMESPACES}/acme-x`)).body;
    expect("ownerReferences" in (metadata ?? {})).toBe(assigns);
  });

  it.each([
    ["v0.10", "spec.owners"],
    ["head", "made"],
  ] as const)("%s takes a Tenant without owners: %s", async (version, outcome) => {
    const { admin } = await start(version);
    const made = await addTenant(admin, "acme", {}).then(() => "made", String);
    expect(made).toContain(outcome);
  });

  it("HEAD also tells of conditions and spaces", async () => {
    const { admin } = await start("head");
    await addTenant(admin, "acme", { owners: ownedBy("acme") });
    await until(() => statusOf(admin, "acme")).toMatchObject({
      conditions: [{ type: "Ready", status: "True" }],
    });
  });

  const real = "../shared/crds/capsule.clastix.io_tenants.yaml";
  it.skipIf(!existsSync(real))(
    "v0.10's status is one that the real Tenant keeps whole (needs ../shared)",
    async () => {
      const { admin } = await start("v0.10");
      await addTenant(admin, "acme", { owners: ownedBy("acme") });
      await until(() => statusOf(admin, "acme")).toMatchObject({ size: 0 });
      const { spec } = parse(readFileSync(real, "utf8")) as {
        readonly spec: {
          readonly names: object;
          readonly versions: readonly {
            readonly name: string;
            readonly schema: { readonly openAPIV3Schema: unknown };
          }[];
        };
      };
      expect((tenantCrd("v0.10").spec as { readonly names: object }).names).toEqual(spec.names);
      const schema = compileSchema(
        spec.versions.find(({ name }) => name === "v1beta2")?.schema.openAPIV3Schema,
      );
      const { body } = await admin.get(`${TENANTS}/acme`);
      const tenant = body as unknown as KubeObject;
      expect(schema.unknownFields(tenant)).toEqual([]);
      expect(schema.problems(schema.prepare(tenant))).toEqual([]);
    },
  );
});
