import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "../../../src/kubernetes/client.ts";
import { findResource } from "../../../src/kubernetes/discovery.ts";
import { CONFIG_MAPS, EVENTS, NODES } from "../../../src/kubernetes/objects.ts";
import {
  type Answer,
  failure,
  json,
  kubeconfigOf,
  node,
  nodeList,
  type ScriptedApi,
  startScriptedApi,
  stream,
} from "./scripted-api.ts";

let api: ScriptedApi | undefined;

afterEach(async () => {
  await api?.stop();
  api = undefined;
});

const waits: number[] = [];

async function serve(...script: Answer[]): Promise<ScriptedApi> {
  waits.length = 0;
  api = await startScriptedApi(script, {
    sleep: async (milliseconds) => void waits.push(milliseconds),
    maxBodyBytes: 5000,
  });
  return api;
}

describe("requests", () => {
  it("carry token, path, query and content type", async () => {
    const { client, requests } = await serve(json(node("a", 1)));
    await client.apply(NODES, { metadata: { name: "a" } }, { fieldManager: "me" });
    await client.patch(CONFIG_MAPS, { name: "c", namespace: "n" }, {}, { type: "strategic" });
    expect(
      requests.map(({ method, path, query, headers }) => [
        method,
        path,
        query,
        headers["content-type"],
        headers.authorization,
      ]),
    ).toEqual([
      [
        "PATCH",
        "/api/v1/nodes/a",
        { fieldManager: "me" },
        "application/apply-patch+yaml",
        "Bearer secret-token",
      ],
      [
        "PATCH",
        "/api/v1/namespaces/n/configmaps/c",
        {},
        "application/strategic-merge-patch+json",
        "Bearer secret-token",
      ],
    ]);
  });

  it("share one connection", async () => {
    const sockets = new Set<unknown>();
    const { client } = await serve((request, response) => {
      sockets.add(response.socket);
      json(node("a", 1))(request, response);
    });
    for (let i = 0; i < 5; i++) await client.get(NODES, { name: "a" });
    expect(sockets.size).toBe(1);
  });

  it("go over a new connection when the server has closed all that were idle", async () => {
    const parallel = 8;
    let waiting: (() => void)[] = [];
    const sockets = new Set<unknown>();
    const { client } = await serve((request, response) => {
      // As a server that closes an idle connection while a request is on its way there.
      if (sockets.has(response.socket)) return void response.socket?.destroy();
      sockets.add(response.socket);
      waiting.push(() => json(node("a", 1))(request, response));
      if (waiting.length < parallel && sockets.size <= parallel) return;
      for (const answer of waiting) answer();
      waiting = [];
    });
    const get = () => client.get(NODES, { name: "a" });
    await Promise.all(Array.from({ length: parallel }, get));
    expect(await get()).toMatchObject({ metadata: { name: "a" } });
    expect(sockets.size).toBe(parallel + 1);
  });

  it("keep the connections of those who work in parallel", async () => {
    const parallel = 16;
    let waiting: (() => void)[] = [];
    const sockets = new Set<unknown>();
    // Nobody is answered before all have asked: each needs a connection of its own.
    const { client } = await serve((_, response) => {
      sockets.add(response.socket);
      waiting.push(() => json(node("a", 1))(_, response));
      if (waiting.length < parallel) return;
      for (const answer of waiting) answer();
      waiting = [];
    });
    for (let round = 0; round < 3; round += 1)
      await Promise.all(Array.from({ length: parallel }, () => client.get(NODES, { name: "a" })));
    expect(sockets.size).toBe(parallel);
  });

  it("list page by page with the server's token", async () => {
    const { client, requests } = await serve(
      json(nodeList(5, [node("a", 1)], "next+page")),
      json(nodeList(5, [node("b", 2)])),
    );
    const pages = [];
    for await (const page of client.list(NODES, { limit: 1, labelSelector: "a=b,c" }))
      pages.push(page.items.length);
    expect(pages).toEqual([1, 1]);
    expect(requests.map((request) => request.query)).toEqual([
      { labelSelector: "a=b,c", limit: "1" },
      { labelSelector: "a=b,c", limit: "1", continue: "next+page" },
    ]);
  });

  it("delete what is gone already without complaint", async () => {
    const { client } = await serve(failure(404, "NotFound"));
    await expect(client.delete(NODES, { name: "a" })).resolves.toBeUndefined();
  });

  it("tell the conflicts of an apply as data", async () => {
    const cause = (key: string, manager: string) => ({
      reason: "FieldManagerConflict",
      message: `conflict with "${manager}" using v1`,
      field: `.metadata.annotations.${key}`,
    });
    const causes = [
      cause("gpu.fluidos.eu/model", "kubectl-annotate"),
      cause("gpu.fluidos.eu/tier", "gitops"),
    ];
    const { client } = await serve(failure(409, "Conflict", { details: { causes } }));
    expect(await client.apply(NODES, { metadata: { name: "a" } }, { fieldManager: "me" })).toEqual({
      outcome: "conflict",
      conflicts: [
        { field: ".metadata.annotations.gpu.fluidos.eu/model", manager: "kubectl-annotate" },
        { field: ".metadata.annotations.gpu.fluidos.eu/tier", manager: "gitops" },
      ],
    });
  });
});

describe("retries", () => {
  it("wait as long as the server says, and give up after three", async () => {
    const { client, requests } = await serve(failure(429, "TooManyRequests", {}, { "Retry-After": "2" }));
    await expect(client.get(NODES, { name: "a" })).rejects.toMatchObject({
      code: "throttled",
      retryAfterMs: 2000,
    });
    expect([requests.length, waits]).toEqual([4, [2000, 2000, 2000]]);
  });

  it.each([
    ["503 with Retry-After", failure(503, "Unavailable", {}, { "Retry-After": "1" }), 2],
    ["503 without", failure(503, "Unavailable"), 1],
    ["500", failure(500, "InternalError"), 1],
    ["a wait that is too long", failure(429, "TooMany", {}, { "Retry-After": "600" }), 1],
  ])("after %s", async (_name, answer, expected) => {
    const { client, requests } = await serve(answer, json(node("a", 1)));
    await client.get(NODES, { name: "a" }).catch(() => undefined);
    expect(requests).toHaveLength(expected);
  });

  it("take the newline off that an editor left in the token file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "flare-token-"));
    await writeFile(join(folder, "token"), "secret\n");
    const { url, requests } = await serve(json(node("a", 1)));
    const client = createClient({ kubeconfigText: kubeconfigOf(url, { tokenFile: join(folder, "token") }) });
    await client.get(NODES, { name: "a" });
    expect(requests[0]?.headers.authorization).toBe("Bearer secret");
    client.close();
    await rm(folder, { recursive: true });
  });

  it("read the token file again when the server no longer accepts the token", async () => {
    const folder = await mkdtemp(join(tmpdir(), "flare-token-"));
    await writeFile(join(folder, "token"), "old");
    const { url, requests } = await serve(failure(401, "Unauthorized"), json(node("a", 1)));
    const client = createClient({ kubeconfigText: kubeconfigOf(url, { tokenFile: join(folder, "token") }) });
    await client.server();
    await writeFile(join(folder, "token"), "new");
    await client.get(NODES, { name: "a" });
    expect(requests.map((request) => request.headers.authorization)).toEqual(["Bearer old", "Bearer new"]);
    client.close();
    await rm(folder, { recursive: true });
  });
});

describe("failures", () => {
  it.each([
    [401, "unauthorized", /expired or not of this cluster/],
    [403, "forbidden", /grant this verb/],
    [404, "not-found", /get nodes "a": the API server answered 404/],
    [410, "gone", /410/],
    [500, "server", /500/],
  ])("%i becomes %s", async (status, code, message) => {
    const { client } = await serve(failure(status, "x"));
    await expect(client.get(NODES, { name: "a" })).rejects.toMatchObject({
      code,
      status,
      message: expect.stringMatching(message),
    });
  });

  it("of a proxy in between show the start of what it said", async () => {
    const { client } = await serve((_request, response) =>
      response.writeHead(502).end("<html>\n  Bad   Gateway</html>"),
    );
    await expect(client.get(NODES, { name: "a" })).rejects.toThrow("answered 502: <html> Bad Gateway</html>");
  });

  it.each([
    ["is no JSON", (_: unknown, response: Parameters<Answer>[1]) => void response.end("hello"), "protocol"],
    [
      "is too large",
      (_: unknown, response: Parameters<Answer>[1]) => void response.end("x".repeat(6000)),
      "too-large",
    ],
    ["is cut", stream(["{"], "cut"), "unreachable"],
  ])("an answer that %s is told", async (_name, answer, code) => {
    const { client } = await serve(answer);
    await expect(client.get(NODES, { name: "a" })).rejects.toMatchObject({ code });
  });

  it("no answer in time is told with the time", async () => {
    const { client } = await serve(() => undefined);
    await expect(client.get(NODES, { name: "a" }, { timeoutMs: 30 })).rejects.toMatchObject({
      code: "timeout",
      message: 'get nodes "a": no answer within 30 ms',
    });
  });

  it.each([
    ["before the answer", () => undefined, 5],
    ["in the middle of a watch", stream([], "hang"), 30],
    ["before the request", () => undefined, 0],
  ])("an abort %s ends the call", async (_name, answer: Answer, afterMs) => {
    const { client } = await serve(answer);
    await client.server();
    const stopper = new AbortController();
    if (afterMs === 0) stopper.abort();
    else setTimeout(() => stopper.abort(), afterMs);
    const call = async (): Promise<void> => {
      const events = client.watch(
        NODES,
        { resourceVersion: "1", timeoutSeconds: 60 },
        { signal: stopper.signal },
      );
      for await (const event of events) expect(event).toBeUndefined();
    };
    await expect(call()).rejects.toMatchObject({ code: "aborted" });
  });

  it("a server that is not there is named, with what to look at", async () => {
    const client = createClient({ kubeconfigText: kubeconfigOf("http://127.0.0.1:9") });
    await expect(client.get(NODES, { name: "a" })).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringMatching(
        /cannot talk to http:\/\/127.0.0.1:9: nothing listens there.*ECONNREFUSED/,
      ),
    });
  });

  it("an event that is too large ends the watch", async () => {
    api = await startScriptedApi([stream([`{"type":"ADDED","object":{"x":"${"y".repeat(500)}`], "hang")], {
      maxLineBytes: 100,
    });
    const events = api.client.watch(NODES, { resourceVersion: "1", timeoutSeconds: 60 });
    await expect(events.next()).rejects.toMatchObject({ code: "too-large" });
  });
});

describe("a kubeconfig that is broken", () => {
  it("is told by its place alone: what stands in it may be a secret", () => {
    const text = "users:\n- name: me\n  user: {token: very-secret\ncontexts: [}\n";
    const told: unknown[] = [];
    return createClient({ kubeconfigText: text })
      .get(NODES, { name: "a" })
      .catch((error: unknown) => told.push(String(error), String((error as Error).cause)))
      .then(() => {
        expect(told.join()).toMatch(/is no valid kubeconfig: .*\(\d+:\d+\)/);
        expect(told.join()).not.toContain("very-secret");
      });
  });
});

describe("a kubeconfig", () => {
  const get = (options: Parameters<typeof createClient>[0]) =>
    createClient(options).get(NODES, { name: "a" });
  const valid = JSON.parse(kubeconfigOf("https://127.0.0.1:1"));

  it.each([
    [
      "that does not exist",
      { kubeconfig: "/nowhere/config" },
      /kubeconfig \/nowhere\/config \(from --kubeconfig\) does not exist/,
    ],
    [
      "of KUBECONFIG that does not exist",
      { env: { KUBECONFIG: "/nowhere/config" } },
      /from the environment variable KUBECONFIG\) does not exist/,
    ],
    [
      "that is nowhere",
      { env: { HOME: "/nowhere" } },
      /no kubeconfig found: \/nowhere\/.kube\/config does not exist.*Give --kubeconfig FILE/,
    ],
    ["that is no YAML", { kubeconfigText: "{" }, /is no valid kubeconfig/],
    [
      "without the context",
      { kubeconfigText: JSON.stringify(valid), context: "prod" },
      /has no context "prod" \(it has: test\): correct --context/,
    ],
    [
      "without a current context",
      { kubeconfigText: JSON.stringify({ ...valid, "current-context": "" }) },
      /has no current-context.*it has: test/,
    ],
    [
      "without the cluster",
      { kubeconfigText: JSON.stringify({ ...valid, clusters: [] }) },
      /names the cluster "test", which is not in it/,
    ],
    [
      "without the user",
      { kubeconfigText: JSON.stringify({ ...valid, users: [] }) },
      /names the user "test", which is not in it/,
    ],
    [
      "with a server that is no URL",
      { kubeconfigText: kubeconfigOf("nonsense") },
      /server "nonsense" of cluster "test" is no URL/,
    ],
    [
      "whose plugin is not there",
      {
        kubeconfigText: kubeconfigOf("https://127.0.0.1:1", {
          exec: { command: "/nowhere/plugin", apiVersion: "client.authentication.k8s.io/v1" },
        }),
      },
      /credentials of user "test" cannot be had.*\/nowhere\/plugin/,
    ],
  ])("%s is told with the fix", async (_name, options, message) => {
    await expect(get(options)).rejects.toMatchObject({
      code: "config",
      message: expect.stringMatching(message),
    });
  });
});

describe("several kubeconfigs", () => {
  it("are one, where the first entry of a name wins", async () => {
    const { url } = await serve(json(node("a", 1)));
    const folder = await mkdtemp(join(tmpdir(), "flare-kubeconfig-"));
    const [first, second] = [join(folder, "first"), join(folder, "second")];
    const server = JSON.parse(kubeconfigOf(url));
    await writeFile(first, JSON.stringify({ ...server, "current-context": "", users: [] }));
    await writeFile(second, kubeconfigOf("http://127.0.0.1:9"));
    const client = createClient({ env: { KUBECONFIG: `${first}:${second}` } });
    expect(await client.server()).toBe(url);
    await expect(client.get(NODES, { name: "a" })).resolves.toMatchObject({ metadata: { name: "a" } });
    client.close();
    await rm(folder, { recursive: true });
  });
});

describe("findResource", () => {
  const wanted = { group: "resource.k8s.io", plural: "resourceslices", versions: ["v1", "v1beta1"] };

  it("takes the first version that is served and has the kind", async () => {
    const group = json({ versions: [{ version: "v1beta1" }, { version: "v1" }] });
    const { client } = await serve(
      group,
      json({ resources: [] }),
      json({ resources: [{ name: "resourceslices", namespaced: false }] }),
    );
    expect(await findResource(client, wanted)).toEqual({
      group: "resource.k8s.io",
      version: "v1beta1",
      plural: "resourceslices",
      namespaced: false,
    });
  });

  it("asks once where the group is unknown", async () => {
    const { client, requests } = await serve(failure(404, "NotFound"));
    expect(await findResource(client, wanted)).toBeUndefined();
    expect(requests).toHaveLength(1);
  });
});

describe("paths", () => {
  it("escape what a name may not bring in", async () => {
    const { client, requests } = await serve(json({}));
    await client.get(EVENTS, { namespace: "a/b", name: "../x?y" });
    expect(requests[0]?.path).toBe("/api/v1/namespaces/a%2Fb/events/..%2Fx%3Fy");
  });
});
