/** Intents in a provider with Capsule, whose webhooks stand between the hub and the API server. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CAPSULE_TENANTS } from "../../src/hub/engines/resources.ts";
import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import { KubeError } from "../../src/kubernetes/kube-error.ts";
import type { KubeObject } from "../../src/kubernetes/objects.ts";
import { TENANT_CRD } from "../support/capsule.ts";
import { CRDS, NAMESPACES } from "./hub-cluster.ts";
import { until } from "./hub-harness.ts";
import { type Federation, intent, intentsOf, madeIn, startFederation } from "./intents-harness.ts";

let federation: Federation;
let intents: ReturnType<typeof intentsOf>;
let alpha: Federation["providers"][string];

/** What Capsule says to the next new namespaces; undefined: it lets them through, to whomever they say. */
let refusal: string | undefined;

function behindCapsule(client: KubeClient): KubeClient {
  const apply: KubeClient["apply"] = (resource, object, options) =>
    resource.plural === "namespaces" && refusal !== undefined
      ? Promise.reject(new KubeError("forbidden", refusal, { status: 403, reason: "Forbidden" }))
      : client.apply(resource, object, options);
  return { ...client, apply };
}

beforeAll(async () => {
  federation = await startFederation(["alpha"]);
  const found = federation.providers.alpha;
  if (found === undefined) throw new Error("no provider alpha");
  alpha = found;
  await alpha.addNode({ name: "h100", annotations: { "cost.fluidos.eu/hourly-rate": "8" } });
  await alpha.client.create(CRDS, TENANT_CRD as KubeObject);
  const capsule = { tenants: { "team-a": "acme" } };
  await federation.hub.client.patch(PROVIDERS, { name: "alpha" }, { spec: { capsule } });
  intents = intentsOf(federation.hub);
  federation.start({ retryMs: 100 }, behindCapsule);
}, 60_000);
afterAll(() => federation.close());

const tenant = (name: string) =>
  alpha.client.create<KubeObject>(CAPSULE_TENANTS, {
    apiVersion: "capsule.clastix.io/v1beta2",
    kind: "Tenant",
    metadata: { name },
  } as KubeObject);
const placeOf = async (name: string) => (await intents.status(name)).placement?.namespace ?? "";
const namespaceOf = async (name: string) =>
  alpha.client.get<KubeObject>(NAMESPACES, { name: await placeOf(name) });

describe("an Intent in a provider with Capsule", () => {
  it("waits for its Tenant, and says which that is", async () => {
    await intents.submit(intent("web"));
    await until(() => intents.condition("web", "Deployed")).toBe("False TenantNotFound");
    expect((await intents.status("web")).message).toContain("alpha has no Capsule Tenant acme");
    expect(await madeIn(alpha)).toEqual([]);
  });

  it("runs in a namespace of the Tenant: its name before, its label, its own", async () => {
    const { metadata } = await tenant("acme");
    await until(() => intents.condition("web", "Deployed")).toBe("True ObjectsApplied");
    expect(await placeOf("web")).toMatch(/^acme-web-/);
    expect((await namespaceOf("web")).metadata).toMatchObject({
      labels: { "capsule.clastix.io/tenant": "acme", "flare.clastix.io/tenant": "team-a" },
      ownerReferences: [{ kind: "Tenant", name: "acme", uid: metadata?.uid }],
    });
  });

  it("belongs to the tenant of its namespace, whatever its own labels say", async () => {
    const { metadata, ...rest } = intent("forged") as KubeObject;
    const labels = { "capsule.clastix.io/tenant": "globex" };
    await intents.submit({ ...rest, metadata: { ...metadata, labels } } as ReturnType<typeof intent>);
    await until(() => intents.condition("forged", "Deployed")).toBe("True ObjectsApplied");
    expect((await namespaceOf("forged")).metadata?.labels).toMatchObject({
      "capsule.clastix.io/tenant": "acme",
      "flare.clastix.io/tenant": "team-a",
    });
    await intents.remove("forged");
  });

  it("stays the Tenant's when the Provider names another since", async () => {
    await federation.hub.client.patch(
      PROVIDERS,
      { name: "alpha" },
      { spec: { capsule: { tenants: null, tenant: "globex" } } },
    );
    const before = (await namespaceOf("web")).metadata;
    await intents.change("web", { workload: { env: ["LEVEL=debug"] } });
    await until(async () => (await intents.status("web")).observedGeneration).toBe(2);
    await until(() => intents.condition("web", "Deployed")).toBe("True ObjectsApplied");
    expect((await namespaceOf("web")).metadata).toMatchObject({ uid: before?.uid, labels: before?.labels });
  });

  it("tells of a quota in Capsule's words, and goes on when there is room", async () => {
    await tenant("globex");
    refusal =
      'admission webhook "namespaces.projectcapsule.dev" denied the request: Cannot exceed Namespace quota: please, reach out to the system administrators';
    await intents.submit(intent("more"));
    await until(() => intents.condition("more", "Deployed")).toBe("False TenantQuotaExceeded");
    expect((await intents.status("more")).message).toMatch(/^alpha, Tenant globex: .*Namespace quota/);
    refusal = undefined;
    await until(() => intents.condition("more", "Deployed")).toBe("True ObjectsApplied");
    expect(await placeOf("more")).toMatch(/^globex-more-/);
  });

  it("leaves nothing when it ends", async () => {
    for (const name of ["web", "more"]) await intents.remove(name);
    await until(() => madeIn(alpha)).toEqual([]);
  });
});
