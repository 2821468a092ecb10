import fc from "fast-check";
import { type IntentSpec, intentSpecSchema } from "../../../src/intent/spec-schema.ts";
import type { WorkloadInput } from "../../../src/workload/input.ts";

const text = fc.string({ minLength: 1, maxLength: 63 });
const envName = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,20}$/);
const size = fc
  .integer({ min: 1, max: 2000 })
  .chain((amount) => fc.constantFrom(`${amount}Gi`, `${amount}M`, `${amount}Mi`));
/** Labels joined by dots, as nodes, Intents and Secrets are named. */
const subdomain = fc.stringMatching(
  /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,9}[a-z0-9])?){0,2}$/,
);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const port = fc.record({
  port: fc.integer({ min: 1, max: 65_535 }),
  protocol: fc.constantFrom("TCP", "UDP"),
  expose: fc.boolean(),
  domain: optional(fc.oneof(fc.domain(), text)),
});
const volume = fc.record({
  name: text,
  path: fc.stringMatching(/^\/[a-z]{1,10}$/),
  size,
  type: fc.constantFrom("Persistent", "Temporary"),
  source: optional(
    fc.record({
      type: fc.constantFrom("S3", "GCS", "Azure"),
      uri: fc.constantFrom("s3://b/p", "gs://b", "azure://c/x", "nonsense"),
      credentials: optional(subdomain),
    }),
  ),
});
const workload = fc.record({
  type: fc.constantFrom("Service", "Batch"),
  name: text,
  image: fc.constant("example/demo:1"),
  commands: optional(fc.array(text, { maxLength: 3 })),
  env: fc.array(
    fc.tuple(envName, fc.string()).map((pair) => pair.join("=")),
    { maxLength: 4 },
  ),
  secrets: fc.array(fc.record({ name: subdomain, env: envName }), { maxLength: 3 }),
  ports: fc.array(port, { maxLength: 4 }),
  resources: fc.record({
    cpu: optional(fc.constantFrom("1", "500m", "64")),
    memory: optional(size),
    gpu: fc.constant({}),
  }),
  // Two volumes at one path, or of one name, contradict each other.
  storage: fc.record({
    volumes: fc.uniqueArray(volume, {
      maxLength: 3,
      comparator: (a, b) => a.name === b.name || a.path === b.path,
    }),
  }),
  scaling: optional(
    fc.record({
      minReplicas: fc.integer({ min: 1, max: 9 }),
      maxReplicas: fc.integer({ min: 1, max: 20 }),
      autoScale: fc.boolean(),
    }),
  ),
  batch: optional(
    fc.record({
      completionPolicy: fc.constantFrom("All", "Any"),
      timeout: fc.constantFrom("1s", "90m", "24h"),
    }),
  ),
  communicationPattern: optional(fc.constantFrom("AllReduce", "Independent")),
});
const assignment = fc.record({
  node: subdomain,
  tasks: fc.integer({ min: 1, max: 5 }),
  resource: fc.constantFrom("nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "amd.com/gpu"),
  units: fc.integer({ min: 1, max: 8 }),
  taints: fc.constant([{ key: "nvidia.com/gpu", effect: "NoSchedule" }]),
});

/** JSON leaves out what is undefined, as an Intent's document does. */
const readSpec = (raw: unknown): IntentSpec =>
  intentSpecSchema.parse({ objective: "CostMinimization", workload: JSON.parse(JSON.stringify(raw)) });

/** A valid Intent of any kind, placed anywhere. */
export const anyInput: fc.Arbitrary<WorkloadInput> = fc
  .record({
    workload,
    name: fc.array(subdomain, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(".")),
    tenant: text,
    assignments: fc.uniqueArray(assignment, { minLength: 1, maxLength: 4, selector: ({ node }) => node }),
    suspended: fc.boolean(),
    domain: optional(fc.constant("gpu.example.com")),
  })
  .map(({ name, tenant, assignments, suspended, domain, ...rest }) => ({
    intent: {
      namespace: "team-a",
      name,
      uid: "6f1c8a52-4f0e-4d3b-9d7e-0a1b2c3d4e5f",
      spec: readSpec(rest.workload),
    },
    placement: { provider: "p", assignments },
    options: {
      hub: "hub-1",
      tenant,
      namespace: { name: "ns" },
      autoscaling: { gpuMetric: "DCGM_FI_DEV_GPU_UTIL" },
      ...(domain === undefined ? {} : { ingress: { domain } }),
    },
    suspended,
  }));
