import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../src/kubernetes/objects.ts";
import { observeWorkload } from "../../../src/workload/observe.ts";
import type { StartSign } from "../../../src/workload/start-sign.ts";

type Fields = Record<string, unknown>;
const seen = (kind: string, spec: Fields, status: Fields): KubeObject =>
  ({ kind, metadata: { name: "demo", generation: 1 }, spec, status }) as KubeObject;
const deployment = (status: Fields = {}): KubeObject =>
  seen("Deployment", { replicas: 1 }, { observedGeneration: 1, ...status });
const job = (status: Fields = {}): KubeObject => seen("Job", { parallelism: 1, completions: 1 }, status);
const pod = (status: Fields): KubeObject => seen("Pod", {}, { phase: "Pending", ...status });
const main = (status: Fields): KubeObject => pod({ containerStatuses: [{ name: "main", ...status }] });
const waiting = (reason: string): KubeObject => main({ state: { waiting: { reason } } });

const QUIET: StartSign = { isAtWork: false };
const blamed = (blame: "Node" | "Provider" | "Intent", isFinal = false): StartSign => ({
  trouble: { blame, isFinal },
  isAtWork: false,
});
const CRASHED = { restartCount: 3, lastState: { terminated: { exitCode: 1, reason: "Error" } } };

describe("how a start goes", () => {
  test.each<[string, readonly KubeObject[], StartSign | undefined]>([
    ["is not told once all of it runs", [deployment({ availableReplicas: 1 })], undefined],
    ["is quiet before there are pods", [deployment()], QUIET],
    ["is quiet while an image is pulled", [deployment(), waiting("ContainerCreating")], QUIET],
    [
      "is troubled by a node that does not take the pod",
      [
        deployment(),
        pod({ conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] }),
      ],
      blamed("Node"),
    ],
    [
      "is troubled by a kubelet that refuses it",
      [job(), pod({ phase: "Failed", reason: "UnexpectedAdmissionError", message: "no GPU" })],
      blamed("Node"),
    ],
    ["is troubled by an image", [deployment(), waiting("ImagePullBackOff")], blamed("Provider")],
    [
      "is troubled by a quota, as a Deployment says",
      [
        deployment({
          conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "quota" }],
        }),
      ],
      blamed("Provider"),
    ],
    [
      "is troubled by what forbids a Job its pods",
      [job({ startTime: "2026-01-01T00:00:00Z" })],
      blamed("Provider"),
    ],
    ["is not troubled by a Job that nobody took up yet", [job()], QUIET],
    [
      "is troubled by a ConfigMap that is missing everywhere",
      [deployment(), waiting("CreateContainerConfigError")],
      blamed("Intent"),
    ],
    [
      "knows no help for a name that is none",
      [deployment(), waiting("InvalidImageName")],
      blamed("Intent", true),
    ],
    [
      "is troubled by a crash loop, which a driver may be to blame for",
      [deployment(), main({ ...CRASHED, state: { waiting: { reason: "CrashLoopBackOff" } } })],
      blamed("Node"),
    ],
    [
      "is still troubled while a container runs that has crashed",
      [deployment(), main({ ...CRASHED, state: { running: {} } })],
      blamed("Node"),
    ],
    [
      "is at work while a server loads its model",
      [deployment(), main({ restartCount: 0, state: { running: {} } })],
      { isAtWork: true },
    ],
    [
      "is at work while its inputs are copied",
      [job(), pod({ initContainerStatuses: [{ name: "copy", state: { running: {} } }] })],
      { isAtWork: true },
    ],
    [
      "has done a step when they were copied",
      [
        job(),
        pod({
          initContainerStatuses: [
            { name: "copy", state: { terminated: { exitCode: 0, finishedAt: "2026-01-01T00:00:05Z" } } },
          ],
          containerStatuses: [{ name: "main", state: { waiting: { reason: "PodInitializing" } } }],
        }),
      ],
      { isAtWork: false, lastStepAt: Date.parse("2026-01-01T00:00:05Z") },
    ],
  ])("%s", (_, objects, sign) => {
    expect(observeWorkload(objects).start).toEqual(sign);
  });

  const RAN = "2026-01-01T00:00:00Z";
  const up = (more: Fields = {}): KubeObject =>
    pod({
      phase: "Running",
      containerStatuses: [{ name: "main", ready: true, state: { running: { startedAt: RAN } }, ...more }],
    });
  const ended = (exitCode: number, finishedAt: string): Fields => ({
    restartCount: 1,
    lastState: { terminated: { exitCode, reason: "Error", startedAt: RAN, finishedAt } },
  });
  test.each<[string, readonly KubeObject[], StartSign | undefined]>([
    [
      "knows since when a Service is up",
      [deployment({ availableReplicas: 1 }), up()],
      { isAtWork: true, upSince: [Date.parse(RAN)] },
    ],
    [
      "takes a Service for up that has crashed before and may do so again",
      [deployment({ availableReplicas: 1 }), up(CRASHED)],
      { isAtWork: true, upSince: [Date.parse(RAN)] },
    ],
    [
      "knows how long a container ran before it crashed",
      [
        deployment(),
        main({
          ...ended(1, "2026-01-01T04:00:00Z"),
          state: { waiting: { reason: "CrashLoopBackOff" } },
        }),
      ],
      { ...blamed("Node"), lastedMs: 4 * 60 * 60_000 },
    ],
    [
      "is troubled by a Service that ends, also without an error",
      [deployment(), main({ restartCount: 0, state: { terminated: { exitCode: 0, reason: "Completed" } } })],
      blamed("Node"),
    ],
    [
      "is still troubled while a Service runs that has ended without an error",
      [
        deployment(),
        main({ restartCount: 2, lastState: { terminated: { exitCode: 0 } }, state: { running: {} } }),
      ],
      blamed("Node"),
    ],
    [
      "does not know whether a container was ever up that has a probe",
      [
        deployment(),
        {
          ...main({ ...ended(1, "2026-01-01T04:00:00Z"), state: { running: {} } }),
          spec: { containers: [{ name: "main", readinessProbe: { tcpSocket: { port: 80 } } }] },
        } as KubeObject,
      ],
      blamed("Node"),
    ],
    [
      "is at work where one replica crashes and another loads its model",
      [
        deployment(),
        main({ ...CRASHED, state: { terminated: { exitCode: 1 } } }),
        main({ restartCount: 0, state: { running: {} } }),
      ],
      { ...blamed("Node"), isAtWork: true },
    ],
    [
      "is quiet where a task has ended without an error",
      [job({ startTime: RAN }), main({ state: { terminated: { exitCode: 0 } } })],
      QUIET,
    ],
  ])("%s", (_, objects, sign) => {
    expect(observeWorkload(objects).start).toEqual(sign);
  });

  test("a Job without pods says what may be the reason", () => {
    expect(observeWorkload([job({ startTime: "2026-01-01T00:00:00Z" })]).message).toContain(
      "a quota or a policy",
    );
  });
});
