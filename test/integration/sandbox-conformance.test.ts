/**
 * What the sandbox has in common with a real API server. Runs on both: whatever passes on a control plane and not
 * here is a fault of the sandbox.
 */
import { get as httpsGet } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApi, type TestApi } from "../support/api.ts";
import {
  endpointOf,
  type KubeBody,
  type KubeClient,
  kubeClient,
  kubeClientFrom,
} from "../support/kube-client.ts";

let api: TestApi;
let admin: KubeClient;
beforeAll(async () => {
  api = await startApi();
  admin = kubeClientFrom(api.kubeconfig);
});
afterAll(async () => {
  admin.close();
  await api.stop();
});

interface WatchEvent {
  readonly type: string;
  readonly object: KubeBody;
}

/** Reads watch events from the path until `enough` says so, or the server ends the stream. */
function watchUntil(
  path: string,
  enough: (events: readonly WatchEvent[]) => boolean,
): Promise<readonly WatchEvent[]> {
  const { server, caPem, token } = endpointOf(api.kubeconfig);
  return new Promise((resolve, reject) => {
    const events: WatchEvent[] = [];
    let rest = "";
    const request = httpsGet(
      new URL(path, server),
      { ca: caPem, headers: { authorization: `Bearer ${token}` } },
      (response) => {
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          const lines = (rest + chunk).split("\n");
          rest = lines.pop() ?? "";
          events.push(...lines.filter((line) => line !== "").map((line): WatchEvent => JSON.parse(line)));
          if (!enough(events)) return;
          resolve(events);
          request.destroy();
        });
        response.on("end", () => resolve(events));
      },
    );
    request.on("error", reject);
  });
}

/** The status of a GET with headers of its own. */
function statusAs(token: string, path: string, headers: Record<string, string>): Promise<number> {
  const { server, caPem } = endpointOf(api.kubeconfig);
  return new Promise((resolve, reject) => {
    const options = { ca: caPem, headers: { authorization: `Bearer ${token}`, ...headers } };
    httpsGet(new URL(path, server), options, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    }).on("error", reject);
  });
}

async function eventually<T>(read: () => Promise<T>, accept: (value: T) => boolean): Promise<T> {
  const end = Date.now() + 15_000;
  for (;;) {
    const value = await read();
    if (accept(value) || Date.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const versionOf = (body: KubeBody): string => body.metadata?.resourceVersion ?? "";
const names = (body: KubeBody): readonly (string | undefined)[] =>
  (body.items ?? []).map((item) => item.metadata?.name);
const seen = (events: readonly WatchEvent[]): readonly string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata?.name}`);

async function makeNamespace(name: string): Promise<string> {
  await admin.create("/api/v1/namespaces", { metadata: { name } });
  return `/api/v1/namespaces/${name}`;
}

const configMap = (
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels },
  data,
});

describe("reading and writing", () => {
  let base: string;
  beforeAll(async () => {
    base = `${await makeNamespace("crud")}/configmaps`;
  });

  test("a created object has identity, and cannot be created again", async () => {
    const { body } = await admin.create(base, configMap("a", { k: "1" }));
    expect(body.metadata).toMatchObject({
      name: "a",
      namespace: "crud",
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: expect.stringMatching(/^\d+$/),
    });
    const again = await admin.request("POST", base, configMap("a"));
    expect(again).toMatchObject({
      status: 409,
      body: {
        reason: "AlreadyExists",
        message: 'configmaps "a" already exists',
        details: { name: "a", kind: "configmaps" },
      },
    });
  });

  test("generateName gives each object a name of its own", async () => {
    const made = await Promise.all(
      [1, 2].map(() => admin.create(base, { metadata: { generateName: "gen-" } })),
    );
    const [one, two] = made.map(({ body }) => body.metadata?.name);
    expect(one).toMatch(/^gen-[a-z0-9]{5}$/);
    expect(one).not.toBe(two);
  });

  test.each([
    ["an object that is not there", "/api/v1/nodes/none", 404, "NotFound", 'nodes "none" not found'],
    [
      "a resource that is not there",
      "/api/v1/gadgets",
      404,
      "NotFound",
      "the server could not find the requested resource",
    ],
    [
      "a field that cannot be selected by",
      "/api/v1/nodes?fieldSelector=spec.foo%3Dx",
      400,
      "BadRequest",
      "field label not supported: spec.foo",
    ],
    [
      "a namespaced object without its namespace",
      "/api/v1/configmaps/a",
      404,
      "NotFound",
      "the server could not find the requested resource",
    ],
  ])("%s is refused", async (_, path, status, reason, message) => {
    expect(await admin.get(path)).toMatchObject({
      status,
      body: { kind: "Status", status: "Failure", reason, message, code: status },
    });
  });

  test.each([
    ["a name with capitals", configMap("Bad"), "metadata.name"],
    ["a label value with a blank", configMap("bad", {}, { a: "b c" }), "metadata.labels"],
    ["a label key with two slashes", configMap("bad", {}, { "a/b/c": "d" }), "metadata.labels"],
    ["a label value of 64 characters", configMap("bad", {}, { a: "x".repeat(64) }), "metadata.labels"],
    [
      "an annotation key with a blank",
      { metadata: { name: "bad", annotations: { "a b": "" } } },
      "metadata.annotations",
    ],
  ])("%s is invalid", async (_, object, field) => {
    const { status, body } = await admin.request("POST", base, object);
    expect({ status, reason: body.reason }).toEqual({ status: 422, reason: "Invalid" });
    expect(body.details).toMatchObject({ causes: [{ reason: "FieldValueInvalid", field }] });
  });

  test("a label that is a number is refused before it is looked at", async () => {
    const { status, body } = await admin.request("POST", base, {
      metadata: { name: "bad", labels: { a: 1 } },
    });
    expect({ status, reason: body.reason }).toEqual({ status: 400, reason: "BadRequest" });
  });

  test("an update on a stale resourceVersion is a conflict, one that changes nothing is no write", async () => {
    const { body: first } = await admin.create(base, configMap("stale", { k: "1" }));
    const changed = await admin.request("PUT", `${base}/stale`, { ...first, data: { k: "2" } });
    expect(changed.status).toBe(200);
    const stale = await admin.request("PUT", `${base}/stale`, { ...first, data: { k: "3" } });
    expect(stale).toMatchObject({
      status: 409,
      body: {
        reason: "Conflict",
        message:
          'Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again',
      },
    });
    const same = await admin.request("PUT", `${base}/stale`, changed.body);
    expect(versionOf(same.body)).toBe(versionOf(changed.body));
  });

  test("merge, JSON and strategic patches do what their names say", async () => {
    await admin.create("/api/v1/nodes", {
      metadata: { name: "patched" },
      spec: { taints: [{ key: "a", effect: "NoSchedule" }] },
    });
    const path = "/api/v1/nodes/patched";
    await admin.patch(path, "merge", { metadata: { labels: { one: "1", two: "2" } } });
    await admin.patch(path, "merge", { metadata: { labels: { one: null } } });
    await admin.patch(path, "json", [{ op: "add", path: "/metadata/annotations", value: { "a/b": "c" } }]);
    await admin.patch(path, "json", [{ op: "replace", path: "/metadata/annotations/a~1b", value: "d" }]);
    const condition = (type: string): object => ({ status: { conditions: [{ type, status: "True" }] } });
    await admin.patch(`${path}/status`, "strategic", condition("Ready"));
    await admin.patch(`${path}/status`, "strategic", condition("MemoryPressure"));
    await admin.patch(path, "strategic", { spec: { taints: [{ key: "b", effect: "NoExecute" }] } });
    const { body } = await admin.get(path);
    expect(body.metadata?.labels).toMatchObject({ two: "2" });
    expect(body.metadata?.labels).not.toHaveProperty("one");
    expect(body.metadata?.annotations).toMatchObject({ "a/b": "d" });
    const types = (body.status as { conditions: { type: string }[] }).conditions.map(({ type }) => type);
    expect(types.toSorted()).toEqual(["MemoryPressure", "Ready"]);
    expect((body.spec as { taints: { key: string }[] }).taints.map(({ key }) => key)).toContain("b");
    expect((body.spec as { taints: { key: string }[] }).taints.map(({ key }) => key)).not.toContain("a");
    const failed = await admin.patch(path, "json", [{ op: "test", path: "/metadata/name", value: "other" }]);
    expect(failed).toMatchObject({ status: 422, body: { reason: "Invalid" } });
  });

  test("a patch of an unknown media type is refused", async () => {
    const { status, body } = await admin.request("PATCH", "/api/v1/namespaces/crud", {}, "text/plain");
    expect({ status, reason: body.reason }).toEqual({ status: 415, reason: "UnsupportedMediaType" });
  });

  test("deleting checks preconditions, answers with a Status, and a finalizer holds the object", async () => {
    const { body } = await admin.create(base, {
      metadata: { name: "held", finalizers: ["example.com/hold"] },
    });
    const wrong = await admin.request("DELETE", `${base}/held`, { preconditions: { uid: "other" } });
    expect(wrong).toMatchObject({ status: 409, body: { reason: "Conflict" } });
    const held = await admin.request("DELETE", `${base}/held`, {
      preconditions: { uid: (body.metadata as { uid?: string }).uid },
    });
    expect(held.body.metadata).toHaveProperty("deletionTimestamp");
    await admin.patch(`${base}/held`, "merge", { metadata: { finalizers: null } });
    expect((await admin.get(`${base}/held`)).status).toBe(404);
    await admin.create(base, configMap("free"));
    expect(await admin.delete(`${base}/free`)).toMatchObject({
      status: 200,
      body: { kind: "Status", status: "Success", details: { name: "free", kind: "configmaps" } },
    });
  });

  test("spec and status of a node have separate writers", async () => {
    await admin.create("/api/v1/nodes", { metadata: { name: "halves" } });
    const allocatable = { "nvidia.com/gpu": "8" };
    await admin.patch("/api/v1/nodes/halves/status", "merge", {
      status: { allocatable, capacity: allocatable },
    });
    const { body } = await admin.patch("/api/v1/nodes/halves", "merge", {
      spec: { unschedulable: true },
      status: { allocatable: { "nvidia.com/gpu": "0" } },
    });
    expect(body).toMatchObject({ spec: { unschedulable: true }, status: { allocatable } });
  });

  test("dryRun changes nothing", async () => {
    expect((await admin.request("POST", `${base}?dryRun=All`, configMap("dry"))).status).toBe(201);
    expect((await admin.get(`${base}/dry`)).status).toBe(404);
  });
});

describe("lists", () => {
  let base: string;
  beforeAll(async () => {
    base = `${await makeNamespace("lists")}/configmaps`;
    for (const name of ["a", "b", "c", "d", "e"])
      await admin.create(base, configMap(name, {}, { half: name < "c" ? "first" : "second" }));
  });

  const ours = "labelSelector=half";

  test.each([
    ["half=first", ["a", "b"]],
    ["half!=first,half", ["c", "d", "e"]],
    ["half in (first,third)", ["a", "b"]],
    ["half notin (first),half", ["c", "d", "e"]],
  ])("select by label %s", async (selector, expected) => {
    const { body } = await admin.get(`${base}?labelSelector=${encodeURIComponent(selector)}`);
    expect(names(body)).toEqual(expected);
  });

  test.each([
    ["metadata.name=b", ["b"]],
    ["metadata.name!=b,metadata.namespace=lists", ["a", "c", "d", "e"]],
  ])("select by field %s", async (selector, expected) => {
    const { body } = await admin.get(`${base}?${ours}&fieldSelector=${encodeURIComponent(selector)}`);
    expect(names(body)).toEqual(expected);
  });

  test("pages of one list show one state, whatever happens between them", async () => {
    const first = await admin.get(`${base}?${ours}&limit=2`);
    await admin.create(base, configMap("bb", {}, { half: "first" }));
    await admin.delete(`${base}/d`);
    const meta = first.body.metadata as { continue?: string; resourceVersion?: string };
    const second = await admin.get(
      `${base}?${ours}&limit=2&continue=${encodeURIComponent(meta.continue ?? "")}`,
    );
    const next = (second.body.metadata as { continue?: string }).continue ?? "";
    const third = await admin.get(`${base}?${ours}&limit=2&continue=${encodeURIComponent(next)}`);
    expect([first, second, third].map(({ body }) => names(body))).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(versionOf(second.body)).toBe(meta.resourceVersion);
    expect(third.body.metadata).not.toHaveProperty("continue", expect.stringMatching(/./));
    expect(names((await admin.get(`${base}?${ours}`)).body)).toEqual(["a", "b", "bb", "c", "e"]);
  });

  test("a continue token that was made up is refused", async () => {
    expect((await admin.get(`${base}?limit=1&continue=bm9uc2Vuc2U`)).status).toBe(400);
  });
});

describe("watches", () => {
  let base: string;
  beforeAll(async () => {
    base = `${await makeNamespace("watches")}/configmaps`;
  });

  test("resume after the resourceVersion of a list, in the order of the changes", async () => {
    const from = versionOf((await admin.get(base)).body);
    await admin.create(base, configMap("w"));
    await admin.patch(`${base}/w`, "merge", { data: { k: "v" } });
    await admin.delete(`${base}/w`);
    const path = `${base}?watch=1&fieldSelector=metadata.name%3Dw&resourceVersion=`;
    const events = await watchUntil(`${path}${from}`, (sofar) => sofar.length === 3);
    expect(seen(events)).toEqual(["ADDED w", "MODIFIED w", "DELETED w"]);
    const second = versionOf(events[1]?.object ?? {});
    expect(seen(await watchUntil(`${path}${second}`, (sofar) => sofar.length === 1))).toEqual(["DELETED w"]);
    expect(Number(versionOf(events[2]?.object ?? {}))).toBeGreaterThan(Number(second));
  });

  test("with a selector see objects come and go with their labels", async () => {
    const from = versionOf((await admin.get(base)).body);
    await admin.create(base, configMap("l"));
    await admin.patch(`${base}/l`, "merge", { metadata: { labels: { show: "yes" } } });
    await admin.patch(`${base}/l`, "merge", { data: { k: "v" } });
    await admin.patch(`${base}/l`, "merge", { metadata: { labels: { show: "no" } } });
    const events = await watchUntil(
      `${base}?watch=1&labelSelector=show%3Dyes&resourceVersion=${from}`,
      (sofar) => sofar.length === 3,
    );
    expect(seen(events)).toEqual(["ADDED l", "MODIFIED l", "DELETED l"]);
    expect(events[2]?.object.metadata?.labels).toEqual({ show: "yes" });
  });

  test("without a resourceVersion begin with what is there", async () => {
    await admin.create(base, configMap("present"));
    const events = await watchUntil(
      `${base}?watch=1&fieldSelector=metadata.name%3Dpresent`,
      (sofar) => sofar.length === 1,
    );
    expect(seen(events)).toEqual(["ADDED present"]);
  });

  test("end after timeoutSeconds", async () => {
    const from = versionOf((await admin.get(base)).body);
    expect(await watchUntil(`${base}?watch=1&timeoutSeconds=1&resourceVersion=${from}`, () => false)).toEqual(
      [],
    );
  });
});

describe("permissions", () => {
  let user: KubeClient;
  let token: string;
  beforeAll(async () => {
    await makeNamespace("rbac");
    await admin.create("/api/v1/namespaces/rbac/serviceaccounts", { metadata: { name: "reader" } });
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const subjects = [{ kind: "ServiceAccount", name: "reader", namespace: "rbac" }];
    const role = (kind: string): object => ({ apiGroup: "rbac.authorization.k8s.io", kind, name: "reader" });
    const rules = [
      { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] },
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["one"], verbs: ["get"] },
    ];
    await admin.create(`${rbac}/namespaces/rbac/roles`, { metadata: { name: "reader" }, rules });
    await admin.create(`${rbac}/namespaces/rbac/rolebindings`, {
      metadata: { name: "reader" },
      roleRef: role("Role"),
      subjects,
    });
    const nodeRules = [
      { apiGroups: [""], resources: ["nodes"], verbs: ["patch"] },
      { nonResourceURLs: ["/metrics"], verbs: ["get"] },
    ];
    await admin.create(`${rbac}/clusterroles`, { metadata: { name: "reader" }, rules: nodeRules });
    await admin.create(`${rbac}/clusterrolebindings`, {
      metadata: { name: "reader" },
      roleRef: role("ClusterRole"),
      subjects,
    });
    const review = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: 600 },
    };
    const { body } = await admin.create("/api/v1/namespaces/rbac/serviceaccounts/reader/token", review);
    token = (body.status as { token: string }).token;
    user = kubeClient({ ...endpointOf(api.kubeconfig), token });
    await eventually(
      () => user.get("/api/v1/namespaces/rbac/configmaps"),
      ({ status }) => status === 200,
    );
  });
  afterAll(() => user.close());

  test.each([
    ["list what the role names", "GET", "/api/v1/namespaces/rbac/configmaps", 200],
    ["get the secret by its name", "GET", "/api/v1/namespaces/rbac/secrets/one", 404],
    ["get another secret", "GET", "/api/v1/namespaces/rbac/secrets/two", 403],
    ["list what only another namespace grants", "GET", "/api/v1/namespaces/default/configmaps", 403],
    ["create what it may only read", "POST", "/api/v1/namespaces/rbac/configmaps", 403],
    ["list nodes that it may only patch", "GET", "/api/v1/nodes", 403],
    ["read a path that is granted to nobody", "GET", "/logs", 403],
    ["discover the API", "GET", "/apis", 200],
  ])("a service account may or may not %s", async (_, method, path, status) => {
    const answer = await user.request(method, path, method === "POST" ? configMap("x") : undefined);
    expect(answer.status).toBe(status);
  });

  test("a refusal names user, verb, resource and place", async () => {
    const who = 'User "system:serviceaccount:rbac:reader"';
    expect((await user.get("/api/v1/nodes")).body).toMatchObject({
      reason: "Forbidden",
      message: `nodes is forbidden: ${who} cannot list resource "nodes" in API group "" at the cluster scope`,
      details: { kind: "nodes" },
    });
    expect((await user.get("/apis/apps/v1/namespaces/rbac/deployments/d")).body.message).toBe(
      `deployments.apps "d" is forbidden: ${who} cannot get resource "deployments" in API group "apps" in the namespace "rbac"`,
    );
    expect((await user.get("/logs")).body.message).toBe(`forbidden: ${who} cannot get path "/logs"`);
  });

  test("apply needs the right to create only where nothing is there", async () => {
    await admin.create("/api/v1/nodes", { metadata: { name: "granted" } });
    const node = (name: string): object => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { a: "b" } },
    });
    expect((await user.patch("/api/v1/nodes/granted?fieldManager=t", "apply", node("granted"))).status).toBe(
      200,
    );
    expect((await user.patch("/api/v1/nodes/absent?fieldManager=t", "apply", node("absent"))).status).toBe(
      403,
    );
  });

  test("who may act for others has their rights, and nobody else does", async () => {
    const asReader = { "impersonate-user": "system:serviceaccount:rbac:reader" };
    expect(
      await statusAs(endpointOf(api.kubeconfig).token, "/api/v1/namespaces/rbac/configmaps", asReader),
    ).toBe(200);
    expect(await statusAs(endpointOf(api.kubeconfig).token, "/api/v1/nodes", asReader)).toBe(403);
    expect(
      await statusAs(token, "/api/v1/nodes", {
        "impersonate-user": "admin",
        "impersonate-group": "system:masters",
      }),
    ).toBe(403);
  });

  test("without a valid token there is no entry", async () => {
    const stranger = kubeClient({ ...endpointOf(api.kubeconfig), token: "nonsense" });
    expect(await stranger.get("/api/v1/nodes")).toMatchObject({
      status: 401,
      body: { reason: "Unauthorized" },
    });
    stranger.close();
  });

  test("a TokenReview knows whose token it is, until the account is gone", async () => {
    const path = "/apis/authentication.k8s.io/v1/tokenreviews";
    const review = (text: string): object => ({
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token: text },
    });
    const { body } = await admin.create(path, review(token));
    expect(body.status).toMatchObject({
      authenticated: true,
      user: {
        username: "system:serviceaccount:rbac:reader",
        groups: expect.arrayContaining([
          "system:serviceaccounts",
          "system:serviceaccounts:rbac",
          "system:authenticated",
        ]),
      },
    });
    expect((await admin.create(path, review("nonsense"))).body.status).not.toHaveProperty(
      "authenticated",
      true,
    );
  });

  test("access reviews give the verdict without the deed", async () => {
    const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    const ask = async (verb: string, resource: string): Promise<unknown> => {
      const resourceAttributes = { namespace: "rbac", verb, resource };
      const spec = {
        user: "system:serviceaccount:rbac:reader",
        groups: ["system:serviceaccounts"],
        resourceAttributes,
      };
      return (
        (
          await admin.create(path, {
            apiVersion: "authorization.k8s.io/v1",
            kind: "SubjectAccessReview",
            spec,
          })
        ).body.status as { allowed: boolean }
      ).allowed;
    };
    expect([
      await ask("list", "configmaps"),
      await ask("delete", "configmaps"),
      await ask("patch", "nodes"),
    ]).toEqual([true, false, true]);
  });
});

describe("what belongs together", () => {
  test("dependents go with their owner", async () => {
    const base = `${await makeNamespace("owners")}/configmaps`;
    const { body } = await admin.create(base, configMap("owner"));
    const owner = {
      apiVersion: "v1",
      kind: "ConfigMap",
      name: "owner",
      uid: (body.metadata as { uid?: string }).uid,
    };
    await admin.create(base, { metadata: { name: "owned", ownerReferences: [owner] } });
    await admin.create(base, configMap("free"));
    await admin.delete(`${base}/owner`);
    const gone = await eventually(
      () => admin.get(`${base}/owned`),
      ({ status }) => status === 404,
    );
    expect([gone.status, (await admin.get(`${base}/free`)).status]).toEqual([404, 200]);
  });

  test("orphaned dependents stay", async () => {
    const base = `${await makeNamespace("orphans")}/configmaps`;
    const { body } = await admin.create(base, configMap("owner"));
    const owner = {
      apiVersion: "v1",
      kind: "ConfigMap",
      name: "owner",
      uid: (body.metadata as { uid?: string }).uid,
    };
    await admin.create(base, { metadata: { name: "owned", ownerReferences: [owner] } });
    // The garbage collector must have seen the dependent before it can orphan it.
    await new Promise((resolve) => setTimeout(resolve, api.kind === "real" ? 1000 : 0));
    await admin.delete(`${base}/owner?propagationPolicy=Orphan`);
    await eventually(
      () => admin.get(`${base}/owner`),
      ({ status }) => status === 404,
    );
    const { status, body: left } = await admin.get(`${base}/owned`);
    expect(status).toBe(200);
    expect(left.metadata).not.toHaveProperty("ownerReferences");
  });

  test("a namespace goes with its content, and takes nothing new meanwhile", async () => {
    const namespace = await makeNamespace("ending");
    await eventually(
      () => admin.get(`${namespace}/serviceaccounts/default`),
      ({ status }) => status === 200,
    );
    await admin.create(`${namespace}/configmaps`, {
      metadata: { name: "held", finalizers: ["example.com/hold"] },
    });
    await admin.delete(namespace);
    expect((await admin.get(namespace)).body.status).toMatchObject({ phase: "Terminating" });
    const late = await admin.request("POST", `${namespace}/configmaps`, configMap("late"));
    expect(late).toMatchObject({
      status: 403,
      body: { reason: "Forbidden", details: { causes: [{ reason: "NamespaceTerminating" }] } },
    });
    await eventually(
      () => admin.get(`${namespace}/configmaps/held`),
      ({ body }) =>
        (body.metadata as object | undefined) !== undefined && "deletionTimestamp" in (body.metadata ?? {}),
    );
    await admin.patch(`${namespace}/configmaps/held`, "merge", { metadata: { finalizers: null } });
    expect(
      (
        await eventually(
          () => admin.get(namespace),
          ({ status }) => status === 404,
        )
      ).status,
    ).toBe(404);
  });
});
