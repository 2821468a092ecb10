import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../src/kubernetes/objects.ts";
import { workloadUrl } from "../../../src/workload/ingress.ts";
import { observeWorkload } from "../../../src/workload/observe.ts";
import { workloadObjects } from "../../../src/workload/workload-objects.ts";
import { EXAMPLES } from "./examples.ts";

type Fields = Record<string, unknown>;
const seen = (kind: string, name: string, spec: Fields, status: Fields, metadata: Fields = {}): KubeObject =>
  ({ kind, metadata: { name, generation: 1, ...metadata }, spec, status }) as KubeObject;
const deployment = (replicas: number, status: Fields): KubeObject =>
  seen("Deployment", "demo", { replicas }, { observedGeneration: 1, ...status });
const job = (
  status: Fields,
  spec: Fields = { parallelism: 2, completions: 2 },
  metadata: Fields = {},
): KubeObject => seen("Job", "demo", spec, status, metadata);
const pod = (name: string, status: Fields, metadata: Fields = {}): KubeObject =>
  seen("Pod", name, {}, status, metadata);
const waiting = (reason: string, message?: string, lastState: Fields = {}): Fields => ({
  phase: "Pending",
  containerStatuses: [{ name: "main", state: { waiting: { reason, message } }, lastState }],
});
const condition = (type: string, status: string, reason?: string, message?: string): Fields => ({
  conditions: [{ type, status, reason, message }],
});
const running: Fields = { phase: "Running", containerStatuses: [{ name: "main", state: { running: {} } }] };

describe("a Service", () => {
  test.each<[string, readonly KubeObject[], Fields]>([
    ["with nothing there is not created", [], { phase: "Provisioning", reason: "NotCreated", ready: false }],
    [
      "all replicas available runs",
      [deployment(2, { availableReplicas: 2 })],
      { phase: "Running", reason: "Available", ready: true },
    ],
    [
      "some replicas available runs and is not ready",
      [deployment(2, { availableReplicas: 1 })],
      { phase: "Running", reason: "Degraded", ready: false, message: "1 of 2 replicas available" },
    ],
    [
      "a status of an older spec counts for nothing",
      [
        seen(
          "Deployment",
          "demo",
          { replicas: 1 },
          { observedGeneration: 1, availableReplicas: 1 },
          { generation: 2 },
        ),
      ],
      { phase: "Provisioning", reason: "Starting" },
    ],
    ["scaled to zero is suspended", [deployment(0, {})], { phase: "Suspended", ready: false }],
    [
      "an ordinary start is no trouble",
      [deployment(1, {}), pod("a", waiting("ContainerCreating"))],
      { phase: "Provisioning", reason: "Starting" },
    ],
    [
      "a pull that fails is told",
      [deployment(1, {}), pod("a", waiting("ErrImagePull", "manifest unknown"))],
      {
        phase: "Provisioning",
        reason: "ErrImagePull",
        message: "0 of 1 replicas available; container main of pod a: ErrImagePull: manifest unknown",
      },
    ],
    [
      "an image name that cannot be is final",
      [deployment(1, {}), pod("a", waiting("InvalidImageName", "UPPER"))],
      { phase: "Failed", reason: "InvalidImageName" },
    ],
    [
      "a crash loop tells how the container ended",
      [
        deployment(1, {}),
        pod(
          "a",
          waiting("CrashLoopBackOff", "back-off 40s", { terminated: { exitCode: 3, reason: "Error" } }),
        ),
      ],
      { reason: "CrashLoopBackOff", message: expect.stringContaining("back-off 40s: Error, exit code 3") },
    ],
    [
      "a loop of running out of memory is told as that",
      [
        deployment(1, {}),
        pod("a", waiting("CrashLoopBackOff", "", { terminated: { exitCode: 137, reason: "OOMKilled" } })),
      ],
      { reason: "OOMKilled", message: expect.stringContaining("OOMKilled, exit code 137") },
    ],
    [
      "no room on the node is told",
      [
        deployment(1, {}),
        pod("a", {
          phase: "Pending",
          ...condition("PodScheduled", "False", "Unschedulable", "0/3 nodes are available"),
        }),
      ],
      {
        phase: "Provisioning",
        reason: "Unschedulable",
        message: expect.stringContaining("0/3 nodes are available"),
      },
    ],
    [
      "a GPU that was gone on arrival is told",
      [
        deployment(1, {}),
        pod("a", { phase: "Failed", reason: "UnexpectedAdmissionError", message: "no devices" }),
      ],
      { reason: "UnexpectedAdmissionError", message: expect.stringContaining("no devices") },
    ],
    [
      "pods that a quota forbids are told",
      [deployment(1, condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota"))],
      { phase: "Provisioning", reason: "FailedCreate", message: expect.stringContaining("exceeded quota") },
    ],
    [
      "no progress until the deadline has failed, for the pod's reason",
      [
        deployment(1, condition("Progressing", "False", "ProgressDeadlineExceeded")),
        pod("a", waiting("ImagePullBackOff")),
      ],
      { phase: "Failed", reason: "ImagePullBackOff" },
    ],
    [
      "trouble of a pod that is on its way out does not count",
      [
        deployment(1, {}),
        pod("a", waiting("CrashLoopBackOff"), { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      ],
      { reason: "Starting" },
    ],
  ])("%s", (_, objects, expected) => {
    expect(observeWorkload(objects)).toMatchObject(expected);
  });
});

describe("a Batch", () => {
  const any = { annotations: { "flare.clastix.io/completion-policy": "Any" } };
  test.each<[string, readonly KubeObject[], Fields]>([
    ["without pods starts", [job({})], { phase: "Provisioning", reason: "Starting", ready: false }],
    [
      "with one of two tasks at work is not ready",
      [job({}), pod("a", running)],
      { phase: "Running", ready: false, message: "1 of 2 tasks running, 0 succeeded" },
    ],
    [
      "with all tasks at work or done is ready",
      [job({ succeeded: 1 }), pod("a", running)],
      { phase: "Running", ready: true },
    ],
    [
      "runs while its task is an init container before the copies",
      [
        job({}, { parallelism: 1, completions: 1 }),
        pod("a", { phase: "Pending", initContainerStatuses: [{ name: "main", state: { running: {} } }] }),
      ],
      { phase: "Running", ready: true },
    ],
    [
      "that is complete is completed",
      [job({ succeeded: 2, ...condition("Complete", "True") })],
      { phase: "Completed", message: "2 tasks succeeded" },
    ],
    [
      "of two Jobs is completed with both",
      [job(condition("Complete", "True")), job({})],
      { phase: "Provisioning" },
    ],
    [
      "of two Jobs and policy Any is completed with one",
      [job({}, {}, any), job(condition("Complete", "True"), {}, any)],
      { phase: "Completed" },
    ],
    [
      "of two Jobs and policy Any fails with both only",
      [job(condition("Failed", "True"), {}, any), job({}, {}, any), pod("a", running)],
      { phase: "Running" },
    ],
    [
      "that failed tells the Job's reason and the container's",
      [
        job(
          condition("Failed", "True", "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
        ),
        pod("a", {
          phase: "Failed",
          containerStatuses: [
            {
              name: "main",
              state: { terminated: { exitCode: 1, reason: "Error", message: "no CUDA device\n" } },
            },
          ],
        }),
      ],
      {
        phase: "Failed",
        reason: "BackoffLimitExceeded",
        message: expect.stringMatching(
          /backoff limit; container main of pod a: Error, exit code 1: no CUDA device$/,
        ),
      },
    ],
    [
      "past its deadline has failed",
      [job(condition("Failed", "True", "DeadlineExceeded", "too long"))],
      { phase: "Failed", reason: "DeadlineExceeded" },
    ],
    ["that is suspended is suspended", [job({}, { suspend: true })], { phase: "Suspended", ready: false }],
    [
      "that may run no task is suspended",
      [job({}, { parallelism: 0, completions: 2 })],
      { phase: "Suspended", reason: "Suspended" },
    ],
    [
      "of which one part is done and the other suspended is suspended",
      [job(condition("Complete", "True")), job({}, { parallelism: 0 }, { name: "demo-2" })],
      { phase: "Suspended", reason: "Suspended" },
    ],
    [
      "that is suspended is not yet at rest while a pod is being ended",
      [
        job({}, { suspend: true }),
        pod("a", running, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
        pod("b", { phase: "Succeeded" }),
      ],
      { phase: "Suspended", reason: "Suspending", message: "1 pods have not ended yet" },
    ],
  ])("%s", (_, objects, expected) => {
    expect(observeWorkload(objects)).toMatchObject(expected);
  });
});

describe("what is told", () => {
  test("does not depend on the order of the objects", () => {
    const objects = [
      deployment(2, {}),
      pod("b", waiting("CrashLoopBackOff")),
      pod("a", waiting("ImagePullBackOff")),
    ];
    expect(observeWorkload(objects.toReversed())).toEqual(observeWorkload(objects));
    expect(observeWorkload(objects).reason).toBe("ImagePullBackOff");
  });

  test("is no longer than people read", () => {
    const { message } = observeWorkload([
      deployment(1, {}),
      pod("a", waiting("ErrImagePull", "x".repeat(5000))),
    ]);
    expect(message).toHaveLength(1024);
  });

  test("has the URL that the Ingress gives, the same as was promised", () => {
    const { inference } = EXAMPLES;
    if (inference === undefined) throw new Error("no example");
    expect(observeWorkload(workloadObjects(inference)).url).toBe("https://chat.example.com/");
    expect(workloadUrl(inference)).toBe("https://chat.example.com/");
  });
});
