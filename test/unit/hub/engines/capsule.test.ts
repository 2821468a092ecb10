/** Whose namespace it becomes in a provider with Capsule, and what is said where it becomes nobody's. */
import { describe, expect, it } from "vitest";
import {
  capsuleTenantOf,
  claimNamespace,
  type Tenancy,
  tenancyFor,
} from "../../../../src/hub/engines/capsule.ts";
import type { KubeClient } from "../../../../src/kubernetes/kube-client.ts";
import { KubeError } from "../../../../src/kubernetes/kube-error.ts";
import type { KubeObject } from "../../../../src/kubernetes/objects.ts";

const signal = new AbortController().signal;
const owner = { apiVersion: "capsule.clastix.io/v1beta2", kind: "Tenant", name: "acme", uid: "t-1" };
const namespace = { kind: "Namespace", metadata: { name: "acme-demo" } };
const quota = { kind: "ResourceQuota", metadata: { name: "demo" } };

describe("the Tenant of a hub's tenant", () => {
  it.each([
    ["none without Capsule", undefined, undefined],
    ["that of the same name", {}, "team-a"],
    ["the one for all", { tenant: "flare" }, "flare"],
    ["its own before the one for all", { tenant: "flare", tenants: { "team-a": "acme" } }, "acme"],
    ["the one for all, where another has its own", { tenant: "flare", tenants: { "team-b": "b" } }, "flare"],
  ])("is %s", (_, settings, tenant) => {
    expect(capsuleTenantOf(settings, "team-a")).toBe(tenant);
  });
});

const ask = (get: () => Promise<object>, more: { found?: object; settings?: object } = {}) =>
  tenancyFor({
    client: { get } as unknown as KubeClient,
    view: { tenant: "acme" },
    place: { provider: "alpha", namespace: "acme-demo" },
    settings: {},
    found: undefined,
    signal,
    ...more,
  });
const fails = (code: "not-found" | "forbidden" | "server") => () => Promise.reject(new KubeError(code, code));

describe("before the namespace is made", () => {
  it("the Tenant tells the uid by which it owns", async () => {
    const told = await ask(() => Promise.resolve({ metadata: { name: "acme", uid: "t-1" } }));
    expect(told).toMatchObject({ ok: true, isNew: true, tenant: { name: "acme", uid: "t-1" } });
  });

  it("an account that may not read Tenants goes by the label", async () => {
    expect(await ask(fails("forbidden"))).toMatchObject({ ok: true, tenant: { name: "acme" } });
  });

  it("a Tenant that is not there is named, with what to do", async () => {
    expect(await ask(fails("not-found"))).toEqual({
      ok: false,
      reason: "TenantNotFound",
      message:
        "alpha has no Capsule Tenant acme, or no Capsule; create it there, or correct spec.capsule of the Provider",
    });
  });

  it("any other failure is tried again as such", async () => {
    await expect(ask(fails("server"))).rejects.toThrow("server");
  });

  it("nobody is asked where the Provider says nothing of Capsule", async () => {
    const told = await tenancyFor({
      client: {} as KubeClient,
      view: { tenant: "acme" },
      place: { provider: "alpha", namespace: "ns" },
      settings: undefined,
      found: undefined,
      signal,
    });
    expect(told).toEqual({ ok: true, provider: "alpha", isNew: true });
  });
});

describe("a namespace that is there", () => {
  it.each([
    [
      "stays its Tenant's, whatever the Provider says now",
      { ownerReferences: [owner] },
      { name: "acme", uid: "t-1" },
    ],
    ["stays nobody's", {}, undefined],
  ])("%s", async (_, metadata, tenant) => {
    const settings = { tenant: "other" };
    const told = await ask(fails("server"), { settings, found: { metadata } });
    expect(told).toMatchObject({ ok: true, isNew: false });
    expect((told as Tenancy).tenant).toEqual(tenant);
  });
});

interface Server {
  readonly client: KubeClient;
  readonly deleted: unknown[];
}
function server(answer: () => Promise<object>): Server {
  const deleted: unknown[] = [];
  const client = {
    apply: answer,
    delete: (_: unknown, target: unknown) => {
      deleted.push(target);
      return Promise.resolve();
    },
  } as unknown as KubeClient;
  return { client, deleted };
}
const made = (ownerReferences: readonly object[]) => () =>
  Promise.resolve({ outcome: "applied", object: { metadata: { name: "acme-demo", ownerReferences } } });
const claim = ({ client }: Server, tenancy: Partial<Tenancy> = {}) =>
  claimNamespace({
    client,
    tenancy: { ok: true, provider: "alpha", isNew: true, tenant: { name: "acme" }, ...tenancy },
    wanted: [namespace, quota] as KubeObject[],
    signal,
  });

describe("a new namespace", () => {
  it("that is the Tenant's is not applied a second time: until Capsule has counted it, it refuses that", async () => {
    expect(await claim(server(made([owner])))).toEqual({ ok: true, wanted: [quota] });
  });

  it("that Capsule gave to nobody is taken away again, and nothing is put into it", async () => {
    const refusing = server(made([]));
    expect(await claim(refusing)).toMatchObject({ ok: false, reason: "TenantNotAssigned" });
    expect(refusing.deleted).toEqual([{ name: "acme-demo" }]);
  });

  it.each([
    ["without a Tenant", { tenant: undefined }],
    ["that is there already", { isNew: false }],
  ])("%s is left to what applies the others", async (_, tenancy) => {
    const { client } = server(() => Promise.reject(new Error("not to be asked")));
    expect(await claim({ client, deleted: [] }, tenancy as Partial<Tenancy>)).toEqual({
      ok: true,
      wanted: [namespace, quota],
    });
  });

  const said = (webhook: string, words: string): string =>
    `admission webhook "${webhook}" denied the request: ${words}`;
  const v010 = "namespaces.projectcapsule.dev";
  const head = "namespaces.validating.projectcapsule.dev";
  const full = "Cannot exceed Namespace quota: please, reach out to the system administrators";
  it.each([
    ["TenantQuotaExceeded", said(v010, full)],
    ["TenantQuotaExceeded", said(head, full)],
    ["TenantNotFound", said(v010, 'Tenant.capsule.clastix.io "acme" not found')],
    ["TenantNotFound", said(head, 'tenants.capsule.clastix.io "acme" not found')],
    ["TenantRefused", said(v010, "Cannot assign the desired namespace to a non-owned Tenant")],
    ["TenantRefused", said(v010, "The namespace doesn't match the tenant prefix, expected acme-x")],
    ["TenantRefused", said(head, 'The namespace doesn\'t match the tenant prefix, expected prefix "acme-"')],
    ["TenantRefused", said("owner.namespace.capsule.clastix.io", "tenant acme is freezed")],
  ])("refused is %s: %s", async (reason, message) => {
    const refused = await claim(server(() => Promise.reject(new KubeError("forbidden", message))));
    expect(refused).toEqual({ ok: false, reason, message: `alpha, Tenant acme: ${message}` });
  });

  it("refused by somebody else is no matter of Capsule", async () => {
    const message = said("policy.example.com", "no");
    await expect(claim(server(() => Promise.reject(new KubeError("forbidden", message))))).rejects.toThrow(
      message,
    );
  });
});
