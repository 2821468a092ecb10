/** The CustomResourceDefinitions that we ship, on a Kubernetes API server: accepted, defaulting, pruning, printed. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { startApi, type TestApi } from "../support/api.ts";
import { minimal, referenceSpecs } from "../support/intents.ts";
import { type KubeClient, kubeClientFrom } from "../support/kube-client.ts";
import { printed } from "../support/printed.ts";

const INTENTS = "/apis/flare.clastix.io/v1alpha1/namespaces/default/intents";
const PROVIDERS = "/apis/flare.clastix.io/v1alpha1/providers";
const FLAVORS = "/apis/nodecore.fluidos.eu/v1alpha1/namespaces/default/flavors";

let api: TestApi;
let admin: KubeClient;

beforeAll(async () => {
  api = await startApi();
  admin = kubeClientFrom(api.kubeconfig);
  for (const file of [
    "flare.clastix.io_intents.yaml",
    "flare.clastix.io_providers.yaml",
    "fluidos/nodecore.fluidos.eu_flavors.yaml",
  ]) {
    const crd: unknown = parse(readFileSync(`manifests/crds/${file}`, "utf8"));
    await admin.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd);
  }
  for (const path of [INTENTS, PROVIDERS, FLAVORS]) {
    await vi.waitUntil(async () => (await admin.get(path)).status === 200, { timeout: 20_000 });
  }
});
afterAll(async () => {
  admin?.close();
  await api?.stop();
});

const named = (name: string, spec: object): object => ({
  ...minimal(),
  metadata: { name, namespace: "default" },
  spec,
});
const { spec: least } = minimal() as { readonly spec: { readonly workload: object } };

describe("Intents", () => {
  it.each(Object.entries(referenceSpecs))("may be %s", async (_, spec) => {
    expect(
      (await admin.request("POST", `${INTENTS}?dryRun=All&fieldValidation=Strict`, named("demo", spec))).body
        .message,
    ).toBe(undefined);
  });

  it("get the defaults, nested ones too", async () => {
    const workload = { ...least.workload, type: "Batch", batch: {}, ports: [{ port: 80 }] };
    const { body } = await admin.create(
      `${INTENTS}?dryRun=All`,
      named("demo", { ...least, workload, constraints: { negotiation: {} } }),
    );
    expect(body.spec).toMatchObject({
      priority: 0,
      workload: {
        resources: { gpu: { count: 1 } },
        ports: [{ protocol: "TCP" }],
        batch: { parallelTasks: 1, completionPolicy: "All", maxRetries: 3, timeout: "1h" },
      },
      constraints: {
        negotiation: { fallbackStrategy: "queue", timeoutSeconds: 300, resourceFlexibility: 0.1 },
      },
    });
  });

  it("lose unknown fields and keep misspelt ones", async () => {
    const { body } = await admin.create(
      `${INTENTS}?dryRun=All`,
      named("demo", { ...least, quux: 1, contraints: { location: "EU" } }),
    );
    expect(body.spec).not.toHaveProperty("quux");
    expect(body.spec).toMatchObject({ contraints: { location: "EU" } });
  });

  it.each([
    ["costs as numbers and as text", { maxHourlyCost: 2.5, maxTotalCost: "100 EUR" }, 201],
    ["no costs below zero", { maxHourlyCost: -1 }, 422],
    ["no costs in words", { maxHourlyCost: "ten" }, 422],
  ])("have %s", async (_, constraints, status) => {
    expect(
      (await admin.request("POST", `${INTENTS}?dryRun=All`, named("demo", { ...least, constraints }))).status,
    ).toBe(status);
  });

  it("print their story", async () => {
    await admin.create(INTENTS, named("story", least));
    const status = {
      phase: "Running",
      placement: { provider: "lab", node: "gpu-1", model: "nvidia-h100", gpus: 2, tasks: [] },
      cost: { rate: "8.50 EUR" },
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "Running",
          message: "It runs.",
          lastTransitionTime: "2026-11-23T18:00:00Z",
        },
      ],
    };
    expect((await admin.patch(`${INTENTS}/story/status`, "merge", { status })).body.message).toBe(undefined);
    const { columns, cells } = await printed(api.kubeconfig, `${INTENTS}/story`);
    expect(columns).toEqual(["Name", "Phase", "Model", "GPUs", "Provider", "Rate", "Age"]);
    expect(cells.slice(0, -1)).toEqual(["story", "Running", "nvidia-h100", 2, "lab", "8.50 EUR"]);
  });
});

describe("Providers", () => {
  const provider = (spec: object): object => ({
    apiVersion: "flare.clastix.io/v1alpha1",
    kind: "Provider",
    metadata: { name: "lab" },
    spec,
  });
  const kubeconfigSecretRef = { namespace: "flare", name: "lab" };

  it.each([
    ["by a kubeconfig", { kubeconfigSecretRef }, 201],
    ["in their own cluster", { inCluster: true, overrides: { hourlyRates: { "nvidia-h100": 2.5 } } }, 201],
    ["in no way at all", {}, 422],
    ["in two ways", { inCluster: true, kubeconfigSecretRef }, 422],
    ["by an unknown engine", { inCluster: true, engine: "teleport" }, 422],
  ])("are reached %s", async (_, spec, status) => {
    expect((await admin.request("POST", `${PROVIDERS}?dryRun=All`, provider(spec))).status).toBe(status);
  });

  it("get the defaults", async () => {
    const { body } = await admin.create(`${PROVIDERS}?dryRun=All`, provider({ kubeconfigSecretRef }));
    expect(body.spec).toEqual({
      kubeconfigSecretRef: { ...kubeconfigSecretRef, key: "kubeconfig" },
      engine: "direct",
      paused: false,
      priceFactor: 1,
    });
  });
});

describe("Flavors", () => {
  it("print what is on offer", async () => {
    const gpu = { model: "nvidia-h100", count: 4, memory: "320Gi", region: "eu-west-1" };
    await admin.create(FLAVORS, {
      apiVersion: "nodecore.fluidos.eu/v1alpha1",
      kind: "Flavor",
      metadata: { name: "demo" },
      spec: {
        availability: true,
        providerID: "lab",
        owner: { domain: "fluidos.eu", ip: "10.0.0.1:30001", nodeID: "lab" },
        price: { amount: "18", currency: "EUR", period: "hourly" },
        flavorType: { typeIdentifier: "K8Slice", typeData: { characteristics: { gpu } } },
      },
    });
    const { cells } = await printed(api.kubeconfig, `${FLAVORS}/demo`);
    expect(cells.slice(0, -1)).toEqual([
      "demo",
      "lab",
      "K8Slice",
      "nvidia-h100",
      4,
      "320Gi",
      "eu-west-1",
      "18",
      true,
    ]);
  });
});
