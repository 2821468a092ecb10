import { describe, expect, test } from "vitest";
import { jsonPatch, mergePatch } from "../../../src/sandbox/patch-json.ts";
import { strategicPatch } from "../../../src/sandbox/patch-strategic.ts";

describe("merge patch", () => {
  test.each([
    ["sets, keeps and deletes members", { a: 1, b: 2 }, { b: null, c: 3 }, { a: 1, c: 3 }],
    ["replaces lists", { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ["replaces a scalar by an object", { a: 1 }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  ])("%s", (_, target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });

  test("treats __proto__ as data", () => {
    const result = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}')) as object;
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.keys(result)).toEqual(["__proto__"]);
  });
});

describe("JSON patch", () => {
  test.each([
    ["adds a member", { a: 1 }, [{ op: "add", path: "/b", value: 2 }], { a: 1, b: 2 }],
    ["inserts into a list", { a: [1, 3] }, [{ op: "add", path: "/a/1", value: 2 }], { a: [1, 2, 3] }],
    ["appends to a list", { a: [1] }, [{ op: "add", path: "/a/-", value: 2 }], { a: [1, 2] }],
    ["removes an item", { a: [1, 2] }, [{ op: "remove", path: "/a/0" }], { a: [2] }],
    [
      "replaces under an escaped key",
      { "a/b": 1 },
      [{ op: "replace", path: "/a~1b", value: 2 }],
      { "a/b": 2 },
    ],
    ["moves", { a: 1 }, [{ op: "move", from: "/a", path: "/b" }], { b: 1 }],
    ["copies", { a: { x: 1 } }, [{ op: "copy", from: "/a", path: "/b" }], { a: { x: 1 }, b: { x: 1 } }],
    [
      "tests before it changes",
      { a: 1 },
      [
        { op: "test", path: "/a", value: 1 },
        { op: "remove", path: "/a" },
      ],
      {},
    ],
  ])("%s", (_, target, patch, expected) => {
    expect(jsonPatch(target, patch)).toEqual(expected);
  });

  test.each([
    ["a failed test", [{ op: "test", path: "/a", value: 2 }], 422],
    ["a missing path", [{ op: "replace", path: "/x/y", value: 1 }], 422],
    ["an index out of bounds", [{ op: "add", path: "/list/9", value: 1 }], 422],
    ["an unknown operation", [{ op: "frob", path: "/a" }], 422],
    ["something that is no list", {}, 400],
    [
      "a patch without end",
      Array.from({ length: 10_001 }, () => ({ op: "test", path: "/a", value: 1 })),
      413,
    ],
  ])("refuses %s", (_, patch, code) => {
    expect(() => jsonPatch({ a: 1, list: [] }, patch)).toThrow(expect.objectContaining({ code }));
  });

  test("leaves its target as it was", () => {
    const target = { a: [1] };
    jsonPatch(target, [{ op: "add", path: "/a/-", value: 2 }]);
    expect(target).toEqual({ a: [1] });
  });
});

describe("strategic merge patch", () => {
  const containers = [
    { name: "a", image: "x", env: [{ name: "K", value: "1" }] },
    { name: "b", image: "y" },
  ];
  const spec = { containers, tolerations: [{ key: "t" }] };

  test.each([
    [
      "merges containers by name and their env as well",
      { containers: [{ name: "a", env: [{ name: "L", value: "2" }] }] },
      {
        containers: [
          {
            name: "a",
            image: "x",
            env: [
              { name: "K", value: "1" },
              { name: "L", value: "2" },
            ],
          },
          { name: "b", image: "y" },
        ],
      },
    ],
    [
      "deletes an item by directive",
      { containers: [{ name: "a", $patch: "delete" }] },
      { containers: [{ name: "b", image: "y" }] },
    ],
    [
      "replaces a list by directive",
      { containers: [{ $patch: "replace" }, { name: "c" }] },
      { containers: [{ name: "c" }] },
    ],
    ["replaces lists that have no key", { tolerations: [] }, { tolerations: [] }],
    [
      "puts items in the order that is asked for",
      { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] },
      { containers: [{ name: "b" }, { name: "a" }] },
    ],
    [
      "keeps only the keys that are to be retained",
      { $retainKeys: ["containers"] },
      { containers: [{ name: "a" }, { name: "b" }] },
    ],
  ])("%s", (_, patch, expected) => {
    expect(strategicPatch({ spec }, { spec: patch })).toMatchObject({ spec: expected });
  });

  test("knows ports of a container from ports of a service", () => {
    const container = { spec: { containers: [{ name: "a", ports: [{ containerPort: 80, name: "x" }] }] } };
    const inPod = strategicPatch(container, {
      spec: { containers: [{ name: "a", ports: [{ containerPort: 80, name: "y" }] }] },
    });
    expect(inPod).toEqual({
      spec: { containers: [{ name: "a", ports: [{ containerPort: 80, name: "y" }] }] },
    });
    const inService = strategicPatch(
      { spec: { ports: [{ port: 80 }] } },
      { spec: { ports: [{ port: 81 }] } },
    );
    expect(inService).toEqual({ spec: { ports: [{ port: 80 }, { port: 81 }] } });
  });

  test("adds to and takes from sets", () => {
    const metadata = { metadata: { finalizers: ["a", "b"] } };
    expect(strategicPatch(metadata, { metadata: { finalizers: ["c"] } })).toEqual({
      metadata: { finalizers: ["a", "b", "c"] },
    });
    expect(strategicPatch(metadata, { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } })).toEqual({
      metadata: { finalizers: ["b"] },
    });
  });

  test("refuses an item without its key", () => {
    expect(() => strategicPatch({ spec }, { spec: { containers: [{ image: "z" }] } })).toThrow(
      expect.objectContaining({ code: 400 }),
    );
  });
});
