import { describe, expect, test } from "vitest";
import { compileSchema } from "../../../src/sandbox/custom-schema.ts";
import type { KubeObject } from "../../../src/sandbox/object.ts";
import { shapeOfSchema } from "../../../src/sandbox/shape.ts";

const custom = (spec: unknown): KubeObject => ({
  apiVersion: "e/v1",
  kind: "T",
  metadata: { name: "t", labels: { any: "thing" } },
  spec,
});
const schemaOf = (spec: object): ReturnType<typeof compileSchema> =>
  compileSchema({ type: "object", properties: { spec } });

describe("pruning and defaulting", () => {
  test.each([
    [
      "drops unknown fields",
      { type: "object", properties: { a: { type: "string" } } },
      { a: "1", b: "2" },
      { a: "1" },
    ],
    [
      "keeps them where the schema preserves them",
      { type: "object", "x-kubernetes-preserve-unknown-fields": true, properties: {} },
      { b: { c: 1 } },
      { b: { c: 1 } },
    ],
    [
      "goes into maps",
      { type: "object", additionalProperties: { type: "object", properties: { a: {} } } },
      { k: { a: 1, b: 2 } },
      { k: { a: 1 } },
    ],
    [
      "goes into lists",
      {
        type: "object",
        properties: { l: { type: "array", items: { type: "object", properties: { a: {} } } } },
      },
      { l: [{ a: 1, b: 2 }] },
      { l: [{ a: 1 }] },
    ],
    [
      "keeps an embedded object's identity",
      { type: "object", "x-kubernetes-embedded-resource": true, properties: {} },
      { apiVersion: "v1", kind: "K", metadata: { name: "n" }, x: 1 },
      { apiVersion: "v1", kind: "K", metadata: { name: "n" } },
    ],
    [
      "fills in defaults below defaults",
      {
        type: "object",
        properties: { a: { type: "object", default: {}, properties: { b: { default: 1 } } } },
      },
      {},
      { a: { b: 1 } },
    ],
    [
      "replaces null by the default unless it is nullable",
      { type: "object", properties: { a: { default: 1 }, b: { default: 1, nullable: true } } },
      { a: null, b: null },
      { a: 1, b: null },
    ],
    [
      "gives no default where the parent is absent",
      { type: "object", properties: { a: { type: "object", properties: { b: { default: 1 } } } } },
      {},
      {},
    ],
  ])("%s", (_, schema, spec, expected) => {
    expect(schemaOf(schema).prepare(custom(spec)).spec).toEqual(expected);
  });

  test("leaves metadata alone and names what it would drop", () => {
    const schema = schemaOf({ type: "object", properties: {} });
    const object = { ...custom({ typo: 1 }), extra: true };
    expect(schema.prepare(object).metadata).toEqual(object.metadata);
    expect(schema.unknownFields(object)).toEqual(["spec.typo", "extra"]);
  });
});

describe("validation", () => {
  test.each([
    ["int-or-string takes a number", { "x-kubernetes-int-or-string": true }, 1, undefined],
    ["int-or-string takes no list", { "x-kubernetes-int-or-string": true }, [], "FieldValueInvalid"],
    ["a nullable string takes null", { type: "string", nullable: true }, null, undefined],
    ["a nullable enumeration takes null", { type: "string", nullable: true, enum: ["a"] }, null, undefined],
    [
      "an exclusive minimum excludes it",
      { type: "number", minimum: 1, exclusiveMinimum: true },
      1,
      "FieldValueInvalid",
    ],
    ["a pattern is checked", { type: "string", pattern: "^a+$" }, "b", "FieldValueInvalid"],
    ["a format is checked", { type: "string", format: "date-time" }, "yesterday", "FieldValueInvalid"],
    ["too many items are counted", { type: "array", maxItems: 1, items: {} }, [1, 2], "FieldValueInvalid"],
    ["an unknown value is not supported", { type: "string", enum: ["a"] }, "b", "FieldValueNotSupported"],
    [
      "a set has no duplicates",
      { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
      ["a", "a"],
      "FieldValueDuplicate",
    ],
  ])("%s", (_, schema, value, reason) => {
    const problems = schemaOf({ type: "object", properties: { f: schema } }).problems(custom({ f: value }));
    expect(problems[0]?.reason).toBe(reason);
  });

  test("words a problem with field, value and rule", () => {
    const problems = schemaOf({
      type: "object",
      properties: { n: { type: "integer", maximum: 8 } },
    }).problems(custom({ n: 9 }));
    expect(problems).toEqual([
      {
        reason: "FieldValueInvalid",
        field: "spec.n",
        message: "Invalid value: 9: spec.n in body should be less than or equal to 8",
      },
    ]);
  });

  test("refuses a schema that cannot be one", () => {
    expect(() => compileSchema({ type: "object", properties: { a: { type: "strnig" } } })).toThrow();
  });
});

test("list types of a schema tell how its lists merge", () => {
  const items = { type: "object", properties: { name: { type: "string" }, port: { default: 80 } } };
  const shape = shapeOfSchema({
    type: "object",
    properties: {
      map: {
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name", "port"],
        items,
      },
      set: { type: "array", "x-kubernetes-list-type": "set" },
      plain: { type: "array" },
      whole: { type: "object", "x-kubernetes-map-type": "atomic" },
    },
  });
  expect(shape).toMatchObject({
    fields: {
      map: { kind: "map-list", keys: ["name", "port"], defaults: { port: 80 } },
      set: { kind: "set-list" },
      plain: { kind: "atomic" },
      whole: { kind: "atomic" },
    },
  });
});
