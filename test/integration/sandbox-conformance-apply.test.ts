/** Server-side apply and custom resources, as the sandbox and a real API server both have them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApi, type TestApi } from "../support/api.ts";
import { type KubeBody, type KubeClient, type KubeResponse, kubeClientFrom } from "../support/kube-client.ts";

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

const versionOf = ({ body }: KubeResponse): string => body.metadata?.resourceVersion ?? "";
const managersOf = ({ body }: KubeResponse): readonly string[] =>
  (body.metadata?.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`).toSorted();

describe("server-side apply", () => {
  type Keys = Record<string, string>;
  const path = (node: string): string => `/api/v1/nodes/${node}`;
  const applyNode = (
    node: string,
    manager: string,
    metadata: { annotations?: Keys; labels?: Keys },
    query = "",
  ): Promise<KubeResponse> =>
    admin.patch(`${path(node)}?fieldManager=${manager}${query}`, "apply", {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: node, ...metadata },
    });
  const annotations = async (node: string): Promise<Keys | undefined> =>
    (await admin.get(path(node))).body.metadata?.annotations;

  test("creates what is not there, and says so", async () => {
    const made = await applyNode("made", "one", { labels: { a: "1" } });
    expect(made.status).toBe(201);
    expect(managersOf(made)).toEqual(["one Apply"]);
    expect((await applyNode("made", "one", { labels: { a: "2" } })).status).toBe(200);
  });

  test("needs a field manager and the right kind", async () => {
    const nameless = await admin.patch(path("made"), "apply", {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "made" },
    });
    expect(nameless).toMatchObject({
      status: 422,
      body: { details: { causes: [{ field: "fieldManager" }] } },
    });
    const wrong = await admin.patch(`${path("made")}?fieldManager=one`, "apply", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "made" },
    });
    expect(wrong.status).toBeGreaterThanOrEqual(400);
  });

  test("writes nothing when nothing changes", async () => {
    const first = await applyNode("still", "one", { annotations: { a: "1", b: "2" } });
    const again = await applyNode("still", "one", { annotations: { b: "2", a: "1" } });
    expect(versionOf(again)).toBe(versionOf(first));
    expect(again.body.metadata?.managedFields).toEqual(first.body.metadata?.managedFields);
  });

  test("withdraws what its manager no longer applies, and nothing else", async () => {
    await admin.create("/api/v1/nodes", { metadata: { name: "less", annotations: { theirs: "x" } } });
    await applyNode("less", "one", { annotations: { a: "1", b: "2" } });
    await applyNode("less", "two", { annotations: { b: "2", c: "3" } });
    await applyNode("less", "one", { annotations: { a: "1" } });
    expect(await annotations("less")).toMatchObject({ theirs: "x", a: "1", b: "2", c: "3" });
    await applyNode("less", "two", { annotations: {} });
    const left = (await annotations("less")) ?? {};
    expect(left).toMatchObject({ theirs: "x", a: "1" });
    expect(Object.keys(left)).not.toEqual(expect.arrayContaining(["b"]));
    expect(left).not.toHaveProperty("c");
  });

  test("drops a manager that applies nothing more", async () => {
    await admin.create("/api/v1/nodes", { metadata: { name: "none" } });
    await applyNode("none", "one", { annotations: { a: "1" } });
    const empty = await applyNode("none", "one", {});
    expect(managersOf(empty)).not.toContain("one Apply");
    expect(empty.body.metadata?.annotations ?? {}).not.toHaveProperty("a");
  });

  test("refuses to change what another manager owns, and names field and owner", async () => {
    await applyNode("taken", "one", { annotations: { "example.com/a": "1", "example.com/b": "1" } });
    const refused = await applyNode("taken", "two", {
      annotations: { "example.com/a": "2", "example.com/b": "1", "example.com/c": "1" },
    });
    expect(refused).toMatchObject({
      status: 409,
      body: {
        reason: "Conflict",
        message: expect.stringMatching(
          /^Apply failed with 1 conflict: conflict with "one".*: \.metadata\.annotations\.example\.com\/a$/,
        ),
        details: {
          causes: [
            {
              reason: "FieldManagerConflict",
              message: expect.stringContaining('conflict with "one"'),
              field: ".metadata.annotations.example.com/a",
            },
          ],
        },
      },
    });
    expect(await annotations("taken")).not.toHaveProperty("example.com/c");
  });

  test("takes a field over by force, and the former owner's withdrawal leaves it", async () => {
    await applyNode("forced", "one", { annotations: { a: "1", b: "1" } });
    await applyNode("forced", "two", { annotations: { a: "2" } }, "&force=true");
    expect(await annotations("forced")).toMatchObject({ a: "2", b: "1" });
    await applyNode("forced", "one", {});
    const left = await annotations("forced");
    expect(left).toMatchObject({ a: "2" });
    expect(left).not.toHaveProperty("b");
  });

  test("loses a field to an update by somebody else", async () => {
    await applyNode("edited", "one", { annotations: { a: "1", b: "1" } });
    await admin.patch(`${path("edited")}?fieldManager=editor`, "merge", {
      metadata: { annotations: { a: "edited" } },
    });
    expect((await applyNode("edited", "one", { annotations: { a: "1", b: "1" } })).status).toBe(409);
    const yielded = await applyNode("edited", "one", { annotations: { b: "1" } });
    expect(yielded.body.metadata?.annotations).toMatchObject({ a: "edited", b: "1" });
    expect(managersOf(yielded)).toEqual(expect.arrayContaining(["editor Update", "one Apply"]));
  });

  test("gets back what somebody else removed", async () => {
    await applyNode("removed", "one", { annotations: { a: "1" } });
    await admin.patch(`${path("removed")}?fieldManager=editor`, "merge", {
      metadata: { annotations: { a: null } },
    });
    expect((await annotations("removed")) ?? {}).not.toHaveProperty("a");
    await applyNode("removed", "one", { annotations: { a: "1" } });
    expect(await annotations("removed")).toMatchObject({ a: "1" });
  });

  test("merges keyed lists by their keys", async () => {
    await admin.create("/api/v1/namespaces", { metadata: { name: "apply" } });
    const services = "/api/v1/namespaces/apply/services/web";
    const service = (...ports: { name: string; port: number }[]): object => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { ports: ports.map((port) => ({ ...port, protocol: "TCP" })) },
    });
    const portsOf = async (): Promise<readonly string[]> =>
      ((await admin.get(services)).body.spec as { ports: { name: string }[] }).ports
        .map(({ name }) => name)
        .toSorted();
    await admin.patch(
      `${services}?fieldManager=one`,
      "apply",
      service({ name: "a", port: 80 }, { name: "b", port: 81 }),
    );
    await admin.patch(`${services}?fieldManager=two`, "apply", service({ name: "c", port: 82 }));
    expect(await portsOf()).toEqual(["a", "b", "c"]);
    await admin.patch(`${services}?fieldManager=one`, "apply", service({ name: "a", port: 80 }));
    expect(await portsOf()).toEqual(["a", "c"]);
  });
});

/** Without int-or-string: Kubernetes 1.20 gives up on the merge keys of a schema that has one. */
const version = (): object => ({
  name: "v1",
  served: true,
  storage: true,
  subresources: { status: {} },
  additionalPrinterColumns: [
    { name: "Size", type: "integer", jsonPath: ".spec.size" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  ],
  schema: {
    openAPIV3Schema: {
      type: "object",
      properties: {
        spec: {
          type: "object",
          required: ["size"],
          properties: {
            size: { type: "integer", minimum: 1, maximum: 8 },
            mode: { type: "string", enum: ["shared", "exclusive"], default: "exclusive" },
            limits: { type: "object", default: {}, properties: { hours: { type: "integer", default: 24 } } },
            free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            parts: {
              type: "array",
              "x-kubernetes-list-type": "map",
              "x-kubernetes-list-map-keys": ["name"],
              items: {
                type: "object",
                required: ["name"],
                properties: { name: { type: "string" }, count: { type: "integer", default: 1 } },
              },
            },
          },
        },
        status: {
          type: "object",
          properties: {
            phase: { type: "string" },
            conditions: {
              type: "array",
              items: { type: "object", properties: { type: { type: "string" }, status: { type: "string" } } },
            },
          },
        },
      },
    },
  },
});

describe("custom resources", () => {
  const collection = "/apis/test.example.com/v1/namespaces/default/gadgets";
  const gadget = (name: string, spec: object, more: object = {}): object => ({
    apiVersion: "test.example.com/v1",
    kind: "Gadget",
    metadata: { name },
    spec,
    ...more,
  });
  const generation = ({ body }: KubeResponse): unknown =>
    (body.metadata as { generation?: number } | undefined)?.generation;

  beforeAll(async () => {
    await admin.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "gadgets.test.example.com" },
      spec: {
        group: "test.example.com",
        scope: "Namespaced",
        names: { plural: "gadgets", kind: "Gadget", shortNames: ["gd"] },
        versions: [version()],
      },
    });
    for (let tries = 0; (await admin.get(collection)).status !== 200 && tries < 200; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  test("are discovered with their names and their status", async () => {
    const { body } = await admin.get("/apis/test.example.com/v1");
    const resources = body.resources as {
      name: string;
      kind: string;
      namespaced: boolean;
      shortNames?: string[];
    }[];
    expect(resources.find(({ name }) => name === "gadgets")).toMatchObject({
      kind: "Gadget",
      namespaced: true,
      shortNames: ["gd"],
      singularName: "gadget",
    });
    expect(resources.map(({ name }) => name)).toContain("gadgets/status");
  });

  test("get their defaults and lose what the schema does not know", async () => {
    const { body } = await admin.create(
      collection,
      gadget("defaults", { size: 1, typo: true, free: { any: 1 }, parts: [{ name: "a" }] }),
    );
    expect(body.spec).toEqual({
      size: 1,
      mode: "exclusive",
      limits: { hours: 24 },
      free: { any: 1 },
      parts: [{ name: "a", count: 1 }],
    });
    expect((await admin.get(`${collection}/defaults`)).body.spec).toEqual(body.spec);
  });

  test.each([
    ["a required field is missing", { mode: "shared" }, "spec.size", "Required"],
    ["a number is too large", { size: 9 }, "spec.size", "Invalid"],
    ["a value is not of the enumeration", { size: 1, mode: "other" }, "spec.mode", "NotSupported"],
    ["a type is wrong", { size: "1" }, "spec.size", ""],
    ["a key occurs twice", { size: 1, parts: [{ name: "a" }, { name: "a" }] }, "spec.parts[1]", "Duplicate"],
  ])("are invalid where %s", async (_, spec, field, reason) => {
    const { status, body } = await admin.request("POST", collection, gadget("wrong", spec));
    expect({ status, reason: body.reason }).toEqual({ status: 422, reason: "Invalid" });
    const causes = (body.details as { causes: { field: string; reason: string }[] }).causes;
    expect(causes.find((cause) => cause.field === field)?.reason).toMatch(
      new RegExp(`^FieldValue.*${reason}`),
    );
  });

  test("count generations of the spec, not of status or metadata", async () => {
    const made = await admin.create(
      collection,
      gadget("counted", { size: 1 }, { status: { phase: "early" } }),
    );
    expect([generation(made), made.body.status]).toEqual([1, undefined]);
    const one = `${collection}/counted`;
    const status = await admin.patch(`${one}/status`, "merge", {
      status: { phase: "Ready" },
      spec: { size: 5 },
      metadata: { labels: { a: "b" } },
    });
    expect([generation(status), status.body.status, status.body.metadata?.labels]).toEqual([
      1,
      { phase: "Ready" },
      undefined,
    ]);
    expect((status.body.spec as { size: number }).size).toBe(1);
    expect(generation(await admin.patch(one, "merge", { metadata: { labels: { a: "b" } } }))).toBe(1);
    const spec = await admin.patch(one, "merge", { spec: { size: 2 }, status: { phase: "ignored" } });
    expect([generation(spec), spec.body.status]).toEqual([2, { phase: "Ready" }]);
  });

  test("need their resourceVersion for a PUT, and take no strategic patch", async () => {
    await admin.create(collection, gadget("put", { size: 1 }));
    const { status, body } = await admin.request("PUT", `${collection}/put`, gadget("put", { size: 2 }));
    expect({ status, message: body.message }).toEqual({
      status: 422,
      message: expect.stringContaining(
        "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update",
      ),
    });
    expect((await admin.patch(`${collection}/put`, "strategic", { spec: { size: 2 } })).status).toBe(415);
  });

  test("are applied by the list keys of their schema", async () => {
    const one = `${collection}/applied`;
    const part = (name: string, count: number): object =>
      gadget("applied", { size: 1, parts: [{ name, count }] });
    const applied = async (): Promise<unknown> => {
      await admin.delete(one);
      await admin.patch(`${one}?fieldManager=one`, "apply", part("a", 1));
      await admin.patch(`${one}?fieldManager=two`, "apply", part("b", 2));
      return ((await admin.get(one)).body.spec as { parts: object[] }).parts;
    };
    // A real API server learns how to merge a new kind some time after it serves it.
    await expect.poll(applied, { timeout: 20_000 }).toEqual([
      { name: "a", count: 1 },
      { name: "b", count: 2 },
    ]);
    expect((await admin.patch(`${one}?fieldManager=two`, "apply", part("a", 3))).status).toBe(409);
    await admin.patch(`${one}/status?fieldManager=controller`, "apply", {
      apiVersion: "test.example.com/v1",
      kind: "Gadget",
      metadata: { name: "applied" },
      status: { phase: "Ready" },
    });
    expect((await admin.get(one)).body).toMatchObject({ spec: { size: 1 }, status: { phase: "Ready" } });
  });

  test("show their own columns in tables", async () => {
    const { body } = await tableOf(`${collection}?fieldSelector=metadata.name%3Ddefaults`);
    expect((body.columnDefinitions as { name: string }[]).map(({ name }) => name)).toEqual([
      "Name",
      "Size",
      "Ready",
    ]);
    expect((body.rows as { cells: unknown[] }[])[0]?.cells.slice(0, 2)).toEqual(["defaults", 1]);
  });

  test("cannot be watched from before they existed", async () => {
    const { body } = await admin.get(`${collection}?watch=1&resourceVersion=1&timeoutSeconds=5`);
    expect(body).toMatchObject({
      type: "ERROR",
      object: {
        kind: "Status",
        code: 410,
        reason: expect.stringMatching(/^(Expired|Gone)$/),
      } satisfies KubeBody,
    });
  });

  test("are gone with their definition", async () => {
    await admin.delete("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.test.example.com");
    let status = 0;
    for (let tries = 0; status !== 404 && tries < 200; tries += 1) {
      status = (await admin.get(collection)).status;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(status).toBe(404);
  });
});

/** The path as `kubectl get` asks for it. */
const tableOf = async (path: string): Promise<KubeResponse> => {
  const { Agent, get } = await import("node:https");
  const { endpointOf } = await import("../support/kube-client.ts");
  const { server, caPem, token } = endpointOf(api.kubeconfig);
  const headers = {
    authorization: `Bearer ${token}`,
    accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
  };
  return new Promise((resolve, reject) => {
    get(new URL(path, server), { agent: new Agent({ ca: caPem }), headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    }).on("error", reject);
  });
};
