import { describe, expect, it } from "vitest";
import { giveUpAs } from "../../../../src/hub/intents/give-up.ts";
import { FINALIZER, type IntentView, viewOf } from "../../../../src/hub/intents/intent-view.ts";
import {
  deployedStatus,
  keptStatus,
  placedStatus,
  stuckStatus,
} from "../../../../src/hub/intents/next-status.ts";
import { type Facts, nextStep } from "../../../../src/hub/intents/next-step.ts";
import { heldBackMs, heldPlaces, triedAgainAt } from "../../../../src/hub/intents/start.ts";
import { suspendedStatus } from "../../../../src/hub/intents/suspension.ts";
import type { FailedStart, IntentStatus } from "../../../../src/intent/status-schema.ts";
import type { WorkloadObservation } from "../../../../src/workload/observe.ts";
import type { Blame } from "../../../../src/workload/start-sign.ts";
import { minimal } from "../../../support/intents.ts";

const START = Date.parse("2026-01-01T12:00:00Z");
const MINUTE = 60_000;
const LIMITS = {
  timeoutMs: 30 * MINUTE,
  troubleTimeoutMs: 5 * MINUTE,
  attempts: 3,
  backoffMs: MINUTE,
  maxBackoffMs: 60 * MINUTE,
};
const at = (minutes: number): string =>
  new Date(START + minutes * MINUTE).toISOString().replace(".000Z", "Z");

const condition = (type: string, status = "True", reason = "Test") => ({
  type,
  status: status as "True" | "False",
  reason,
  message: "",
  lastTransitionTime: at(0),
  observedGeneration: 1,
});
const task = { index: 0, provider: "lab", node: "gpu-1", resource: "nvidia.com/gpu", units: 1 };
const PLACED: IntentStatus = {
  phase: "Provisioning",
  observedGeneration: 1,
  conditions: [condition("Admitted"), condition("Reserved"), condition("Deployed")],
  placement: {
    provider: "lab",
    node: "gpu-1",
    namespace: "ns",
    generation: 1,
    gpus: 1,
    engine: "direct",
    tasks: [task],
  },
  start: { since: at(0) },
};
const VOLUMES = { storage: { volumes: [{ name: "v", path: "/v", size: "1Gi", type: "Persistent" }] } };

interface Parts {
  readonly status?: Partial<IntentStatus>;
  readonly workload?: Record<string, unknown>;
  readonly generation?: number;
}
function view({ status = {}, workload = {}, generation = 1 }: Parts = {}): IntentView {
  const metadata = { name: "demo", namespace: "team-a", uid: "u", generation, finalizers: [FINALIZER] };
  return viewOf({ ...minimal({}, workload), metadata, status: { ...PLACED, ...status } }, "EUR");
}
const facts = (minutes: number, observation?: WorkloadObservation): Facts => ({
  now: START + minutes * MINUTE,
  problems: [],
  lost: undefined,
  lostInMs: undefined,
  stillFits: true,
  missing: false,
  observation,
  cleaned: false,
  letGoAfterMs: 60 * MINUTE,
  costEveryMs: 60 * MINUTE,
  retryMs: 5000,
  holdWhileSuspendedMs: 0,
  startLimits: LIMITS,
});

const quiet = { phase: "Provisioning", reason: "Starting", message: "0 of 1", ready: false } as const;
const seen = (sign: Partial<NonNullable<WorkloadObservation["start"]>> = {}): WorkloadObservation => ({
  ...quiet,
  start: { isAtWork: false, ...sign },
});
const troubled = (reason: string, blame: Blame, isFinal = false): WorkloadObservation => ({
  ...quiet,
  reason,
  message: `container main: ${reason}`,
  start: { trouble: { blame, isFinal }, isAtWork: false },
});
const running = (ready: boolean, blame?: Blame): WorkloadObservation => ({
  phase: "Running",
  reason: ready ? "Running" : "Degraded",
  message: "1 of 2 tasks running",
  ready,
  ...(ready ? {} : { start: { isAtWork: true, ...(blame && { trouble: { blame, isFinal: false } }) } }),
});

/** All of a Service is up, since these minutes. */
const up = (...since: readonly number[]): WorkloadObservation => ({
  ...running(true),
  start: { isAtWork: true, upSince: since.map((minute) => START + minute * MINUTE) },
});
const CRASHING_SIGN = { trouble: { blame: "Node", isFinal: false }, isAtWork: false } as const;
const CRASHING = { ...troubled("CrashLoopBackOff", "Node"), start: CRASHING_SIGN };

/** Where the Intent stands after all steps that follow from what is seen at that minute. */
function progress(start: IntentView, minutes: number, observation: WorkloadObservation): IntentView {
  let current = start;
  for (let steps = 0; steps < 5; steps += 1) {
    const step = nextStep(current, facts(minutes, observation));
    if (step.do !== "write") return current;
    current = { ...current, status: step.status };
    if (current.status.placement === undefined) return current;
  }
  throw new Error("it does not come to rest");
}
const say = ({ status }: IntentView): string => {
  const ready = status.conditions?.find(({ type }) => type === "Reserved");
  return `${status.phase} ${status.placement === undefined ? ready?.reason : "holds"}`;
};

const failed = (minutes: number, heldAgainst: string[] = ["lab/gpu-1"], generation = 1): FailedStart => ({
  at: at(minutes),
  reason: "Unschedulable",
  message: "no node",
  generation,
  heldAgainst,
});

const TOGETHER = {
  type: "Batch",
  communicationPattern: "AllReduce",
  batch: { parallelTasks: 2, timeout: "9h" },
};
const FAILING = troubled("Unschedulable", "Node");

describe("a start", () => {
  it.each<[string, Parts, readonly (readonly [number, WorkloadObservation])[], string]>([
    ["that is quiet has half an hour", {}, [[29, seen()]], "Provisioning holds"],
    ["that is quiet for longer is given up", {}, [[30, seen()]], "Queued NotStarted"],
    [
      "that is at work takes as long as it takes",
      {},
      [[600, seen({ isAtWork: true })]],
      "Provisioning holds",
    ],
    [
      "has its time anew after each step of work",
      {},
      [[600, seen({ lastStepAt: START + 580 * MINUTE })]],
      "Provisioning holds",
    ],
    [
      "that is troubled has five minutes from then on",
      {},
      [
        [20, FAILING],
        [24, FAILING],
      ],
      "Provisioning holds",
    ],
    [
      "that is troubled for longer is given up",
      {},
      [
        [20, FAILING],
        [25, FAILING],
      ],
      "Queued NotStarted",
    ],
    [
      "that was troubled and goes on is not given up",
      {},
      [
        [1, FAILING],
        [5, seen()],
        [7, FAILING],
      ],
      "Provisioning holds",
    ],
    [
      "whose image has two names for its trouble is troubled from the first",
      {},
      [
        [1, troubled("ErrImagePull", "Provider")],
        [6, troubled("ImagePullBackOff", "Provider")],
      ],
      "Queued NotStarted",
    ],
    [
      "that no waiting helps has failed at once",
      {},
      [[1, troubled("InvalidImageName", "Intent", true)]],
      "Failed StartFailed",
    ],
    [
      "that came to run is over",
      {},
      [
        [10, running(true)],
        [90, seen()],
      ],
      "Provisioning holds",
    ],
    [
      "that crashes whenever it came to run is given up",
      {},
      [
        [1, up(1)],
        [2, CRASHING],
        [3, up(3)],
        [4, CRASHING],
        [6, up(6)],
        [8, CRASHING],
      ],
      "Queued NotStarted",
    ],
    [
      "that crashes again and again is not given up while it runs",
      {},
      [
        [1, up(1)],
        [2, CRASHING],
        [8, up(6)],
      ],
      "Running holds",
    ],
    [
      "that has run for a while after a crash is over",
      {},
      [
        [1, up(1)],
        [2, CRASHING],
        [8, up(3)],
        [9, CRASHING],
        [90, CRASHING],
      ],
      "Provisioning holds",
    ],
    [
      "is over where a container ran for long that crashes now, though nobody saw it run",
      {},
      [
        [240, { ...CRASHING, start: { ...CRASHING_SIGN, lastedMs: 200 * MINUTE } }],
        [600, CRASHING],
      ],
      "Provisioning holds",
    ],
    [
      "of replicas is over when one of them has run for a while",
      {},
      [
        [1, { ...up(1), ready: false }],
        [7, { ...up(6, 1), ready: false }],
        [8, CRASHING],
        [90, CRASHING],
      ],
      "Provisioning holds",
    ],
    [
      "of replicas that work together is not over while one of them crashes",
      { workload: { communicationPattern: "Pipeline" } },
      [
        [1, up(1)],
        [4, CRASHING],
        [8, up(1, 8)],
        [9, CRASHING],
      ],
      "Queued NotStarted",
    ],
    [
      "of independent tasks is over when some run",
      {},
      [
        [10, running(false, "Node")],
        [90, FAILING],
      ],
      "Provisioning holds",
    ],
    [
      "of tasks that work together waits for the others no longer than for itself",
      { workload: TOGETHER },
      [
        [10, running(false, "Node")],
        [15, running(false, "Node")],
      ],
      "Queued NotStarted",
    ],
    [
      "has failed for good after so many",
      { status: { start: { since: at(0), failed: [failed(-60), failed(-30)] } } },
      [
        [1, FAILING],
        [6, FAILING],
      ],
      "Failed StartFailed",
    ],
    [
      "of a changed spec begins anew",
      {
        generation: 1,
        status: { start: { since: at(0), failed: [failed(-60, [], 0), failed(-30, [], 0)] } },
      },
      [
        [1, FAILING],
        [6, FAILING],
      ],
      "Queued NotStarted",
    ],
  ])("%s", (_, parts, story, expected) => {
    expect(say(story.reduce((now, [minutes, what]) => progress(now, minutes, what), view(parts)))).toBe(
      expected,
    );
  });

  it.each<[Blame, "direct" | "fluidos", readonly string[]]>([
    ["Node", "direct", ["lab/gpu-1"]],
    ["Provider", "direct", ["lab"]],
    ["Provider", "fluidos", ["lab/gpu-1"]],
    ["Intent", "direct", []],
  ])("that fails by its %s (%s) is held against %j", (blame, engine, held) => {
    const placement = { ...PLACED.placement, engine } as NonNullable<IntentStatus["placement"]>;
    const what = troubled("Odd", blame);
    const given = progress(progress(view({ status: { placement } }), 1, what), 6, what);
    expect(given.status.start).toEqual({
      failed: [
        { at: at(6), reason: "Odd", message: "container main: Odd", generation: 1, heldAgainst: held },
      ],
    });
    expect(given.status.abandoned).toHaveLength(1);
    expect(given.status.message).toContain("it did not start within 6m on gpu-1 of lab: container main: Odd");
  });

  it("wakes when its time is over", () => {
    const step = nextStep(progress(view(), 20, FAILING), facts(22, FAILING));
    expect(step).toEqual({ do: "rest", afterMs: 3 * MINUTE });
  });

  it("that came to run wakes when it has run for long enough to be over", () => {
    const running = progress(view(), 1, up(1));
    expect(running.status.start).toEqual({ since: at(0) });
    expect(nextStep(running, facts(2, up(1)))).toEqual({ do: "rest", afterMs: 4 * MINUTE });
    expect(progress(running, 6, up(1)).status.start).toBeUndefined();
  });

  it("that runs forgets what failed before", () => {
    const start = { since: at(0), failed: [failed(-60)] };
    expect(progress(view({ status: { start } }), 1, running(true)).status.start).toBeUndefined();
  });

  it("that runs remembers whose GPUs it runs on, and one that does not run does not", () => {
    const placement = { ...PLACED.placement, vendor: "nvidia" } as NonNullable<IntentStatus["placement"]>;
    const given = view({ status: { placement } });
    expect(progress(given, 1, running(true)).status.ranOn).toBe("nvidia");
    expect(progress(progress(given, 1, FAILING), 6, FAILING).status.ranOn).toBeUndefined();
  });

  it("waits longer, and never less, after a clock was stepped back", () => {
    expect(say(progress(view(), -60, seen()))).toBe("Provisioning holds");
    expect(say(progress(progress(view(), 1, FAILING), -60, FAILING))).toBe("Provisioning holds");
  });
});

describe("objects that cannot be made", () => {
  const missing = { ok: false, reason: "SecretMissing", message: "it needs Secret x" } as const;
  const stuck = (status: Partial<IntentStatus> = {}) => {
    const before = view({ status });
    const how = { ...missing, isTroubled: true };
    return { ...before, status: stuckStatus(before, how, START) };
  };
  const about = (minutes: number) => ({ now: START + minutes * MINUTE, startLimits: LIMITS });

  it("are tried for five minutes, then its GPUs are given back", () => {
    expect(giveUpAs(stuck(), missing, about(4))).toBeUndefined();
    const status = giveUpAs(stuck(), missing, about(5))?.status;
    expect(status?.phase).toBe("Queued");
    expect(status?.message).toContain(
      `it needs Secret x: its GPUs were given back, and it is tried again from ${at(6)} on`,
    );
    expect(status?.start?.failed?.[0]?.heldAgainst).toEqual([]);
  });

  it.each([
    ["the provider is away", { ...missing, reason: "ProviderUnreachable" }, {}],
    ["nothing is wrong", { ...missing, outlook: "under-way" as const }, {}],
    ["an earlier spec runs", missing, { phase: "Running" as const }],
    ["it has run there, and has its volumes there", missing, { start: {} }],
  ])("are not given up where %s", (_, failure, status) => {
    expect(giveUpAs(stuck(status), failure, about(600))).toBeUndefined();
  });
});

describe("what a start is counted from", () => {
  const now = START + 100 * MINUTE;
  it.each<[string, IntentStatus["start"], (given: IntentView) => IntentStatus, Parts]>([
    [
      "its objects are made",
      { since: at(100) },
      (given) => deployedStatus(given, now),
      { status: { conditions: [condition("Deployed", "False")] } },
    ],
    ["nothing new was made", { since: at(0) }, (given) => deployedStatus(given, now), {}],
    [
      "it goes on after its hours",
      { since: at(100) },
      (given) => deployedStatus(given, now),
      { status: { start: {}, conditions: [condition("Deployed", "True", "Suspended")] } },
    ],
    [
      "it goes on with its volumes",
      undefined,
      (given) => deployedStatus(given, now),
      { workload: VOLUMES, status: { start: {}, conditions: [condition("Deployed", "True", "Suspended")] } },
    ],
    ["its hours are over", undefined, (given) => suspendedStatus(given, now), {}],
    ["it runs something else", { since: at(100) }, (given) => keptStatus(given, now), {}],
  ])("%s", (_, expected, status, parts) => {
    expect(status(view(parts)).start).toEqual(expected);
  });
});

describe("where it did not start", () => {
  const tried = view({ status: { start: { failed: [failed(0), failed(10, ["edge"])] } } });

  it("it is not tried for a while that doubles, and after that last of all", () => {
    expect(triedAgainAt(tried, LIMITS)).toBe(START + 12 * MINUTE);
    expect(heldPlaces(tried, LIMITS, START + 11 * MINUTE)).toEqual({
      closed: ["lab/gpu-1", "edge"],
      shunned: [],
    });
    expect(heldPlaces(tried, LIMITS, START + 12 * MINUTE)).toEqual({
      closed: [],
      shunned: ["lab/gpu-1", "edge"],
    });
    expect(heldBackMs(tried, LIMITS, START + 11 * MINUTE)).toBeUndefined();
  });

  it("by its own fault it waits, without a turn", () => {
    const own = view({
      status: { placement: undefined, phase: "Queued", start: { failed: [failed(0, [])] } } as never,
    });
    expect(heldBackMs(own, LIMITS, START)).toBe(MINUTE);
    expect(heldBackMs(own, LIMITS, START + MINUTE)).toBeUndefined();
  });

  it("no longer counts with another spec", () => {
    expect(heldPlaces({ ...tried, generation: 2 }, LIMITS, START + 11 * MINUTE).closed).toEqual([]);
  });

  it("is remembered in the next place", () => {
    const decision = {
      placed: true,
      placements: [
        {
          offer: "lab/gpu-2/nvidia.com/gpu",
          provider: "lab",
          node: "gpu-2",
          resource: "nvidia.com/gpu",
          tasks: 1,
          units: 1,
          cpu: 0,
          memoryGi: 0,
          exclusive: false,
        },
      ],
      considered: 1,
      fitting: 1,
      rejected: [],
      alternatives: [],
      decidedBy: "objective",
    } as never;
    const status = placedStatus(tried, { decision, offers: [] }, START + 11 * MINUTE);
    expect(status.start).toEqual({ since: at(11), failed: [failed(0), failed(10, ["edge"])] });
  });
});
