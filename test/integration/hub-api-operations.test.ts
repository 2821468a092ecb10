/** The REST API when things go wrong around it, and when too much is asked. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeClient } from "../../src/kubernetes/kube-client.ts";
import { KubeError } from "../../src/kubernetes/kube-error.ts";
import { request } from "../support/intents.ts";
import { type ApiCluster, MEMBER, type RunningApi, settled, startApiCluster } from "./api-harness.ts";

let cluster: ApiCluster;
let alice: string;
let bob: string;
let flare: string;
/** Resources of which the hub's API server says nothing at present. */
const silent = new Set<string>();
const faulty = (client: KubeClient): KubeClient => ({
  ...client,
  create: (resource, object, options) =>
    silent.has(resource.plural)
      ? Promise.reject(new KubeError("unreachable", "cannot reach the API server"))
      : client.create(resource, object, options),
});

beforeAll(async () => {
  cluster = await startApiCluster();
  await cluster.provider.addNode({ name: "h100" });
  await cluster.namespace("acme-dev", "acme");
  alice = await cluster.person("alice", "acme-dev", MEMBER);
  bob = await cluster.person("bob", "acme-dev", MEMBER);
  const api = await started();
  flare = (await api.ask("POST", "/auth/tokens", { token: alice, body: { name: "x" } })).body.token;
  await api.stop();
});
afterAll(async () => {
  await cluster?.close();
});

async function started(api: object = {}): Promise<RunningApi> {
  const running = await cluster.start({ api, controllers: false, wrap: faulty });
  await settled(async () =>
    expect((await running.ask("GET", "/resources", { token: alice })).status).toBe(200),
  );
  return running;
}
const unavailable = { status: 503, body: { error_code: "UNAVAILABLE" } };

describe("while the API server says nothing", () => {
  it("34: of tokens, a token is not told to be wrong; those that are known work on", async () => {
    const api = await started();
    silent.add("tokenreviews");
    const answer = await api.ask("GET", "/intents", { token: bob });
    silent.clear();
    expect(answer).toMatchObject(unavailable);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await api.ask("GET", "/intents", { token: bob })).status).toBe(200);
    silent.add("tokenreviews");
    for (const token of [bob, flare]) expect((await api.ask("GET", "/intents", { token })).status).toBe(200);
    silent.clear();
    await api.stop();
  });

  it.each([
    ["of rights, nobody is told to have none", "subjectaccessreviews", "/intents"],
    ["to a new Intent, it is not told to be there", "intents", "/intents"],
    ["to a new token, it is not told to be there", "secrets", "/auth/tokens"],
  ])("%s", async (_, resource, path) => {
    const api = await started();
    silent.add(resource);
    const token = resource === "subjectaccessreviews" ? bob : alice;
    const answer = await api.ask("POST", path, {
      token,
      body: path === "/intents" ? request() : { name: "y" },
    });
    silent.clear();
    expect(answer).toMatchObject(unavailable);
    await api.stop();
  });
});

describe("a replica that leads and serves the API", () => {
  it("watches the Intents once for both", async () => {
    let watches = 0;
    const counting = (client: KubeClient): KubeClient => ({
      ...client,
      watch: (resource, query, options) => {
        if (resource.plural === "intents") watches += 1;
        return client.watch(resource, query, options);
      },
    });
    const api = await cluster.start({ wrap: counting });
    const { name } = (await api.ask("POST", "/intents", { token: alice, body: request() })).body;
    await settled(async () => {
      const { body } = await api.ask("GET", `/intents/${name}`, { token: alice });
      expect(body.status.phase).not.toBe("Pending");
    });
    expect(watches).toBe(1);
    await api.stop();
  });
});

describe("limits", () => {
  const limited = { status: 429, body: { error_code: "RATE_LIMITED" } };
  const slow = { perSecond: 0.01, burst: 4 };

  it("hold for each token, and not for others", async () => {
    const api = await started({ limits: { perToken: slow } });
    const answers = [];
    for (let count = 0; count < 5; count += 1) answers.push(await api.ask("GET", "/intents", { token: bob }));
    expect(answers.slice(0, 4).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers[4]).toMatchObject(limited);
    expect(Number(answers[4]?.headers.get("retry-after"))).toBeGreaterThan(1);
    expect((await api.ask("GET", "/intents", { token: flare })).status).toBe(200);
    await api.stop();
  });

  it("hold for each address, past trusted proxies alone", async () => {
    const api = await cluster.start({
      api: { limits: { perAddress: slow }, trustedProxies: ["127.0.0.0/8"] },
      controllers: false,
    });
    const from = (address: string) =>
      api.ask("GET", "/healthz", { headers: { "X-Forwarded-For": `6.6.6.6, ${address}` } });
    for (let count = 0; count < 4; count += 1) expect((await from("10.0.0.1")).status).toBe(200);
    expect(await from("10.0.0.1")).toMatchObject(limited);
    expect((await from("10.0.0.2")).status).toBe(200);
    await api.stop();
  });

  it("hold for wrong tokens of an address; tokens that are known work on", async () => {
    const api = await started({ limits: { failedLogins: slow } });
    expect((await api.ask("GET", "/intents", { token: flare })).status).toBe(200);
    const wrong = (count: number) => api.ask("GET", "/intents", { token: `wrong-${count}` });
    for (let count = 0; count < 4; count += 1) expect((await wrong(count)).status).toBe(401);
    expect(await wrong(5)).toMatchObject(limited);
    expect(await api.ask("GET", "/intents", { token: bob })).toMatchObject(limited);
    for (const token of [flare, alice])
      expect((await api.ask("GET", "/intents", { token })).status).toBe(200);
    await api.stop();
  });

  it("hold for open event streams of a tenant", async () => {
    const api = await started({ limits: { streamsPerTenant: 2 } });
    const { body } = await api.ask("POST", "/intents", { token: alice, body: request() });
    const open = () =>
      fetch(`${api.url}/intents/${body.intent_id}/events`, { headers: { Authorization: `Bearer ${alice}` } });
    const streams = [await open(), await open()];
    expect(streams.map(({ status }) => status)).toEqual([200, 200]);
    const third = await open();
    expect(third.status).toBe(429);
    await third.text();
    await streams[0]?.body?.cancel();
    await settled(async () => {
      const again = await open();
      streams.push(again);
      expect(again.status).toBe(200);
    });
    // Streams end with the server, which does not wait for their readers to go.
    await api.stop();
  });
});

it("a change is written to the audit log: who, for whom, from where, and what", async () => {
  const api = await started();
  const headers = { "X-Request-Id": "audit-me" };
  const { body } = await api.ask("POST", "/intents", { token: flare, body: request(), headers });
  const lines = api.log
    .map((line) => JSON.parse(line))
    .filter(({ audit, requestId }) => audit && requestId === "audit-me");
  expect(lines).toMatchObject([
    {
      action: "intent submitted",
      subject: "system:serviceaccount:acme-dev:alice",
      tokenId: expect.any(String),
      tenant: "acme",
      address: "127.0.0.1",
      uid: body.intent_id,
    },
  ]);
  await api.stop();
});
