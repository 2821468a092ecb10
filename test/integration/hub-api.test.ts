import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { request } from "../support/intents.ts";
import {
  type ApiCluster,
  MEMBER,
  READER,
  type RunningApi,
  settled,
  startApiCluster,
  until,
} from "./api-harness.ts";

let cluster: ApiCluster;
let api: RunningApi;
let alice: string;
let reader: string;

beforeAll(async () => {
  cluster = await startApiCluster();
  await cluster.provider.addNode({ name: "h100" });
  await cluster.namespace("acme-dev", "acme");
  await cluster.namespace("acme-prod", "acme");
  alice = await cluster.person("alice", "acme-dev", MEMBER, ["acme-prod"]);
  reader = await cluster.person("reader", "acme-dev", READER);
  api = await cluster.start({
    api: {
      quotas: { default: { gpus: 6, gpusByModel: { "nvidia-h100": 4 }, intents: 5, hourlyRate: "40 EUR" } },
    },
  });
  await settled(async () =>
    expect((await api.ask("GET", "/resources", { token: alice })).body.available_gpus).toHaveLength(1),
  );
});
afterAll(async () => {
  await cluster?.close();
});

afterEach(async () => {
  const list = async () => (await api.ask("GET", "/intents", { token: alice })).body.intents;
  for (const { intent_id } of await list())
    await api.ask("DELETE", `/intents/${intent_id}`, { token: alice });
  await settled(async () => expect(await list()).toEqual([]));
});

const gpu = (parts: object) => request({}, { resources: { gpu: parts } });
const submit = (body: unknown, headers: Readonly<Record<string, string>> = {}, query = "") =>
  api.ask("POST", `/api/v1/intents${query}`, { token: alice, body, headers });
const status = async (id: string) => (await api.ask("GET", `/intents/${id}`, { token: alice })).body;
const cancel = async (id: string) => {
  const answer = await api.ask("DELETE", `/intents/${id}`, { token: alice });
  await until(async () => (await api.ask("GET", `/intents/${id}`, { token: alice })).status).toBe(404);
  return answer;
};

describe("an Intent", () => {
  it("is accepted, placed, shown, changed and cancelled, and nothing of it is left", async () => {
    const made = await submit(gpu({ model: "h100", count: 2 }));
    expect(made).toMatchObject({
      status: 200,
      body: { status: "pending", estimated_cost: "17.20 EUR/hour", namespace: "acme-dev" },
    });
    const id = made.body.intent_id;
    expect(made.headers.get("location")).toBe(`/api/v1/intents/${id}`);
    await until(async () => (await status(id)).phase).toBe("Provisioning");
    expect(await status(id)).toMatchObject({
      intent_id: id,
      status: "pending",
      estimated_cost: "17.20 EUR/hour",
      placement: { provider: "alpha", model: "nvidia-h100", gpus: 2 },
      intent: {
        objective: "Cost_Minimization",
        workload: { resources: { gpu: { model: "h100", count: 2 } } },
      },
    });
    await until(
      async () => (await api.ask("GET", "/resources", { token: alice })).body.available_gpus[0],
    ).toMatchObject({
      count: 6,
      total: 8,
    });
    const changed = await api.ask("PATCH", `/intents/${id}`, { token: alice, body: { priority: 7 } });
    expect(changed).toMatchObject({ status: 200, body: { intent: { priority: 7 } } });
    expect(await cancel(id)).toMatchObject({ status: 202, body: { intent_id: id } });
    await until(
      async () => (await api.ask("GET", "/resources", { token: alice })).body.available_gpus[0].count,
    ).toBe(8);
  });

  it("goes into the namespace that is chosen, and not into one of others", async () => {
    const made = await submit(request(), { "X-Flare-Namespace": "acme-prod" });
    expect(made.body.namespace).toBe("acme-prod");
    await cancel(made.body.intent_id);
    expect(await submit(request(), { "X-Flare-Namespace": "flare-system" })).toMatchObject({
      status: 403,
      body: { error_code: "INSUFFICIENT_PERMISSIONS" },
    });
  });

  it("is only told about on a dry run, with the decision and what else would do", async () => {
    const answer = await submit(gpu({ model: "h100" }), {}, "?dry_run=true");
    expect(answer).toMatchObject({
      status: 200,
      body: {
        dry_run: true,
        estimated_cost: "8.60 EUR/hour",
        decision: {
          outcome: "placed",
          considered: 1,
          fitting: 1,
          placement: [{ provider: "alpha", gpus: 1 }],
        },
      },
    });
    expect(answer.body.intent_id).toBeUndefined();
    expect((await api.ask("GET", "/intents", { token: alice })).body.intents).toEqual([]);
  });

  it("is refused where it never could be placed, with suggestions that fit when they are tried", async () => {
    const asked = { ...gpu({ memory_min: "141Gi" }) };
    const refused = await submit(asked);
    expect(refused).toMatchObject({
      status: 409,
      body: { status: 409, error_code: "GPU_MEMORY_INSUFFICIENT" },
    });
    expect(refused.body.suggestions).toEqual([
      { alternative: "GPU memory of at least 80Gi instead of 141Gi" },
    ]);
    expect((await submit(gpu({ memory_min: "80Gi" }), {}, "?dry_run=true")).status).toBe(200);
    expect((await api.ask("GET", "/intents", { token: alice })).body.intents).toEqual([]);
  });

  it.each([
    [
      "a model that no provider has",
      { resources: { gpu: { model: "nvidia-a100" } } },
      {},
      409,
      "GPU_MODEL_UNAVAILABLE",
    ],
    ["more GPUs than a node has", { resources: { gpu: { count: 9 } } }, {}, 409, "GPU_COUNT_INSUFFICIENT"],
    ["a region without GPUs", {}, { constraints: { location: "us-east-1" } }, 409, "REGION_UNAVAILABLE"],
    [
      "less money than it costs",
      {},
      { constraints: { max_hourly_cost: "1 EUR" } },
      402,
      "COST_LIMIT_EXCEEDED",
    ],
    [
      "a certificate that nobody has",
      {},
      { constraints: { compliance: { certifications: ["ISO27001"] } } },
      409,
      "INSUFFICIENT_RESOURCES",
    ],
  ])("is refused for %s by its own code", async (_, workload, intent, status, error_code) => {
    expect(await submit(request(intent, workload))).toMatchObject({ status, body: { status, error_code } });
  });

  it("costs more by the difference that is told", async () => {
    const refused = await submit(request({ constraints: { max_hourly_cost: "5 EUR" } }));
    expect(refused.body.suggestions).toEqual([
      { alternative: "up to 8.60 EUR an hour instead of 5.00 EUR", cost_difference: "+3.60 EUR/hour" },
    ]);
  });

  it("is told everything that is wrong with it at once, each with its place and the nearest known name", async () => {
    const body = request(
      { objectiv: "x", constraints: { max_latency_ms: -1 } },
      { image: undefined, resources: { gpu: { memory_mim: "1Gi" } } },
    );
    const { body: told, status } = await submit(body);
    expect(status).toBe(400);
    expect(told.error_code).toBe("INVALID_FORMAT");
    const paths = told.problems.map(({ path, reason, nearest }: Record<string, string>) => [
      path,
      reason,
      nearest,
    ]);
    expect(paths).toEqual(
      expect.arrayContaining([
        ["intent.objectiv", "unknown", "objective"],
        ["intent.workload.image", "missing", undefined],
        ["intent.workload.resources.gpu.memory_mim", "unknown", "memory_min"],
        ["intent.constraints.max_latency_ms", "invalid", undefined],
      ]),
    );
  });

  it("is told what is missing by its own code where nothing else is wrong", async () => {
    const { body } = await submit(request({}, { image: undefined }));
    expect(body).toMatchObject({
      error_code: "MISSING_REQUIRED_FIELD",
      problems: [{ path: "intent.workload.image" }],
    });
  });
});

describe("an Idempotency-Key", () => {
  it("makes one Intent of the same request, and refuses another request", async () => {
    const key = { "Idempotency-Key": "order 4711" };
    const [first, again] = [await submit(request(), key), await submit(request(), key)];
    expect(first.status).toBe(200);
    expect(again).toMatchObject({ status: 200, body: { intent_id: first.body.intent_id } });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await submit(request({ priority: 1 }), key)).toMatchObject({
      status: 409,
      body: { error_code: "CONFLICT" },
    });
    await cancel(first.body.intent_id);
  });

  it("makes one Intent of requests that come at the same time, which counts once for quotas", async () => {
    const more = 8; // than the quota has Intents
    const answers = await Promise.all(
      Array.from({ length: more }, () => submit(request(), { "Idempotency-Key": "at-once" })),
    );
    const told = `200 ${answers[0]?.body.intent_id}`;
    expect(answers.map(({ status, body }) => `${status} ${body.intent_id}`)).toEqual(Array(more).fill(told));
    await cancel(answers[0]?.body.intent_id);
  });
});

describe("an Intent that somebody knows already", () => {
  it("is not sent again before it has changed", async () => {
    const { body: made } = await submit(request());
    const path = `/intents/${made.intent_id}`;
    await until(async () => (await status(made.intent_id)).phase).toBe("Provisioning");
    // Its status may be written once more meanwhile.
    await settled(async () => {
      const read = await api.ask("GET", path, { token: alice });
      const headers = { "If-None-Match": read.headers.get("etag") ?? "" };
      const again = await api.ask("GET", path, { token: alice, headers });
      expect([again.status, again.headers.get("etag")]).toEqual([304, headers["If-None-Match"]]);
    });
    const before = await api.ask("GET", path, { token: alice });
    const patch = { token: alice, body: { priority: 7 } };
    expect(await api.ask("PATCH", path, patch)).toMatchObject({ status: 200 });
    const headers = { "If-None-Match": before.headers.get("etag") ?? "" };
    expect(await api.ask("GET", path, { token: alice, headers })).toMatchObject({ status: 200 });
    await cancel(made.intent_id);
  });
});

describe("a change", () => {
  it("is refused where the Intent was changed since it was read", async () => {
    const { body: made } = await submit(request());
    const path = `/intents/${made.intent_id}`;
    const read = await api.ask("GET", path, { token: alice });
    const ifMatch = { "If-Match": read.headers.get("etag") ?? "" };
    const change = (priority: number, headers = {}) =>
      api.ask("PATCH", path, { token: alice, body: { priority }, headers });
    expect(await change(1, ifMatch)).toMatchObject({ status: 200 });
    expect(await change(2, ifMatch)).toMatchObject({
      status: 412,
      body: { error_code: "PRECONDITION_FAILED" },
    });
    const refused = await api.ask("DELETE", path, { token: alice, headers: ifMatch });
    expect(refused).toMatchObject({ status: 412 });
    expect(await change(3)).toMatchObject({ status: 200, body: { intent: { priority: 3 } } });
    expect(
      await api.ask("PATCH", path, { token: alice, body: { workload: { name: "other" } } }),
    ).toMatchObject({
      status: 400,
      body: { problems: [{ path: "workload.name" }] },
    });
    await cancel(made.intent_id);
  });

  it("begins a running batch anew only where that is said", async () => {
    const { body: made } = await submit(request({}, { type: "batch" }));
    await until(async () => (await status(made.intent_id)).phase).toBe("Provisioning");
    const change = (body: object, query = "") =>
      api.ask("PATCH", `/intents/${made.intent_id}${query}`, { token: alice, body });
    const env = { workload: { env: ["MODE=fast"] } };
    expect(await change(env)).toMatchObject({ status: 409, body: { error_code: "CONFLICT" } });
    const harmless = { priority: 4, workload: { job: { max_retries: 9 } } };
    expect(await change(harmless)).toMatchObject({
      status: 200,
      body: { intent: { priority: 4, workload: { batch: { max_retries: 9 } } } },
    });
    expect(await change(env, "?restart=true")).toMatchObject({
      status: 200,
      body: { intent: { workload: { env: ["MODE=fast"] } } },
    });
    await cancel(made.intent_id);
  });
});

describe("quotas", () => {
  it.each([
    [
      "GPUs of a model",
      gpu({ model: "h100", count: 5 }),
      { name: "gpusByModel.nvidia-h100", used: "0", limit: "4" },
    ],
    ["GPUs", gpu({ count: 7 }), { name: "gpus", used: "0", limit: "6" }],
    ["the hourly rate", gpu({ count: 5 }), { name: "hourlyRate", used: "0 EUR", limit: "40 EUR" }],
  ])("of %s are kept", async (_, body, quota) => {
    expect(await submit(body)).toMatchObject({ status: 429, body: { error_code: "QUOTA_EXCEEDED", quota } });
  });

  it("hold for requests that come at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => submit(gpu({ model: "h100" }))));
    const accepted = answers.filter(({ status }) => status === 200);
    expect(accepted).toHaveLength(4);
    expect(
      new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.error_code)),
    ).toEqual(new Set(["QUOTA_EXCEEDED"]));
    for (const { body } of accepted) await cancel(body.intent_id);
  });

  it("hold for changes that come at the same time", async () => {
    const ids = [];
    for (let count = 0; count < 2; count += 1) ids.push((await submit(gpu({ count: 1 }))).body.intent_id);
    const more = { workload: { resources: { gpu: { count: 3 } } } };
    const answers = await Promise.all(
      ids.map((id) => api.ask("PATCH", `/intents/${id}`, { token: alice, body: more })),
    );
    expect(answers.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([200, 429]);
    for (const id of ids) await cancel(id);
  });
});

describe("lists", () => {
  it("come in pages that miss nothing and show nothing twice", async () => {
    const made = [];
    for (let count = 0; count < 4; count += 1) made.push((await submit(request())).body.intent_id);
    await until(async () => (await api.ask("GET", "/intents", { token: alice })).body.intents.length).toBe(4);
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await api.ask("GET", `/intents?limit=3${cursor}`, { token: alice });
      seen.push(...body.intents.map(({ intent_id }: { intent_id: string }) => intent_id));
      cursor = body.next_cursor === undefined ? "" : `&cursor=${body.next_cursor}`;
    } while (cursor !== "");
    expect(new Set(seen)).toEqual(new Set(made));
    expect(seen).toHaveLength(4);
    for (const id of made) await cancel(id);
  });

  it.each(["limit=0", "limit=x", "cursor=%00", "lmit=3", "limit=1&limit=2"])("refuse ?%s", async (query) => {
    expect(await api.ask("GET", `/intents?${query}`, { token: alice })).toMatchObject({ status: 400 });
  });
});

describe("GET /resources", () => {
  const rows = async (query: string) =>
    (await api.ask("GET", `/resources?${query}`, { token: alice })).body.available_gpus;

  it.each([
    ["model=h100", 1],
    ["model=nvidia-h100-sxm5-80gb", 1],
    ["model=nvidia-a100", 0],
    ["memory_min=80Gi", 1],
    ["memory_min=81Gi", 0],
    ["region=eu-west-1", 1],
    ["region=EU", 1],
    ["region=us", 0],
    ["provider=alpha", 1],
    ["provider=AWS", 1],
    ["provider=beta", 0],
    ["tier=premium", 1],
    ["max_rate=10%20USD", 1],
    ["max_rate=9.99%20USD", 0],
    ["max_rate=8.6", 1],
    ["available=true", 1],
    ["available=false", 0],
  ])("?%s shows %i", async (query, count) => {
    expect(await rows(query)).toHaveLength(count);
  });

  it("tells prices in the currency that is asked for", async () => {
    expect((await rows(""))[0].cost_per_hour).toBe("10 USD");
    expect((await rows("currency=eur"))[0].cost_per_hour).toBe("8.60 EUR");
  });

  it.each([
    ["model=h1000", "model"],
    ["memory_min=lots", "memory_min"],
    ["currency=XXX", "currency"],
    ["max_rate=cheap", "max_rate"],
    ["modle=h100", "modle"],
  ])("?%s is refused with its place", async (query, path) => {
    const answer = await api.ask("GET", `/resources?${query}`, { token: alice });
    expect(answer).toMatchObject({
      status: 400,
      body: { error_code: "INVALID_FORMAT", problems: [{ path }] },
    });
  });

  it("is not sent again while nothing has changed", async () => {
    const first = await api.ask("GET", "/resources", { token: alice });
    const etag = first.headers.get("etag") ?? "";
    for (const tags of [etag, `W/${etag}`, `"another", ${etag}`]) {
      const headers = { "If-None-Match": tags };
      expect((await api.ask("GET", "/resources", { token: alice, headers })).status, tags).toBe(304);
    }
  });
});

describe("events", () => {
  async function* eventsOf(id: string, signal: AbortSignal) {
    const headers = { Authorization: `Bearer ${alice}` };
    const response = await fetch(`${api.url}/intents/${id}/events`, { headers, signal });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const event = Object.fromEntries(
          text
            .slice(0, end)
            .split("\n")
            .map((line) => line.split(/: (.*)/s).slice(0, 2)),
        );
        text = text.slice(end + 2);
        yield { event: event.event, data: JSON.parse(event.data ?? "null") };
      }
    }
  }

  it("tell each change of the status, from the present one to the end", async () => {
    const { body: made } = await submit(request());
    const seen: string[] = [];
    for await (const { event, data } of eventsOf(made.intent_id, AbortSignal.timeout(60_000))) {
      seen.push(event === "status" ? data.phase : event);
      if (
        data.phase === "Provisioning" &&
        !data.cancelling &&
        seen.filter((each) => each === "Provisioning").length === 1
      )
        await api.ask("DELETE", `/intents/${made.intent_id}`, { token: alice });
    }
    expect(seen[0]).toBe("Pending");
    expect(seen).toContain("Provisioning");
    expect(seen.at(-1)).toBe("gone");
  });

  it.each(["events", "logs?follow=true"])(
    "are not begun by who asks for the headers of %s alone",
    async (what) => {
      const { body: made } = await submit(request());
      const headers = { Authorization: `Bearer ${alice}` };
      for (let count = 0; count < 120; count += 1)
        expect(
          (await fetch(`${api.url}/intents/${made.intent_id}/${what}`, { method: "HEAD", headers })).status,
        ).toBe(405);
      const leaving = new AbortController();
      for await (const { event } of eventsOf(made.intent_id, leaving.signal)) {
        expect(event).toBe("status");
        break;
      }
      leaving.abort();
      await cancel(made.intent_id);
    },
  );

  it("take no place of the tenant once their reader has gone", async () => {
    const { body: made } = await submit(request());
    for (let count = 0; count < 120; count += 1) {
      const leaving = new AbortController();
      for await (const { event } of eventsOf(made.intent_id, leaving.signal)) {
        expect(event).toBe("status");
        break;
      }
      leaving.abort();
    }
    await cancel(made.intent_id);
  });
});

describe("every answer", () => {
  it("carries the headers that keep it from being misused, and the id of its request", async () => {
    const { headers } = await api.ask("GET", "/auth/verify", {
      token: alice,
      headers: { "X-Request-Id": "mine-1" },
    });
    expect(Object.fromEntries(headers)).toMatchObject({
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "x-request-id": "mine-1",
    });
  });

  it("is compressed where that is welcome and worth it", async () => {
    const plain = await fetch(`${api.url}/openapi.json`, { headers: { "Accept-Encoding": "identity" } });
    const packed = await fetch(`${api.url}/openapi.json`, { headers: { "Accept-Encoding": "gzip" } });
    expect([plain.headers.get("content-encoding"), packed.headers.get("content-encoding")]).toEqual([
      null,
      "gzip",
    ]);
    const hash = async (response: Response) =>
      createHash("sha256")
        .update(await response.text())
        .digest("hex");
    expect(await hash(packed)).toBe(await hash(plain));
  });

  it("to what there is not is 404, and to a wrong method 405, in the form of all errors", async () => {
    expect(await api.ask("GET", "/api/v2/intents")).toMatchObject({
      status: 404,
      body: { error_code: "NOT_FOUND" },
    });
    const wrong = await api.ask("PUT", "/intents", { token: alice });
    expect(wrong).toMatchObject({ status: 405, body: { error_code: "METHOD_NOT_ALLOWED" } });
    expect(wrong.headers.get("allow")).toBe("POST, GET");
  });
});

describe("a body", () => {
  const post = (body: string, headers: Readonly<Record<string, string>> = {}) => submit(body, headers);
  it.each([
    ["that is no JSON", "{", {}, 400, "INVALID_FORMAT"],
    ["that is empty", " ", {}, 400, "INVALID_FORMAT"],
    ["nested too deep", "[".repeat(100_000), {}, 400, "INVALID_FORMAT"],
    ["that is too long", JSON.stringify({ intent: "x".repeat(1024 * 1024) }), {}, 413, "PAYLOAD_TOO_LARGE"],
    ["of another type", "{}", { "Content-Type": "text/plain" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
    [
      "in another charset",
      "{}",
      { "Content-Type": "application/json; charset=latin1" },
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    ["that is compressed", "{}", { "Content-Encoding": "gzip" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
  ])("%s is refused", async (_, body, headers, status, error_code) => {
    expect(await post(body, headers)).toMatchObject({ status, body: { error_code } });
  });

  it("of somebody who may not send one is not even read", async () => {
    const answer = await api.ask("POST", "/intents", { token: reader, body: "{" });
    expect(answer).toMatchObject({ status: 403, body: { error_code: "INSUFFICIENT_PERMISSIONS" } });
  });
});
