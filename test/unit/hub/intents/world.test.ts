import { describe, expect, it } from "vitest";
import { createBook } from "../../../../src/hub/intents/book.ts";
import { createDemand } from "../../../../src/hub/intents/demand.ts";
import { createIntentStore } from "../../../../src/hub/intents/intent-store.ts";
import { type IntentView, viewOf } from "../../../../src/hub/intents/intent-view.ts";
import { take, type World } from "../../../../src/hub/intents/world.ts";
import { minimal } from "../../../support/intents.ts";

function makeWorld() {
  const held = new Map<string, number>();
  const pool = { offers: () => [] };
  const reservations = {
    set: (uid: string, reserved: readonly unknown[]) => void held.set(uid, reserved.length),
  };
  const world = {
    store: createIntentStore(),
    tenants: { of: (namespace: string) => (namespace === "team-a" ? "acme" : namespace) },
    book: createBook({ pool, reservations, currencyRates: {} }),
    demand: createDemand(),
    unsure: new Map(),
    told: new Map(),
    tried: new Map(),
    obstacles: new Map(),
    schedule: () => undefined,
    clean: () => undefined,
  } as unknown as World;
  return { world, held };
}

const PLACED = {
  phase: "Reserved",
  conditions: [
    {
      type: "Reserved",
      status: "True",
      reason: "Placed",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    },
  ],
  placement: {
    provider: "lab",
    node: "gpu-1",
    namespace: "ns",
    generation: 1,
    gpus: 1,
    engine: "direct",
    tasks: [{ index: 0, provider: "lab", node: "gpu-1", resource: "nvidia.com/gpu", units: 1 }],
  },
};
const view = (uid: string, resourceVersion: string, status: object = {}): IntentView => {
  const metadata = { name: "demo", namespace: "team-a", uid, resourceVersion, generation: 1 };
  return viewOf({ ...minimal(), metadata, status }, "EUR");
};

describe("the tenant of an Intent", () => {
  it("is that of its namespace, whatever the Intent says of it", () => {
    const { world } = makeWorld();
    const labels = { "capsule.clastix.io/tenant": "globex", "flare.clastix.io/tenant": "globex" };
    const metadata = { name: "demo", uid: "u", resourceVersion: "1", generation: 1, labels };
    for (const namespace of ["team-a", "team-b"])
      take(world, viewOf({ ...minimal(), metadata: { ...metadata, namespace, uid: namespace } }, "EUR"));
    expect(world.store.get("team-a/demo")?.tenant).toBe("acme");
    expect(world.store.get("team-b/demo")?.tenant).toBe("team-b");
  });
});

describe("an Intent that was made anew under its name while nobody looked", () => {
  it("takes the place of the old one, which holds nothing any more", () => {
    const { world, held } = makeWorld();
    take(world, view("old", "1", PLACED));
    expect(held.get("old")).toBe(1);
    take(world, view("new", "3"));
    expect(held.get("old")).toBe(0);
    expect(world.store.get("team-a/demo")?.uid).toBe("new");
  });

  it("is not replaced by a word of the old one that was never heard of", () => {
    const { world, held } = makeWorld();
    take(world, view("new", "3", PLACED));
    take(world, view("old", "2"));
    expect(world.store.get("team-a/demo")?.uid).toBe("new");
    expect(held.get("new")).toBe(1);
  });

  it("is not replaced by a late word of the old one", () => {
    const { world, held } = makeWorld();
    take(world, view("old", "1", PLACED));
    take(world, view("new", "3"));
    take(world, view("old", "2", PLACED));
    expect(world.store.get("team-a/demo")?.uid).toBe("new");
    expect(held.get("old")).toBe(0);
  });
});
