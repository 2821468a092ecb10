import { isIP } from "node:net";
import * as z from "zod";
import { parseMoney } from "../../units/money.ts";
import { duration, name } from "../config-fields.ts";

const ADDRESS = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]*)):(\d{1,5})$/;

const listenAddress = z
  .string()
  .default(":8080")
  .transform((text, context) => {
    const match = ADDRESS.exec(text);
    const port = Number(match?.[3]);
    if (match !== null && port <= 65_535) return { host: match[1] ?? match[2] ?? "", port };
    context.addIssue({ code: "custom", message: "written as :8080, 127.0.0.1:8080 or [::1]:8080" });
    return z.NEVER;
  });

/** An address, or a network such as `10.0.0.0/8`. */
const network = z.string().refine(
  (text) => {
    const [address = "", bits] = text.split("/");
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    return family !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
  },
  { message: "an IP address or a network such as 10.0.0.0/8" },
);

const money = z.string().transform((text, context) => {
  const amount = parseMoney(text);
  if (amount !== undefined) return amount;
  context.addIssue({ code: "custom", message: 'an amount such as "100 EUR"' });
  return z.NEVER;
});

const bucket = (perSecond: number, burst: number) =>
  z
    .strictObject({
      perSecond: z.number().min(0.01).max(100_000).default(perSecond),
      /** How many may come at once. */
      burst: z.int().min(1).max(1_000_000).default(burst),
    })
    .prefault({});

const count = z.int().min(0).max(1_000_000_000);

const quota = z.strictObject({
  /** GPUs that a tenant may hold and wait for at the same time: in all, and of a model. */
  gpus: count.optional(),
  gpusByModel: z.record(z.string().max(100), count).optional(),
  /** Intents that have not ended. */
  intents: count.optional(),
  /** Sum of the hourly rates, such as "100 EUR". */
  hourlyRate: money.optional(),
});

/** The section `api` of a hub's configuration. */
export const apiConfigSchema = z.strictObject({
  listen: listenAddress,
  /** Without it the API speaks plain HTTP: for an ingress or a mesh in front of it. The files are read again when they change. */
  tls: z.strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1) }).optional(),
  /** Whose X-Forwarded-For is believed. */
  trustedProxies: z.array(network).max(100).default([]),
  /** Audiences that a Kubernetes token may be meant for; none: the API server's own. */
  audiences: z.array(z.string().min(1)).max(10).default([]),
  tenants: z
    .strictObject({
      /** `auto`: Capsule where its Tenants are served, else labelled namespaces. */
      source: z.enum(["auto", "capsule", "namespaces"]).default("auto"),
      /** Label of a namespace that names its tenant, where there is no Capsule. */
      label: z.string().min(1).max(317).default("flare.clastix.io/tenant"),
    })
    .prefault({}),
  tokens: z
    .strictObject({
      /** Where the Secrets of FLARE tokens are: a namespace for nothing else. */
      namespace: name.default("flare-tokens"),
      lifetime: duration("90d", "1m"),
      longest: duration("365d", "1m"),
      perTenant: z.int().min(1).max(100_000).default(1000),
    })
    .prefault({}),
  limits: z
    .strictObject({
      perToken: bucket(20, 100),
      perAddress: bucket(50, 200),
      /** Tokens that are not valid, by address. */
      failedLogins: bucket(0.2, 20),
      /** Open event streams: in all, and of one tenant. */
      streams: z.int().min(1).max(100_000).default(1000),
      streamsPerTenant: z.int().min(1).max(100_000).default(100),
    })
    .prefault({}),
  quotas: z
    .strictObject({
      /** For tenants that are not named below. */
      default: quota.prefault({}),
      tenants: z.record(z.string().max(253), quota).default({}),
    })
    .prefault({}),
});

export type ApiConfig = z.output<typeof apiConfigSchema>;
export type Quota = z.output<typeof quota>;
