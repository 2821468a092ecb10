import { describe, expect, it } from "vitest";
import { splitEnv } from "../../../src/intent/env.ts";
import { parseIntentResource } from "../../../src/intent/parse.ts";
import { validateIntent } from "../../../src/intent/validate.ts";
import { minimal, withGpu } from "../../support/intents.ts";

type Fields = Record<string, unknown>;

const batch = (workload: Fields = {}, spec: Fields = {}): Fields =>
  minimal(spec, { type: "Batch", ...workload });
const volume = (more: Fields): Fields =>
  minimal(
    {},
    { storage: { volumes: [{ name: "data", path: "/data", size: "1Gi", type: "Temporary", ...more }] } },
  );
const rule = (more: Fields): Fields =>
  minimal({
    constraints: {
      security: {
        firewallRules: [{ port: 22, protocol: "TCP", source: "10.0.0.0/8", action: "Allow", ...more }],
      },
    },
  });
const maintenance = (start: string, end: string): Fields =>
  minimal({ constraints: { availability: { maintenanceWindows: [{ start, end }] } } });

function complaints(object: Fields): readonly string[] {
  const parsed = parseIntentResource(object);
  return parsed.ok
    ? []
    : parsed.problems.map(({ path, message }) => `${path.replace(/^spec\./, "")}: ${message}`);
}

describe("an Intent that contradicts itself or asks in vain is refused", () => {
  it.each([
    [
      "more memory at least than at most",
      withGpu({ memoryMin: "80Gi", memoryMax: "40Gi" }),
      /gpu.memoryMin: is 80Gi, above .*memoryMax \(40Gi\)/,
    ],
    ["more memory than any GPU has", withGpu({ memoryMin: "100Ti" }), /memory of one GPU, at most 4096Gi/],
    ["more cores at least than at most", withGpu({ coresMin: 2, coresMax: 1 }), /gpu.coresMin: is 2, above/],
    [
      "shared and dedicated",
      withGpu({ shared: true, dedicated: true }),
      /gpu.shared: is true and so is .*dedicated/,
    ],
    ["a dedicated slice", withGpu({ multiInstance: true, dedicated: true }), /gpu.multiInstance: .*slice/],
    [
      "a link between slices",
      withGpu({ multiInstance: true, interconnect: "nvlink" }),
      /gpu.interconnect: .*slices/,
    ],
    ["a name that is no label", minimal({}, { name: "My LLM" }), /workload.name: is "My LLM"/],
    ["an image that is none", minimal({}, { image: "Not An Image" }), /workload.image/],
    [
      "a batch block on a service",
      minimal({}, { batch: { maxRetries: 1 } }),
      /workload.batch: is for workloads of type Batch/,
    ],
    [
      "ports on a batch",
      batch({ ports: [{ port: 80 }] }),
      /workload.ports: is for workloads of type Service/,
    ],
    [
      "scaling on a batch",
      batch({ scaling: { minReplicas: 2 } }),
      /workload.scaling: is for workloads of type Service/,
    ],
    [
      "a deadline on a service",
      minimal({ constraints: { deadline: "2027-01-01T00:00:00Z" } }),
      /constraints.deadline: .*Service/,
    ],
    [
      "env without a value",
      minimal({}, { env: ["DEBUG"] }),
      /workload.env\[0\]: is "DEBUG", expected KEY=value/,
    ],
    ["env with a bad name", minimal({}, { env: ["1A=b"] }), /workload.env\[0\]/],
    ["env twice", minimal({}, { env: ["A=1", "A=2"] }), /workload.env\[1\]: sets A again/],
    [
      "env that a secret sets too",
      minimal({}, { env: ["A=1"], secrets: [{ name: "s", env: "A" }] }),
      /secrets\[0\].env: is A/,
    ],
    [
      "two secrets in one variable",
      minimal(
        {},
        {
          secrets: [
            { name: "s", env: "A" },
            { name: "t", env: "A" },
          ],
        },
      ),
      /secrets\[1\].env/,
    ],
    ["a port twice", minimal({}, { ports: [{ port: 80 }, { port: 80 }] }), /ports\[1\].port: is 80\/TCP/],
    [
      "a domain without expose",
      minimal({}, { ports: [{ port: 80, domain: "a.example.com" }] }),
      /set expose to true/,
    ],
    [
      "a domain that is no host name",
      minimal({}, { ports: [{ port: 80, expose: true, domain: "my host" }] }),
      /expected a host name/,
    ],
    [
      "UDP through an Ingress",
      minimal({}, { ports: [{ port: 53, protocol: "UDP", expose: true }] }),
      /Ingress carries TCP only/,
    ],
    [
      "fewer replicas at most than at least",
      minimal({}, { scaling: { minReplicas: 5, maxReplicas: 2, autoScale: true } }),
      /minReplicas: is 5, above .*maxReplicas \(2\)/,
    ],
    [
      "a target of nothing",
      minimal({}, { scaling: { autoScale: true, targetCPUPercent: 0 } }),
      /targetCPUPercent: is 0/,
    ],
    [
      "a utilisation that nothing holds",
      minimal({ constraints: { performance: { gpuUtilizationTarget: 0.5 } } }),
      /no effect without .*autoScale/,
    ],
    ["one task distributed", batch({ deploymentStrategy: "Distributed" }), /there is one replica or task/],
    ["a job of ten years", batch({ batch: { timeout: "3650d" } }), /at most a year/],
    ["more CPU than a node has", minimal({}, { resources: { cpu: "100k" } }), /more than any node has/],
    ["more memory than a node has", minimal({}, { resources: { memory: "1Pi" } }), /more than any node has/],
    [
      "a window without end",
      minimal({ constraints: { availability: { windowStart: "09:00" } } }),
      /windowEnd: is required beside/,
    ],
    [
      "a window without start",
      minimal({ constraints: { availability: { windowEnd: "09:00" } } }),
      /windowStart: is required beside/,
    ],
    [
      "an empty window",
      minimal({ constraints: { availability: { windowStart: "09:00", windowEnd: "09:00" } } }),
      /the window is empty/,
    ],
    [
      "maintenance that ends before it starts",
      maintenance("2026-01-04", "2026-01-03"),
      /not after the start/,
    ],
    ["maintenance that never ends", maintenance("2026-01-01", "2026-01-07"), /must be shorter than 7 days/],
    [
      "a cost of nothing",
      minimal({ constraints: { maxHourlyCost: "0 EUR" } }),
      /maxHourlyCost: is 0 EUR, which nothing costs/,
    ],
    [
      "a cost beyond measure",
      minimal({ constraints: { maxTotalCost: "99999999999 EUR" } }),
      /maxTotalCost: .*drop it for no limit/,
    ],
    ["a firewall rule that denies", rule({ action: "Deny" }), /NetworkPolicy cannot say/],
    ["a firewall rule for a protocol of its own", rule({ protocol: "ICMP" }), /expected TCP, UDP or SCTP/],
    ["a firewall rule from nowhere", rule({ source: "10.0.0.0" }), /expected a CIDR/],
    ["a firewall rule from no network", rule({ source: "10.0.0.300/8" }), /expected a CIDR/],
    ["a volume with a relative path", volume({ path: "data" }), /expected an absolute path/],
    ["a volume that climbs out", volume({ path: "/data/../etc" }), /without "\.\."/],
    ["a volume with a bad name", volume({ name: "My Data" }), /volumes\[0\].name/],
    ["a source without address", volume({ source: { type: "S3" } }), /source.uri: is required/],
    ["an address without a kind", volume({ source: { uri: "s3://bucket" } }), /source.type: is required/],
    [
      "an address of another store",
      volume({ source: { type: "S3", uri: "gs://bucket" } }),
      /begins with s3:\/\//,
    ],
    [
      "a checkpoint with nothing to keep it",
      batch({}, { sla: { backupStrategy: "Checkpoint" } }),
      /needs a Persistent volume/,
    ],
  ])("%s", (_, object, complaint) => {
    const all = complaints(object);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatch(complaint);
  });
});

describe("an Intent may", () => {
  it.each([
    ["ask for equal bounds", withGpu({ memoryMin: "80Gi", memoryMax: "80GB" })],
    ["ask for shares of several GPUs", withGpu({ shared: true, count: 2 })],
    [
      "allow spot in one place only",
      minimal({ constraints: { preEmptible: true } }, { resources: { gpu: { interruptible: false } } }),
    ],
    [
      "run over midnight",
      minimal({ constraints: { availability: { windowStart: "22:00", windowEnd: "06:00" } } }),
    ],
    ["be maintained for a day", maintenance("2026-01-03", "2026-01-03")],
    ["hold any value in env", minimal({}, { env: ["A=", "B==", 'C={"a": "b=c"}', "D=two words"] })],
    ["serve a port by TCP and UDP", minimal({}, { ports: [{ port: 53 }, { port: 53, protocol: "UDP" }] })],
    ["let the hub name the host", minimal({}, { ports: [{ port: 80, expose: true }] })],
    ["leave an empty source", volume({ source: {} })],
    [
      "keep checkpoints on a volume",
      batch(
        { storage: { volumes: [{ name: "c", path: "/c", size: "1Gi", type: "Persistent" }] } },
        { sla: { backupStrategy: "Checkpoint" } },
      ),
    ],
    ["allow an IPv6 network", rule({ source: "2001:db8::/32" })],
    [
      "keep the reference's default targets",
      minimal({ constraints: { performance: { gpuUtilizationTarget: 0.8 } } }),
    ],
    [
      "pin its image by digest",
      minimal({}, { image: `registry.example.com:5000/a/b:1.2@sha256:${"a".repeat(64)}` }),
    ],
    ["have empty lists", batch({ ports: [], env: [] })],
  ])("%s", (_, object) => {
    expect(complaints(object)).toEqual([]);
  });
});

describe("validateIntent", () => {
  it("finds in a spec what the parser would find in its document", () => {
    const parsed = parseIntentResource(withGpu({ memoryMax: "40Gi" }));
    if (!parsed.ok) throw new Error("no Intent");
    const { workload, ...rest } = parsed.intent.spec;
    const gpu = { ...workload.resources.gpu, memoryMin: "80Gi" };
    const spec = { ...rest, workload: { ...workload, resources: { gpu } } };
    expect(validateIntent(parsed.intent.spec)).toEqual([]);
    expect(validateIntent(spec)).toEqual([
      {
        path: "spec.workload.resources.gpu.memoryMin",
        reason: "contradiction",
        message:
          "is 80Gi, above spec.workload.resources.gpu.memoryMax (40Gi): no GPU can have both; lower one or drop the other",
      },
    ]);
  });
});

describe("splitEnv", () => {
  it.each([
    ["A=b", "A", "b"],
    ["A=b=c", "A", "b=c"],
    ["A=", "A", ""],
    ["PYTORCH_CUDA_ALLOC_CONF=max_split_size_mb:512", "PYTORCH_CUDA_ALLOC_CONF", "max_split_size_mb:512"],
  ])("splits %j at the first =", (entry, name, value) => {
    expect(splitEnv(entry)).toEqual({ name, value });
  });

  it.each(["", "A", "=b"])("refuses %j", (entry) => {
    expect(splitEnv(entry)).toBeUndefined();
  });
});
