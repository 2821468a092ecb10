import { describe, expect, it } from "vitest";
import { crowdedOut } from "../../../../src/hub/intents/crowding.ts";
import { createIntentStore } from "../../../../src/hub/intents/intent-store.ts";
import { viewOf } from "../../../../src/hub/intents/intent-view.ts";
import { asReservations, heldPlacements } from "../../../../src/hub/intents/places.ts";
import type { PooledNode } from "../../../../src/hub/inventory/offer-pool.ts";
import { createReservations } from "../../../../src/hub/inventory/reservations.ts";
import type { IntentPhase } from "../../../../src/intent/status-schema.ts";
import { minimal } from "../../../support/intents.ts";

const EARLY = "2026-01-01T00:00:00Z";
const LATE = "2026-01-01T00:00:05Z";

interface Booked {
  readonly uid: string;
  readonly since?: string;
  readonly phase?: IntentPhase;
  readonly units?: number;
  /** It leaves: its place is still held until it is clean. */
  readonly left?: boolean;
}

function view({ uid, since = EARLY, phase = "Provisioning", units = 1, left = false }: Booked) {
  const tasks = [{ index: 0, provider: "alpha", node: "gpu-1", resource: "nvidia.com/gpu", units }];
  const reserved = {
    type: "Reserved",
    status: left ? ("False" as const) : ("True" as const),
    reason: "Placed",
    message: "",
    lastTransitionTime: since,
  };
  const place = left
    ? { abandoned: [{ provider: "alpha", namespace: uid, tasks }] }
    : { placement: { provider: "alpha", namespace: uid, gpus: units, since, tasks } };
  const metadata = { name: uid, namespace: "team-a", uid, resourceVersion: "1" };
  return viewOf({ ...minimal(), metadata, status: { phase, conditions: [reserved], ...place } }, "EUR");
}

/** Uids of those that have to leave a node with that many GPUs, of which `free` are not somebody else's. */
function leaving(booked: readonly Booked[], node: { total?: number; free?: number; closed?: boolean } = {}) {
  const { total = 1, free = total, closed = false } = node;
  const views = booked.map(view);
  const store = createIntentStore();
  const reservations = createReservations();
  for (const each of views) {
    store.put(each);
    reservations.set(each.uid, asReservations(heldPlacements(each)));
  }
  const offers = [{ resource: "nvidia.com/gpu", total, free: closed ? 0 : free }];
  const problems = closed ? [{ code: "closed" as const, message: "cordoned" }] : [];
  const pooled = { offers, problems } as unknown as PooledNode;
  const sources = { store, reservations, pool: { node: () => pooled } };
  return views.filter((each) => crowdedOut(sources, each) !== undefined).map(({ uid }) => uid);
}

describe("of Intents on the same GPUs", () => {
  it.each<[string, readonly Booked[], Parameters<typeof leaving>[1], readonly string[]]>([
    ["nobody leaves while there is room", [{ uid: "a" }, { uid: "b" }], { total: 2 }, []],
    ["the one that was placed last leaves", [{ uid: "a", since: LATE }, { uid: "b" }], {}, ["a"]],
    ["of two of one second the same one leaves, whoever looks", [{ uid: "a" }, { uid: "b" }], {}, ["b"]],
    ["who runs stays", [{ uid: "a" }, { uid: "b", since: LATE, phase: "Running" }], {}, ["a"]],
    [
      "nobody leaves where all run: a GPU broke, and none of them can tell whose",
      [
        { uid: "a", phase: "Running" },
        { uid: "b", phase: "Running" },
      ],
      {},
      [],
    ],
    [
      "one after the other leaves, not all at once",
      [{ uid: "a" }, { uid: "b", since: LATE }, { uid: "c" }],
      {},
      ["b"],
    ],
    ["a place that is being left crowds nobody out", [{ uid: "a" }, { uid: "b", left: true }], {}, []],
    ["what others in the cluster use is not to be had", [{ uid: "a" }], { total: 2, free: 0 }, ["a"]],
    ["a node that is closed says nothing", [{ uid: "a" }], { closed: true }, []],
    ["nor does a device plugin that restarts", [{ uid: "a" }], { total: 0 }, []],
  ])("%s", (_, booked, node, expected) => {
    expect(leaving(booked, node)).toEqual(expected);
  });
});
