import { describe, expect, it } from "vitest";
import { accrue, startCost } from "../../../src/hub/intents/cost.ts";
import { FINALIZER, type IntentView, viewOf } from "../../../src/hub/intents/intent-view.ts";
import type { OfferPool } from "../../../src/hub/inventory/offer-pool.ts";
import { createHubMetrics } from "../../../src/hub/metrics.ts";
import { type IntentStatus, PHASES } from "../../../src/intent/status-schema.ts";
import { createMetrics } from "../../../src/observability/metrics.ts";
import { minimal } from "../../support/intents.ts";
import { lintMetrics, prometheusIsThere } from "../../support/prometheus.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const HOUR = 3_600_000;

const condition = (type: string, status: "True" | "False", reason = "Test") => ({
  type,
  status,
  reason,
  message: "",
  lastTransitionTime: "2026-01-01T12:00:00Z",
  observedGeneration: 1,
});
const admitted = condition("Admitted", "True");
const placed = (provider = "alpha"): IntentStatus => ({
  phase: "Reserved",
  conditions: [admitted, condition("Reserved", "True")],
  placement: {
    provider,
    gpus: 2,
    tasks: [{ index: 0, provider, node: "gpu-1", resource: "nvidia.com/gpu", units: 2 }],
  },
  cost: startCost(undefined, { amount: 4, currency: "EUR" }, NOW),
});
const left = (reason: string): IntentStatus => ({
  phase: "Queued",
  conditions: [admitted, condition("Reserved", "False", reason)],
});
const view = (status: IntentStatus, name = "demo"): IntentView => {
  const metadata = { name, namespace: "team-a", uid: name, generation: 1, finalizers: [FINALIZER] };
  return viewOf({ ...minimal(), metadata, status }, "EUR");
};

/** A hub's metrics, and the samples of one of them as they are exposed. */
function create() {
  const registry = createMetrics();
  const metrics = createHubMetrics(registry, "test");
  const samples = async (name: string): Promise<string[]> =>
    (await registry.metrics())
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .map((line) => line.slice(name.length).trim());
  return { registry, metrics, samples };
}

describe("the metrics of a hub", () => {
  it("count Intents by phase, all phases from the first scrape on, also while this hub does not lead", async () => {
    const { metrics, samples } = create();
    expect(await samples("flare_hub_intents")).toEqual(PHASES.map((phase) => `{phase="${phase}"} 0`));
    const views = [view({ phase: "Running" }, "a"), view({ phase: "Running" }, "b"), view({}, "c")];
    metrics.intents.observe({ views: () => views, now: () => NOW });
    const counted = await samples("flare_hub_intents");
    expect(counted).toHaveLength(PHASES.length);
    expect(counted).toEqual(expect.arrayContaining(['{phase="Running"} 2', '{phase="Pending"} 1']));
    metrics.observe(undefined);
    expect(await samples("flare_hub_intents")).toContain('{phase="Running"} 0');
  });

  it("tell how many wait for a place, and since when the first of them", async () => {
    const { metrics, samples } = create();
    const waiting = (since: string): IntentStatus => ({
      phase: "Queued",
      conditions: [admitted],
      queue: { position: 1, since },
    });
    const views = [
      view(waiting("2026-01-01T11:59:00Z"), "a"),
      view(waiting("2026-01-01T11:00:00Z"), "b"),
      view(placed(), "c"),
    ];
    metrics.intents.observe({ views: () => views, now: () => NOW });
    expect(await samples("flare_hub_intent_queue_length")).toEqual(["2"]);
    expect(await samples("flare_hub_intent_queue_oldest_age_seconds")).toEqual(["3600"]);
  });

  it("put decisions into buckets from 100 microseconds to 10 seconds", async () => {
    const { metrics, samples } = create();
    for (const seconds of [0.00005, 0.002, 20]) metrics.intents.decided(seconds);
    const buckets = await samples("flare_hub_decision_duration_seconds_bucket");
    expect(buckets.at(0)).toBe('{le="0.0001"} 1');
    expect(buckets.at(-2)).toBe('{le="10"} 2');
    expect(buckets.at(-1)).toBe('{le="+Inf"} 3');
  });

  it("count what Intents use by tenant and provider", async () => {
    const { metrics, samples } = create();
    const before = placed();
    const cost = accrue(before.cost, NOW + HOUR);
    metrics.intents.wrote("acme", before, { ...before, ...(cost && { cost }) });
    expect(await samples("flare_hub_gpu_seconds_total")).toEqual(['{tenant="acme",provider="alpha"} 7200']);
    expect(await samples("flare_hub_cost_total")).toEqual([
      '{tenant="acme",provider="alpha",currency="EUR"} 4',
    ]);
  });

  it("count tenants beyond the hundredth together, and lose nothing of what they use", async () => {
    const { metrics, samples } = create();
    const before = placed();
    const cost = accrue(before.cost, NOW + HOUR);
    const after = { ...before, ...(cost && { cost }) };
    for (let tenant = 0; tenant < 150; tenant += 1) metrics.intents.wrote(`t-${tenant}`, before, after);
    metrics.intents.wrote("t-0", before, after);
    const series = await samples("flare_hub_gpu_seconds_total");
    expect(series).toHaveLength(101);
    expect(series).toContain('{tenant="t-0",provider="alpha"} 14400');
    expect(series).toContain(`{tenant="other",provider="alpha"} ${50 * 7200}`);
  });

  it("count places that were given, and why they were left", async () => {
    const { metrics, samples } = create();
    metrics.intents.wrote("acme", left("Queued"), placed("alpha"));
    metrics.intents.wrote("acme", placed("alpha"), placed("alpha"));
    metrics.intents.wrote("acme", placed("alpha"), left("Preempted"));
    metrics.intents.wrote("acme", left("Preempted"), placed("beta"));
    metrics.intents.wrote("acme", placed("beta"), left("MartiansLanded"));
    // Deleted: nobody drove it out.
    const { placement: _, ...gone } = placed("beta");
    metrics.intents.wrote("acme", placed("beta"), gone);
    expect(await samples("flare_hub_placements_total")).toEqual([
      '{provider="alpha"} 1',
      '{provider="beta"} 1',
    ]);
    const evictions = await samples("flare_hub_evictions_total");
    expect(evictions).toContain('{reason="Preempted"} 1');
    expect(evictions).toContain('{reason="NodeGone"} 0');
    expect(evictions.filter((line) => !line.endsWith(" 0"))).toEqual([
      '{reason="Preempted"} 1',
      '{reason="other"} 1',
    ]);
  });

  it("tell units together with the offers that they belong to, from the first scrape on", async () => {
    const { metrics, samples } = create();
    const offer = { gpu: { model: "nvidia-h100" }, resource: "nvidia.com/gpu", total: 8, free: 5 };
    const pool = {
      nodes: () => [{ provider: "alpha", node: { name: "gpu-1" } }],
      available: () => [offer],
    } as unknown as OfferPool;
    metrics.observe({
      pool,
      providers: {
        get: () => undefined,
        all: () => [],
        listed: Promise.resolve(),
        subscribe: () => () => {},
      },
    });
    expect(await samples("flare_hub_offer_units")).toEqual([
      '{provider="alpha",model="nvidia-h100",resource="nvidia.com/gpu",state="total"} 8',
      '{provider="alpha",model="nvidia-h100",resource="nvidia.com/gpu",state="free"} 5',
    ]);
  });

  it.runIf(prometheusIsThere())("have nothing that promtool complains of", async () => {
    const { registry, metrics } = create();
    metrics.intents.observe({ views: () => [view(placed())], now: () => NOW });
    metrics.intents.decided(0.001);
    metrics.intents.wrote("acme", left("Queued"), placed());
    const cost = accrue(placed().cost, NOW + HOUR);
    metrics.intents.wrote("acme", placed(), { ...placed(), ...(cost && { cost }) });
    metrics.webhooks.follow("ops", () => 1);
    metrics.reconcileFailed("intent");
    expect(lintMetrics(await registry.metrics())).toBe("");
  });
});
