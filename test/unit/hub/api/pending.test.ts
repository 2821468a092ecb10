import { describe, expect, it } from "vitest";
import { createPendingIntents } from "../../../../src/hub/api/intents/pending.ts";
import type { Share } from "../../../../src/hub/api/intents/quota.ts";
import type { IntentCache } from "../../../../src/hub/intents/intent-cache.ts";

const share: Share = { gpus: 1, model: undefined, rate: undefined, namespace: "acme", units: {} };

/** The count, the cache that it listens to, and requests that are answered when the test says so. */
function start() {
  let tell: Parameters<IntentCache["subscribe"]>[0] = () => undefined;
  const intents: Pick<IntentCache, "subscribe"> = {
    subscribe: (listener) => {
      tell = listener;
      return () => undefined;
    },
  };
  const pending = createPendingIntents(intents, () => 0);
  return {
    pending,
    seen: (uid: string, generation = 1) =>
      tell({ type: "changed", value: { uid, generation } } as Parameters<typeof tell>[0]),
    request: (key?: string) => {
      let answer: (uid: string, generation?: number) => void = () => undefined;
      let fail: (error: Error) => void = () => undefined;
      const answered = new Promise<{ metadata: { uid: string; generation: number } }>((resolve, reject) => {
        answer = (uid, generation = 1) => resolve({ metadata: { uid, generation } });
        fail = reject;
      });
      const done = pending.carryOut({ tenant: "acme", key, share }, () => answered);
      return { answer, fail, done };
    },
  };
}

describe("requests that are being carried out", () => {
  it("count until the cache has seen what they made, whichever comes first", async () => {
    const { pending, seen, request } = start();
    const [early, late] = [request(), request()];
    expect(pending.of("acme")).toEqual([share, share]);
    early.answer("1");
    await early.done;
    expect(pending.of("acme")).toHaveLength(2);
    seen("1");
    expect(pending.of("acme")).toHaveLength(1);
    seen("2");
    late.answer("2");
    await late.done;
    expect(pending.of("acme")).toEqual([]);
  });

  it("that change an Intent count until the cache has seen the change, not an earlier state", async () => {
    const { pending, seen, request } = start();
    const { answer, done } = request("acme/a");
    expect(["acme/a", "acme/b"].map((key) => pending.changing().has(key))).toEqual([true, false]);
    seen("1", 1);
    answer("1", 2);
    await done;
    seen("1", 1);
    expect(pending.changing().has("acme/a")).toBe(true);
    seen("1", 2);
    expect(pending.changing().has("acme/a")).toBe(false);
    expect(pending.of("acme")).toEqual([]);
  });

  it("do not count when they fail, nor for another tenant", async () => {
    const { pending, request } = start();
    const { fail, done } = request();
    expect(pending.of("other")).toEqual([]);
    fail(new Error("no"));
    await expect(done).rejects.toThrow("no");
    expect(pending.of("acme")).toEqual([]);
  });

  it("for the same Intent do not count for each other, only for those for another", () => {
    const { pending, request } = start();
    for (const key of ["acme/a", "acme/a", undefined]) request(key);
    expect(pending.of("acme", "acme/a")).toEqual([share]);
    expect(pending.of("acme", "acme/b")).toHaveLength(3);
    expect(pending.of("acme")).toHaveLength(3);
  });
});
