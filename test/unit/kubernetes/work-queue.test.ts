import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDueQueue } from "../../../src/kubernetes/due-queue.ts";
import { createRateLimit } from "../../../src/kubernetes/rate-limit.ts";
import { createWorkQueue, type WorkQueueOptions } from "../../../src/kubernetes/work-queue.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const pass = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

/** A queue whose work is noted as `time:key`; each takes `workMs` and fails for keys that start with "bad". */
function create(options: Partial<WorkQueueOptions> & { readonly workMs?: number } = {}) {
  const begun: string[] = [];
  const errors: string[] = [];
  let most = 0;
  let active = 0;
  const queue = createWorkQueue({
    work: async (key) => {
      begun.push(`${Date.now()}:${key}`);
      active += 1;
      most = Math.max(most, active);
      if (options.workMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.workMs));
      active -= 1;
      if (key.startsWith("bad")) throw new Error("refused");
      return {};
    },
    onError: (key, _, failures) => errors.push(`${key} ${failures}`),
    random: () => 1,
    ...options,
  });
  return { queue, begun, errors, most: () => most };
}

describe("a work queue", () => {
  it("works on a key once, however often it was added", async () => {
    const { queue, begun } = create();
    for (let i = 0; i < 5; i++) queue.add("a");
    queue.add("b");
    await pass(0);
    expect(begun).toEqual(["0:a", "0:b"]);
    expect(queue.size()).toBe(0);
  });

  it("works on a key that is added during its work once more afterwards, never at the same time", async () => {
    const { queue, begun, most } = create({ workMs: 100, concurrency: 4 });
    queue.add("a");
    await pass(10);
    for (let i = 0; i < 3; i++) queue.add("a");
    await pass(1000);
    expect(begun).toEqual(["0:a", "100:a"]);
    expect(most()).toBe(1);
  });

  it("takes the least of several delays, and the highest of several priorities", async () => {
    const { queue, begun } = create();
    queue.add("late", { delayMs: 500 });
    queue.add("late", { delayMs: 100 });
    queue.add("late", { delayMs: 900 });
    await pass(1000);
    queue.add("plain");
    queue.add("urgent");
    queue.add("urgent", { priority: 5 });
    await pass(0);
    expect(begun).toEqual(["100:late", "1000:urgent", "1000:plain"]);
  });

  it("works on as many keys at a time as it may", async () => {
    const { queue, begun, most } = create({ workMs: 100, concurrency: 2 });
    for (const key of ["a", "b", "c"]) queue.add(key);
    await pass(1000);
    expect(begun).toEqual(["0:a", "0:b", "100:c"]);
    expect(most()).toBe(2);
  });

  it("retries each key by its own count of failures, doubling up to the cap, without holding up others", async () => {
    const { queue, begun, errors } = create({ baseDelayMs: 100, maxDelayMs: 300 });
    queue.add("bad");
    await pass(250);
    queue.add("good");
    await pass(750);
    expect(begun).toEqual(["0:bad", "100:bad", "250:good", "300:bad", "600:bad", "900:bad"]);
    expect(errors.at(-1)).toBe("bad 5");
  });

  it("forgets the failures of a key that succeeds", async () => {
    let refuse = true;
    const { queue, errors } = create({
      baseDelayMs: 100,
      work: () => (refuse ? Promise.reject(new Error("refused")) : Promise.resolve({})),
    });
    queue.add("a");
    await pass(150);
    refuse = false;
    await pass(1000);
    refuse = true;
    queue.add("a");
    await pass(0);
    expect(errors).toEqual(["a 1", "a 2", "a 1"]);
  });

  it("lets half of the wait be drawn by lot", async () => {
    const { queue, begun } = create({ baseDelayMs: 100, random: () => 0 });
    queue.add("bad");
    await pass(60);
    expect(begun).toEqual(["0:bad", "50:bad"]);
  });

  it("comes back to a key when its work asked for it", async () => {
    const times: number[] = [];
    const { queue } = create({
      work: () => Promise.resolve(times.push(Date.now()) < 3 ? { requeueAfterMs: 1000 } : {}),
    });
    queue.add("a");
    await pass(10_000);
    expect(times).toEqual([0, 1000, 2000]);
  });

  it("drops a waiting key, but not the work on it", async () => {
    const { queue, begun } = create({ workMs: 100 });
    queue.add("a");
    queue.add("b");
    await pass(10);
    queue.drop("a");
    queue.drop("b");
    await pass(1000);
    expect(begun).toEqual(["0:a"]);
  });

  it("keeps within its rate limit, and in the order of urgency", async () => {
    const { queue, begun } = create({ limit: createRateLimit({ burst: 2, perSecond: 1 }) });
    for (const key of ["a", "b", "c", "d"]) queue.add(key);
    await pass(500);
    queue.add("urgent", { priority: 1 });
    await pass(5000);
    expect(begun).toEqual(["0:a", "0:b", "1000:urgent", "2000:c", "3000:d"]);
  });

  it("tells how many keys are due", async () => {
    const { queue } = create({ workMs: 100 });
    for (const key of ["a", "b", "c"]) queue.add(key);
    queue.add("later", { delayMs: 1000 });
    await pass(0);
    expect([queue.size(), queue.due()]).toEqual([4, 2]);
  });

  it("stops: ends what it does, begins nothing more, takes nothing more", async () => {
    const signals: AbortSignal[] = [];
    const { queue } = create({
      work: (_, signal) => {
        signals.push(signal);
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("stopped")));
        });
      },
    });
    queue.add("a");
    queue.add("b");
    await pass(0);
    await queue.stop();
    queue.add("c");
    await pass(1000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it("whatever is added when: no key is lost, none works twice at a time, the last wish is met after it was made", async () => {
    const additions = fc.array(
      fc.record({ at: fc.nat(500), key: fc.constantFrom("a", "b", "c"), delayMs: fc.nat(300) }),
      { minLength: 1, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(additions, fc.integer({ min: 1, max: 3 }), async (added, concurrency) => {
        vi.setSystemTime(0);
        const active = new Set<string>();
        const begun: { readonly key: string; readonly at: number }[] = [];
        const queue = createWorkQueue({
          concurrency,
          onError: () => undefined,
          work: async (key) => {
            expect(active.has(key)).toBe(false);
            active.add(key);
            begun.push({ key, at: Date.now() });
            await new Promise((resolve) => setTimeout(resolve, 40));
            active.delete(key);
            return {};
          },
        });
        for (const { at, key, delayMs } of added) setTimeout(() => queue.add(key, { delayMs }), at);
        await pass(5000);
        for (const { at, key } of added)
          expect(begun.some((run) => run.key === key && run.at >= at)).toBe(true);
        expect(begun.length).toBeLessThanOrEqual(added.length);
        expect(queue.size()).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a due queue", () => {
  it("gives each key once: the due by priority, time and age", () => {
    const wanted = fc.record({
      key: fc.constantFrom("a", "b", "c", "d", "e"),
      dueAt: fc.nat(20),
      priority: fc.integer({ min: -2, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(wanted), fc.nat(20), (puts, now) => {
        const queue = createDueQueue();
        const model = new Map<string, { dueAt: number; priority: number; order: number }>();
        for (const { key, dueAt, priority } of puts) {
          queue.put({ key, dueAt, priority });
          const known = model.get(key);
          model.set(key, {
            dueAt: Math.min(dueAt, known?.dueAt ?? dueAt),
            priority: Math.max(priority, known?.priority ?? priority),
            order: known?.order ?? model.size,
          });
        }
        const due = [...model].filter(([, { dueAt }]) => dueAt <= now);
        due.sort(([, a], [, b]) => b.priority - a.priority || a.dueAt - b.dueAt || a.order - b.order);
        expect(queue.due(now)).toBe(due.length);
        expect(due.map(() => queue.take(now)?.key)).toEqual(due.map(([key]) => key));
        expect(queue.take(now)).toBeUndefined();
        expect(queue.size()).toBe(model.size - due.length);
      }),
    );
  });

  it("does not grow with keys that come and go", () => {
    const queue = createDueQueue();
    for (let round = 0; round < 10_000; round++) {
      queue.put({ key: "a", dueAt: 1e9 + round, priority: 0 });
      queue.remove("a");
    }
    queue.put({ key: "b", dueAt: 5, priority: 0 });
    expect([queue.size(), queue.nextAt(), queue.take(5)?.key]).toEqual([1, 5, "b"]);
  });
});

describe("a rate limit", () => {
  it("lets a burst pass, then so many a second, and saves up no more than a burst", () => {
    let now = 0;
    const limit = createRateLimit({ burst: 2, perSecond: 10, now: () => now });
    expect([limit(), limit(), limit()]).toEqual([0, 0, 100]);
    now = 100;
    expect([limit(), limit()]).toEqual([0, 100]);
    now = 10_000;
    expect([limit(), limit(), limit()]).toEqual([0, 0, 100]);
  });
});
