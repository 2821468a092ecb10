import { describe, expect, it } from "vitest";
import type { Offer } from "../../../../src/allocation/types.ts";
import { createMarket } from "../../../../src/hub/api/market.ts";
import { type IntentView, viewOf } from "../../../../src/hub/intents/intent-view.ts";
import { offersOf } from "../../../../src/hub/inventory/offers.ts";
import type { Change } from "../../../../src/kubernetes/reflector-store.ts";
import { minimal } from "../../../support/intents.ts";
import { nodeRecord, offerOptions } from "../builders.ts";

const offersOn = (names: readonly string[]): readonly Offer[] =>
  names.flatMap((name) => offersOf(nodeRecord({ name }), [], offerOptions()).offers);

/** An Intent that holds so many GPUs of a node. */
function holder(uid: string, node: string, units: number): IntentView {
  const task = {
    index: 0,
    provider: "alpha",
    node,
    offer: `alpha/${node}/nvidia.com/gpu`,
    resource: "nvidia.com/gpu",
    units,
  };
  const placement = { provider: "alpha", node, gpus: units, generation: 1, tasks: [task] };
  const reserved = { type: "Reserved", status: "True", reason: "Placed", message: "" } as const;
  const conditions = [{ ...reserved, lastTransitionTime: "2026-01-01T00:00:00Z" }];
  return viewOf(
    {
      ...minimal(),
      metadata: { name: uid, namespace: "team-a", uid, generation: 1, resourceVersion: "1" },
      status: { phase: "Running", placement, conditions },
    },
    "EUR",
  );
}

/** A market on a pool and Intents that can be changed, at a time that can be set. */
function marketOf(names: readonly string[], views: readonly IntentView[] = []) {
  let [offers, clock, looks] = [offersOn(names), 0, 0];
  const pooled = new Set<() => void>();
  const listeners = new Set<(change: Change<IntentView>) => void>();
  const subscribe =
    <T>(to: Set<T>) =>
    (listener: T) => {
      to.add(listener);
      return () => to.delete(listener);
    };
  const pool = {
    offers: () => {
      looks += 1;
      return offers;
    },
    subscribe: subscribe(pooled),
  };
  const market = createMarket({
    federation: { pool, isComplete: () => true } as never,
    intents: { values: () => views, subscribe: subscribe(listeners), isRead: () => true } as never,
    currencyRates: { EUR: 1 },
    now: () => clock,
  });
  return {
    market,
    free: () => Object.fromEntries(market.now().ledger.offers.map(({ node, free }) => [node, free])),
    looks: () => looks,
    later: () => (clock += 1000),
    offer: (next: readonly string[]) => {
      offers = offersOn(next);
      for (const tell of pooled) tell();
    },
    change: (change: Change<IntentView>) => {
      for (const tell of listeners) tell(change);
    },
    listeners: () => pooled.size + listeners.size,
  };
}

const added = (value: IntentView): Change<IntentView> => ({ type: "added", key: value.key, value }) as never;

describe("the market", () => {
  it("offers what the providers tell less what Intents hold, those from before among them", () => {
    const { free } = marketOf(["gpu-1", "gpu-2"], [holder("a", "gpu-1", 3)]);
    expect(free()).toEqual({ "gpu-1": 5, "gpu-2": 8 });
  });

  it("follows Intents that come, change, are replaced and go, and nodes that come and go under them", () => {
    const { free, change, offer, later } = marketOf(["gpu-1", "gpu-2"]);
    const first = holder("a", "gpu-1", 3);
    change(added(first));
    expect(free()).toEqual({ "gpu-1": 5, "gpu-2": 8 });
    const moved = holder("a", "gpu-2", 4);
    later();
    change({ type: "modified", key: first.key, value: moved, previous: first } as never);
    expect(free()).toEqual({ "gpu-1": 8, "gpu-2": 4 });
    later();
    offer(["gpu-1", "gpu-3"]);
    expect(free()).toEqual({ "gpu-1": 8, "gpu-3": 8 });
    later();
    offer(["gpu-2"]);
    expect(free()).toEqual({ "gpu-2": 4 });
    later();
    const another = holder("b", "gpu-2", 1);
    change({ type: "modified", key: first.key, value: another, previous: moved } as never);
    expect(free()).toEqual({ "gpu-2": 7 });
    later();
    change({ type: "deleted", key: first.key, previous: another } as never);
    expect(free()).toEqual({ "gpu-2": 8 });
  });

  it("is worked out when somebody asks and something changed, once a second at most", () => {
    const { market, offer, later, looks } = marketOf(["gpu-1"]);
    const { version } = market.now();
    const before = looks();
    later();
    expect(market.now().version).toBe(version);
    expect(looks()).toBe(before);
    offer(["gpu-1", "gpu-2"]);
    const next = market.now();
    expect(next.version).toBeGreaterThan(version);
    offer(["gpu-3"]);
    expect(market.now()).toBe(next);
    later();
    expect(market.now().version).toBeGreaterThan(next.version);
  });

  it("has the version that it had where a change made no difference, so that answers hold", () => {
    const { market, change, later } = marketOf(["gpu-1"]);
    const { version } = market.now();
    later();
    change(added(viewOf({ ...minimal(), metadata: { name: "a", namespace: "team-a", uid: "a" } }, "EUR")));
    expect(market.now().version).toBe(version);
    later();
    change(added(holder("b", "gpu-1", 1)));
    expect(market.now().version).toBeGreaterThan(version);
  });

  it("listens to nobody any more once it is closed", () => {
    const { market, listeners } = marketOf(["gpu-1"]);
    expect(listeners()).toBeGreaterThan(0);
    market.close();
    expect(listeners()).toBe(0);
  });
});
