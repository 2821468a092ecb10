import { afterEach, describe, expect, it } from "vitest";
import type { KubeObject } from "../../../src/kubernetes/objects.ts";
import { NODES } from "../../../src/kubernetes/objects.ts";
import { createReflector } from "../../../src/kubernetes/reflector.ts";
import type { ReflectorState, ReflectorStateName } from "../../../src/kubernetes/reflector-state.ts";
import type { Change } from "../../../src/kubernetes/reflector-store.ts";
import { sleep } from "../../../src/kubernetes/timing.ts";
import {
  type Answer,
  failure,
  json,
  node,
  nodeList,
  type ScriptedApi,
  startScriptedApi,
  stream,
} from "./scripted-api.ts";

const hang = stream([], "hang");
const event = (type: string, object: object): object => ({ type, object });

let api: ScriptedApi | undefined;
let stopper = new AbortController();

afterEach(async () => {
  stopper.abort();
  stopper = new AbortController();
  await api?.stop();
});

/** Runs a reflector against a script until `until` holds, and tells what it did. */
async function reflect(script: readonly Answer[], until: (seen: Seen) => boolean, silenceMs = 5000) {
  api = await startScriptedApi(script);
  const seen: Seen = { states: [], changes: [], errors: [], delays: [], requests: api.requests };
  const reflector = createReflector<KubeObject, string>({
    client: api.client,
    resource: NODES,
    fieldSelector: "metadata.name=a",
    transform: (object) => {
      if (object.metadata?.labels?.explode === "transform") throw new Error("transform failed");
      return object.metadata?.resourceVersion ?? "";
    },
    onChange: (change) => {
      seen.changes.push(change);
      if (change.type === "added" && change.key === "explode") throw new Error("handler failed");
    },
    onHandlerError: (error) => seen.errors.push(error),
    onState: (state) => seen.states.push(state),
    silenceMs,
    random: () => 0.5,
    sleep: async (milliseconds, signal) => {
      seen.delays.push(milliseconds);
      await sleep(1, signal);
    },
  });
  const running = reflector.run(stopper.signal);
  await expect.poll(() => until(seen), { timeout: 3000, interval: 5 }).toBe(true);
  stopper.abort();
  await running;
  return { ...seen, names: seen.states.map((state) => state.name), values: reflector.values() };
}

interface Seen {
  readonly states: ReflectorState[];
  readonly changes: Change<string>[];
  readonly errors: unknown[];
  readonly delays: number[];
  readonly requests: ScriptedApi["requests"];
}

const changes =
  (count: number) =>
  (seen: Seen): boolean =>
    seen.changes.length >= count;
const visits =
  (name: ReflectorStateName, times: number) =>
  (seen: Seen): boolean =>
    seen.states.filter((state) => state.name === name).length >= times;
const lists = (seen: Pick<Seen, "requests">): number =>
  seen.requests.filter((request) => request.query.watch === undefined).length;

describe("reflector", () => {
  it("lists page by page, then tells of every change of the watch", async () => {
    const seen = await reflect(
      [
        json(nodeList(10, [node("a", 3)], "more")),
        json(nodeList(10, [node("b", 4)])),
        stream(
          [event("ADDED", node("c", 11)), event("MODIFIED", node("a", 12)), event("DELETED", node("b", 13))],
          "hang",
        ),
      ],
      changes(5),
    );
    expect(seen.changes).toEqual([
      { type: "added", key: "a", value: "3" },
      { type: "added", key: "b", value: "4" },
      { type: "added", key: "c", value: "11" },
      { type: "changed", key: "a", value: "12", previous: "3" },
      { type: "deleted", key: "b", previous: "4" },
    ]);
    expect(seen.values).toEqual(["12", "11"]);
    expect(seen.names).toEqual(["LIST", "SYNCED", "CONNECT", "WATCH", "STOPPED"]);
  });

  it("asks for bookmarks, a jittered server timeout, its selector and the version of the list", async () => {
    const seen = await reflect([json(nodeList(10, [])), hang], visits("WATCH", 1));
    expect(seen.requests.map((request) => request.query)).toEqual([
      { fieldSelector: "metadata.name=a", resourceVersion: "0", limit: "500" },
      {
        watch: "true",
        allowWatchBookmarks: "true",
        fieldSelector: "metadata.name=a",
        resourceVersion: "10",
        timeoutSeconds: "270",
      },
    ]);
  });

  it.each([
    ["a clean close", stream([event("BOOKMARK", node("", 20))]), "CLOSED"],
    ["a cut", stream([event("BOOKMARK", node("", 20))], "cut"), "BROKEN"],
    ["a freeze", stream([event("BOOKMARK", node("", 20))], "hang"), "SILENT"],
  ] as const)("resumes from the last bookmark after %s, without a list", async (_name, ending, state) => {
    const seen = await reflect([json(nodeList(10, [node("a", 3)])), ending, hang], visits("WATCH", 2), 100);
    expect(seen.names.slice(0, 8)).toEqual([
      "LIST",
      "SYNCED",
      "CONNECT",
      "WATCH",
      state,
      "BACKOFF",
      "RESUME",
      "WATCH",
    ]);
    expect(seen.requests[2]?.query.resourceVersion).toBe("20");
    expect(lists(seen)).toBe(1);
  });

  it.each([
    [
      "as an ERROR event",
      stream([event("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old" })]),
    ],
    ["as a status", failure(410, "Expired")],
  ])("lists again after 410 %s, and tells only what differs", async (_name, expired) => {
    const seen = await reflect(
      [
        json(nodeList(10, [node("same", 1), node("new-version", 2), node("gone", 3)])),
        expired,
        json(nodeList(50, [node("same", 1), node("new-version", 40), node("new", 41)])),
        hang,
      ],
      visits("SYNCED", 2),
    );
    expect(seen.changes.slice(3)).toEqual([
      { type: "changed", key: "new-version", value: "40", previous: "2" },
      { type: "added", key: "new", value: "41" },
      { type: "deleted", key: "gone", previous: "3" },
    ]);
    expect(seen.names).toContain("EXPIRED");
    expect(seen.requests[2]?.query).not.toHaveProperty("resourceVersion");
  });

  it.each([
    ["garbage", "<html>502 Bad Gateway</html>\n"],
    ["JSON that is no event", '{"hello":"world"}\n'],
    ["half a line at the end", '{"type":"MODIFIED","object":{"metada'],
    ["an object without a name", '{"type":"ADDED","object":{"metadata":{}}}\n'],
  ])("lists again after %s in the stream, since an event may be lost", async (_name, line) => {
    const seen = await reflect(
      [json(nodeList(10, [])), stream([line]), json(nodeList(11, [node("a", 11)])), hang],
      changes(1),
    );
    expect(seen.names.slice(0, 6)).toEqual(["LIST", "SYNCED", "CONNECT", "WATCH", "GARBLED", "BACKOFF"]);
    expect(seen.values).toEqual(["11"]);
  });

  it("waits as long as the server asks after 429", async () => {
    const busy = failure(429, "TooManyRequests", {}, { "Retry-After": "7" });
    const seen = await reflect([busy, json(nodeList(10, [])), hang], visits("WATCH", 1));
    expect(seen.delays).toEqual([7000]);
    expect(seen.names.slice(0, 4)).toEqual(["LIST", "REFUSED", "BACKOFF", "LIST"]);
  });

  it("backs off longer with every failure, and starts over after data", async () => {
    const down = failure(500, "InternalError");
    const seen = await reflect(
      [json(nodeList(1, [])), down, down, down, stream([event("ADDED", node("a", 2))]), down, hang],
      (state) => state.requests.length >= 7,
    );
    expect(seen.delays.slice(0, 3)).toEqual([275, 525, 1025]);
    expect(seen.delays.slice(3, 5)).toEqual([275, 275]);
  });

  it("says why it is refused, with verb and resource", async () => {
    const forbidden = failure(403, "Forbidden", {
      message: 'nodes is forbidden: User "bob" cannot list resource "nodes"',
    });
    const seen = await reflect([forbidden, hang], visits("REFUSED", 1));
    const refused = seen.states.find((state) => state.name === "REFUSED");
    expect(refused).toMatchObject({
      error: { code: "forbidden", message: expect.stringContaining('User "bob" cannot list') },
    });
  });

  it("reports what handlers throw and goes on", async () => {
    const seen = await reflect(
      [
        json(nodeList(10, [node("explode", 1), node("bad", 2, { explode: "transform" }), node("a", 3)])),
        hang,
      ],
      visits("WATCH", 1),
    );
    expect(seen.errors.map(String)).toEqual(["Error: handler failed", "Error: transform failed"]);
    expect(seen.values).toEqual(["1", "3"]);
  });

  it("finds the server again after it was away", async () => {
    const away: Answer = (_request, response) => response.socket?.destroy();
    const seen = await reflect(
      [json(nodeList(10, [])), away, away, stream([event("ADDED", node("a", 11))], "hang")],
      changes(1),
    );
    expect(seen.names).toEqual([
      "LIST",
      "SYNCED",
      "CONNECT",
      "BROKEN",
      "BACKOFF",
      "RESUME",
      "WATCH",
      "STOPPED",
    ]);
  });

  it("stops at once when aborted in the middle of a wait", async () => {
    api = await startScriptedApi([failure(503, "ServiceUnavailable", {}, { "Retry-After": "60" })]);
    const states: ReflectorStateName[] = [];
    const reflector = createReflector<KubeObject, string>({
      client: api.client,
      resource: NODES,
      transform: () => "",
      onChange: () => undefined,
      onHandlerError: () => undefined,
      onState: ({ name }) => {
        states.push(name);
        if (name === "BACKOFF") setTimeout(() => stopper.abort(), 5);
      },
    });
    await reflector.run(stopper.signal);
    expect(states).toEqual(["LIST", "REFUSED", "BACKOFF", "STOPPED"]);
  });
});
