import * as z from "zod";
import { choice, decimal, flag, hints, money, words } from "./fields.ts";
import { conditionsSchema } from "./status-schema.ts";

const place = () => words(64, { any: true });

const factsSchema = () =>
  z.strictObject({
    location: z
      .strictObject({
        region: place().describe("Region, such as eu-west-1.").optional(),
        zone: place().describe("Zone.").optional(),
        country: z
          .string()
          .regex(/^[A-Za-z]{2}$/)
          .describe("Country, ISO 3166-1 alpha-2.")
          .optional(),
      })
      .describe("Where the nodes are.")
      .optional(),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .describe("Currency of the rates, ISO 4217.")
      .optional(),
    hourlyRates: z
      .record(z.string(), money())
      .describe('Cost of one GPU for an hour by model, such as nvidia-h100: "2.50 EUR".')
      .optional(),
    energy: z
      .strictObject({
        pue: decimal(1, 10).describe("Power usage effectiveness of the data centre.").optional(),
        carbonIntensity: decimal(0, 5000).describe("Of the grid, in gCO2e per kWh.").optional(),
        renewablePercent: decimal(0, 100).describe("Share of carbon-free energy in percent.").optional(),
        efficiencyRating: choice(["A", "B", "C", "D", "E", "F"], { restValue: "as-is" })
          .describe("Energy rating of the site.")
          .optional(),
        greenCertified: flag().describe("Whether the site holds a green-energy certificate.").optional(),
      })
      .describe("Energy of the site.")
      .optional(),
    compliance: z
      .strictObject({
        certifications: z.array(words(64)).max(50).describe("Certificates, such as ISO27001.").optional(),
        dataResidency: z.array(words(64)).max(50).describe("Where data stays, such as DE or EU.").optional(),
        gdpr: flag().describe("Whether GDPR is complied with.").optional(),
        hipaa: flag().describe("Whether HIPAA is complied with.").optional(),
        encryptionAtRest: flag().describe("Whether data at rest is encrypted.").optional(),
        encryptionInTransit: flag().describe("Whether data in transit is encrypted.").optional(),
        auditLogging: flag().describe("Whether access is logged.").optional(),
      })
      .describe("Compliance of the provider.")
      .optional(),
  });

const tolerationSchema = z.strictObject({
  key: words(316).describe("Key of the taint; every taint where absent.").optional(),
  operator: choice(["Exists", "Equal"], { restValue: "as-is" })
    .describe("How the value is compared.")
    .optional(),
  value: words(63).describe("Value of the taint.").optional(),
  effect: choice(["NoSchedule", "PreferNoSchedule", "NoExecute"], { restValue: "as-is" })
    .describe("Effect of the taint; every effect where absent.")
    .optional(),
});

const prometheusSchema = z
  .strictObject({
    url: z
      .string()
      .max(2048)
      .regex(/^https?:\/\/\S+$/)
      .describe("Where its HTTP API is, without /api/v1."),
    metric: z
      .string()
      .max(200)
      .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/)
      .describe("Metric that tells the utilisation of each GPU in percent, with the pod that uses it.")
      .default("DCGM_FI_DEV_GPU_UTIL"),
    bearerTokenSecretRef: z
      .strictObject({
        namespace: words(63).describe("Namespace of the Secret."),
        name: words().describe("Name of the Secret."),
        key: words().describe("Key in the Secret.").default("token"),
      })
      .describe("Secret with the token that Prometheus wants; sent by https alone.")
      .optional(),
    caBundle: z
      .string()
      .max(65_536)
      .describe("Certificates that are trusted in place of the usual ones: PEM, or base64 of it.")
      .optional(),
  })
  .describe("Prometheus that has the GPU metrics of the provider's nodes.");

const capsuleTenant = () =>
  z
    .string()
    .max(52)
    .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/);

const capsuleSchema = z
  .strictObject({
    tenant: capsuleTenant()
      .describe("Tenant of every tenant of the hub that `tenants` does not name.")
      .optional(),
    tenants: z
      .record(words(63), capsuleTenant())
      .describe("Tenant in the provider's cluster by tenant of the hub.")
      .optional(),
  })
  .describe(
    "The provider's cluster has Capsule: namespaces of Intents are given to its Tenants, to that of the same name as the hub's tenant where nothing else is said.",
  );

/** A provider cluster as the hub is told of it. */
export const providerSpecSchema = z
  .strictObject({
    displayName: words().describe("Name for people; the object's name where absent.").optional(),
    kubeconfigSecretRef: z
      .strictObject({
        namespace: words(63).describe("Namespace of the Secret."),
        name: words().describe("Name of the Secret."),
        key: words().describe("Key in the Secret.").default("kubeconfig"),
      })
      .describe("Secret with a kubeconfig of the provider's cluster.")
      .optional(),
    inCluster: z.literal(true).describe("True: the cluster that the hub runs in is the provider.").optional(),
    engine: choice(["direct", "fluidos"], { restValue: "as-is" })
      .describe("direct: the hub places there itself. fluidos: through REAR and Liqo.")
      .default("direct"),
    paused: flag().describe("True: nothing new is placed there; what runs goes on.").default(false),
    priceFactor: decimal(0, 1000).describe("Factor on all rates of the provider's nodes.").default(1),
    defaults: factsSchema().describe("Holds where a node does not say.").optional(),
    overrides: factsSchema().describe("Holds whatever a node says.").optional(),
    tolerations: z
      .array(tolerationSchema)
      .max(50)
      .describe(
        "Taints of the provider's GPU nodes that workloads tolerate, beside the usual ones of GPU nodes.",
      )
      .optional(),
    capsule: capsuleSchema.optional(),
    prometheus: prometheusSchema.optional(),
  })
  .register(hints, {
    structural: { oneOf: [{ required: ["kubeconfigSecretRef"] }, { required: ["inCluster"] }] },
  })
  .describe("How the provider's cluster is reached, and what is known of it.");

const gpuCount = () => z.int().min(0).max(1_000_000_000);

export const providerStatusSchema = z
  .object({
    conditions: conditionsSchema.optional(),
    observedGeneration: gpuCount().describe("Generation of the spec that this status speaks of.").optional(),
    nodes: gpuCount().describe("GPU nodes.").optional(),
    gpus: z
      .object({
        total: gpuCount().describe("GPUs and MIG slices in all; one that is shared counts once."),
        free: gpuCount().describe("Those of which nobody uses any share."),
      })
      .describe("GPUs of the provider.")
      .optional(),
    lastContact: z
      .string()
      .register(hints, { structural: { type: "string", format: "date-time" } })
      .describe("When the provider's API last answered.")
      .optional(),
    version: z.string().describe("Kubernetes version of the provider.").optional(),
    message: z.string().max(32_768).describe("What is wrong, in sentences.").optional(),
  })
  .describe("What is known of the provider now.");

export type ProviderSpec = z.output<typeof providerSpecSchema>;
export type ProviderStatus = z.output<typeof providerStatusSchema>;
/** Which Tenants of Capsule the namespaces of Intents belong to. */
export type CapsuleSettings = NonNullable<ProviderSpec["capsule"]>;
/** Facts of a provider's nodes: `defaults` fill in, `overrides` win. */
export type ProviderFacts = NonNullable<ProviderSpec["defaults"]>;
