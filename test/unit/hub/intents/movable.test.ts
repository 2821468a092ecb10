import { describe, expect, it } from "vitest";
import { decide } from "../../../../src/allocation/decide.ts";
import type { Placed } from "../../../../src/allocation/decision.ts";
import { FINALIZER, type IntentView, viewOf } from "../../../../src/hub/intents/intent-view.ts";
import { seatOf } from "../../../../src/hub/intents/movable.ts";
import { movedStatus } from "../../../../src/hub/intents/move.ts";
import { heldPlacements } from "../../../../src/hub/intents/places.ts";
import type { IntentStatus } from "../../../../src/intent/status-schema.ts";
import { minimal } from "../../../support/intents.ts";
import { offer, requirement, snapshot } from "../../allocation/builders.ts";

const NOW = Date.parse("2026-11-25T12:00:00Z");
const HOUR = 3_600_000;

const condition = (type: string) => ({
  type,
  status: "True" as const,
  reason: "Test",
  message: "",
  lastTransitionTime: "2026-11-25T10:00:00Z",
  observedGeneration: 1,
});
const task = { index: 0, provider: "alpha", node: "b", resource: "nvidia.com/gpu", units: 2 };
const RUNNING: IntentStatus = {
  phase: "Running",
  conditions: ["Admitted", "Reserved", "Offloaded", "Deployed", "Ready"].map(condition),
  placement: {
    provider: "alpha",
    node: "b",
    gpus: 2,
    namespace: "old",
    generation: 1,
    since: "2026-11-25T10:00:00Z",
    tasks: [task],
  },
  cost: { rate: "4 EUR", accrued: "1 EUR", since: "2026-11-25T11:30:00Z", started: "2026-11-25T10:00:00Z" },
  workloadURL: "https://old.example.com",
};

interface Parts {
  readonly status?: Partial<IntentStatus>;
  readonly spec?: Record<string, unknown>;
  readonly workload?: Record<string, unknown>;
  readonly metadata?: object;
}
const BATCH = { type: "Batch", resources: { gpu: { count: 2, interruptible: true } } };
function view({ status = {}, spec = {}, workload = {}, metadata = {} }: Parts = {}): IntentView {
  const own = { name: "demo", namespace: "team-a", uid: "u", generation: 1, resourceVersion: "1" };
  const object = minimal(spec, { ...BATCH, ...workload });
  const whole = { ...own, finalizers: [FINALIZER], ...metadata };
  return viewOf({ ...object, metadata: whole, status: { ...RUNNING, ...status } }, "EUR");
}
const asked = requirement({ gpu: { count: 2 } });
const seat = (parts?: Parts) => seatOf(view(parts), { now: NOW, cooldownMs: HOUR, asked: () => asked });

describe("who may be moved", () => {
  it("is an interruptible Intent, at the cost of what it has done", () => {
    expect(seat()).toMatchObject({
      uid: "u",
      priority: 0,
      placements: [{ offer: "alpha/b/nvidia.com/gpu", units: 2 }],
    });
    expect(seat()?.cost).toBeCloseTo(2 * (2 + 1 / 60));
    expect(seat({ workload: { type: "Service" } })?.cost).toBeCloseTo(2 / 60);
    expect(
      seat({ workload: { resources: { gpu: { count: 2 } } }, spec: { constraints: { preEmptible: true } } }),
    ).toBeDefined();
  });

  const volumes = [{ name: "data", path: "/data", size: "1Gi", type: "Persistent" }];
  const moved = (last: string) => ({ status: { moved: { times: 1, last } } });
  const abandoned = [{ provider: "alpha", namespace: "older", tasks: [] }];
  const stays: readonly (readonly [string, Parts])[] = [
    ["did not agree to it", { workload: { resources: { gpu: { count: 2 } } } }],
    ["would leave its volumes behind", { workload: { storage: { volumes } } }],
    ["would pay twice from its total", { spec: { constraints: { maxTotalCost: "9 EUR" } } }],
    ["is being deleted", { metadata: { deletionTimestamp: "2026-11-25T11:59:00Z" } }],
    ["is still leaving another place", { status: { abandoned } }],
    ["is to be planned anew", { metadata: { generation: 2 } }],
    ["was moved within the cooldown", moved("2026-11-25T11:00:01Z")],
    ["does not run", { status: { phase: "Suspended" } }],
    ["is closed now", { spec: { constraints: { availability: { blackoutDates: ["2026-11-25"] } } } }],
  ];
  it.each(stays)("is none that %s", (_, parts) => {
    expect(seat(parts)).toBeUndefined();
  });

  it("is one whose cooldown is over", () => {
    expect(seat(moved("2026-11-25T11:00:00Z"))).toBeDefined();
  });
});

describe("one that is moved", () => {
  const offers = [offer("alpha/a/nvidia.com/gpu", { node: "a" })];
  const decision = decide(snapshot(...offers), asked) as Placed;
  const found = seat();
  if (found === undefined) throw new Error("it may be moved");
  const facts = { by: "team-b/large", offers, now: NOW, rates: { EUR: 1 } };
  const status = movedStatus({ seat: found, decision: { ...decision, decidedBy: "moved" } }, facts);

  it("has a new place, and holds the old one until that is clean", () => {
    expect(status.placement).toMatchObject({ node: "a", tasks: [{ node: "a", units: 2 }] });
    expect(status.placement?.namespace).not.toBe("old");
    expect(status.abandoned).toMatchObject([
      { provider: "alpha", namespace: "old", reason: "Moved", tasks: [task] },
    ]);
    const held = heldPlacements({ ...found.view, status });
    expect(held.map(({ node, units }) => [node, units])).toEqual([
      ["a", 2],
      ["b", 2],
    ]);
  });

  it("says why, begins anew, and has the cost so far counted", () => {
    expect(status.message).toMatch(
      /^moved off b of alpha, so that team-b\/large has room: 2x nvidia-a100 on a of alpha/,
    );
    expect(status).toMatchObject({
      phase: "Reserved",
      moved: { times: 1, last: "2026-11-25T12:00:00Z" },
      decision: { decidedBy: "moved" },
      cost: { accrued: "3 EUR", since: "2026-11-25T12:00:00Z", started: "2026-11-25T10:00:00Z" },
    });
    expect(status.workloadURL).toBeUndefined();
    const said = status.conditions?.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`);
    expect(said).toContain("Reserved True Moved");
    expect(said).toContain("Deployed False Pending");
  });
});
