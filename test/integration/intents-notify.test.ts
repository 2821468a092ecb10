/** What people are told of an Intent's life: webhooks, the audit log, metrics, and how busy its GPUs are. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROVIDERS } from "../../src/hub/providers/providers.ts";
import type { IntentStatus } from "../../src/intent/status-schema.ts";
import { until } from "./hub-harness.ts";
import {
  type Federation,
  intent,
  intentsOf,
  makeAvailable,
  type RunningHub,
  startFederation,
  workloadsIn,
} from "./intents-harness.ts";

process.env.TEST_NOTIFY_KEY = "0123456789abcdef";

interface Told {
  readonly subject: string;
  readonly data: {
    readonly reason: string;
    readonly phase?: string;
    readonly placement?: { provider: string };
  };
}

/** Serves POSTs; what was posted is kept, and answered. */
async function server(answer: (body: string) => string): Promise<{ url: string; server: Server }> {
  const made = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => response.end(answer(body)));
  });
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(made.address() as AddressInfo).port}`, server: made };
}

const told: Told[] = [];
let federation: Federation;
let hub: RunningHub;
let intents: ReturnType<typeof intentsOf>;
let servers: Server[] = [];

beforeAll(async () => {
  const receiver = await server((body) => {
    told.push(JSON.parse(body) as Told);
    return "";
  });
  const prometheus = await server((body) => {
    const namespaces = /exported_namespace=~"([^"]*)"/.exec(new URLSearchParams(body).get("query") ?? "");
    const result = (namespaces?.[1]?.split("|") ?? []).map((workload_namespace) => ({
      metric: { workload_namespace },
      value: [1, "63"],
    }));
    return JSON.stringify({ status: "success", data: { resultType: "vector", result } });
  });
  servers = [receiver.server, prometheus.server];
  federation = await startFederation(["alpha"]);
  await federation.providers.alpha?.addNode({ name: "gpu-1" });
  await federation.hub.client.patch(
    PROVIDERS,
    { name: "alpha" },
    { spec: { prometheus: { url: prometheus.url } } },
  );
  intents = intentsOf(federation.hub);
  hub = federation.start({ utilizationEveryMs: 100, costEveryMs: 1000 }, undefined, {
    webhooks: [
      { name: "all", url: receiver.url, secretEnv: "TEST_NOTIFY_KEY", concurrency: 1 },
      { name: "down", url: "http://127.0.0.1:1", secretEnv: "TEST_NOTIFY_KEY" },
    ],
    intents: { workload: { labels: { "cost-centre": "42" } } },
  });
}, 60_000);
afterAll(async () => {
  await federation.close();
  for (const each of servers) {
    each.closeAllConnections();
    each.close();
  }
});

const sample = (metrics: string, name: string): number =>
  Number(
    metrics
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length),
  );
const reasons = (): string[] =>
  told.filter(({ subject }) => subject === "team-a/web").map(({ data }) => data.reason);
/** What was said, each once; where controllers run, replicas may be away for a moment. */
const once = (said: readonly unknown[]): unknown[] =>
  [...new Set(said)].filter((each) => each !== "Provisioning" && each !== "Degraded");
const audit = (): Record<string, unknown>[] =>
  hub.log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line.audit === true && line.intent === "team-a/web");

/** Its status while its replicas run: where controllers run, their pods come when they come. */
async function keptAvailable(): Promise<IntentStatus> {
  const status = await intents.status("web");
  const alpha = federation.providers.alpha;
  if (alpha !== undefined) await makeAvailable(alpha, status.placement?.namespace ?? "");
  return status;
}

describe("an Intent's life", () => {
  it("is told to webhooks step by step, in spite of one that is down", async () => {
    await intents.submit(intent("web"));
    await until(() => intents.condition("web", "Deployed")).toBe("True ObjectsApplied");
    await until(keptAvailable).toMatchObject({ phase: "Running" });
    await until(() => once(reasons())).toEqual(["Admitted", "Placed", "Deployed", "Running"]);
    const running = told.find(({ data }) => data.reason === "Running");
    expect(running?.data).toMatchObject({ phase: "Running", placement: { provider: "alpha" } });
  });

  it("is run by what the hub's configuration says of all workloads", async () => {
    const alpha = federation.providers.alpha;
    const [deployment] = alpha === undefined ? [] : await workloadsIn(alpha);
    expect(deployment?.metadata?.labels).toMatchObject({ "cost-centre": "42" });
  });

  it("has the utilisation of its GPUs in its status", async () => {
    await until(keptAvailable).toMatchObject({ gpuUtilization: "63%" });
  });

  it("is in the audit log, each change with who asked for it, what was done and why", async () => {
    await intents.remove("web");
    await until(() => intents.exists("web")).toBe(false);
    await until(() => once(audit().map(({ action }) => action))).toEqual([
      "Admitted",
      "Placed",
      "Deployed",
      "Running",
      "CleanedUp",
      "Released",
    ]);
    for (const line of audit()) {
      expect(line).toMatchObject({
        tenant: "team-a",
        uid: expect.any(String),
        generation: expect.any(Number),
      });
      expect(line.requestedBy).toMatch(/./);
      expect(line.msg).toMatch(/./);
    }
    expect(audit()[1]).toMatchObject({ provider: "alpha", node: "gpu-1", gpus: 1, phase: "Reserved" });
    await until(reasons).toEqual(audit().map(({ action }) => action));
  });

  it("is counted", async () => {
    const metrics = await hub.metrics();
    expect(metrics).toContain('flare_hub_placements_total{provider="alpha"} 1');
    expect(metrics).toContain('flare_hub_intents{phase="Running"} 0');
    expect(metrics).toMatch(/flare_hub_decision_duration_seconds_count [1-9]/);
    const of = 'tenant="team-a",provider="alpha"';
    const seconds = sample(metrics, `flare_hub_gpu_seconds_total{${of}}`);
    const cost = sample(metrics, `flare_hub_cost_total{${of},currency="EUR"}`);
    expect(seconds).toBeGreaterThan(0);
    // The node's 80 USD an hour for eight GPUs, by the built-in rate.
    expect(cost).toBeCloseTo((seconds / 3600) * 8.6, 4);
    expect(metrics).toMatch(/flare_hub_webhook_deliveries_total\{webhook="all",result="delivered"\} [6-9]/);
    expect(metrics).toContain('flare_hub_webhook_deliveries_total{webhook="down",result="delivered"} 0');
  });
});
