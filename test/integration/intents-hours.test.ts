/** Hours and deadlines: what runs is stopped and goes on, by the hub's clock, which the test puts. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { INTENTS } from "../../src/hub/intents/intent-view.ts";
import { until } from "./hub-harness.ts";
import {
  endJob,
  type Federation,
  intent,
  intentsOf,
  madeIn,
  type RunningHub,
  startFederation,
  workloadsIn,
} from "./intents-harness.ts";

let federation: Federation;
let hub: RunningHub;
let intents: ReturnType<typeof intentsOf>;
let submitted: string[] = [];
let aheadMs = 0;
const now = (): number => Date.now() + aheadMs;
/** Whole minutes from now, as times are written. */
const inMinutes = (minutes: number): string => new Date(now() + minutes * 60_000).toISOString();

beforeAll(async () => {
  federation = await startFederation(["alpha"]);
  await alpha().addNode({ name: "gpu-1" });
  intents = intentsOf(federation.hub);
  // A clock that is put makes everybody look silent for that long.
  hub = federation.start({ holdWhileSuspendedMs: 0, maxInterruptionMs: 3_600_000 }, undefined, {}, now);
}, 60_000);
afterEach(async () => {
  for (const name of submitted) await intents.remove(name);
  for (const name of submitted) await until(() => intents.exists(name)).toBe(false);
  submitted = [];
  expect(await madeIn(alpha())).toEqual([]);
});
afterAll(() => federation.close());

function alpha() {
  const cluster = federation.providers.alpha;
  if (cluster === undefined) throw new Error("no provider alpha");
  return cluster;
}
async function submit(name: string, parts: Parameters<typeof intent>[1] = {}): Promise<void> {
  submitted.push(name);
  await intents.submit(intent(name, parts));
}
/** Puts the hub's clock, and has it look at an Intent: its timers know nothing of that. */
async function putClock(minutes: number, name: string): Promise<void> {
  aheadMs += minutes * 60_000;
  const annotations = { "example.com/clock": String(aheadMs) };
  await federation.hub.client.patch(INTENTS, { name, namespace: "team-a" }, { metadata: { annotations } });
}
const closedFrom = (minutes: number, to: number) => ({
  constraints: {
    availability: { maintenanceWindows: [{ start: inMinutes(minutes), end: inMinutes(to) }] },
  },
});
/** How many pods each workload may have. */
const wanted = async (): Promise<Record<string, number | undefined>> =>
  Object.fromEntries(
    (await workloadsIn(alpha())).map(({ metadata, spec }) => [
      metadata?.labels?.["flare.clastix.io/intent"] ?? "",
      spec?.replicas ?? (spec as { parallelism?: number } | undefined)?.parallelism,
    ]),
  );
const isDeployed = (name: string) =>
  until(() => intents.condition(name, "Deployed")).toBe("True ObjectsApplied");
const isSetAside = (name: string) =>
  until(() => intents.condition(name, "Reserved")).toBe("False OutsideAvailability");

describe("hours", () => {
  it("stop a service, lend its GPUs to others, and let it go on where it was", async () => {
    await submit("web", { gpu: { count: 8 }, spec: closedFrom(5, 10) });
    await isDeployed("web");
    const { placement } = await intents.status("web");
    await submit("guest", { gpu: { count: 8 } });
    await until(() => intents.phase("guest")).toBe("Queued");
    await putClock(6, "web");
    await isSetAside("web");
    const { phase, cost } = await intents.status("web");
    expect([phase, cost?.rate]).toEqual(["Suspended", undefined]);
    await isDeployed("guest");
    expect(await wanted()).toEqual({ web: 0, guest: 1 });
    await putClock(6, "web");
    await until(() => intents.phase("web")).toBe("Queued");
    await intents.remove("guest");
    await isDeployed("web");
    const after = await intents.status("web");
    expect(after.placement).toMatchObject({ namespace: placement?.namespace, tasks: placement?.tasks });
    expect(after.cost?.rate).toBe(placement?.rate);
    await until(wanted).toEqual({ web: 1 });
    expect(hub.log.join("")).toContain('"action":"Resumed"');
  });

  it("keep the tasks of a batch back, in the Job that it has", async () => {
    await submit("night", { type: "Batch", gpu: { count: 8 }, spec: closedFrom(5, 10) });
    await isDeployed("night");
    const [before] = await workloadsIn(alpha());
    await putClock(6, "night");
    await isSetAside("night");
    expect(await wanted()).toEqual({ night: 0 });
    await putClock(6, "night");
    await isDeployed("night");
    const [after] = await workloadsIn(alpha());
    expect(after?.metadata?.uid).toBe(before?.metadata?.uid);
    expect(await wanted()).toEqual({ night: 1 });
    await endJob(alpha(), (await intents.status("night")).placement?.namespace ?? "", "Complete");
    await until(() => intents.phase("night")).toBe("Completed");
  });

  it("keep an Intent from being placed, until they begin by themselves", async () => {
    await submit("early", { spec: closedFrom(-1, 1) });
    await until(() => intents.phase("early")).toBe("Suspended");
    expect(await madeIn(alpha())).toEqual([]);
    await putClock(58 / 60, "early");
    await isDeployed("early");
  });
});

describe("a deadline", () => {
  const batch = (timeout: string) => ({ type: "Batch" as const, workload: { batch: { timeout } } });

  it("that cannot be met is told at once", async () => {
    await submit("late", { ...batch("2h"), spec: { constraints: { deadline: inMinutes(60) } } });
    await until(() => intents.phase("late")).toBe("Failed");
    expect(await intents.condition("late", "Reserved")).toBe("False DeadlineMissed");
    expect((await intents.status("late")).message).toContain("may run for 2h");
  });

  it("ends what runs when it passes, and cleans up", async () => {
    await submit("slow", { ...batch("2m"), spec: { constraints: { deadline: inMinutes(5) } } });
    await isDeployed("slow");
    await putClock(6, "slow");
    await until(() => intents.phase("slow")).toBe("Failed");
    expect(await intents.condition("slow", "Reserved")).toBe("False DeadlineExceeded");
    expect((await intents.status("slow")).cost?.rate).toBeUndefined();
    await until(() => madeIn(alpha())).toEqual([]);
  });
});
