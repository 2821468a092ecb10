/** Hours, days and deadlines: what an Intent does when they begin, end and pass. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FINALIZER,
  type IntentView,
  isSetAside,
  isWaiting,
  viewOf,
} from "../../../../src/hub/intents/intent-view.ts";
import { deployedStep, type Facts, nextStep, type Step } from "../../../../src/hub/intents/next-step.ts";
import { heldPlacements } from "../../../../src/hub/intents/places.ts";
import { formerPlace } from "../../../../src/hub/intents/returning.ts";
import type { IntentStatus } from "../../../../src/intent/status-schema.ts";
import { minimal } from "../../../support/intents.ts";

const at = (time: string): number => Date.parse(`2026-11-25T${time}:00Z`);
const NIGHT = { availability: { windowStart: "20:00", windowEnd: "07:00" } };

interface Parts {
  readonly status?: IntentStatus;
  readonly constraints?: object;
  readonly workload?: Record<string, unknown>;
  readonly metadata?: object;
}
function view({ status = {}, constraints = NIGHT, workload = {}, metadata = {} }: Parts = {}): IntentView {
  const own = { name: "demo", namespace: "team-a", uid: "u", generation: 1, resourceVersion: "1" };
  const object = minimal({ constraints }, workload);
  return viewOf({ ...object, metadata: { ...own, finalizers: [FINALIZER], ...metadata }, status }, "EUR");
}
const facts = (now: number, parts: Partial<Facts> = {}): Facts => ({
  now,
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

const condition = (type: string, status: "True" | "False", reason = "Test") => ({
  type,
  status,
  reason,
  message: "",
  lastTransitionTime: "2026-01-01T00:00:00Z",
  observedGeneration: 1,
});
const ADMITTED: IntentStatus = {
  phase: "Pending",
  observedGeneration: 1,
  conditions: [condition("Admitted", "True")],
};
const RUNNING: IntentStatus = {
  phase: "Running",
  observedGeneration: 1,
  conditions: [condition("Admitted", "True"), condition("Reserved", "True"), condition("Deployed", "True")],
  placement: {
    provider: "alpha",
    node: "gpu-1",
    namespace: "ns",
    generation: 1,
    gpus: 1,
    tasks: [{ index: 0, provider: "alpha", node: "gpu-1", resource: "nvidia.com/gpu", units: 1 }],
  },
  cost: { rate: "10 EUR", since: "2026-11-25T06:00:00Z", accrued: "0 EUR" },
};
const written = (step: Step): IntentStatus => (step.do === "write" ? step.status : {});
const reasonOf = (status: IntentStatus, type: string): string => {
  const found = status.conditions?.find((each) => each.type === type);
  return `${found?.status} ${found?.reason}`;
};
const AVAILABLE = { phase: "Running", reason: "Available", message: "1 of 1", ready: true } as const;
const STOPPING = { phase: "Suspended", reason: "Suspending", message: "1 pods", ready: false } as const;
const STOPPED = { phase: "Suspended", reason: "Suspended", message: "scaled to zero", ready: false } as const;
const DONE = { phase: "Completed", reason: "Completed", message: "done", ready: false } as const;

/** What ran when its hours ended at 07:00, and was told to stop. */
const suspended = (parts: Parts = {}): IntentStatus =>
  written(
    deployedStep(view({ status: RUNNING, ...parts }), { suspended: true, seen: STOPPING }, at("07:00")),
  );
/** The same after its pods were gone. */
const setAside = (parts: Parts = {}): IntentStatus =>
  written(
    nextStep(view({ ...parts, status: suspended(parts) }), facts(at("07:01"), { observation: STOPPED })),
  );

describe("an Intent without a place", () => {
  it("takes no turn outside of its hours, and says until when", () => {
    const step = nextStep(view({ status: ADMITTED }), facts(at("12:00")));
    const status = written(step);
    expect(status).toMatchObject({
      phase: "Suspended",
      message: "closed until 2026-11-25T20:00:00Z, by constraints.availability (window)",
    });
    expect(reasonOf(status, "Reserved")).toBe("False OutsideAvailability");
    expect(step.do === "write" && step.say?.reason).toBe("OutsideAvailability");
    expect(isWaiting(view({ status }))).toBe(false);
  });

  it("looks again when they begin, and once an hour in case the clock was put", () => {
    const status = written(nextStep(view({ status: ADMITTED }), facts(at("12:00"))));
    expect(nextStep(view({ status }), facts(at("19:30")))).toEqual({ do: "rest", afterMs: 30 * 60_000 });
    expect(nextStep(view({ status }), facts(at("13:00")))).toEqual({ do: "rest", afterMs: 3_600_000 });
  });

  it("waits for its turn from the time on at which they begin", () => {
    const closed = written(nextStep(view({ status: ADMITTED }), facts(at("12:00"))));
    const status = written(nextStep(view({ status: closed }), facts(at("20:00"))));
    expect(status).toMatchObject({ phase: "Queued", queue: { since: "2026-11-25T20:00:00Z" } });
    expect(isWaiting(view({ status }))).toBe(true);
    expect(nextStep(view({ status }), facts(at("20:00")))).toEqual({ do: "schedule", afterMs: 3_600_000 });
  });

  it("leaves the queue when they end", () => {
    const status: IntentStatus = { ...ADMITTED, phase: "Queued", queue: { position: 3, reason: "full" } };
    expect(nextStep(view({ status }), facts(at("06:59")))).toEqual({ do: "schedule", afterMs: 60_000 });
    const next = written(nextStep(view({ status }), facts(at("07:00"))));
    expect([next.phase, next.queue]).toEqual(["Suspended", undefined]);
  });

  it("goes on waiting where the clock is stepped back before they began", () => {
    const open = written(nextStep(view({ status: { ...ADMITTED, phase: "Suspended" } }), facts(at("20:00"))));
    expect(written(nextStep(view({ status: open }), facts(at("19:59")))).phase).toBe("Suspended");
  });

  it("says where they never begin", () => {
    const daysOfWeek = ["Mon"];
    const maintenanceWindows = [{ start: "2026-11-02", end: "2026-11-02", frequency: "Weekly" }];
    const constraints = { availability: { daysOfWeek, maintenanceWindows } };
    const status = written(nextStep(view({ status: ADMITTED, constraints }), facts(at("12:00"))));
    expect(status.message).toBe("closed for more than a year, by constraints.availability (day)");
    expect(nextStep(view({ status, constraints }), facts(at("12:00")))).toEqual({
      do: "rest",
      afterMs: 3_600_000,
    });
  });
});

describe("a placed Intent", () => {
  const placed: readonly (readonly [string, IntentStatus, string, Partial<Facts>, object])[] = [
    ["runs on within its hours", RUNNING, "06:59", { observation: AVAILABLE }, { do: "write" }],
    ["is told to stop when they end", RUNNING, "07:00", {}, { do: "deploy", suspended: true }],
    ["stops once", suspended(), "07:00", { observation: STOPPING }, { do: "rest" }],
    [
      "is stopped again where somebody undid that",
      suspended(),
      "08:00",
      { missing: true },
      { suspended: true },
    ],
    ["runs again when they begin", suspended(), "20:00", {}, { do: "deploy", suspended: false }],
    ["begins no earlier than they do", suspended(), "19:59", { observation: STOPPED }, { do: "rest" }],
  ];
  it.each(placed)("%s", (_, status, time, parts, expected) => {
    const step = nextStep(view({ status: { ...status, cost: {} } }), facts(at(time), parts));
    expect(step).toMatchObject(expected);
  });

  it("holds its GPUs until its pods are gone, and then gives them back at no more cost", () => {
    const before = suspended();
    expect(before.phase).toBe("Suspended");
    expect(heldPlacements(view({ status: before }))).toHaveLength(1);
    const after = setAside();
    expect(heldPlacements(view({ status: after }))).toEqual([]);
    expect(after.placement).toEqual(before.placement);
    expect(after.cost).toEqual({ accrued: expect.stringMatching(/^10\.\d+ EUR$/) });
    expect(after.message).toContain("its volumes stay in namespace ns of alpha");
  });

  it("keeps them where it goes on soon, as long as it was told", () => {
    const at1950 = facts(at("19:50"), { observation: STOPPED });
    const status = { ...suspended(), cost: {} };
    expect(nextStep(view({ status }), at1950)).toEqual({ do: "rest", afterMs: 600_000 });
    const never = { ...at1950, holdWhileSuspendedMs: 0 };
    expect(reasonOf(written(nextStep(view({ status: suspended() }), never)), "Reserved")).toBe(
      "False OutsideAvailability",
    );
  });

  it("is done where its Job was done before it could be stopped", () => {
    const workload = { type: "Batch" };
    const parts = { workload, status: suspended({ workload }) };
    expect(written(nextStep(view(parts), facts(at("07:01"), { observation: DONE }))).phase).toBe("Completed");
  });

  it("does not call it running, or suspended, by what was seen before", () => {
    expect(
      nextStep(view({ status: suspended() }), facts(at("07:01"), { observation: AVAILABLE })).do,
    ).not.toBe("deploy");
    const resumed = written(
      deployedStep(view({ status: suspended() }), { suspended: false, seen: undefined }, at("20:00")),
    );
    expect(resumed.phase).toBe("Provisioning");
    const step = nextStep(view({ status: resumed }), facts(at("20:00"), { observation: STOPPED }));
    expect(written(step).phase).not.toBe("Suspended");
  });

  it("is looked for another place when its own is lost meanwhile", () => {
    const lost = { reason: "NodeGone", message: "gone" };
    const left = written(nextStep(view({ status: suspended() }), facts(at("08:00"), { lost })));
    expect(left.placement).toBeUndefined();
    expect(written(nextStep(view({ status: left }), facts(at("08:00")))).phase).toBe("Suspended");
  });
});

describe("an Intent that was set aside", () => {
  it("rests until its hours begin, and writes nothing", () => {
    const first = written(nextStep(view({ status: setAside() }), facts(at("08:00"))));
    const status = first.phase === undefined ? setAside() : first;
    expect(nextStep(view({ status }), facts(at("19:30")))).toEqual({ do: "rest", afterMs: 30 * 60_000 });
  });

  it("asks for the place that it had when they begin", () => {
    const status = written(nextStep(view({ status: setAside() }), facts(at("20:00"))));
    const queued = view({ status });
    expect([status.phase, isSetAside(queued), isWaiting(queued)]).toEqual(["Queued", true, true]);
    expect(formerPlace(queued, () => true, false)?.units).toEqual(
      new Map([["alpha/gpu-1/nvidia.com/gpu", 1]]),
    );
    expect(nextStep(queued, facts(at("20:00"))).do).toBe("schedule");
  });

  const volumes = { storage: { volumes: [{ name: "v", path: "/v", size: "1Gi", type: "Persistent" }] } };
  it.each([
    ["by its volumes", volumes, true, false, true],
    ["but not when they are lost with their node", volumes, false, false, false],
    ["unless that may be back in time", volumes, false, true, true],
    ["by nothing where it has none", {}, true, true, false],
  ])("is bound to it %s", (_, workload, isTold, isPatient, isBound) => {
    const place = formerPlace(view({ status: setAside({ workload }), workload }), () => isTold, isPatient);
    expect(place?.bound !== undefined).toBe(isBound);
  });

  it.each([
    ["a service goes on with it", {}, "Suspended placed"],
    ["a batch begins anew", { type: "Batch" }, "Queued nowhere"],
  ])("of a spec that was changed meanwhile: %s", (_, workload, expected) => {
    const before = setAside({ workload });
    const conditions = (before.conditions ?? []).map((each) => ({ ...each, observedGeneration: 2 }));
    const status = { ...before, observedGeneration: 2, phase: "Pending", conditions } as const;
    const next = written(
      nextStep(view({ status, workload, metadata: { generation: 2 } }), facts(at("08:00"))),
    );
    expect(`${next.phase} ${next.placement === undefined ? "nowhere" : "placed"}`).toBe(expected);
  });

  it("is cleaned up when it is deleted", () => {
    const metadata = { deletionTimestamp: "2026-11-25T08:00:00Z" };
    expect(nextStep(view({ status: setAside(), metadata }), facts(at("08:00")))).toMatchObject({
      do: "release",
      places: [{ provider: "alpha", namespace: "ns" }],
    });
  });
});

describe("a deadline", () => {
  const batch = { type: "Batch", batch: { timeout: "2h" } };
  const until = (time: string, more: object = {}) => ({ deadline: `2026-11-25T${time}:00Z`, ...more });
  it.each([
    [
      "can be met as long as it may run for all of its timeout",
      ADMITTED,
      until("14:00"),
      "12:00",
      "schedule",
    ],
    ["cannot be met any more after that", ADMITTED, until("13:59"), "12:00", "Failed DeadlineMissed"],
    ["counts from when its hours begin", ADMITTED, until("21:59", NIGHT), "12:00", "Failed DeadlineMissed"],
    [
      "can be met within its hours",
      ADMITTED,
      until("22:00", NIGHT),
      "12:00",
      "Suspended OutsideAvailability",
    ],
    ["lets it run to the end", RUNNING, until("12:00"), "12:00", "rest"],
    ["stops it when it has passed", RUNNING, until("11:59"), "12:00", "Failed DeadlineExceeded"],
    ["ends what cannot go on before it", setAside(), until("19:00", NIGHT), "08:00", "Failed DeadlineMissed"],
    ["lets go on what has begun", setAside(), until("20:01", NIGHT), "20:00", "Queued Queued"],
  ] satisfies readonly (readonly [string, IntentStatus, object, string, string])[])(
    "%s",
    (_, status, constraints, time, expected) => {
      const known = { ...status, cost: { accrued: "1 EUR" } };
      const step = nextStep(view({ status: known, constraints, workload: batch }), facts(at(time)));
      const said = written(step);
      const told =
        step.do === "write" ? `${said.phase} ${reasonOf(said, "Reserved").split(" ")[1]}` : step.do;
      expect(told).toBe(expected);
      if (said.phase === "Failed") expect(said.placement).toBeUndefined();
    },
  );

  it("is told with its figures when it cannot be met", () => {
    const status = written(
      nextStep(view({ status: ADMITTED, constraints: until("13:00"), workload: batch }), facts(at("12:00"))),
    );
    expect(status.message).toBe(
      "constraints.deadline (2026-11-25T13:00:00Z) cannot be met: " +
        "it can begin 2026-11-25T12:00:00Z at the earliest, and may run for 2h (workload.batch.timeout)",
    );
  });

  it("is looked at just when it passes", () => {
    const queued = view({ status: ADMITTED, constraints: until("14:30"), workload: batch });
    expect(nextStep(queued, facts(at("12:00")))).toEqual({ do: "schedule", afterMs: 30 * 60_000 + 1 });
    const running = view({ status: { ...RUNNING, cost: {} }, constraints: until("12:30"), workload: batch });
    expect(nextStep(running, facts(at("12:00")))).toEqual({ do: "rest", afterMs: 30 * 60_000 + 1 });
  });
});

describe("whatever the time", () => {
  it("never runs outside of its hours, and every wait ends at a time at which something is to be done", () => {
    const states = [ADMITTED, RUNNING, suspended(), setAside()];
    fc.assert(
      fc.property(fc.constantFrom(...states), fc.integer({ min: 0, max: 24 * 60 - 1 }), (status, minute) => {
        const now = at("00:00") + minute * 60_000;
        const isOpen = minute < 7 * 60 || minute >= 20 * 60;
        const step = nextStep(view({ status: { ...status, cost: {} } }), facts(now));
        if (step.do === "deploy") expect(step.suspended).toBe(!isOpen);
        if (step.do === "schedule") expect(isOpen).toBe(true);
        if (step.do === "rest" || step.do === "schedule") expect(step.afterMs).toBeGreaterThan(0);
      }),
    );
  });
});
