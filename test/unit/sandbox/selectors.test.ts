import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../src/sandbox/object.ts";
import { fieldSelector, labelSelector, selectsLabels } from "../../../src/sandbox/selectors.ts";

const labelled = (labels: Record<string, string>, more: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "n", labels },
  ...more,
});

describe("a label selector", () => {
  test.each([
    ["a=1", { a: "1" }, true],
    ["a==1", { a: "2" }, false],
    ["a!=1", {}, true],
    ["a", { a: "" }, true],
    ["!a", { a: "" }, false],
    ["a in (1, 2),b", { a: "2", b: "" }, true],
    ["a notin (1,2)", {}, true],
    ["a notin (1,2)", { a: "1" }, false],
    ["a>3", { a: "4" }, true],
    ["a<3", { a: "4" }, false],
    ["a>3", { a: "many" }, false],
    ["example.com/a=1", { "example.com/a": "1" }, true],
    ["a=", { a: "" }, true],
    ["toString", {}, false],
  ])("%s on %o is %s", (selector, labels, expected) => {
    expect(labelSelector(selector)(labelled(labels))).toBe(expected);
  });

  test.each(["a b", "a in 1", "a=b=c", "=1", "a>x", `a=${"x".repeat(64)}`, "a/b/c=1"])(
    "%s is refused",
    (selector) => {
      expect(() => labelSelector(selector)).toThrow(expect.objectContaining({ code: 400 }));
    },
  );
});

describe("a field selector", () => {
  const pod = labelled({}, { spec: { nodeName: "n1" }, status: { phase: "Running" } });

  test.each([
    ["metadata.name=p", true],
    ["metadata.name=p,metadata.namespace!=n", false],
    ["spec.nodeName=n1", true],
    ["spec.nodeName!=n1", false],
    ["status.phase==Running", true],
    ["spec.serviceAccountName=", true],
  ])("%s is %s", (selector, expected) => {
    expect(fieldSelector(selector, "/pods")(pod)).toBe(expected);
  });

  test("knows only the fields of its kind, and those that a CRD names", () => {
    expect(() => fieldSelector("spec.color=red", "example.com/things")).toThrow(
      "field label not supported: spec.color",
    );
    const thing = labelled({}, { spec: { color: "red" } });
    expect(fieldSelector("spec.color=red", "example.com/things", ["spec.color"])(thing)).toBe(true);
  });

  test("finds the events about an object", () => {
    const event = labelled({}, { involvedObject: { kind: "Node", name: "n1" } });
    expect(fieldSelector("involvedObject.kind=Node,involvedObject.name=n1", "/events")(event)).toBe(true);
  });
});

test.each([
  [{ matchLabels: { a: "1" } }, { a: "1", b: "2" }, true],
  [{ matchExpressions: [{ key: "a", operator: "In", values: ["1"] }] }, { a: "1" }, true],
  [{ matchExpressions: [{ key: "a", operator: "NotIn", values: ["1"] }] }, { a: "1" }, false],
  [{ matchExpressions: [{ key: "a", operator: "Exists" }] }, {}, false],
  [{ matchExpressions: [{ key: "a", operator: "DoesNotExist" }] }, {}, true],
])("the selector object %o on %o is %s", (selector, labels, expected) => {
  expect(selectsLabels(selector, labels as Record<string, string>)).toBe(expected);
});
