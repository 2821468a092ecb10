/** What the first implementation of this API did wrong, one test for each, and is right here. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { request } from "../support/intents.ts";
import {
  type ApiCluster,
  listed,
  MEMBER,
  madeIn,
  makeAvailable,
  NAMESPACES,
  type RunningApi,
  settled,
  startApiCluster,
  until,
} from "./api-harness.ts";

let cluster: ApiCluster;
let api: RunningApi;
let token: string;

beforeAll(async () => {
  cluster = await startApiCluster();
  await cluster.provider.addNode({ name: "h100" });
  await cluster.provider.addNode({
    name: "hourly",
    annotations: {
      "cost.fluidos.eu/hourly-rate": "8",
      "cost.fluidos.eu/currency": "EUR",
      "location.fluidos.eu/region": "eu-central-1",
      "location.fluidos.eu/zone": "eu-central-1b",
    },
  });
  await cluster.namespace("acme-dev-team-1", "acme");
  token = await cluster.person("alice", "acme-dev-team-1", MEMBER);
  api = await cluster.start();
  await settled(async () => expect((await list("/resources")).available_gpus).toHaveLength(2));
});
afterAll(async () => {
  await cluster?.close();
});
afterEach(async () => {
  for (const { intent_id } of (await list("/intents")).intents)
    await api.ask("DELETE", `/intents/${intent_id}`, { token });
  await settled(async () => expect((await list("/intents")).intents).toEqual([]));
});

const list = async (path: string) => (await api.ask("GET", path, { token })).body;
const submit = (body: unknown, query = "") => api.ask("POST", `/intents${query}`, { token, body });
type Fields = Record<string, unknown>;
const dryRun = (intent: Fields, workload: Fields = {}) => submit(request(intent, workload), "?dry_run=true");
const isUnderstood = async (intent: Fields, workload: Fields = {}) => {
  const { status, body } = await dryRun(intent, workload);
  expect([status, body.problems]).toEqual([status === 200 ? 200 : 409, undefined]);
};

describe("mistakes that are not made here", () => {
  it("22: a refused request leaves nothing behind", async () => {
    const before = (await listed(cluster.hub.client, NAMESPACES)).length;
    for (const body of [
      {},
      request({ objective: "x" }),
      request({}, { image: undefined }),
      request({}, { resources: { gpu: { count: 99 } } }),
    ])
      expect((await submit(body)).status).toBeGreaterThanOrEqual(400);
    expect((await listed(cluster.hub.client, NAMESPACES)).length).toBe(before);
    expect((await list("/intents")).intents).toEqual([]);
  });

  it.each([
    ["topology nvswitch", {}, { resources: { gpu: { topology: "nvswitch" } } }],
    [
      "firewall action allow",
      {
        constraints: {
          security: {
            firewall_rules: [{ port: 22, protocol: "TCP", source: "10.0.0.0/8", action: "allow" }],
          },
        },
      },
      {},
    ],
    ["network isolation public", { constraints: { security: { network_isolation: "public" } } }, {}],
    [
      "a volume from s3",
      {},
      {
        storage: {
          volumes: [
            {
              name: "data",
              size: "1Gi",
              type: "temporary",
              path: "/data",
              source: { type: "s3", uri: "s3://b/p", credentials: "keys" },
            },
          ],
        },
      },
    ],
    ["environment in lower case, with spaces", {}, { env: ["mode=fast and loose", "FLAGS=--a=b"] }],
  ])("23: %s is accepted by the Intent's own schema too", async (_, intent, workload) => {
    expect((await submit(request(intent, workload))).status).toBe(200);
  });

  it.each([
    ["a batch without completion_policy", {}, { type: "batch", batch: { parallel_tasks: 1 } }],
    ["storage without volumes", {}, { storage: {} }],
  ])("24: %s does not break the connection", async (_, intent, workload) => {
    await isUnderstood(intent, workload);
  });

  it("24: min_network_bandwidth 10Gbps is understood without max_cold_start_time", async () => {
    const { body } = await dryRun({ constraints: { performance: { min_network_bandwidth: "10Gbps" } } });
    expect([body.error_code, body.problems]).toEqual(["INSUFFICIENT_RESOURCES", undefined]);
  });

  it("25: max_retries is what it says", async () => {
    const { body } = await submit(
      request({}, { type: "batch", batch: { parallel_tasks: 2, max_retries: 7 } }),
    );
    const { intent } = await list(`/intents/${body.intent_id}`);
    expect(intent.workload.batch).toMatchObject({ parallel_tasks: 2, max_retries: 7 });
  });

  it.each([
    ["2.1 EUR", "2.10 EUR"],
    ["EUR 20.1", "20.10 EUR"],
    ["$10", "10 USD"],
  ])("26: max_hourly_cost %s is neither rounded nor taken for another currency", async (cost, shown) => {
    const { body } = await submit(request({ constraints: { max_hourly_cost: cost } }));
    const { intent } = await list(`/intents/${body.intent_id}`);
    expect(intent.constraints.max_hourly_cost).toBe(shown);
  });

  it("26: a cost that cannot be read is refused, not taken for no limit", async () => {
    expect(await dryRun({ constraints: { max_hourly_cost: "cheap" } })).toMatchObject({
      status: 400,
      body: { problems: [{ path: "intent.constraints.max_hourly_cost" }] },
    });
  });

  it("27: an unknown objective is 400, with the objectives that there are", async () => {
    const { status, body } = await dryRun({ objective: "Fame_Maximization" });
    expect([status, body.error_code, body.problems[0].path]).toEqual([
      400,
      "INVALID_FORMAT",
      "intent.objective",
    ]);
    expect(body.problems[0].allowed).toContain("Cost_Minimization");
  });

  it("28: costs are those of what it holds, not of what it may cost; and what is estimated is told", async () => {
    const { body } = await submit(request({ constraints: { max_hourly_cost: "50 EUR" } }));
    expect(body).toMatchObject({
      estimated_cost: "1 EUR/hour",
      estimated_start_time: expect.stringMatching(/^20/),
    });
    await until(async () => (await list(`/intents/${body.intent_id}`)).phase).toBe("Provisioning");
    expect(await list(`/intents/${body.intent_id}`)).toMatchObject({
      estimated_cost: "1 EUR/hour",
      current_cost: "0 EUR",
      placement: { rate: "1 EUR" },
    });
  });

  it("29: nothing that is not running is told to be", async () => {
    const { body } = await submit(request());
    const status = async () => (await list(`/intents/${body.intent_id}`)).status;
    await until(async () => (await list(`/intents/${body.intent_id}`)).phase).toBe("Provisioning");
    expect(await status()).toBe("pending");
    const [namespace = ""] = await madeIn(cluster.provider);
    await settled(() => makeAvailable(cluster.provider, namespace));
    await until(status).toBe("running");
  });

  it("30: Intents are listed under intents", async () => {
    expect(Object.keys(await list("/intents"))).toEqual(["intents"]);
  });

  it("31: a cancelled Intent leaves nothing in the provider; one just submitted is found at once", async () => {
    const { body } = await submit(request());
    expect((await api.ask("GET", `/intents/${body.intent_id}`, { token })).status).toBe(200);
    await until(async () => (await madeIn(cluster.provider)).length).toBe(1);
    expect((await api.ask("DELETE", `/intents/${body.intent_id}`, { token })).status).toBe(202);
    await until(async () => (await madeIn(cluster.provider)).length).toBe(0);
    await until(async () =>
      (await list("/resources?available=true")).available_gpus.map(({ count }: { count: number }) => count),
    ).toEqual([8, 8]);
  });

  it("32: resources are for members; with regions, not zones, prices that are whole numbers, memory of one GPU, and what is free", async () => {
    expect((await api.ask("GET", "/resources")).status).toBe(401);
    const [row] = (await list("/resources?region=eu-central-1")).available_gpus;
    expect(row).toMatchObject({
      location: "eu-central-1",
      zone: "eu-central-1b",
      cost_per_hour: "1 EUR",
      memory: "80Gi",
      count: 8,
    });
    expect((await list("/resources?available=false")).available_gpus).toEqual([]);
    await cluster.provider.addNode({ name: "later" });
    await until(async () => (await list("/resources?region=eu-west-1")).available_gpus[0].total).toBe(16);
    await cluster.provider.client.delete(
      { group: "", version: "v1", plural: "nodes", namespaced: false },
      { name: "later" },
    );
    await until(async () => (await list("/resources?region=eu-west-1")).available_gpus[0].total).toBe(8);
  });

  it("33: a token is what was asked for, ends, can do no more than it may, and can be looked at", async () => {
    const made = await api.ask("POST", "/auth/tokens", {
      token,
      body: { name: "ci", expires_in: "2h", permissions: ["resources:read"] },
    });
    const { body } = made;
    expect(body).toMatchObject({ name: "ci", permissions: ["resources:read"], tenant: "acme" });
    expect(Date.parse(body.expires_at) - Date.now()).toBeLessThanOrEqual(2 * 3_600_000);
    expect((await api.ask("GET", "/resources", { token: body.token })).status).toBe(200);
    expect((await api.ask("GET", "/intents", { token: body.token })).status).toBe(403);
    expect((await api.ask("GET", "/auth/verify", { token: body.token })).body).toMatchObject({
      valid: true,
      kind: "flare",
    });
  });

  it("34: nobody gets in as a system user, or with a token that belongs to no account", async () => {
    const outsider = await (async () => {
      await cluster.namespace("elsewhere");
      return cluster.person("visitor", "elsewhere", MEMBER);
    })();
    expect((await api.ask("GET", "/resources", { token: outsider })).status).toBe(403);
    expect((await api.ask("GET", "/resources", { token: ":" })).status).toBe(401);
  });

  it.each(["GET", "DELETE"])(
    "36: %s needs no Content-Type, and a charset is no other type",
    async (method) => {
      const path = "/intents/00000000-0000-4000-8000-000000000000";
      expect((await api.ask(method, path, { token })).status).toBe(404);
      expect((await api.ask(method, path, { token, headers: { "Content-Type": "text/plain" } })).status).toBe(
        404,
      );
      const headers = { "Content-Type": "application/json; charset=utf-8" };
      expect(
        (await api.ask("POST", "/intents?dry_run=true", { token, body: request(), headers })).status,
      ).toBe(200);
    },
  );

  it("36: there is a health endpoint, without a token", async () => {
    expect(await api.ask("GET", "/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
  });

  it.each([
    ["deployment_strategy flexibile", {}, { deployment_strategy: "flexibile" }],
    ["hippa_compliant", { constraints: { compliance: { hippa_compliant: false } } }, {}],
    ["compute_capability 9.0", {}, { resources: { gpu: { compute_capability: "9.0" } } }],
    ["compute_capability 9", {}, { resources: { gpu: { compute_capability: "9" } } }],
    ["workload.job", {}, { type: "batch", job: { max_retries: 1 } }],
    ["gpu.memory", {}, { resources: { gpu: { memory: "40Gi" } } }],
    ["max_network_latency", { constraints: { max_network_latency: "50ms" } }, {}],
  ])("37: %s is read as what it means", async (_, intent, workload) => {
    const { body } = await dryRun(intent, workload);
    expect(body.problems).toBeUndefined();
  });
});
