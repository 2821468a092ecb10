import type { IncomingMessage } from "node:http";
import { get as httpsGet } from "node:https";
import { afterEach, describe, expect, test } from "vitest";
import { deniedBy } from "../../../src/sandbox/admission.ts";
import { withMeta } from "../../../src/sandbox/object.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../../src/sandbox/sandbox.ts";
import { endpointOf, type KubeClient, kubeClientFrom } from "../../support/kube-client.ts";

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function start(options: SandboxOptions = {}): Promise<{ sandbox: Sandbox; admin: KubeClient }> {
  const sandbox = await startSandbox(options);
  const admin = kubeClientFrom(sandbox.adminKubeconfig);
  open.push(
    () => sandbox.close(),
    () => admin.close(),
  );
  return { sandbox, admin };
}

const node = (name: string): object => ({ metadata: { name } });

interface Stream {
  readonly lines: string[];
  readonly ended: Promise<void>;
}

/** A watch that is read until the server ends it. Resolves when the server has answered. */
function watch(sandbox: Sandbox, path: string): Promise<Stream> {
  const { server, caPem, token } = endpointOf(sandbox.adminKubeconfig);
  return new Promise((resolve, reject) => {
    const request = httpsGet(
      new URL(path, server),
      { ca: caPem, headers: { authorization: `Bearer ${token}` } },
      (response) => {
        const lines: string[] = [];
        response
          .setEncoding("utf8")
          .on("data", (chunk: string) => lines.push(...chunk.split("\n").filter((line) => line !== "")));
        resolve({
          lines,
          ended: new Promise((done) => response.on("close", done).on("error", () => done())),
        });
      },
    );
    request.on("error", reject);
  });
}

describe("a test can", () => {
  test("count what was asked for", async () => {
    const { sandbox, admin } = await start();
    await admin.create("/api/v1/nodes", node("a"));
    await admin.get("/api/v1/nodes/a");
    await admin.patch("/api/v1/nodes/a/status", "merge", { status: {} });
    await admin.get("/api/v1/nodes?fieldSelector=metadata.name%3Da");
    expect(sandbox.requests.all()).toEqual([
      { verb: "create", resource: "nodes", count: 1 },
      { verb: "get", resource: "nodes", count: 1 },
      { verb: "patch", resource: "nodes/status", count: 1 },
      { verb: "list", resource: "nodes", count: 1 },
    ]);
    expect([sandbox.requests.writes(), sandbox.requests.count({ resource: "nodes" })]).toEqual([2, 3]);
    sandbox.requests.reset();
    expect(sandbox.requests.count()).toBe(0);
  });

  test("make the next requests fail as a busy server would", async () => {
    const { sandbox, admin } = await start();
    sandbox.failNext(2, 429, { "retry-after": "1" });
    const answers = [
      await admin.get("/api/v1/nodes"),
      await admin.get("/api/v1/nodes"),
      await admin.get("/api/v1/nodes"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(answers[0]?.body.reason).toBe("TooManyRequests");
  });

  test("cut off every watch", async () => {
    const { sandbox } = await start();
    const stream = await watch(sandbox, "/api/v1/nodes?watch=1");
    sandbox.dropWatches();
    await stream.ended;
    expect(stream.lines).toEqual([]);
  });

  test("stand for admission webhooks: change or refuse what clients write, and no status", async () => {
    const { sandbox, admin } = await start();
    const asked: string[] = [];
    sandbox.kernel.admission.add(({ operation, object, before, user }) => {
      asked.push(
        `${user.name} ${operation} ${object.metadata.name} ${before === undefined ? "new" : "known"}`,
      );
      if (object.metadata.name === "no") throw deniedBy("names.example", "not that name");
      return withMeta(object, { labels: { ...object.metadata.labels, seen: "yes" } });
    });
    await admin.create("/api/v1/nodes", node("a"));
    await admin.patch("/api/v1/nodes/a", "merge", { metadata: { annotations: { b: "c" } } });
    await admin.patch("/api/v1/nodes/a/status", "merge", { status: { phase: "Running" } });
    expect((await admin.get("/api/v1/nodes/a")).body.metadata?.labels).toEqual({ seen: "yes" });
    expect(await admin.request("POST", "/api/v1/nodes", node("no"))).toMatchObject({
      status: 403,
      body: { message: 'admission webhook "names.example" denied the request: not that name' },
    });
    expect(asked).toEqual([
      "sandbox-admin CREATE a new",
      "sandbox-admin UPDATE a known",
      "sandbox-admin CREATE no new",
    ]);
  });

  test("let every known resourceVersion expire", async () => {
    const { sandbox, admin } = await start();
    const before = (await admin.get("/api/v1/nodes")).body.metadata?.resourceVersion;
    sandbox.compact();
    const { body } = await admin.get(`/api/v1/nodes?watch=1&resourceVersion=${before}`);
    expect(body).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
    const exact = await admin.get(`/api/v1/nodes?resourceVersion=${before}&resourceVersionMatch=Exact`);
    expect(exact.status).toBe(410);
    expect((await admin.get(`/api/v1/nodes?resourceVersion=${before}`)).status).toBe(200);
  });

  test("let a continue token expire", async () => {
    const { sandbox, admin } = await start();
    for (const name of ["a", "b"]) await admin.create("/api/v1/nodes", node(name));
    const { body } = await admin.get("/api/v1/nodes?limit=1");
    sandbox.compact();
    const token = (body.metadata as { continue?: string }).continue ?? "";
    expect(await admin.get(`/api/v1/nodes?limit=1&continue=${token}`)).toMatchObject({
      status: 410,
      body: { reason: "Expired" },
    });
  });

  test("do without ResourceSlices", async () => {
    const { admin } = await start({ resourceSlices: false });
    expect((await admin.get("/apis/resource.k8s.io/v1")).status).toBe(404);
    expect((await admin.get("/apis/resource.k8s.io/v1/resourceslices")).status).toBe(404);
  });

  test("set the clock by which tokens expire", async () => {
    let now = Date.now();
    const { sandbox, admin } = await start({ now: () => now });
    await admin.create("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "bot" } });
    const bot = kubeClientFrom(sandbox.kubeconfigFor({ serviceAccount: "bot", namespace: "default" }));
    open.push(() => bot.close());
    expect((await bot.get("/api")).status).toBe(200);
    now += 366 * 24 * 3600 * 1000;
    expect((await bot.get("/api")).status).toBe(401);
  });
});

describe("the server", () => {
  test("writes nothing more to a watch whose time is over, though its client still reads", async () => {
    const { sandbox, admin } = await start();
    const { server, caPem, token } = endpointOf(sandbox.adminKubeconfig);
    const url = new URL("/api/v1/configmaps?watch=1&timeoutSeconds=4", server);
    const response = await new Promise<IncomingMessage>((resolve, reject) =>
      httpsGet(url, { ca: caPem, headers: { authorization: `Bearer ${token}` } }, resolve).on(
        "error",
        reject,
      ),
    );
    const isOver = new Promise((resolve) => setTimeout(resolve, 4500));
    // More than the buffers of both sides hold: the end waits for the reader.
    response.pause();
    const path = "/api/v1/namespaces/default/configmaps";
    const large = (index: number): object => ({
      metadata: { name: `large-${index}` },
      data: { text: "x".repeat(900_000) },
    });
    for (let index = 0; index < 12; index += 1) await admin.create(path, large(index));
    await isOver;
    expect((await admin.create(path, { metadata: { name: "late" } })).status).toBe(201);
    let text = "";
    for await (const chunk of response) text += chunk;
    const names = text
      .split("\n")
      .filter(Boolean)
      .map((line): string => JSON.parse(line).object.metadata.name);
    expect(names).toContain("large-11");
    expect(names).not.toContain("late");
  });

  test("sends bookmarks to those who asked for them, the last at the end of the watch", async () => {
    const { sandbox, admin } = await start({ bookmarkIntervalMs: 20 });
    const stream = await watch(sandbox, "/api/v1/nodes?watch=1&allowWatchBookmarks=true");
    await admin.create("/api/v1/nodes", node("a"));
    await expect.poll(() => stream.lines.at(-1)).toContain("BOOKMARK");
    const last: unknown = JSON.parse(stream.lines.at(-1) ?? "{}");
    expect(last).toMatchObject({
      type: "BOOKMARK",
      object: {
        kind: "Node",
        apiVersion: "v1",
        metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
      },
    });
    const silent = await watch(sandbox, "/api/v1/nodes?watch=1&timeoutSeconds=1");
    await silent.ended;
    expect(silent.lines.filter((line) => line.includes("BOOKMARK"))).toEqual([]);
  });

  test("refuses a body of more than 3 MiB", async () => {
    const { admin } = await start();
    const answer = await admin.request("POST", "/api/v1/nodes", {
      metadata: { name: "a" },
      junk: "x".repeat(3 * 1024 * 1024),
    });
    expect(answer).toMatchObject({ status: 413, body: { reason: "RequestEntityTooLarge" } });
    expect((await admin.get("/api/v1/nodes")).status).toBe(200);
  });

  test("takes a refused body as a reason for no more than its refusal", async () => {
    const { admin } = await start();
    for (const text of ["{", "[]", "null", '"x"', "{}"]) {
      const { status } = await admin.request(
        "POST",
        "/api/v1/nodes",
        JSON.parse(text === "{" ? "[1]" : text),
      );
      expect([400, 422]).toContain(status);
    }
  });

  test("shows one Event in both of its API groups", async () => {
    const { admin } = await start();
    await admin.create("/apis/events.k8s.io/v1/namespaces/default/events", {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: "e" },
      eventTime: "2026-01-01T00:00:00.000000Z",
      note: "hello",
      reason: "R",
      action: "A",
      type: "Normal",
      regarding: { kind: "Node", name: "a" },
      reportingController: "me",
      reportingInstance: "me-1",
    });
    const core = await admin.get("/api/v1/namespaces/default/events/e");
    expect(core.body).toMatchObject({
      apiVersion: "v1",
      message: "hello",
      involvedObject: { name: "a" },
      reportingComponent: "me",
    });
    const modern = await admin.get("/apis/events.k8s.io/v1/namespaces/default/events/e");
    expect(modern.body).toMatchObject({
      apiVersion: "events.k8s.io/v1",
      note: "hello",
      regarding: { name: "a" },
    });
  });

  test("binds and evicts pods", async () => {
    const { admin } = await start();
    const pods = "/api/v1/namespaces/default/pods";
    await admin.create(pods, { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } });
    const binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: "p" },
      target: { kind: "Node", name: "n" },
    };
    expect((await admin.request("POST", `${pods}/p/binding`, binding)).status).toBe(201);
    expect((await admin.get(`${pods}/p`)).body.spec).toMatchObject({ nodeName: "n" });
    expect((await admin.request("POST", `${pods}/p/binding`, binding)).status).toBe(409);
    // Nobody ends the pod on its node, so it stays until its grace period is cut short.
    expect((await admin.delete(`${pods}/p`)).body.metadata).toHaveProperty("deletionGracePeriodSeconds", 30);
    await admin.delete(`${pods}/p?gracePeriodSeconds=0`);
    expect((await admin.get(`${pods}/p`)).status).toBe(404);
  });

  test("fills in requests from limits in a pod, and leaves a template as it is", async () => {
    const { admin } = await start();
    const containers = [{ name: "c", image: "i", resources: { limits: { cpu: 1, "nvidia.com/gpu": "1" } } }];
    const pod = await admin.create("/api/v1/namespaces/default/pods", {
      metadata: { name: "p" },
      spec: { containers },
    });
    const amounts = { cpu: "1", "nvidia.com/gpu": "1" };
    expect(pod.body.spec).toMatchObject({
      containers: [{ resources: { limits: amounts, requests: amounts } }],
    });
    const labels = { app: "d" };
    const deployment = await admin.create("/apis/apps/v1/namespaces/default/deployments", {
      metadata: { name: "d" },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
    });
    const { template } = deployment.body.spec as {
      template: { spec: { containers: { resources: object }[] } };
    };
    expect(template.spec.containers[0]?.resources).toEqual({ limits: amounts });
  });

  test("refuses a GPU request that differs from its limit", async () => {
    const { admin } = await start();
    const resources = { limits: { "nvidia.com/gpu": "1" }, requests: { "nvidia.com/gpu": "2" } };
    const answer = await admin.request("POST", "/api/v1/namespaces/default/pods", {
      metadata: { name: "p" },
      spec: { containers: [{ name: "c", image: "i", resources }] },
    });
    expect(answer).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining("must be equal to nvidia.com/gpu limit") },
    });
  });

  test("ends at once although clients are watching", async () => {
    const sandbox = await startSandbox();
    const stream = await watch(sandbox, "/api/v1/nodes?watch=1");
    await sandbox.close();
    await stream.ended;
    await expect(watch(sandbox, "/api/v1/nodes")).rejects.toThrow();
  });
});
