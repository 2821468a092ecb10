import { describe, expect, test } from "vitest";
import { KEYS } from "../../../src/workload/identity.ts";
import { workloadUrl } from "../../../src/workload/ingress.ts";
import type { PlacedTasks } from "../../../src/workload/input.ts";
import { type Case, inputOf, mainOf, ONE_GPU, objectOf, objectsOf, podOf } from "./examples.ts";

const on = (node: string, more: Partial<PlacedTasks> = {}): PlacedTasks => ({ ...ONE_GPU, node, ...more });

describe("scheduling", () => {
  test("over several nodes is by host names, as many tasks on each", () => {
    const assignments = [on("a", { hostname: "a.example" }), on("b")];
    const { affinity, topologySpreadConstraints } = podOf({ assignments });
    expect(affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms).toEqual(
      [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["a.example", "b"] }] }],
    );
    expect(topologySpreadConstraints).toMatchObject([{ maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" }]);
  });

  test("of unequal numbers or resources makes one Deployment for each sort", () => {
    const assignments = [
      on("a", { tasks: 3 }),
      on("b"),
      on("c"),
      on("d", { resource: "nvidia.com/gpu.shared" }),
    ];
    const all = objectsOf("Deployment", { assignments });
    expect(all.map(({ spec }) => spec?.replicas)).toEqual([3, 2, 1]);
    expect(new Set(all.map(({ metadata }) => metadata?.name)).size).toBe(3);
    expect(all.map(({ spec }) => spec?.selector.matchLabels?.[KEYS.group])).toEqual(["0", "1", "2"]);
  });

  test("takes a node that is named once for each task as one", () => {
    expect(objectOf("Deployment", { assignments: [on("a"), on("a")] }).spec?.replicas).toBe(2);
  });

  test("tolerates the standing taints of the nodes, each once, and never a node's trouble", () => {
    const taints = [
      { key: "nvidia.com/gpu", effect: "NoSchedule" },
      { key: "sku", value: "gpu", effect: "NoExecute" },
      { key: "soft", effect: "PreferNoSchedule" },
      { key: "node.kubernetes.io/disk-pressure", effect: "NoSchedule" },
      { key: "node.kubernetes.io/unreachable", effect: "NoExecute" },
    ];
    const { tolerations = [] } = podOf({ assignments: [on("a", { taints }), on("b", { taints })] });
    expect(tolerations.filter(({ key }) => !key?.startsWith("node.kubernetes.io/"))).toEqual([
      { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
      { key: "sku", operator: "Equal", value: "gpu", effect: "NoExecute" },
    ]);
    expect(tolerations.map(({ key }) => key)).not.toContain("node.kubernetes.io/disk-pressure");
  });

  test.each([
    ["the default", undefined, 120],
    ["what the Intent bears", { maxInterruptionTime: "30s" }, 30],
  ])("bears a silent node for %s", (_, sla, seconds) => {
    const { tolerations } = podOf({ spec: sla === undefined ? {} : { sla } });
    expect(tolerations).toContainEqual({
      key: "node.kubernetes.io/unreachable",
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: seconds,
    });
  });

  test("has the configured priority class and pull secrets", () => {
    const options = { priorityClassName: "high", imagePullSecrets: [{ namespace: "flare", name: "reg" }] };
    const pod = podOf({ options });
    expect(pod.priorityClassName).toBe("high");
    expect(pod.imagePullSecrets).toHaveLength(1);
  });
});

describe("a Deployment", () => {
  test("never has a pod more than GPUs were reserved for", () => {
    expect(objectOf("Deployment").spec?.strategy).toEqual({
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
    });
  });

  test("that is suspended has no replicas and no autoscaler", () => {
    const given = { workload: { scaling: { autoScale: true } }, input: { suspended: true } };
    expect(objectOf("Deployment", given).spec?.replicas).toBe(0);
    expect(objectsOf("HorizontalPodAutoscaler", given)).toEqual([]);
  });
});

describe("a Job", () => {
  const batch = (more: Record<string, unknown>, given: Case = {}): Case => ({
    assignments: [on("a"), on("b"), on("c")],
    ...given,
    workload: { type: "Batch", batch: { parallelTasks: 3, ...more } },
  });

  test("of policy All has every task succeed once, each with its index", () => {
    expect(objectOf("Job", batch({ completionPolicy: "All", maxRetries: 5 })).spec).toMatchObject({
      parallelism: 3,
      completions: 3,
      completionMode: "Indexed",
      backoffLimit: 5,
    });
  });

  test("of policy Any asks for one success", () => {
    const { spec } = objectOf("Job", batch({ completionPolicy: "Any" }));
    expect(spec).toMatchObject({ parallelism: 3, completions: 1 });
    expect(spec).not.toHaveProperty("completionMode");
  });

  test("of policy Any runs all tasks until the first success where Kubernetes can", () => {
    const options = { job: { successPolicy: true } };
    expect(objectOf("Job", batch({ completionPolicy: "Any" }, { options })).spec).toMatchObject({
      parallelism: 3,
      completions: 3,
      completionMode: "Indexed",
      successPolicy: { rules: [{ succeededCount: 1 }] },
    });
  });

  test("stays to be read for as long as configured", () => {
    expect(objectOf("Job", batch({})).spec?.ttlSecondsAfterFinished).toBe(86_400);
    const options = { job: { ttlSecondsAfterFinished: 60 } };
    expect(objectOf("Job", batch({}, { options })).spec?.ttlSecondsAfterFinished).toBe(60);
  });

  test("that is suspended keeps its tasks back", () => {
    const { spec } = objectOf("Job", batch({}, { input: { suspended: true } }));
    expect(spec).toMatchObject({ parallelism: 0, completions: 3 });
    // A Kubernetes older than 1.21 would refuse the object.
    expect(spec).not.toHaveProperty("suspend");
  });

  test.each([
    ["has its timeout where the deadline is later", 90_000, 3600],
    ["is over at its deadline where that is sooner", 1800, 1800],
    ["has a second where the deadline has passed", -5, 1],
  ])("%s", (_, secondsToDeadline, seconds) => {
    const { spec } = objectOf("Job", batch({ timeout: "1h" }, { input: { secondsToDeadline } }));
    expect(spec?.activeDeadlineSeconds).toBe(seconds);
  });

  test.each(["AllReduce", "Pipeline"])(
    "whose tasks talk (%s) lets them find each other",
    (communicationPattern) => {
      const given = { assignments: [on("a"), on("b")], workload: { type: "Batch", communicationPattern } };
      const service = objectOf("Service", given);
      expect(service.spec).toMatchObject({ clusterIP: "None", publishNotReadyAddresses: true });
      expect(podOf(given).subdomain).toBe(service.metadata?.name);
      const { env = [] } = mainOf(given);
      expect(env.map(({ name }) => name)).toEqual([
        "FLARE_TASKS",
        "FLARE_TASK_OFFSET",
        "MASTER_ADDR",
        "MASTER_PORT",
      ]);
      expect(env.find(({ name }) => name === "MASTER_ADDR")?.value).toBe(
        `${objectOf("Job", given).metadata?.name}-0.${service.metadata?.name}`,
      );
    },
  );

  test("lets the Intent's own MASTER_PORT stand", () => {
    const workload = { type: "Batch", communicationPattern: "AllReduce", env: ["MASTER_PORT=1"] };
    const { env } = mainOf({ workload, assignments: [on("a"), on("b")] });
    expect(env?.filter(({ name }) => name === "MASTER_PORT")).toEqual([{ name: "MASTER_PORT", value: "1" }]);
  });
});

describe("the autoscaler", () => {
  const scaling = (more: Record<string, unknown>) => ({ scaling: { autoScale: true, ...more } });

  test("stays within the replicas that GPUs are reserved for", () => {
    const given = {
      workload: scaling({ minReplicas: 2, maxReplicas: 8 }),
      assignments: [on("a", { tasks: 4 })],
    };
    expect(objectOf("HorizontalPodAutoscaler", given).spec).toMatchObject({ minReplicas: 2, maxReplicas: 4 });
    expect(objectOf("Deployment", given).spec).not.toHaveProperty("replicas");
  });

  test("may go beyond them where the hub lets it, and the quota has room", () => {
    const given = {
      workload: scaling({ minReplicas: 1, maxReplicas: 8 }),
      input: { placement: { provider: "p", assignments: [on("a"), on("b", { tasks: 2 })], maxTasks: 5 } },
    };
    const limits = objectsOf("HorizontalPodAutoscaler", given).map(({ spec }) => [
      spec?.minReplicas,
      spec?.maxReplicas,
    ]);
    expect(limits).toEqual([
      [1, 1],
      [1, 4],
    ]);
    expect(objectOf("ResourceQuota", given).spec?.hard?.["requests.nvidia.com/gpu"]).toBe("5");
  });

  test("has memory and GPU targets from the constraints, GPU where the metric is served", () => {
    const given = {
      workload: scaling({ targetCPUPercent: 50 }),
      spec: { constraints: { performance: { gpuUtilizationTarget: 0.65, memoryUtilizationTarget: 0.9 } } },
      options: { autoscaling: { gpuMetric: "DCGM_FI_DEV_GPU_UTIL" } },
    };
    const metrics = objectOf("HorizontalPodAutoscaler", given).spec?.metrics ?? [];
    expect(
      metrics.map(({ resource, pods }) => resource?.target.averageUtilization ?? pods?.target.averageValue),
    ).toEqual([50, 90, "65"]);
  });

  test("is not made where nothing can be measured", () => {
    const workload = { ...scaling({}), resources: { gpu: {} } };
    expect(objectsOf("HorizontalPodAutoscaler", { workload })).toEqual([]);
  });
});

describe("the way in", () => {
  const workload = { ports: [{ port: 8080, expose: true, domain: "Demo.Example.com" }] };

  test.each<[string, Case, string | undefined]>([
    ["http without a certificate", { workload }, "http://demo.example.com/"],
    ["https with one", { workload, options: { ingress: { tls: {} } } }, "https://demo.example.com/"],
    ["none where nothing is exposed", {}, undefined],
    ["none without a host", { workload: { ports: [{ port: 1, expose: true }] } }, undefined],
  ])("is %s", (_, given, url) => {
    expect(workloadUrl(inputOf(given))).toBe(url);
  });

  test("through every host below a domain is an Ingress, and no URL", () => {
    const wild = { ports: [{ port: 8080, expose: true, domain: "*.example.com" }] };
    expect(objectOf("Ingress", { workload: wild }).spec?.rules?.[0]?.host).toBe("*.example.com");
    expect(workloadUrl(inputOf({ workload: wild }))).toBeUndefined();
  });

  test("is a host below the provider's domain for a port without its own", () => {
    const given = {
      workload: {
        ports: [
          { port: 8080, expose: true },
          { port: 9090, expose: true },
        ],
      },
    };
    const options = { ingress: { domain: "gpu.example.com" } };
    const name = objectOf("Service", given).metadata?.name;
    expect(objectOf("Ingress", { ...given, options }).spec?.rules?.map(({ host }) => host)).toEqual([
      `${name}.gpu.example.com`,
      `${name}-9090.gpu.example.com`,
    ]);
  });

  test("is a Service of the configured type where no Ingress leads", () => {
    const options = { exposeAs: "LoadBalancer" } as const;
    const udp = { ports: [{ port: 5000, expose: true, protocol: "UDP" }] };
    expect(objectOf("Service", { workload: udp, options }).spec?.type).toBe("LoadBalancer");
    expect(objectOf("ResourceQuota", { workload: udp, options }).spec?.hard).toMatchObject({
      "services.loadbalancers": "1",
      "services.nodeports": "1",
    });
    expect(objectOf("Service", { workload, options }).spec?.type).toBe("ClusterIP");
  });
});
