/** Who gets in, and what of others they get to see: nothing. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECRETS } from "../../src/hub/providers/secret-source.ts";
import type { KubeObject } from "../../src/kubernetes/objects.ts";
import { request } from "../support/intents.ts";
import {
  type ApiCluster,
  CLUSTER_ROLE_BINDINGS,
  MEMBER,
  READER,
  ROLE_BINDINGS,
  type RunningApi,
  SERVICE_ACCOUNTS,
  settled,
  startApiCluster,
  until,
} from "./api-harness.ts";

let cluster: ApiCluster;
let api: RunningApi;
let other: RunningApi;
const tokens: Record<string, string> = {};
const leaderElection = { enabled: true, leaseDuration: "2s", renewDeadline: "1500ms", retryPeriod: "100ms" };

beforeAll(async () => {
  cluster = await startApiCluster();
  await cluster.provider.addNode({ name: "h100" });
  await cluster.namespace("acme-dev", "acme");
  await cluster.namespace("globex-lab", "globex");
  await cluster.namespace("outside");
  tokens.alice = await cluster.person("alice", "acme-dev", MEMBER);
  tokens.reader = await cluster.person("reader", "acme-dev", READER);
  tokens.bob = await cluster.person("bob", "globex-lab", MEMBER);
  tokens.both = await cluster.person("both", "acme-dev", MEMBER, ["globex-lab"]);
  tokens.nobody = await cluster.person("nobody", "outside", MEMBER);
  tokens.admin = await cluster.person("admin", "outside", []);
  await cluster.hub.client.create(CLUSTER_ROLE_BINDINGS, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "test-admin" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: "admin", namespace: "outside" }],
  } as KubeObject);
  const intents = { hosts: { globex: ["*.globex.example.com"] } };
  api = await cluster.start({ leaderElection, intents, identity: "first" });
  other = await cluster.start({ leaderElection, intents, identity: "second" });
  for (const each of [api, other])
    await settled(async () =>
      expect((await each.ask("GET", "/resources", { token: tokens.alice })).status).toBe(200),
    );
});
afterAll(async () => {
  await cluster?.close();
});

const refusal = (status: number, error_code: string) => ({ status, body: { status, error_code } });
const make = async (who: string, body: object = {}) =>
  (await api.ask("POST", "/auth/tokens", { token: tokens[who], body: { name: "test", ...body } })).body;

describe("a request", () => {
  it.each([
    ["without a token", undefined, "AUTHENTICATION_FAILED"],
    ["with another kind of credentials", { Authorization: "Basic YTpi" }, "AUTHENTICATION_FAILED"],
    ["with an empty token", { Authorization: "Bearer " }, "AUTHENTICATION_FAILED"],
    ["with a made-up token", { Authorization: "Bearer abc" }, "INVALID_TOKEN"],
    ["with a forged JWT", { Authorization: `Bearer ${forged()}` }, "INVALID_TOKEN"],
    ["with an expired JWT", { Authorization: `Bearer ${forged(1)}` }, "TOKEN_EXPIRED"],
    ["with a made-up FLARE token", { Authorization: `Bearer flr_${"A".repeat(43)}` }, "INVALID_TOKEN"],
    ["with something like a FLARE token", { Authorization: "Bearer flr_x" }, "INVALID_TOKEN"],
  ])("%s is 401, and is told how to come in", async (_, headers, code) => {
    const answer = await api.ask("GET", "/intents", headers === undefined ? {} : { headers });
    expect(answer).toMatchObject(refusal(401, code));
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="flare"');
  });

  it("of somebody who belongs to no tenant is 403, and their token is valid all the same", async () => {
    expect(await api.ask("GET", "/resources", { token: tokens.nobody })).toMatchObject(
      refusal(403, "INSUFFICIENT_PERMISSIONS"),
    );
    expect(await api.ask("GET", "/auth/verify", { token: tokens.nobody })).toMatchObject({
      status: 200,
      body: { valid: true, tenants: [] },
    });
  });

  it("of somebody in several tenants is for the one that they choose, never for an arbitrary one", async () => {
    expect(await api.ask("GET", "/intents", { token: tokens.both })).toMatchObject({
      status: 400,
      body: { error_code: "TENANT_REQUIRED", message: expect.stringContaining("acme, globex") },
    });
    const as = (tenant: string) =>
      api.ask("POST", "/intents?dry_run=true", {
        token: tokens.both,
        body: request(),
        headers: { "X-Flare-Tenant": tenant },
      });
    expect((await as("acme")).status).toBe(200);
    expect((await as("globex")).status).toBe(200);
    const [foreign, unknown] = [await as("outside"), await as("no-such")];
    expect(foreign).toMatchObject(refusal(403, "INSUFFICIENT_PERMISSIONS"));
    expect(foreign.body.message).toBe(unknown.body.message);
  });

  it("needs the right for what it does", async () => {
    const token = tokens.reader;
    expect((await api.ask("GET", "/intents", { token })).status).toBe(200);
    expect((await api.ask("GET", "/resources", { token })).status).toBe(200);
    for (const [method, path] of [
      ["POST", "/intents"],
      ["PATCH", "/intents/x"],
      ["DELETE", "/intents/x"],
      ["GET", "/auth/tokens"],
      ["POST", "/auth/tokens"],
      ["DELETE", "/auth/tokens/x"],
    ] as const)
      expect(
        await api.ask(method, path, {
          token,
          ...(method === "GET" || method === "DELETE" ? {} : { body: {} }),
        }),
      ).toMatchObject(refusal(403, "INSUFFICIENT_PERMISSIONS"));
  });

  it("of an administrator is for the tenant that they name", async () => {
    expect(await api.ask("GET", "/intents", { token: tokens.admin })).toMatchObject(
      refusal(400, "TENANT_REQUIRED"),
    );
    const headers = { "X-Flare-Tenant": "acme" };
    expect(
      (await api.ask("GET", "/auth/verify", { token: tokens.admin, headers })).body.tenants,
    ).toMatchObject([{ tenant: "acme", permissions: expect.arrayContaining(["admin:*"]) }]);
  });
});

describe("of another tenant", () => {
  it("nobody sees, guesses or touches anything, on any route", async () => {
    const { body: intent } = await api.ask("POST", "/intents", { token: tokens.alice, body: request() });
    const token = await make("alice");
    await until(
      async () => (await api.ask("GET", `/intents/${intent.intent_id}`, { token: tokens.alice })).body.phase,
    ).toBe("Provisioning");
    const { token: bobs } = await make("bob", {
      permissions: ["intents:read", "intents:write", "intents:delete", "resources:read", "tokens:manage"],
    });
    const missing = "00000000-0000-4000-8000-000000000000";
    const routes = [
      ["GET", "/intents/ID"],
      ["PATCH", "/intents/ID", { priority: 1 }],
      ["DELETE", "/intents/ID"],
      ["GET", "/intents/ID/events"],
      ["DELETE", "/auth/tokens/ID"],
    ] as const;
    for (const asker of [tokens.bob, bobs]) {
      for (const [method, path, body] of routes) {
        const id = path.includes("tokens") ? token.token_id : intent.intent_id;
        const [theirs, none] = await Promise.all(
          [id, missing].map((each) => api.ask(method, path.replace("ID", each), { token: asker, body })),
        );
        expect(theirs).toMatchObject(refusal(404, "NOT_FOUND"));
        // Nothing tells what is somebody else's from what is not there.
        expect({ ...theirs?.body, request_id: "" }).toEqual({ ...none?.body, request_id: "" });
      }
      expect((await api.ask("GET", "/intents", { token: asker })).body.intents).toEqual([]);
      const listed = (await api.ask("GET", "/auth/tokens", { token: asker })).body.tokens;
      expect(listed.map(({ user_id }: { user_id: string }) => user_id)).not.toContain(
        "system:serviceaccount:acme-dev:alice",
      );
      expect(
        await api.ask("GET", "/intents", { token: asker, headers: { "X-Flare-Tenant": "acme" } }),
      ).toMatchObject({ status: 403 });
      expect(
        await api.ask("POST", "/intents", {
          token: asker,
          body: request(),
          headers: { "X-Flare-Namespace": "acme-dev" },
        }),
      ).toMatchObject({ status: 403 });
    }
    expect(
      (await api.ask("GET", `/intents/${intent.intent_id}`, { token: tokens.alice })).body,
    ).toMatchObject({ phase: "Provisioning", intent: { priority: 0 } });
    expect((await api.ask("GET", "/auth/verify", { token: token.token })).status).toBe(200);
    await api.ask("DELETE", `/intents/${intent.intent_id}`, { token: tokens.alice });
    await until(async () => (await api.ask("GET", "/intents", { token: tokens.alice })).body.intents).toEqual(
      [],
    );
  });
});

describe("a host name that was given to a tenant", () => {
  const exposed = (domain: string) => request({}, { ports: [{ port: 8000, expose: true, domain }] });
  const taken = {
    ...refusal(400, "INVALID_FORMAT"),
    body: { problems: [{ path: "intent.workload.ports[0].domain", reason: "invalid" }] },
  };

  it("is refused to others, also on a dry run and on a change, and free for that tenant", async () => {
    const [theirs, mine] = [exposed("llm.globex.example.com"), { token: tokens.alice }];
    expect(await api.ask("POST", "/intents", { ...mine, body: theirs })).toMatchObject(taken);
    expect(await api.ask("POST", "/intents?dry_run=true", { ...mine, body: theirs })).toMatchObject(taken);
    const { body: plain } = await api.ask("POST", "/intents", { ...mine, body: request() });
    const path = `/intents/${plain.intent_id}`;
    const change = { workload: { ports: [{ port: 8000, expose: true, domain: "llm.globex.example.com" }] } };
    expect(await api.ask("PATCH", path, { ...mine, body: change })).toMatchObject({
      ...refusal(400, "INVALID_FORMAT"),
      body: { problems: [{ path: "workload.ports[0].domain" }] },
    });
    const { body: accepted, status } = await api.ask("POST", "/intents", { token: tokens.bob, body: theirs });
    expect(status).toBe(200);
    await api.ask("DELETE", path, mine);
    await api.ask("DELETE", `/intents/${accepted.intent_id}`, { token: tokens.bob });
    for (const token of [tokens.alice, tokens.bob])
      await until(async () => (await api.ask("GET", "/intents", { token })).body.intents).toEqual([]);
  });
});

describe("a FLARE token", () => {
  it("is shown once, and only its hash is kept", async () => {
    const made = await make("alice");
    expect(made.token).toMatch(/^flr_[A-Za-z0-9_-]{43}$/);
    const secrets: KubeObject[] = [];
    for await (const { items } of cluster.hub.client.list<KubeObject>(SECRETS, { namespace: "flare-tokens" }))
      secrets.push(...items);
    const bare = made.token.slice("flr_".length);
    const kept = JSON.stringify(secrets);
    for (const text of [
      bare,
      Buffer.from(made.token).toString("base64"),
      Buffer.from(bare, "base64url").toString("hex"),
    ])
      expect(kept).not.toContain(text);
    expect([...api.log, ...other.log].join("")).not.toContain(bare);
    expect(
      JSON.stringify((await api.ask("GET", "/auth/tokens", { token: tokens.alice })).body),
    ).not.toContain(bare);
  });

  it("lets in on every replica at once, and on none as soon as it is revoked", async () => {
    const made = await make("alice");
    expect((await other.ask("GET", "/auth/verify", { token: made.token })).status).toBe(200);
    const revoked = await other.ask("DELETE", `/auth/tokens/${made.token_id}`, { token: tokens.alice });
    expect(revoked).toMatchObject({ status: 200, body: { token_id: made.token_id } });
    expect(await other.ask("GET", "/auth/verify", { token: made.token })).toMatchObject(
      refusal(401, "TOKEN_REVOKED"),
    );
    await until(() => api.ask("GET", "/auth/verify", { token: made.token })).toMatchObject(
      refusal(401, "TOKEN_REVOKED"),
    );
    const again = await other.ask("DELETE", `/auth/tokens/${made.token_id}`, { token: tokens.alice });
    expect(again.body.revoked_at).toBe(revoked.body.revoked_at);
  });

  it("lets nobody in any more when its Secret is gone", async () => {
    const made = await make("alice");
    for await (const { items } of cluster.hub.client.list<KubeObject>(SECRETS, { namespace: "flare-tokens" }))
      for (const { metadata } of items)
        if (metadata?.uid === made.token_id)
          await cluster.hub.client.delete(SECRETS, { namespace: "flare-tokens", name: metadata?.name });
    await until(() => api.ask("GET", "/auth/verify", { token: made.token })).toMatchObject(
      refusal(401, "INVALID_TOKEN"),
    );
  });

  it("lets nobody in any more when its time is over", async () => {
    const made = await make("alice", { expires_in: "1s" });
    expect((await api.ask("GET", "/auth/verify", { token: made.token })).status).toBe(200);
    await until(() => api.ask("GET", "/auth/verify", { token: made.token })).toMatchObject(
      refusal(401, "TOKEN_EXPIRED"),
    );
  });

  it("grants what it was made for, and never more than its maker has", async () => {
    const { token } = await make("alice", { permissions: ["intents:read", "tokens:manage"] });
    expect((await api.ask("GET", "/intents", { token })).status).toBe(200);
    expect(await api.ask("POST", "/intents", { token, body: request() })).toMatchObject(
      refusal(403, "INSUFFICIENT_PERMISSIONS"),
    );
    const ask = (permissions: string[]) =>
      api.ask("POST", "/auth/tokens", { token, body: { name: "more", permissions } });
    expect(await ask(["intents:write"])).toMatchObject(refusal(403, "INSUFFICIENT_PERMISSIONS"));
    expect(await ask(["admin:*"])).toMatchObject(refusal(403, "INSUFFICIENT_PERMISSIONS"));
    expect(await ask(["intents:read"])).toMatchObject({
      status: 200,
      body: { permissions: ["intents:read"] },
    });
    expect(
      (await api.ask("POST", "/auth/tokens", { token, body: { name: "usual" } })).body.permissions,
    ).toEqual(["intents:read"]);
    const headers = { "X-Flare-Tenant": "globex" };
    expect(await api.ask("GET", "/intents", { token, headers })).toMatchObject(
      refusal(403, "INSUFFICIENT_PERMISSIONS"),
    );
  });

  it("does not outlive the token that made it", async () => {
    const maker = await make("alice", { permissions: ["tokens:manage", "intents:read"], expires_in: "1h" });
    const { body } = await api.ask("POST", "/auth/tokens", {
      token: maker.token,
      body: { name: "long", expires_in: "30d" },
    });
    expect(body.expires_at).toBe(maker.expires_at);
  });

  it("tells when it was used last", async () => {
    const made = await make("alice");
    await api.ask("GET", "/auth/verify", { token: made.token });
    const mine = async () =>
      (await api.ask("GET", "/auth/tokens", { token: tokens.alice })).body.tokens.find(
        ({ token_id }: { token_id: string }) => token_id === made.token_id,
      );
    await until(async () => (await mine()).last_used).toMatch(/^20\d\d-/);
    expect(await mine()).toMatchObject({
      status: "active",
      name: "test",
      user_id: "system:serviceaccount:acme-dev:alice",
    });
  });

  it.each([
    ["without a name", {}, "name", "MISSING_REQUIRED_FIELD"],
    ["for longer than may be", { name: "x", expires_in: "9999d" }, "expires_in", "INVALID_FORMAT"],
    ["for no time", { name: "x", expires_in: "soon" }, "expires_in", "INVALID_FORMAT"],
    ["for what there is not", { name: "x", permissions: ["root"] }, "permissions.0", "INVALID_FORMAT"],
    ["with a field that there is not", { name: "x", expires: "1d" }, "expires", "INVALID_FORMAT"],
  ])("is not made %s", async (_, body, path, error_code) => {
    expect(await api.ask("POST", "/auth/tokens", { token: tokens.alice, body })).toMatchObject({
      status: 400,
      body: { error_code, problems: [{ path }] },
    });
  });

  it("is made for nobody else", async () => {
    const body = { name: "x", user_id: "system:serviceaccount:globex-lab:bob" };
    expect(await api.ask("POST", "/auth/tokens", { token: tokens.alice, body })).toMatchObject(
      refusal(403, "INSUFFICIENT_PERMISSIONS"),
    );
  });

  it("of an account that is gone lets nobody in; nor does the account's own token; nor what the account lost", async () => {
    tokens.carol = await cluster.person("carol", "acme-dev", MEMBER);
    const [kept, lost] = [await make("carol"), await make("carol")];
    expect((await api.ask("GET", "/intents", { token: lost.token })).status).toBe(200);
    await cluster.hub.client.delete(ROLE_BINDINGS, { namespace: "acme-dev", name: "carol" });
    await until(() => api.ask("GET", "/intents", { token: lost.token })).toMatchObject(
      refusal(403, "INSUFFICIENT_PERMISSIONS"),
    );
    await cluster.hub.client.delete(SERVICE_ACCOUNTS, { namespace: "acme-dev", name: "carol" });
    await until(() => api.ask("GET", "/auth/verify", { token: kept.token })).toMatchObject(
      refusal(401, "AUTHENTICATION_FAILED"),
    );
    await until(() => api.ask("GET", "/auth/verify", { token: tokens.carol })).toMatchObject(
      refusal(401, "INVALID_TOKEN"),
    );
  });
});

describe("two replicas", () => {
  it("answer the same: what one has accepted, the other shows, changes and cancels", async () => {
    const { body: made } = await other.ask("POST", "/intents", { token: tokens.alice, body: request() });
    const path = `/intents/${made.intent_id}`;
    expect((await api.ask("GET", path, { token: tokens.alice })).status).toBe(200);
    expect((await other.ask("GET", path, { token: tokens.alice })).status).toBe(200);
    await until(async () => (await other.ask("GET", path, { token: tokens.alice })).body.phase).toBe(
      "Provisioning",
    );
    const free = async (each: RunningApi) =>
      (await each.ask("GET", "/resources", { token: tokens.alice })).body.available_gpus[0].count;
    for (const each of [api, other]) await until(() => free(each)).toBe(7);
    expect((await other.ask("DELETE", path, { token: tokens.alice })).status).toBe(202);
    for (const each of [api, other]) await until(() => free(each)).toBe(8);
    for (const each of [api, other])
      await until(async () => (await each.ask("GET", path, { token: tokens.alice })).status).toBe(404);
  });
});

/** A JWT that nobody signed. */
function forged(exp = 4_000_000_000): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ sub: "system:serviceaccount:acme-dev:alice", exp })}.x`;
}
