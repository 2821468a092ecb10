/** What the first FLARE operator did wrong with workloads, by the numbers of our notes on it: each stays mended. */
import { describe, expect, test } from "vitest";
import { observeWorkload } from "../../../src/workload/observe.ts";
import { mainOf, objectOf, objectsOf, podOf } from "./examples.ts";

const volume = (more: Record<string, unknown>): Record<string, unknown> => ({
  storage: { volumes: [{ name: "data", path: "/data", size: "10Gi", type: "Temporary", ...more }] },
});

describe("mistake 14: any volume made it crash, sizes and sources were ignored", () => {
  test("a temporary volume is an emptyDir of its size, mounted at its path", () => {
    const workload = volume({});
    expect(podOf({ workload }).volumes).toEqual([{ name: "v-data", emptyDir: { sizeLimit: "10Gi" } }]);
    expect(mainOf({ workload }).volumeMounts).toEqual([{ name: "v-data", mountPath: "/data" }]);
  });

  test("a persistent volume is a claim of its size, not a CSI driver named S3", () => {
    const workload = volume({ type: "Persistent", source: { type: "S3", uri: "s3://bucket/path" } });
    const claim = objectOf("PersistentVolumeClaim", { workload });
    expect(claim.spec?.resources?.requests?.storage).toBe("10Gi");
    expect(podOf({ workload }).volumes).toEqual([
      { name: "v-data", persistentVolumeClaim: { claimName: claim.metadata?.name } },
    ]);
  });

  test("the source of a temporary volume is copied in before the workload starts", () => {
    const [copy] =
      podOf({
        workload: volume({ source: { type: "S3", uri: "s3://bucket/path" } }),
      }).initContainers ?? [];
    expect(copy?.args?.slice(0, 3)).toEqual(["copy", ":s3:bucket/path", "/data"]);
    expect(copy?.volumeMounts).toEqual([{ name: "v-data", mountPath: "/data" }]);
  });
});

describe("mistake 15: every Job was refused", () => {
  test("it has no selector, and its pods are never restarted in place", () => {
    const { spec } = objectOf("Job", { workload: { type: "Batch" } });
    expect(spec).not.toHaveProperty("selector");
    expect(spec).not.toHaveProperty("manualSelector");
    expect(spec?.template.spec?.restartPolicy).toBe("Never");
  });

  test.each([
    ["no batch at all", undefined, 3600],
    ["a batch without timeout", {}, 3600],
    ["90m", { timeout: "90m" }, 5400],
    ["less than a second", { timeout: "10ms" }, 1],
  ])("with %s, it is ended after so many seconds, never at once", (_, batch, seconds) => {
    const workload = { type: "Batch", ...(batch === undefined ? {} : { batch }) };
    expect(objectOf("Job", { workload }).spec?.activeDeadlineSeconds).toBe(seconds);
  });
});

describe("mistake 16: no resources, no node, one replica whatever was asked", () => {
  test("CPU, memory and GPUs are requested; GPUs are limited by the same resource name", () => {
    const assignments = [{ node: "n", tasks: 1, resource: "nvidia.com/mig-1g.10gb", units: 2, taints: [] }];
    expect(mainOf({ assignments }).resources).toEqual({
      requests: { cpu: "2", memory: "8Gi", "nvidia.com/mig-1g.10gb": "2" },
      limits: { memory: "8Gi", "nvidia.com/mig-1g.10gb": "2" },
    });
  });

  test("the pod goes to the node that was reserved for it", () => {
    expect(
      podOf().affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
    ).toEqual([{ matchFields: [{ key: "metadata.name", operator: "In", values: ["gpu-1"] }] }]);
  });

  test("there are as many replicas as were placed", () => {
    const assignments = [{ node: "gpu-1", tasks: 3, resource: "nvidia.com/gpu", units: 1, taints: [] }];
    expect(objectOf("Deployment", { assignments }).spec?.replicas).toBe(3);
  });
});

describe("mistake 17: values with = became empty, shell lines were run without a shell", () => {
  test.each([
    ["A=b", "A", "b"],
    ["ARGS=--lr=3e-4 --seed=7", "ARGS", "--lr=3e-4 --seed=7"],
    ["URL=postgres://u:p@h/db?x=y&z==", "URL", "postgres://u:p@h/db?x=y&z=="],
    ["PADDED= two  blanks ", "PADDED", " two  blanks "],
    ["EMPTY=", "EMPTY", ""],
  ])("%j is split at the first =", (entry, name, value) => {
    expect(mainOf({ workload: { env: [entry] } }).env).toEqual([{ name, value }]);
  });

  test.each([
    [
      "one string is a line for the shell",
      ["cd /app && python x.py"],
      ["sh", "-c", "cd /app && python x.py"],
    ],
    ["several are the arguments", ["python", "x.py", "a b"], ["python", "x.py", "a b"]],
    ["none leaves the image's own", undefined, undefined],
  ])("%s", (_, commands, command) => {
    expect(mainOf({ workload: commands === undefined ? {} : { commands } }).command).toEqual(command);
  });
});

describe("mistake 18: secrets referred to a Secret that nothing made", () => {
  const secrets = { "team-a/hf-token": { data: { "hf-token": "c2VjcmV0", other: "bm8=" } } };
  const given = { workload: { secrets: [{ name: "hf-token", env: "HF_TOKEN" }] }, input: { secrets } };

  test("the Secret is copied with the key of its name, and with nothing else", () => {
    expect(objectOf("Secret", given).data).toEqual({ "hf-token": "c2VjcmV0" });
  });

  test("the environment variable refers to the copy", () => {
    const name = objectOf("Secret", given).metadata?.name;
    expect(mainOf(given).env).toEqual([
      { name: "HF_TOKEN", valueFrom: { secretKeyRef: { name, key: "hf-token" } } },
    ]);
  });
});

describe("mistake 19: an Ingress without class, TLS or host, also for UDP", () => {
  const exposed = { ports: [{ port: 8080, expose: true, domain: "demo.example.com" }] };

  test("it has the configured class, and a certificate for its host", () => {
    const { spec } = objectOf("Ingress", {
      workload: exposed,
      options: { ingress: { className: "nginx", tls: { secretName: "wildcard" } } },
    });
    expect(spec?.ingressClassName).toBe("nginx");
    expect(spec?.tls).toEqual([{ hosts: ["demo.example.com"], secretName: "wildcard" }]);
  });

  test.each([
    ["no domain", { port: 8080, expose: true }],
    ["an empty domain", { port: 8080, expose: true, domain: " " }],
    ["a domain that is none", { port: 8080, expose: true, domain: "not a host" }],
    ["a UDP port", { port: 8080, expose: true, protocol: "UDP", domain: "demo.example.com" }],
    ["a port that is not exposed", { port: 8080, domain: "demo.example.com" }],
  ])("%s makes no Ingress, rather than one that catches everything", (_, port) => {
    expect(objectsOf("Ingress", { workload: { ports: [port] } })).toEqual([]);
  });
});

describe("mistake 20: written was taken for running, failures were never seen", () => {
  const deployment = { kind: "Deployment", metadata: { name: "demo", generation: 1 }, spec: { replicas: 1 } };

  test("a Deployment that was only written is not ready", () => {
    expect(observeWorkload([deployment as never])).toMatchObject({ phase: "Provisioning", ready: false });
  });

  test("a pod that cannot pull its image is told with the container's reason and message", () => {
    const pod = {
      kind: "Pod",
      metadata: { name: "demo-1" },
      status: {
        containerStatuses: [
          { name: "main", state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } },
        ],
      },
    };
    expect(observeWorkload([deployment as never, pod as never])).toMatchObject({
      reason: "ImagePullBackOff",
      message: expect.stringContaining("container main of pod demo-1: ImagePullBackOff: no such image"),
    });
  });
});
