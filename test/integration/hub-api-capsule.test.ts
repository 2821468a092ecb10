/** Tenants as Capsule keeps them. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { CAPSULE_TENANTS } from "../../src/hub/engines/resources.ts";
import type { KubeObject } from "../../src/kubernetes/objects.ts";
import { TENANT_CRD } from "../support/capsule.ts";
import { request } from "../support/intents.ts";
import {
  type ApiCluster,
  CRDS,
  MEMBER,
  type RunningApi,
  settled,
  startApiCluster,
  until,
} from "./api-harness.ts";

let cluster: ApiCluster;
let api: RunningApi;
const tokens: Record<string, string> = {};

async function tenant(name: string, owners: readonly object[], namespaces: readonly string[]): Promise<void> {
  const { client } = cluster.hub;
  const object = {
    apiVersion: "capsule.clastix.io/v1beta2",
    kind: "Tenant",
    metadata: { name },
    spec: { owners },
  };
  await client.create(CAPSULE_TENANTS, object as KubeObject);
  await client.patch(CAPSULE_TENANTS, { name, subresource: "status" }, { status: { namespaces } });
}

beforeAll(async () => {
  cluster = await startApiCluster();
  await cluster.provider.addNode({ name: "h100" });
  const { client } = cluster.hub;
  await client.create(CRDS, TENANT_CRD as KubeObject);
  await settled(async () => {
    for await (const _ of client.list(CAPSULE_TENANTS)) return;
  });
  for (const name of ["acme-prod", "acme-dev", "globex-lab", "people"]) await cluster.namespace(name);
  // A label that names a tenant says nothing where Capsule does.
  await cluster.namespace("sly", "acme");
  for (const name of ["alice", "bob", "carol"]) tokens[name] = await cluster.person(name, "people", []);
  tokens.mallory = await cluster.person("mallory", "sly", MEMBER);
  await tenant(
    "acme",
    [
      { kind: "ServiceAccount", name: "system:serviceaccount:people:alice" },
      { kind: "User", name: "system:serviceaccount:people:carol" },
    ],
    ["acme-prod", "acme-dev"],
  );
  await tenant("globex", [{ kind: "Group", name: "system:serviceaccounts:people" }], ["globex-lab"]);
  api = await cluster.start();
  await settled(async () =>
    expect((await api.ask("GET", "/resources", { token: tokens.bob })).status).toBe(200),
  );
});
afterAll(async () => {
  await cluster?.close();
});

it("belong to their owners: ServiceAccounts, users and groups", async () => {
  const tenantsOf = async (name: string) =>
    (await api.ask("GET", "/auth/verify", { token: tokens[name] })).body.tenants.map(
      ({ tenant: each }: { tenant: string }) => each,
    );
  expect((await tenantsOf("alice")).toSorted()).toEqual(["acme", "globex"]);
  expect(await tenantsOf("carol")).toEqual(["acme", "globex"]);
  expect(await tenantsOf("bob")).toEqual(["globex"]);
  expect(await tenantsOf("mallory")).toEqual([]);
});

it("35: somebody who owns several gets none by chance", async () => {
  expect(await api.ask("POST", "/intents", { token: tokens.alice, body: request() })).toMatchObject({
    status: 400,
    body: { error_code: "TENANT_REQUIRED" },
  });
  const made = await api.ask("POST", "/intents", {
    token: tokens.alice,
    body: request(),
    headers: { "X-Flare-Tenant": "acme" },
  });
  expect(made).toMatchObject({ status: 200, body: { namespace: "acme-dev" } });
  expect((await api.ask("GET", `/intents/${made.body.intent_id}`, { token: tokens.bob })).status).toBe(404);
});

it("have the GPUs that their ResourceQuotas let them", async () => {
  const { client } = cluster.hub;
  const resourceQuotas = { scope: "Tenant", items: [{ hard: { "requests.nvidia.com/gpu": "1" } }] };
  await client.patch(CAPSULE_TENANTS, { name: "acme" }, { spec: { resourceQuotas } });
  const asked = { token: tokens.alice, body: request(), headers: { "X-Flare-Tenant": "acme" } };
  // The Intent of the test before has the one.
  await until(async () => (await api.ask("POST", "/intents?dry_run=true", asked)).status).toBe(429);
  expect(await api.ask("POST", "/intents", asked)).toMatchObject({
    status: 429,
    body: {
      error_code: "QUOTA_EXCEEDED",
      quota: { name: "requests.nvidia.com/gpu", used: "1", limit: "1" },
    },
  });
  await client.patch(CAPSULE_TENANTS, { name: "acme" }, { spec: { resourceQuotas: null } });
  await until(async () => (await api.ask("POST", "/intents?dry_run=true", asked)).status).toBe(200);
});

it("lose and win owners and namespaces at once", async () => {
  const { client } = cluster.hub;
  await client.patch(CAPSULE_TENANTS, { name: "globex" }, { spec: { owners: [] } });
  await until(async () => (await api.ask("GET", "/intents", { token: tokens.bob })).status).toBe(403);
  await client.patch(
    CAPSULE_TENANTS,
    { name: "acme", subresource: "status" },
    { status: { namespaces: ["acme-prod"] } },
  );
  await until(async () => (await api.ask("GET", "/intents", { token: tokens.alice })).body.intents).toEqual(
    [],
  );
});
