import { describe, expect, test } from "vitest";
import { KEYS } from "../../../src/workload/identity.ts";
import type { PlacedTasks } from "../../../src/workload/input.ts";
import { workloadObjects } from "../../../src/workload/workload-objects.ts";
import { type Case, EXAMPLES, inputOf, mainOf, ONE_GPU, objectOf, podOf } from "./examples.ts";

const on = (node: string, more: Partial<PlacedTasks> = {}): PlacedTasks => ({ ...ONE_GPU, node, ...more });
const kinds = (given: Case): (string | undefined)[] =>
  workloadObjects(inputOf(given)).map(({ kind }) => kind);

describe("the objects in all", () => {
  test("come in an order in which they can be applied: limits before what they limit", () => {
    const { inference } = EXAMPLES;
    expect(inference && workloadObjects(inference).map(({ kind }) => kind)).toEqual([
      "Namespace",
      "ResourceQuota",
      "LimitRange",
      "NetworkPolicy",
      "Service",
      "Deployment",
      "Ingress",
      "HorizontalPodAutoscaler",
    ]);
  });

  test("in a namespace of somebody else are closed to others, and limit nothing of theirs", () => {
    const options = { namespace: { name: "theirs", exclusive: false } };
    expect(kinds({ options })).toEqual(["NetworkPolicy", "Deployment"]);
    expect(objectOf("NetworkPolicy", { options }).spec?.podSelector).toEqual({
      matchLabels: { [KEYS.intentUid]: inputOf().intent.uid },
    });
  });

  test("are the same for the same input", () => {
    expect(workloadObjects(inputOf())).toEqual(workloadObjects(inputOf()));
  });
});

describe("the namespace", () => {
  const namespace = { name: "acme-demo", capsuleTenant: { name: "acme", uid: "t-1" } };
  const LABEL = "capsule.clastix.io/tenant";

  test("is owned by its Tenant where the provider has Capsule, and held by nothing", () => {
    const { metadata } = objectOf("Namespace", { options: { namespace } });
    expect(metadata?.labels).toMatchObject({ [LABEL]: "acme", [KEYS.hub]: "hub-1" });
    expect(metadata?.ownerReferences).toEqual([
      { apiVersion: "capsule.clastix.io/v1beta2", kind: "Tenant", name: "acme", uid: "t-1" },
    ]);
  });

  test("names its Tenant by the label alone where the hub may not read it", () => {
    const options = { namespace: { name: "acme-demo", capsuleTenant: { name: "acme" } } };
    const { metadata } = objectOf("Namespace", { options });
    expect(metadata?.labels?.[LABEL]).toBe("acme");
    expect(metadata).not.toHaveProperty("ownerReferences");
  });

  test("says nothing of Capsule elsewhere", () => {
    const { metadata } = objectOf("Namespace", {});
    expect(metadata?.labels).not.toHaveProperty(LABEL);
    expect(metadata).not.toHaveProperty("ownerReferences");
  });

  test("holds its pods to the restricted level", () => {
    expect(objectOf("Namespace").metadata?.labels).toMatchObject({
      "pod-security.kubernetes.io/enforce": "restricted",
    });
  });

  test("of an image that needs root has the weaker level, and says why", () => {
    const options = { podSecurity: { rootImages: ["example/demo"] } };
    const { labels, annotations } = objectOf("Namespace", { options }).metadata ?? {};
    expect(labels?.["pod-security.kubernetes.io/enforce"]).toBe("baseline");
    expect(annotations?.[KEYS.podSecurityReason]).toMatch(/example\/demo:1 needs root/);
    expect(podOf({ options }).securityContext).toEqual({ seccompProfile: { type: "RuntimeDefault" } });
  });

  test.each([
    ["example/demo:1", "example/demo", "baseline"],
    ["example/demo@sha256:0", "example/demo", "baseline"],
    ["nvcr.io/nvidia/pytorch:24.01", "nvcr.io", "baseline"],
    ["nvcr.io/nvidia/pytorch:24.01", "nvcr.io/", "baseline"],
    ["nvcr.io/nvidia/pytorch:24.01", "nvcr.io/nvidia/pytorch:24", "baseline"],
    ["nvcr.io.example.org/miner:1", "nvcr.io", "restricted"],
    ["nvcr.io/nvidia-lookalike/miner:1", "nvcr.io/nvidia", "restricted"],
  ])("holds the pods of %s, where %s need root, to the %s level", (image, start, level) => {
    const options = { podSecurity: { rootImages: [start] } };
    const { labels } = objectOf("Namespace", { options, workload: { image } }).metadata ?? {};
    expect(labels?.["pod-security.kubernetes.io/enforce"]).toBe(level);
  });

  test("has a quota of what was asked for, with the configuration's word over it", () => {
    const assignments = [on("a", { tasks: 2, units: 4 }), on("b", { resource: "nvidia.com/gpu.shared" })];
    const options = { quota: { pods: "50", "count/configmaps": "10" } };
    expect(objectOf("ResourceQuota", { assignments, options }).spec?.hard).toEqual({
      "requests.nvidia.com/gpu": "8",
      "requests.nvidia.com/gpu.shared": "1",
      "requests.cpu": "6",
      "requests.memory": "24Gi",
      pods: "50",
      persistentvolumeclaims: "0",
      "services.nodeports": "0",
      "services.loadbalancers": "0",
      "count/configmaps": "10",
    });
  });

  test("has a quota with room for containers that copy, where they are the larger ones", () => {
    const source = { type: "S3", uri: "s3://b/p" };
    const volume = (name: string) => ({ name, path: `/${name}`, size: "1Gi", type: "Persistent", source });
    const workload = {
      type: "Batch",
      resources: { cpu: "50m", memory: "8Gi", gpu: {} },
      storage: { volumes: [volume("a"), volume("b")] },
    };
    expect(objectOf("ResourceQuota", { workload }).spec?.hard).toMatchObject({
      "requests.cpu": "200m",
      "requests.memory": "8Gi",
      "requests.storage": "2Gi",
    });
  });

  test("gives requests, and no limits, to containers without any", () => {
    const options = { defaultRequests: { cpu: "250m" } };
    expect(objectOf("LimitRange", { options }).spec?.limits).toEqual([
      { type: "Container", defaultRequest: { cpu: "250m", memory: "256Mi" } },
    ]);
  });
});

describe("the container", () => {
  test.each<[string, Case["options"], Record<string, string>]>([
    ["by default memory", {}, { memory: "8Gi", "nvidia.com/gpu": "1" }],
    ["none but GPUs", { limits: {} }, { "nvidia.com/gpu": "1" }],
    [
      "both, by factors",
      { limits: { cpu: 2, memory: 1.5 } },
      { cpu: "4", memory: "12Gi", "nvidia.com/gpu": "1" },
    ],
    ["never below the request", { limits: { cpu: 0.5 } }, { cpu: "2", "nvidia.com/gpu": "1" }],
  ])("is limited as configured: %s", (_, options = {}, limits) => {
    expect(mainOf({ options }).resources?.limits).toEqual(limits);
  });

  test("leaves out CPU and memory that were not asked for", () => {
    const workload = { resources: { gpu: {} } };
    expect(mainOf({ workload }).resources).toEqual({
      requests: { "nvidia.com/gpu": "1" },
      limits: { "nvidia.com/gpu": "1" },
    });
  });

  test.each([
    ["$(date) for the shell", "echo $(date)", "echo $$(date)"],
    ["the shell's own number", "echo $$", "echo $$$"],
    ["plain variables", "echo $HOME", "echo $HOME"],
  ])("hands the shell its line whole: %s", (_, line, command) => {
    expect(mainOf({ workload: { commands: [line] } }).command).toEqual(["sh", "-c", command]);
    expect(asKubernetesExpands(command)).toBe(line);
  });

  test("takes the last of several values of a variable, and secrets over values", () => {
    const workload = { env: ["A=1", "B=2", "A=3", "TOKEN=x"], secrets: [{ name: "s", env: "TOKEN" }] };
    expect(mainOf({ workload }).env?.map(({ name, value }) => [name, value])).toEqual([
      ["B", "2"],
      ["A", "3"],
      ["TOKEN", undefined],
    ]);
  });

  test("of a Service is probed on its first exposed TCP port, for half an hour of start", () => {
    const ports = [{ port: 53, protocol: "UDP", expose: true }, { port: 1 }, { port: 8080, expose: true }];
    expect(mainOf({ workload: { ports } })).toMatchObject({
      startupProbe: { tcpSocket: { port: "tcp-8080" }, periodSeconds: 10, failureThreshold: 180 },
      readinessProbe: { tcpSocket: { port: "tcp-8080" } },
      livenessProbe: { tcpSocket: { port: "tcp-8080" } },
    });
  });

  test("of a Batch is never killed by a probe", () => {
    const main = mainOf({ workload: { type: "Batch", ports: [{ port: 6006, expose: true }] } });
    expect(main).toHaveProperty("readinessProbe");
    expect(main).not.toHaveProperty("livenessProbe");
    expect(main).not.toHaveProperty("startupProbe");
  });

  test("without exposed ports has no probes", () => {
    expect(mainOf({ workload: { ports: [{ port: 8080 }] } })).not.toHaveProperty("readinessProbe");
  });

  test("may do nothing that the restricted level forbids", () => {
    expect(mainOf().securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    });
    expect(podOf().securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    expect(podOf().automountServiceAccountToken).toBe(false);
  });

  test.each<[string, Case["options"], Record<string, unknown>]>([
    ["the image's own user", { podSecurity: { runAsUser: "image" } }, { runAsNonRoot: true, fsGroup: 1000 }],
    [
      "groups of device files",
      { podSecurity: { supplementalGroups: [44, 109] } },
      { supplementalGroups: [44, 109] },
    ],
  ])("runs with %s where configured", (_, options = {}, expected) => {
    expect(podOf({ options }).securityContext).toMatchObject(expected);
  });

  test("may listen below port 1024 without being root", () => {
    expect(podOf({ workload: { ports: [{ port: 80 }] } }).securityContext?.sysctls).toEqual([
      { name: "net.ipv4.ip_unprivileged_port_start", value: "0" },
    ]);
  });
});

/** What the kubelet makes of `$` in a command when no variable is known. */
const asKubernetesExpands = (text: string): string => text.replace(/\$\$/g, "$");
