import { describe, expect, it } from "vitest";
import { createEventRecorder, type EventMessage } from "../../../src/kubernetes/event-recorder.ts";
import type { KubeClient } from "../../../src/kubernetes/kube-client.ts";
import { KubeError } from "../../../src/kubernetes/kube-error.ts";

const SUBJECT = { apiVersion: "v1", kind: "Node", name: "gpu-1", uid: "u1" };
const event = (message = "m"): EventMessage => ({ type: "Warning", reason: "R", message });

/** A recorder with a clock of its own and an API that keeps what it gets. */
function recorder(create: () => Promise<unknown> = async () => ({})) {
  const clock = { now: Date.UTC(2026, 0, 1) };
  const created: Record<string, unknown>[] = [];
  const patched: unknown[] = [];
  const errors: unknown[] = [];
  const client = {
    create: async (_: unknown, object: object) => {
      created.push(object as Record<string, unknown>);
      return create();
    },
    patch: async (_: unknown, target: object, patch: object) => {
      patched.push({ ...target, ...patch });
      return {};
    },
  } as unknown as Pick<KubeClient, "create" | "patch">;
  const events = createEventRecorder({
    client,
    component: "flare-agent",
    instance: "gpu-1",
    onError: (error) => errors.push(error),
    now: () => clock.now,
  });
  return { events, clock, created, patched, errors };
}

describe("an event recorder", () => {
  it("records what kubectl describe shows, in the namespace of node Events", async () => {
    const { events, created } = recorder();
    events.record(SUBJECT, event("told"));
    await events.flush();
    expect(created).toEqual([
      expect.objectContaining({
        kind: "Event",
        metadata: { name: expect.stringMatching(/^gpu-1\.[0-9a-f]{16}$/), namespace: "default" },
        involvedObject: SUBJECT,
        type: "Warning",
        reason: "R",
        message: "told",
        count: 1,
        firstTimestamp: "2026-01-01T00:00:00Z",
        lastTimestamp: "2026-01-01T00:00:00Z",
        source: { component: "flare-agent", host: "gpu-1" },
      }),
    ]);
  });

  it.each([
    ["x".repeat(253), 253],
    [`${"x".repeat(235)}-${"y".repeat(17)}`, 252],
  ])(
    "gives it a name that the API server takes, also where the subject's is as long as may be",
    async (name, length) => {
      const { events, created } = recorder();
      events.record({ ...SUBJECT, name }, event());
      await events.flush();
      const told = (created[0] as { metadata: { name: string } }).metadata.name;
      expect(told).toHaveLength(length);
      expect(told).toMatch(/[a-z0-9]\.[0-9a-f]{16}$/);
    },
  );

  it("goes on after the clock was stepped back: neither repetitions nor the flood's bound wait for it to catch up", async () => {
    const { events, clock, created } = recorder();
    for (let index = 0; index < 12; index++) events.record(SUBJECT, event(`before ${index}`));
    clock.now -= 3_600_000;
    events.record(SUBJECT, event("dropped"));
    clock.now += 120_000;
    events.record(SUBJECT, event("before 0"));
    events.record(SUBJECT, event("after"));
    await events.flush();
    expect(created.slice(12).map(({ message, count }) => [message, count])).toEqual([
      ["before 0", 2],
      ["after", 1],
    ]);
  });

  it("counts repetitions and writes them seldom", async () => {
    const { events, clock, created } = recorder();
    for (let minute = 0; minute < 21; minute++) {
      events.record(SUBJECT, event());
      clock.now += 60_000;
    }
    await events.flush();
    expect(created.map((each) => each.count)).toEqual([1, 11, 21]);
  });

  it("repeats the Event of a process that ran before, instead of adding another", async () => {
    const { events, patched, errors } = recorder(() =>
      Promise.reject(new KubeError("conflict", "it exists", { status: 409 })),
    );
    events.record(SUBJECT, event());
    await events.flush();
    expect(patched).toEqual([
      expect.objectContaining({ namespace: "default", count: 1, lastTimestamp: "2026-01-01T00:00:00Z" }),
    ]);
    expect(errors).toEqual([]);
  });

  it("lets no flood through", async () => {
    const { events, clock, created } = recorder();
    for (let i = 0; i < 100; i++) events.record(SUBJECT, event(`message ${i}`));
    clock.now += 3 * 60_000;
    for (let i = 100; i < 200; i++) events.record(SUBJECT, event(`message ${i}`));
    await events.flush();
    expect(created).toHaveLength(15);
  });

  it("lets a flood about one object keep nothing from others", async () => {
    const { events, created } = recorder();
    for (let i = 0; i < 100; i++) events.record(SUBJECT, event(`message ${i}`));
    for (let i = 0; i < 100; i++)
      events.record({ ...SUBJECT, name: `gpu-${i + 2}`, uid: `u${i + 2}` }, event());
    await events.flush();
    expect(created).toHaveLength(12 + 100);
  });

  it("lets no more than so many wait for an API that does not answer", async () => {
    let answer: (() => void) | undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { events, created } = recorder(() => answered);
    for (let i = 0; i < 3000; i++) events.record({ ...SUBJECT, name: `gpu-${i}`, uid: `u${i}` }, event());
    answer?.();
    await events.flush();
    expect(created).toHaveLength(1000);
    events.record({ ...SUBJECT, name: "later", uid: "later" }, event());
    await events.flush();
    expect(created).toHaveLength(1001);
  });

  it("tells of failures and throws none", async () => {
    const failure = new KubeError("forbidden", "no", { status: 403 });
    const { events, errors } = recorder(() => Promise.reject(failure));
    events.record(SUBJECT, event());
    await events.flush();
    expect(errors).toEqual([failure]);
  });
});
