import { describe, expect, it } from "vitest";
import { parseProviderResource } from "../../../src/intent/parse.ts";

const kubeconfigSecretRef = { namespace: "flare", name: "lab" };
const provider = (spec: unknown): unknown => ({
  apiVersion: "flare.clastix.io/v1alpha1",
  kind: "Provider",
  metadata: { name: "lab" },
  spec,
});

describe("parseProviderResource", () => {
  it("fills in the defaults", () => {
    expect(parseProviderResource(provider({ kubeconfigSecretRef }))).toEqual({
      ok: true,
      provider: {
        ...(provider({}) as object),
        spec: {
          kubeconfigSecretRef: { ...kubeconfigSecretRef, key: "kubeconfig" },
          engine: "direct",
          paused: false,
          priceFactor: 1,
        },
      },
    });
  });

  it("reads defaults and overrides of the nodes' facts", () => {
    const parsed = parseProviderResource(
      provider({
        inCluster: true,
        paused: true,
        defaults: { location: { region: "eu-south-1", country: "IT" }, currency: "EUR" },
        overrides: {
          hourlyRates: { "nvidia-h100": 2.5, "nvidia-l40s": "0.90 USD" },
          energy: { pue: 1.2, efficiencyRating: "a" },
          compliance: { gdpr: true, certifications: ["ISO27001"] },
        },
        tolerations: [{ key: "dedicated", operator: "Exists", effect: "NoSchedule" }],
        prometheus: { url: "http://prometheus.monitoring:9090" },
      }),
    );
    expect(parsed).toMatchObject({
      ok: true,
      provider: {
        spec: {
          defaults: { location: { region: "eu-south-1", country: "IT" } },
          overrides: {
            hourlyRates: { "nvidia-h100": "2.50 EUR", "nvidia-l40s": "0.90 USD" },
            energy: { pue: 1.2, efficiencyRating: "A" },
          },
          prometheus: { url: "http://prometheus.monitoring:9090", metric: "DCGM_FI_DEV_GPU_UTIL" },
        },
      },
    });
  });

  it.each([
    ["no way in", {}, "spec", "one of kubeconfigSecretRef and inCluster: true is required"],
    [
      "two ways in",
      { kubeconfigSecretRef, inCluster: true },
      "spec",
      "kubeconfigSecretRef and inCluster exclude each other; keep one",
    ],
    ["inCluster that is false", { inCluster: false }, "spec.inCluster", "is false, expected one of true"],
    [
      "half a reference",
      { kubeconfigSecretRef: { name: "lab" } },
      "spec.kubeconfigSecretRef.namespace",
      "is required",
    ],
    [
      "an unknown engine",
      { kubeconfigSecretRef, engine: "fluid" },
      "spec.engine",
      'is "fluid", expected one of direct, fluidos; did you mean fluidos?',
    ],
    [
      "a negative factor",
      { kubeconfigSecretRef, priceFactor: -1 },
      "spec.priceFactor",
      "is -1, expected at least 0",
    ],
    [
      "a rate in words",
      { kubeconfigSecretRef, overrides: { hourlyRates: { "nvidia-h100": "cheap" } } },
      "spec.overrides.hourlyRates.nvidia-h100",
      'is "cheap", expected an amount with its currency, such as "10 EUR"',
    ],
    [
      "a Tenant that would not fit before a namespace",
      { kubeconfigSecretRef, capsule: { tenants: { "team-a": "a".repeat(53) } } },
      "spec.capsule.tenants.team-a",
      `is "${"a".repeat(53)}", expected at most 52 characters`,
    ],
    [
      "a mistyped field",
      { kubeconfigSecretRef, priceFaktor: 1 },
      "spec.priceFaktor",
      "there is no such field; did you mean priceFactor?",
    ],
  ])("refuses %s", (_, spec, path, message) => {
    const parsed = parseProviderResource(provider(spec));
    expect(parsed.ok ? [] : parsed.problems).toEqual([expect.objectContaining({ path, message })]);
  });
});
