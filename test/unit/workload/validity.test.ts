/** Whatever a valid Intent asks for, Kubernetes takes the objects. The rules here are Kubernetes' own, written anew. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type IntentSpec, intentSpecSchema } from "../../../src/intent/spec-schema.ts";
import type { KubeObject } from "../../../src/kubernetes/objects.ts";
import type { WorkloadInput } from "../../../src/workload/input.ts";
import { workloadObjects } from "../../../src/workload/workload-objects.ts";

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SERVICE_NAME = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL_KEY = /^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const QUANTITY = /^[0-9]+(\.[0-9]+)?([KMGTPE]i|[numkMGTPE])?$/;
const PORT_NAME = /^(?=.{1,15}$)[a-z0-9]+(-[a-z0-9]+)*$/;
const ENV_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

const text = fc.string({ minLength: 1, maxLength: 63 });
const envName = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,20}$/);
const secretName = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,40}[a-z0-9])?$/);
const size = fc
  .integer({ min: 1, max: 2000 })
  .chain((amount) => fc.constantFrom(`${amount}Gi`, `${amount}M`, `${amount}Mi`));
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
      credentials: optional(secretName),
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
  secrets: fc.array(fc.record({ name: secretName, env: envName }), { maxLength: 3 }),
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
  node: fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,60}[a-z0-9])?$/),
  tasks: fc.integer({ min: 1, max: 5 }),
  resource: fc.constantFrom("nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "amd.com/gpu"),
  units: fc.integer({ min: 1, max: 8 }),
  taints: fc.constant([{ key: "nvidia.com/gpu", effect: "NoSchedule" }]),
});

/** JSON leaves out what is undefined, as an Intent's document does. */
const readSpec = (raw: unknown): IntentSpec =>
  intentSpecSchema.parse({ objective: "CostMinimization", workload: JSON.parse(JSON.stringify(raw)) });

const input: fc.Arbitrary<WorkloadInput> = fc
  .record({
    workload,
    name: fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,200}[a-z0-9])?$/),
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

/** Every member of a document with the keys that lead to it. */
function* members(
  value: unknown,
  path: readonly string[] = [],
): Generator<readonly [readonly string[], unknown]> {
  yield [path, value];
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) yield* members(member, [...path, key]);
}

const isLabels = (path: readonly string[]): boolean =>
  path.at(-1) === "labels" || path.at(-1) === "matchLabels";
const isQuantities = (path: readonly string[]): boolean =>
  ["requests", "limits", "hard", "defaultRequest"].includes(path.at(-1) ?? "") && path.at(-2) !== "spec";

function problems(object: KubeObject): string[] {
  const name = object.metadata?.name ?? "";
  const syntax = object.kind === "Service" ? SERVICE_NAME : DNS_LABEL;
  const found = [...members(object)].flatMap(([path, value]) =>
    memberProblems(path, value).map((what) => `${path.join(".")}: ${what}`),
  );
  return [...(syntax.test(name) ? [] : [`name ${name}`]), ...found].map((what) => `${object.kind} ${what}`);
}

function memberProblems(path: readonly string[], value: unknown): readonly string[] {
  if (value === undefined || value === null || Number.isNaN(value)) return [`is ${value}`];
  if (Array.isArray(value)) return listProblems(path, value);
  const entries = Object.entries(value as Record<string, string>);
  if (isLabels(path)) return wrong(entries, ([key, label]) => LABEL_KEY.test(key) && LABEL_VALUE.test(label));
  if (isQuantities(path)) return wrong(entries, ([, quantity]) => QUANTITY.test(quantity));
  if (path.at(-1) === "sizeLimit" && !QUANTITY.test(String(value))) return [`is ${value}`];
  return path.at(-1) === "host" && value === "" ? ["is empty"] : [];
}

const wrong = <T>(items: readonly T[], isFine: (item: T) => boolean): readonly string[] =>
  items.filter((item) => !isFine(item)).map((item) => JSON.stringify(item));

const NAME_SYNTAX: Readonly<Record<string, RegExp>> = {
  containers: DNS_LABEL,
  initContainers: DNS_LABEL,
  volumes: DNS_LABEL,
  ports: PORT_NAME,
  env: ENV_NAME,
};

/** Names in a list have the syntax of their kind; names, and where volumes are mounted, are there once. */
function listProblems(path: readonly string[], list: readonly unknown[]): readonly string[] {
  const key = path.at(-1) ?? "";
  const items = list as readonly { readonly name?: string; readonly mountPath?: string }[];
  const ids = items.flatMap((item) => (key === "volumeMounts" ? item?.mountPath : item?.name) ?? []);
  const syntax = NAME_SYNTAX[key];
  const twice = new Set(ids).size === ids.length ? [] : [`twice: ${ids}`];
  return [...twice, ...(syntax === undefined ? [] : wrong(ids, (id) => syntax.test(id)))];
}

type Templated = KubeObject & {
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Record<string, string> };
    readonly template?: { readonly metadata?: { readonly labels?: Record<string, string> } };
  };
};

describe("for any valid Intent", () => {
  test("names, labels, quantities, ports and lists are what Kubernetes takes", () => {
    fc.assert(
      fc.property(input, (given) => {
        expect(workloadObjects(given).flatMap(problems)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("no two objects have the same name, and Deployments select their own pods and no others", () => {
    fc.assert(
      fc.property(input, (given) => {
        const objects = workloadObjects(given) as readonly Templated[];
        const titles = objects.map(({ kind, metadata }) => `${kind}/${metadata?.name}`);
        expect(new Set(titles).size).toBe(titles.length);
        const deployments = objects.filter(({ kind }) => kind === "Deployment");
        for (const { spec } of deployments) {
          const wanted = Object.entries(spec?.selector?.matchLabels ?? {});
          const selected = deployments.filter((other) =>
            wanted.every(([key, value]) => other.spec?.template?.metadata?.labels?.[key] === value),
          );
          expect(selected).toHaveLength(1);
        }
      }),
    );
  });

  test("every GPU that is requested is limited to the same number, and the quota has room for all", () => {
    fc.assert(
      fc.property(input, (given) => {
        const [, quota] = workloadObjects(given) as readonly { spec?: { hard?: Record<string, string> } }[];
        const units = new Map<string, number>();
        for (const { resource, units: each, tasks } of given.placement.assignments)
          units.set(resource, (units.get(resource) ?? 0) + each * tasks);
        for (const [resource, count] of units)
          expect(quota?.spec?.hard?.[`requests.${resource}`]).toBe(String(count));
      }),
    );
  });
});
