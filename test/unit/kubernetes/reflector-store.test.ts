import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../src/kubernetes/objects.ts";
import { type Change, createReflectorStore } from "../../../src/kubernetes/reflector-store.ts";

interface Zone {
  readonly zone: string;
}

const node = (resourceVersion: string, zone: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "a", resourceVersion, labels: { zone } },
});

function storeOf(isSame?: (before: Zone, after: Zone) => boolean) {
  const changes: Change<Zone>[] = [];
  const store = createReflectorStore<KubeObject, Zone>({
    transform: ({ metadata }) => ({ zone: metadata?.labels?.zone ?? "" }),
    isSame,
    onChange: (change) => changes.push(change),
    onHandlerError: (error) => expect.unreachable(String(error)),
  });
  return { store, types: () => changes.map(({ type }) => type), value: () => store.values.get("a")?.value };
}

describe("reflector store, told what counts as the same", () => {
  const sameZone = (before: Zone, after: Zone): boolean => before.zone === after.zone;

  it("keeps the old value of an object of which nothing that is kept has changed, and tells nobody", () => {
    const { store, types, value } = storeOf(sameZone);
    store.put(node("1", "x"));
    const first = value();
    store.put(node("2", "x"));
    expect(types()).toEqual(["added"]);
    expect(value()).toBe(first);
  });

  it("remembers the newer version: the change after it is one", () => {
    const { store, types, value } = storeOf(sameZone);
    store.put(node("1", "x"));
    store.put(node("2", "x"));
    expect(store.values.get("a")?.resourceVersion).toBe("2");
    store.put(node("3", "y"));
    expect(types()).toEqual(["added", "changed"]);
    expect(value()).toEqual({ zone: "y" });
  });

  it("takes every version as a change where it was not told", () => {
    const { store, types } = storeOf();
    store.put(node("1", "x"));
    store.put(node("2", "x"));
    store.put(node("2", "x"));
    expect(types()).toEqual(["added", "changed"]);
  });
});
