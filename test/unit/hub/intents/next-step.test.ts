import { describe, expect, it } from "vitest";
import { FINALIZER, type IntentView, viewOf } from "../../../../src/hub/intents/intent-view.ts";
import { deployedStep, type Facts, nextStep, type Step } from "../../../../src/hub/intents/next-step.ts";
import type { IntentStatus } from "../../../../src/intent/status-schema.ts";
import { minimal } from "../../../support/intents.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");

const condition = (type: string, status: "True" | "False", generation = 1) => ({
  type,
  status,
  reason: "Test",
  message: "",
  lastTransitionTime: "2026-01-01T00:00:00Z",
  observedGeneration: generation,
});
const ADMITTED = { observedGeneration: 1, conditions: [condition("Admitted", "True")] };
const REFUSED: IntentStatus = {
  phase: "Failed",
  observedGeneration: 1,
  conditions: [condition("Admitted", "False")],
};
const FAILED: IntentStatus = { ...REFUSED, ...ADMITTED };
const PLACED: IntentStatus = {
  phase: "Reserved",
  observedGeneration: 1,
  conditions: [condition("Admitted", "True"), condition("Reserved", "True")],
  placement: {
    provider: "alpha",
    node: "gpu-1",
    namespace: "ns",
    generation: 1,
    gpus: 1,
    tasks: [{ index: 0, provider: "alpha", node: "gpu-1", resource: "nvidia.com/gpu", units: 1 }],
  },
};
const DEPLOYED: IntentStatus = {
  ...PLACED,
  conditions: [...(PLACED.conditions ?? []), condition("Deployed", "True")],
};
const LEFT = { provider: "beta", namespace: "old", tasks: [] };

interface Parts {
  readonly status?: IntentStatus;
  readonly metadata?: object;
  readonly workload?: Record<string, unknown>;
  readonly spec?: Record<string, unknown>;
}
function view({ status = {}, metadata = {}, workload = {}, spec = {} }: Parts): IntentView {
  const object = minimal(spec, workload);
  const own = {
    name: "demo",
    namespace: "team-a",
    uid: "u",
    generation: 1,
    resourceVersion: "1",
    finalizers: [FINALIZER],
  };
  return viewOf({ ...object, metadata: { ...own, ...metadata }, status }, "EUR");
}
const facts = (parts: Partial<Facts> = {}): Facts => ({
  now: NOW,
  problems: [],
  lost: undefined,
  lostInMs: undefined,
  stillFits: true,
  missing: false,
  observation: undefined,
  cleaned: false,
  letGoAfterMs: 3_600_000,
  costEveryMs: 300_000,
  retryMs: 5000,
  holdWhileSuspendedMs: 900_000,
  startLimits: {
    timeoutMs: 1_800_000,
    troubleTimeoutMs: 300_000,
    attempts: 5,
    backoffMs: 60_000,
    maxBackoffMs: 3_600_000,
  },
  ...parts,
});

/** A step in a few words: what is done, and what the status says then. */
function say(step: Step): string {
  if (step.do !== "write") return step.do;
  const { phase, placement, abandoned = [] } = step.status;
  return `${phase} ${placement === undefined ? "nowhere" : "placed"}, ${abandoned.length} left`;
}

const PROBLEM = { path: "spec", reason: "unknown", message: "nobody knows it" } as const;
const LOST = { reason: "NodeGone", message: "gone" };
const RUNNING = { phase: "Running", reason: "Available", message: "1 of 1", ready: true } as const;
const STARTING = { phase: "Provisioning", reason: "Starting", message: "0 of 1", ready: false } as const;
const DONE = { phase: "Completed", reason: "Completed", message: "done", ready: false } as const;
const deleted = { deletionTimestamp: "2026-01-01T11:30:00Z" };
const longDeleted = { deletionTimestamp: "2026-01-01T10:00:00Z" };
const batch = { type: "Batch" };

const CASES: readonly (readonly [string, Parts, Partial<Facts>, string])[] = [
  ["a new one waits for its turn, and hears with it that it is admitted", {}, {}, "schedule"],
  ["one that nobody understands is refused", {}, { problems: [PROBLEM] }, "Failed nowhere, 0 left"],
  [
    "a finalizer comes before anything is created",
    { status: PLACED, metadata: { finalizers: [] } },
    {},
    "add-finalizer",
  ],
  ["an admitted one waits for its turn", { status: ADMITTED }, {}, "schedule"],
  ["only reserving needs no finalizer", { metadata: { finalizers: [] } }, {}, "schedule"],
  [
    "one that nobody understood, and that can be honoured now, waits for its turn",
    { status: REFUSED },
    {},
    "schedule",
  ],
  ["one that has failed rests", { status: FAILED }, {}, "rest"],
  [
    "a changed one is admitted anew",
    { status: PLACED, metadata: { generation: 2 } },
    {},
    "Reserved placed, 0 left",
  ],
  ["a placed one is created", { status: PLACED }, {}, "deploy"],
  ["a created one is watched", { status: DEPLOYED }, {}, "rest"],
  ["one whose objects were taken away is created again", { status: DEPLOYED }, { missing: true }, "deploy"],
  ["one that runs says so", { status: DEPLOYED }, { observation: RUNNING }, "Running placed, 0 left"],
  [
    "a batch that is done says so",
    { status: DEPLOYED, workload: batch },
    { observation: DONE },
    "Completed placed, 0 left",
  ],
  ["one whose place is lost leaves it", { status: DEPLOYED }, { lost: LOST }, "Queued nowhere, 1 left"],
  [
    "one whose place is lost before it was used leaves it",
    { status: PLACED },
    { lost: LOST },
    "Queued nowhere, 1 left",
  ],
  [
    "one with an invalid change goes on as it was",
    { status: DEPLOYED },
    { problems: [PROBLEM] },
    "Reserved placed, 0 left",
  ],
  ["a deleted one is cleaned up", { status: DEPLOYED, metadata: deleted }, {}, "release"],
  [
    "a deleted one that cannot be cleaned waits",
    { status: DEPLOYED, metadata: deleted },
    { cleaned: true },
    "rest",
  ],
  [
    "a deleted one does not wait for ever",
    { status: DEPLOYED, metadata: longDeleted },
    { cleaned: true },
    "let-go",
  ],
  ["a deleted one without a place is let go", { status: ADMITTED, metadata: deleted }, {}, "let-go"],
  [
    "a deleted one also cleans what it left before",
    { status: { ...ADMITTED, abandoned: [LEFT] }, metadata: deleted },
    {},
    "release",
  ],
  ["one that is not ours any more is left alone", { metadata: { ...deleted, finalizers: [] } }, {}, "rest"],
];

describe("the next step", () => {
  it.each(CASES)("%s", (_, parts, around, expected) => {
    expect(say(nextStep(view(parts), facts(around)))).toBe(expected);
  });

  const changed = (workload: Record<string, unknown>): Parts => ({
    workload,
    metadata: { generation: 2 },
    status: {
      ...DEPLOYED,
      observedGeneration: 2,
      conditions: [
        condition("Admitted", "True", 2),
        condition("Reserved", "True"),
        condition("Deployed", "True"),
      ],
    },
  });
  it.each([
    ["a service keeps a place that still fits", {}, true, "Reserved placed, 0 left"],
    ["a service leaves a place that does not fit any more", {}, false, "Queued nowhere, 1 left"],
    ["a batch begins anew", batch, true, "Queued nowhere, 1 left"],
  ])("of a changed spec: %s", (_, workload, stillFits, expected) => {
    expect(say(nextStep(view(changed(workload)), facts({ stillFits })))).toBe(expected);
  });

  it("says in status and Event what becomes of the volumes of a place that is left", () => {
    const volume = { path: "/data", size: "1Gi" };
    const volumes = [
      { ...volume, name: "checkpoints", type: "Persistent" },
      { ...volume, name: "scratch", path: "/scratch", type: "Temporary" },
    ];
    const lost = { reason: "NodeGone", message: "node gpu-1 of alpha is gone" };
    const step = nextStep(view({ status: DEPLOYED, workload: { storage: { volumes } } }), facts({ lost }));
    const message =
      "node gpu-1 of alpha is gone; its persistent volumes (checkpoints) do not move: they are deleted with namespace ns of alpha";
    expect(step).toMatchObject({ do: "write", status: { message }, say: { type: "Warning", message } });
  });

  it("stops what has spent its total, and says so", () => {
    const cost = { rate: "10 EUR", since: "2026-01-01T11:00:00Z", accrued: "0 EUR" };
    const spec = { constraints: { maxTotalCost: "10 EUR" } };
    const step = nextStep(view({ spec, status: { ...DEPLOYED, cost } }), facts());
    expect(say(step)).toBe("Cancelled nowhere, 1 left");
    expect(step.do === "write" && step.status.cost?.accrued).toBe("10 EUR");
  });

  it("comes back when the money will be spent", () => {
    const cost = { rate: "10 EUR", since: "2026-01-01T12:00:00Z", accrued: "9.99 EUR" };
    const spec = { constraints: { maxTotalCost: "10 EUR" } };
    expect(nextStep(view({ spec, status: { ...DEPLOYED, cost } }), facts())).toEqual({
      do: "rest",
      afterMs: 3600,
    });
  });

  it("counts the cost from the new time on, once the clock was stepped back", () => {
    const cost = { rate: "10 EUR", since: "2026-01-01T13:00:00Z", accrued: "9 EUR" };
    const spec = { constraints: { maxTotalCost: "10 EUR" } };
    const step = nextStep(view({ spec, status: { ...DEPLOYED, cost } }), facts());
    expect(step).toMatchObject({ do: "write", status: { cost: { ...cost, since: "2026-01-01T12:00:00Z" } } });
  });

  it("tells every place that it could not clean", () => {
    const status = { ...DEPLOYED, abandoned: [LEFT] };
    const step = nextStep(view({ status, metadata: longDeleted }), facts({ cleaned: true }));
    expect(step).toEqual({
      do: "let-go",
      leftovers: ["namespace ns of provider alpha", "namespace old of provider beta"],
    });
  });

  it("writes nothing when nothing is new", () => {
    const first = nextStep(view({ status: DEPLOYED }), facts({ observation: RUNNING }));
    const status = first.do === "write" ? first.status : {};
    expect(nextStep(view({ status }), facts({ observation: RUNNING, now: NOW + 60_000 })).do).toBe("rest");
  });

  const said = (step: Step): string =>
    step.do === "write" && step.say !== undefined ? `${step.say.type} ${step.say.reason}` : "nothing";
  it.each([
    ["for a reason that is new", "Starting", "CrashLoopBackOff", "Warning CrashLoopBackOff"],
    ["not for the same reason in other words", "CrashLoopBackOff", "CrashLoopBackOff", "nothing"],
    ["not each time that an image is tried again", "ImagePullBackOff", "ErrImagePull", "nothing"],
    ["when an image cannot be pulled", "Starting", "ErrImagePull", "Warning ErrImagePull"],
    ["not that it is starting", "Pending", "Starting", "nothing"],
  ])("in one phase speaks %s", (_, before, reason, expected) => {
    const ready = { ...condition("Ready", "False"), reason: before };
    const status: IntentStatus = {
      ...DEPLOYED,
      phase: "Provisioning",
      message: "before",
      conditions: [...(DEPLOYED.conditions ?? []), ready],
    };
    const observation = { phase: "Provisioning", reason, message: "now", ready: false } as const;
    expect(said(nextStep(view({ status }), facts({ observation })))).toBe(expected);
  });

  const costs = { rate: "1 EUR", accrued: "0 EUR", since: "2026-01-01T11:50:00Z" };
  it.each([
    ["told at first", undefined, 84.6, "85%"],
    ["kept where it hardly differs", "85%", 81, "85%"],
    ["told anew where it does", "85%", 79, "79%"],
    ["taken back where nobody knows it any more", "85%", undefined, undefined],
  ])("writes GPU utilisation along with the cost: it is %s", (_, before, utilization, expected) => {
    const status = { ...DEPLOYED, cost: costs, ...(before === undefined ? {} : { gpuUtilization: before }) };
    const step = nextStep(view({ status }), facts({ utilization }));
    expect(step).toMatchObject({ do: "write", status: { cost: { accrued: "0.166667 EUR" } } });
    expect(step.do === "write" && step.status.gpuUtilization).toBe(expected);
  });

  it("writes GPU utilisation no more often than the cost", () => {
    const cost = { ...costs, since: "2026-01-01T11:59:00Z" };
    const step = nextStep(view({ status: { ...DEPLOYED, cost } }), facts({ utilization: 99 }));
    expect(step).toEqual({ do: "rest", afterMs: 240_000 });
  });

  it.each([
    ["nothing", undefined, "Deployed=True ObjectsApplied, Ready=none"],
    ["that it starts", STARTING, "Deployed=True ObjectsApplied, Ready=False Starting"],
    [
      "what ran before and is brought up to date, nothing",
      RUNNING,
      "Deployed=True ObjectsApplied, Ready=none",
    ],
  ])("after the objects were created tells at once what is first seen: %s", (_, seen, expected) => {
    const step = deployedStep(view({ status: PLACED }), { suspended: false, seen }, NOW);
    const conditions = (step.do === "write" && step.status.conditions) || [];
    const told = (type: string): string => {
      const found = conditions.find((each) => each.type === type);
      return `${type}=${found === undefined ? "none" : `${found.status} ${found.reason}`}`;
    };
    expect(`${told("Deployed")}, ${told("Ready")}`).toBe(expected);
    expect(step.do === "write" && step.say?.reason).toBe("Deployed");
  });
});
