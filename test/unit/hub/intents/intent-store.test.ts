import { describe, expect, it } from "vitest";
import { createIntentStore } from "../../../../src/hub/intents/intent-store.ts";
import { FINALIZER, type IntentView, viewOf } from "../../../../src/hub/intents/intent-view.ts";
import { heldPlacements } from "../../../../src/hub/intents/places.ts";
import { minimal } from "../../../support/intents.ts";

interface Parts {
  readonly version?: number;
  readonly uid?: string;
  readonly nodes?: readonly string[];
  readonly metadata?: object;
}

function view({ version = 1, uid = "u", nodes = [], metadata = {} }: Parts): IntentView {
  const tasks = nodes.map((node, index) => ({
    index,
    provider: "alpha",
    node,
    resource: "nvidia.com/gpu",
    units: 1,
  }));
  const placement = { provider: "alpha", node: nodes.join(), namespace: "ns", generation: 1, gpus: 1, tasks };
  const reserved = {
    type: "Reserved",
    status: "True",
    reason: "Placed",
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
    observedGeneration: 1,
  } as const;
  const own = { name: "demo", namespace: "team-a", uid, generation: 1, resourceVersion: String(version) };
  const status = nodes.length === 0 ? {} : { placement, conditions: [reserved] };
  return viewOf({ ...minimal(), metadata: { ...own, ...metadata }, status }, "EUR");
}

describe("the store of Intents", () => {
  it("knows who is on a node, as the newest state has it", () => {
    const store = createIntentStore();
    const on = (node: string): string[] => [...store.on("alpha", node)];
    store.put(view({ version: 2, nodes: ["gpu-1", "gpu-2", "gpu-2"] }));
    expect([on("gpu-1"), on("gpu-2"), on("gpu-3")]).toEqual([["team-a/demo"], ["team-a/demo"], []]);
    store.put(view({ version: 1, nodes: ["gpu-3"] }));
    expect([on("gpu-1"), on("gpu-3")]).toEqual([["team-a/demo"], []]);
    store.put(view({ version: 3, nodes: ["gpu-3"] }));
    expect([on("gpu-1"), on("gpu-2"), on("gpu-3")]).toEqual([[], [], ["team-a/demo"]]);
    store.remove("team-a/demo", "u");
    expect(on("gpu-3")).toEqual([]);
  });

  it("keeps a new Intent of the same name when the old one is removed", () => {
    const store = createIntentStore();
    store.put(view({ nodes: ["gpu-1"] }));
    store.put(view({ uid: "new", nodes: ["gpu-2"] }));
    store.remove("team-a/demo", "u");
    expect([[...store.on("alpha", "gpu-1")], [...store.on("alpha", "gpu-2")]]).toEqual([[], ["team-a/demo"]]);
  });
});

describe("a state of an Intent", () => {
  it("has the spec of the state before as long as the generation is the same", () => {
    const first = view({});
    const object = { ...minimal(), spec: { nonsense: true } };
    const next = (metadata: object): IntentView =>
      viewOf({ ...object, metadata: { name: "demo", namespace: "team-a", ...metadata } }, "EUR", first);
    expect(next({ uid: "u", generation: 1 }).read).toBe(first.read);
    expect(next({ uid: "u", generation: 2 }).read.ok).toBe(false);
    expect(next({ uid: "other", generation: 1 }).read.ok).toBe(false);
    expect(next({ uid: "u" }).read.ok).toBe(false);
  });

  it.each([
    ["placed", {}, 1],
    [
      "deleted, and cleaned up by us",
      { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [FINALIZER] },
      1,
    ],
    [
      "deleted, and none of our business any more",
      { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["x/y"] },
      0,
    ],
  ])("that is %s holds what it should", (_, metadata, held) => {
    expect(heldPlacements(view({ nodes: ["gpu-1"], metadata }))).toHaveLength(held);
  });
});
