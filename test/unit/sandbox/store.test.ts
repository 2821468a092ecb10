import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../src/sandbox/object.ts";
import { createStore, type StoreEvent } from "../../../src/sandbox/store.ts";

const thing = (name: string, value = ""): KubeObject => ({
  apiVersion: "v1",
  kind: "Thing",
  metadata: { name },
  value,
});
const names = (objects: readonly KubeObject[]): readonly string[] =>
  objects.map(({ metadata }) => metadata.name);

describe("the store", () => {
  test("gives every write a revision of its own, across resources", () => {
    const store = createStore(10);
    const revisions = [
      store.put("/a", thing("x")),
      store.put("/b", thing("x")),
      store.remove("/a", thing("x")),
    ].map(({ metadata }) => Number(metadata.resourceVersion));
    expect(revisions).toEqual([revisions[0], (revisions[0] ?? 0) + 1, (revisions[0] ?? 0) + 2]);
    expect(store.revision()).toBe(revisions[2]);
  });

  test("shows a resource as it was at an earlier revision", () => {
    const store = createStore(10);
    store.put("/a", thing("x", "1"));
    store.put("/a", thing("y"));
    const then = store.revision();
    store.put("/a", thing("x", "2"));
    store.put("/a", thing("z"));
    store.remove("/a", thing("y"));
    expect(names(store.list("/a"))).toEqual(["x", "z"]);
    expect(names(store.listAt(then, "/a"))).toEqual(["x", "y"]);
    expect(store.listAt(then, "/a")[0]?.value).toBe("1");
  });

  test("keeps at least so many events, and tells when it no longer reaches back", () => {
    const store = createStore(3);
    const start = store.revision();
    for (let index = 0; index < 20; index += 1) store.put("/a", thing(`x${index}`));
    expect(store.since(store.revision() - 3, "/a")).toHaveLength(3);
    expect(() => store.since(start, "/a")).toThrow(expect.objectContaining({ code: 410, reason: "Expired" }));
  });

  test("knows nothing of the past after a compaction, but all that is and all that comes", () => {
    const store = createStore(10);
    store.put("/a", thing("x"));
    const before = store.revision();
    store.compact();
    expect(() => store.since(before, "/a")).toThrow(/^too old resource version/);
    const after = store.revision();
    store.put("/a", thing("y"));
    expect(store.since(after, "/a").map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      "ADDED y",
    ]);
    expect(names(store.list("/a"))).toEqual(["x", "y"]);
  });

  test("tells subscribers what was there before", () => {
    const store = createStore(10);
    const events: StoreEvent[] = [];
    const stop = store.subscribe((event) => events.push(event));
    store.put("/a", thing("x", "1"));
    store.put("/a", thing("x", "2"));
    stop();
    store.remove("/a", thing("x"));
    expect(events.map(({ type, previous }) => [type, previous?.value])).toEqual([
      ["ADDED", undefined],
      ["MODIFIED", "1"],
    ]);
  });

  test("removing what is not there is no event", () => {
    const store = createStore(10);
    const before = store.revision();
    store.remove("/a", thing("x"));
    expect(store.revision()).toBe(before);
  });
});
