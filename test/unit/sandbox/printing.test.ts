import { describe, expect, test } from "vitest";
import { renderingOf } from "../../../src/sandbox/render.ts";
import { parsePath, verbOf } from "../../../src/sandbox/request.ts";
import { ageOf } from "../../../src/sandbox/table-cells.ts";
import { readJsonPath } from "../../../src/sandbox/tables.ts";
import { keyProblem, labelValueProblem, nameProblem } from "../../../src/sandbox/validation.ts";

test.each([
  [45, "45s"],
  [119, "119s"],
  [310, "5m10s"],
  [3600, "60m"],
  [4 * 3600 + 600, "4h10m"],
  [30 * 3600, "30h"],
  [72 * 3600, "3d"],
])("%d seconds are shown as %s", (seconds, expected) => {
  expect(ageOf(new Date(0).toISOString(), seconds * 1000)).toBe(expected);
});

test.each([
  [".spec.a", [1]],
  [".spec.list[*].n", ["x", "y"]],
  [".spec.list[1].n", ["y"]],
  [".status.conditions[?(@.type=='Ready')].status", ["True"]],
  ['.status.conditions[?(@.type == "Other")].status', []],
  [".metadata.labels.example\\.com/a", ["v"]],
  [".spec['a']", [1]],
  [".spec.absent.deeper", []],
])("the column path %s finds %o", (path, expected) => {
  const object = {
    metadata: { labels: { "example.com/a": "v" } },
    spec: { a: 1, list: [{ n: "x" }, { n: "y" }] },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  };
  expect(readJsonPath(object, path)).toEqual(expected);
});

test.each([
  [undefined, "object"],
  ["application/json", "object"],
  ["application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "table"],
  ["application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "partial"],
  ["application/vnd.kubernetes.protobuf,application/json", "object"],
])("Accept %s gives the %s", (accept, expected) => {
  expect(renderingOf(accept)).toBe(expected);
});

describe("a path", () => {
  test.each([
    ["GET", "/api/v1/nodes", { resource: "nodes", namespace: "", name: "" }, "list"],
    ["GET", "/api/v1/nodes?watch=true", { resource: "nodes" }, "watch"],
    ["PATCH", "/api/v1/nodes/a/status", { resource: "nodes", name: "a", subresource: "status" }, "patch"],
    [
      "DELETE",
      "/apis/apps/v1/namespaces/n/deployments",
      { group: "apps", namespace: "n", resource: "deployments" },
      "deletecollection",
    ],
    ["GET", "/api/v1/namespaces/n", { resource: "namespaces", name: "n", namespace: "n" }, "get"],
    [
      "PUT",
      "/api/v1/namespaces/n/status",
      { resource: "namespaces", name: "n", subresource: "status" },
      "update",
    ],
    [
      "POST",
      "/api/v1/namespaces/n/serviceaccounts/s/token",
      { resource: "serviceaccounts", name: "s", subresource: "token" },
      "create",
    ],
    ["GET", "/api/v1/nodes/a%2Fb", { name: "a/b" }, "get"],
  ])("%s %s is a request for a resource", (method, target, expected, verb) => {
    const url = new URL(target, "https://x");
    const path = parsePath(url.pathname);
    expect(path).toMatchObject({ kind: "resource", ...expected });
    expect(path.kind === "resource" && verbOf(method, path, url.searchParams)).toBe(verb);
  });

  test.each(["/", "/api", "/apis/apps/v1", "/healthz", "/api/v1/nodes/a/b/c", "/api/v1/%zz"])(
    "%s is no resource",
    (path) => {
      expect(parsePath(path)).toEqual({ kind: "path", path });
    },
  );
});

describe("names", () => {
  test.each([
    ["a.b-c", "subdomain", true],
    ["A", "subdomain", false],
    ["a..b", "subdomain", false],
    ["a".repeat(254), "subdomain", false],
    ["a.b", "label", false],
    ["1a", "label1035", false],
    ["system:node/x", "path", false],
    ["system:node", "path", true],
  ] as const)("%s as a %s is fine: %s", (name, syntax, fine) => {
    expect(nameProblem(name, syntax) === undefined).toBe(fine);
  });

  test.each([
    ["a", true],
    ["example.com/a_b.c", true],
    ["Example.com/a", false],
    ["/a", false],
    ["a/", false],
    ["a/b/c", false],
    ["-a", false],
    ["x".repeat(64), false],
    ["ä", false],
  ])("the key %s is fine: %s", (key, fine) => {
    expect(keyProblem(key) === undefined).toBe(fine);
  });

  test.each([
    ["", true],
    ["A_1.b", true],
    ["a b", false],
    ["-", false],
    ["x".repeat(64), false],
  ])("the label value %s is fine: %s", (value, fine) => {
    expect(labelValueProblem(value) === undefined).toBe(fine);
  });
});
