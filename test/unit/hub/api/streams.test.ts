/** Answers that go on: who reads them, and for how long. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Caller } from "../../../../src/hub/api/auth/authenticate.ts";
import { eventsRoute } from "../../../../src/hub/api/intents/events.ts";
import { logsRoute } from "../../../../src/hub/api/logs/logs-route.ts";
import type { ApiRequest, Route } from "../../../../src/hub/api/route.ts";
import type { ApiWorld } from "../../../../src/hub/api/world.ts";
import type { IntentCache } from "../../../../src/hub/intents/intent-cache.ts";
import { type IntentView, viewOf } from "../../../../src/hub/intents/intent-view.ts";
import { minimal } from "../../../support/intents.ts";

type Listener = Parameters<IntentCache["subscribe"]>[0];

const STATUS = {
  placement: {
    provider: "lab",
    node: "gpu-1",
    namespace: "ns",
    gpus: 1,
    generation: 1,
    tasks: [{ index: 0, provider: "lab", node: "gpu-1", resource: "nvidia.com/gpu", units: 1 }],
  },
};
const stateOf = (version: number): IntentView =>
  viewOf(
    {
      ...minimal(),
      metadata: { name: "demo", namespace: "team-a", uid: "u", resourceVersion: `${version}`, generation: 1 },
      status: { ...STATUS, message: `state ${version}` } as never,
    },
    "EUR",
  );
const caller = {
  grant: { tenant: "acme", namespaces: new Map([["team-a", new Set(["intents:read"])]]) },
} as unknown as Caller;

/** Lines of a log, one a second, until the signal aborts. */
async function* lines(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let line = 0; !signal.aborted; line += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    yield Buffer.from(`${line}\n`);
  }
}

function makeWorld() {
  const listeners = new Set<Listener>();
  let current = stateOf(1);
  const pod = { metadata: { name: "demo-0", labels: {} }, status: { phase: "Running" } };
  const client = {
    async *list() {
      yield { items: [pod], resourceVersion: "1" };
    },
    stream: ({ signal }: { signal: AbortSignal }) => Promise.resolve(lines(signal)),
  };
  const world = {
    config: { limits: { streams: 10, streamsPerTenant: 10 } },
    intents: {
      byUid: () => current,
      subscribe: (listener: Listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    providers: { get: () => ({ client: () => client }) },
    streams: new Map<string, number>(),
    now: () => 0,
  } as unknown as ApiWorld;
  return {
    world,
    change: (version: number): void => {
      const previous = current;
      current = stateOf(version);
      for (const tell of listeners) tell({ type: "changed", key: current.key, value: current, previous });
    },
  };
}

/** Asks a route; `again` says whether the token still lets in. */
async function ask(route: Route, again: () => boolean, query = "") {
  const request: ApiRequest = {
    params: { intent_id: "u" },
    query,
    header: () => undefined,
    body: undefined,
    address: "",
    requestId: "",
    signal: () => new AbortController().signal,
    again: () => (again() ? Promise.resolve(caller) : Promise.reject(new Error("revoked"))),
  };
  if (route.access === "public" || route.access === "identity") throw new Error("no such route");
  const reply = await route.handle(request, caller);
  if ("events" in reply) return reply.events;
  if ("chunks" in reply) return reply.chunks;
  throw new Error("no stream");
}

/** Reads a stream for so many seconds, with something new every so often; tells whether it ended. */
async function readFor(stream: AsyncIterable<unknown>, seconds: number, each?: (second: number) => void) {
  let ended = false;
  const reading = (async () => {
    for await (const _ of stream);
    ended = true;
  })();
  for (let second = 1; second <= seconds; second += 1) {
    await vi.advanceTimersByTimeAsync(1000);
    each?.(second);
  }
  await vi.advanceTimersByTimeAsync(0);
  void reading.catch(() => undefined);
  return ended;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a stream that is never quiet", () => {
  it("of events ends when the token does not let in any more", async () => {
    const { world, change } = makeWorld();
    let isGood = true;
    const stream = await ask(eventsRoute(world), () => isGood);
    const ended = await readFor(stream, 60, (second) => {
      if (second % 5 === 0) change(second + 1);
      if (second === 20) isGood = false;
    });
    expect(ended).toBe(true);
    expect(world.streams.size).toBe(0);
  });

  it("of events goes on while it does", async () => {
    const { world, change } = makeWorld();
    const stream = await ask(eventsRoute(world), () => true);
    expect(await readFor(stream, 60, (second) => change(second + 1))).toBe(false);
  });

  it("of a log ends when the token does not let in any more", async () => {
    const { world } = makeWorld();
    let isGood = true;
    const stream = await ask(logsRoute(world), () => isGood, "follow=true");
    const ended = await readFor(stream, 60, (second) => {
      if (second === 20) isGood = false;
    });
    expect(ended).toBe(true);
  });

  it("of a log goes on while it does", async () => {
    const { world } = makeWorld();
    const stream = await ask(logsRoute(world), () => true, "follow=true");
    expect(await readFor(stream, 60)).toBe(false);
  });
});

describe("a reader of events that does not read", () => {
  it("is sent away, and nothing piles up for it", async () => {
    const { world, change } = makeWorld();
    const stream = (await ask(eventsRoute(world), () => true)) as AsyncGenerator<unknown>;
    await stream.next();
    for (let version = 2; version < 1000; version += 1) change(version);
    expect((await stream.next()).done).toBe(true);
    expect(world.streams.size).toBe(0);
  });
});
