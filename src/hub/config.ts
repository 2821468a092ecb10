import * as z from "zod";
import { providerSpecSchema } from "../intent/provider-schema.ts";
import { apiConfigSchema } from "./api/config.ts";
import { duration, name } from "./config-fields.ts";
import { fluidosSection } from "./engines/fluidos/config.ts";
import { intentsSection } from "./intents/config.ts";
import { USUAL_TOLERATIONS } from "./inventory/closed.ts";
import { webhooksSection } from "./webhooks/config.ts";

const toleration = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(["Exists", "Equal"]).optional(),
  value: z.string().optional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(),
});

const leaderElection = z
  .strictObject({
    enabled: z.boolean().default(false),
    /** Name of the Lease in the hub's namespace. */
    lease: name.default("flare-hub"),
    leaseDuration: duration("15s", "1s"),
    renewDeadline: duration("10s", "500ms"),
    retryPeriod: duration("2s", "100ms"),
  })
  .refine((section) => section.renewDeadline < section.leaseDuration, {
    path: ["renewDeadline"],
    message: "must be shorter than leaseDuration",
  });

const providers = z.strictObject({
  /** How often each provider's API is asked for a sign of life, and how long it may take to answer. */
  probeEvery: duration("15s", "100ms"),
  probeTimeout: duration("10s", "100ms"),
  /** A watch without a byte for so long is opened anew. */
  watchSilence: duration("75s", "5s"),
  /** Nothing new is placed at a provider whose API did not answer for so long. */
  unreachableAfter: duration("1m", "0s"),
  /** A provider's status is written at most this often. */
  statusEvery: duration("5s", "0s"),
});

const flavors = z.strictObject({
  /** True: write a FLUIDOS Flavor for each GPU node, where the cluster has the CRD. */
  enabled: z.boolean().default(true),
  namespace: name.default("fluidos"),
  /** Writes a second, over all Flavors; and the least time between two writes of one. */
  perSecond: z.number().min(0.1).max(1000).default(20),
  every: duration("2s", "0s"),
  /** Whose Flavors they are; the ConfigMap fluidos-node-identity of the namespace wins where there is one. */
  owner: z
    .strictObject({
      domain: z.string().default("flare"),
      nodeID: z.string().default("flare-hub"),
      /** `host:port` of the REAR gateway. */
      ip: z.string().min(1).default("none"),
    })
    .prefault({}),
});

/** The own cluster where nobody gave it a name: buyers cannot tell it from anybody else's. */
export const UNNAMED = "local";

/** The cluster that a hub of role `provider` runs in; what a Provider object would say of it. */
const ownCluster = z.strictObject({
  name: name.default(UNNAMED),
  ...providerSpecSchema.pick({
    priceFactor: true,
    paused: true,
    defaults: true,
    overrides: true,
    tolerations: true,
  }).shape,
});

/** The configuration of a hub, as its file has it. Durations come out as milliseconds. */
export const hubConfigSchema = z.strictObject({
  /** hub: gathers providers and places Intents. provider: publishes the GPU nodes of its own cluster for FLUIDOS to sell. */
  role: z.enum(["hub", "provider"]).default("hub"),
  provider: ownCluster.prefault({}),
  leaderElection: leaderElection.prefault({}),
  providers: providers.prefault({}),
  /** Taints of GPU nodes that workloads tolerate at every provider. */
  tolerations: z
    .array(toleration)
    .max(100)
    .default([...USUAL_TOLERATIONS] as z.output<typeof toleration>[]),
  flavors: flavors.prefault({}),
  fluidos: fluidosSection.prefault({}),
  intents: intentsSection.prefault({}),
  webhooks: webhooksSection.default([]),
  /** The REST API; served where the section is there, were it empty. */
  api: apiConfigSchema.optional(),
});

export type HubConfig = z.output<typeof hubConfigSchema>;

/** The configuration of a hub that has no file. */
export const defaultHubConfig = (): HubConfig => hubConfigSchema.parse({});
