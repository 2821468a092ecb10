import { describe, expect, test } from "vitest";
import { compileConditions } from "../../../src/mapping/condition.ts";
import type { Context } from "../../../src/mapping/context.ts";
import { CONVERSION_NAMES, type ConversionName, convert } from "../../../src/mapping/convert.ts";
import { compileExpression } from "../../../src/mapping/expression.ts";
import type { NodeFacts } from "../../../src/mapping/facts.ts";
import { labelIndex, noNumbers } from "../../../src/mapping/label-index.ts";
import { compileLets } from "../../../src/mapping/lets.ts";
import { mergeTrees, walk } from "../../../src/mapping/lookup.ts";
import { captureNames, compilePattern, patternProblem } from "../../../src/mapping/pattern.ts";
import type { Condition, Expression } from "../../../src/mapping/schema.ts";
import { type DeviceView, enterRule, type Scalar, type Scope, scopeOf } from "../../../src/mapping/scope.ts";
import { nodeFacts } from "./tables.ts";

const lookups = { sizes: { t4: 16, "*": 8, deep: { a: "x", "*": "y" } }, list: { a: ["x", "y"] } };

interface Given {
  readonly facts?: Partial<NodeFacts>;
  readonly lets?: Readonly<Record<string, Expression>>;
  readonly captures?: Readonly<Record<string, string>>;
  readonly devices?: readonly DeviceView[];
}

function setUp({ facts = {}, lets, captures = {}, devices = [] }: Given): {
  context: Context;
  scope: () => Scope;
} {
  const outer: Context = {
    lookups: new Map(Object.entries(lookups).map(([name, tree]) => [name, { tree, at: "t.yaml:1" }])),
    deviceFields: new Set(["model", "count", "training-score"]),
    labels: noNumbers(),
    names: new Map(),
    expression: compileExpression,
    conditions: compileConditions,
  };
  const { lets: compiled, context } = compileLets(Object.keys(captures), lets, outer);
  const scope = (): Scope => {
    const made = scopeOf(nodeFacts(facts), labelIndex(context.labels), true);
    enterRule(made, compiled, captures);
    made.devices = devices;
    made.device = devices[0];
    return made;
  };
  return { context, scope };
}

function evaluate(expression: Expression, given: Given = {}): Scalar | undefined {
  const { context, scope } = setUp(given);
  const compiled = compileExpression(expression, context);
  return compiled(scope());
}

function holds(conditions: readonly Condition[], given: Given = {}): boolean {
  const { context, scope } = setUp(given);
  const compiled = compileConditions(conditions, context);
  return compiled(scope());
}

const device = (fields: DeviceView["fields"], inferred = false): DeviceView => ({
  fields,
  scores: { training: 0.5 },
  isInferred: () => inferred,
});
const labels = (map: Readonly<Record<string, string>>): Given => ({ facts: { labels: map } });

describe("patterns", () => {
  test.each([
    ["{board}-MIG-{rest}", "A100-MIG-1g.5gb", { board: "A100", rest: "1g.5gb" }],
    ["{board}-MIG-{rest}", "A100", undefined],
    ["{board}-{size:int}{series:upper}", "A16-4Q", { board: "A16", size: "4", series: "Q" }],
    ["{board}-{size:int}{series:upper}", "A16-4q", undefined],
    ["{a:word}_{b:word}", "cpx_nps4", { a: "cpx", b: "nps4" }],
    ["{a:word}_{b:word}", "cpx.1_nps4", undefined],
    ["plain.text", "plain.text", {}],
    ["plain.text", "plainXtext", undefined],
    ["a(b)*[c]", "a(b)*[c]", {}],
    ["{a}", "", undefined],
    ["{first}-{second}", "a-b-c", { first: "a", second: "b-c" }],
  ])("%s on %s", (pattern, text, captures) => {
    const match = compilePattern(pattern)(text);
    expect(match === undefined ? undefined : { ...match }).toEqual(captures);
  });

  test.each([
    ["{a", "unbalanced"],
    ["a}", "unbalanced"],
    ["{A}", "must be {name}"],
    ["{a:float}", "known: int, upper, word"],
    ["{a}{b}{c}{d}{e}", "at most"],
    ["{a}-{b}-{c}-{d}", "at most"],
  ])("%s is refused: %s", (pattern, problem) => {
    expect(patternProblem(pattern)).toContain(problem);
  });

  test("a capture is named once", () => {
    expect(patternProblem("{a}-{a}")).toContain("twice");
  });

  test("captures are known by name, in order", () => {
    expect(captureNames("{b:int}g.{a}")).toEqual(["b", "a"]);
  });

  test("the longest text with the worst pattern is matched in little work", () => {
    const match = compilePattern("{a}-{b}-{c}X");
    // With one capture more this would take minutes, and the test would end by its time limit.
    expect(match("-".repeat(512))).toBeUndefined();
    expect(match(`${"-".repeat(600)}X`)).toBeUndefined();
  });
});

const conversions: Readonly<Record<ConversionName, readonly (readonly [string, Scalar | undefined])[]>> = {
  integer: [
    ["8", 8],
    ["0", 0],
    ["-1", undefined],
    ["1.5", undefined],
    ["", undefined],
    ["1e3", undefined],
    ["9".repeat(40), undefined],
  ],
  decimal: [
    ["1.5", 1.5],
    ["2", 2],
    [".5", undefined],
    ["-1", undefined],
    ["NaN", undefined],
  ],
  mebibytes: [
    ["81920", 80],
    ["81920MiB", 80],
    ["81920 MiB", 80],
    ["16106127360", 15],
    ["0", undefined],
    ["80Gi", undefined],
  ],
  bytes: [
    ["34359738368", 32],
    ["0", undefined],
    ["x", undefined],
  ],
  "amd-vram": [
    ["192G", 192],
    ["191G", 191],
    ["196608", 192],
    ["0G", undefined],
    ["192T", undefined],
  ],
  gibibytes: [
    ["80", 80],
    ["0", undefined],
    ["80Gi", undefined],
  ],
  "quantity-bytes": [
    ["81920Mi", 80],
    ["80Gi", 80],
    ["85899345920", 80],
    ["1e3", undefined],
    ["-1Gi", undefined],
  ],
  quantity: [
    ["132", 132],
    ["1k", 1000],
    ["2Ki", 2048],
    ["x", undefined],
  ],
  boolean: [
    ["true", true],
    ["False", false],
    ["1", undefined],
    ["", undefined],
  ],
  lower: [["US-East", "us-east"]],
  slug: [
    ["West Europe", "west-europe"],
    ["GRA5", "gra5"],
    ["--", undefined],
    ["東京", undefined],
  ],
  version: [
    ["550.54.15", "550.54.15"],
    ["6.12.12-rc1", "6.12.12-rc1"],
    ["unknown.unknown.unknown", undefined],
    ["12", "12"],
  ],
};

describe("conversions", () => {
  test("each has its cases", () =>
    expect(Object.keys(conversions).sort()).toEqual([...CONVERSION_NAMES].sort()));
  test.each(
    Object.entries(conversions).flatMap(([name, cases]) =>
      cases.map(([text, value]) => [name, text, value] as const),
    ),
  )("%s of %s is %s", (name, text, value) => expect(convert(name as ConversionName, text)).toBe(value));
});

describe("conditions", () => {
  const given = labels({ word: "b", number: "10", empty: "", text: "ten", hex: "0x10" });
  const on = (label: string, operator: object): readonly Condition[] => [{ label, ...operator } as Condition];
  test.each([
    ["is", "word", { is: "b" }, true],
    ["is: numbers compare as text", "number", { is: 10 }, true],
    ["is: another", "word", { is: "c" }, false],
    ["is: absent", "absent", { is: "b" }, false],
    ["is-not", "word", { "is-not": "c" }, true],
    ["is-not: the same", "word", { "is-not": "b" }, false],
    ["is-not: absent", "absent", { "is-not": "b" }, true],
    ["in", "word", { in: ["a", "b"] }, true],
    ["in: absent", "absent", { in: ["a"] }, false],
    ["not-in", "word", { "not-in": ["a"] }, true],
    ["not-in: there", "word", { "not-in": ["b"] }, false],
    ["not-in: absent", "absent", { "not-in": ["a"] }, true],
    ["exists", "word", { exists: true }, true],
    ["exists: absent", "absent", { exists: true }, false],
    ["exists: false", "absent", { exists: false }, true],
    ["exists: an empty label is none", "empty", { exists: true }, false],
    ["matches", "word", { matches: "{any}" }, true],
    ["matches: not", "word", { matches: "{n:int}" }, false],
    ["matches: absent", "absent", { matches: "{any}" }, false],
    ["at-least", "number", { "at-least": 10 }, true],
    ["at-least: less", "number", { "at-least": 11 }, false],
    ["at-least: no number", "text", { "at-least": 0 }, false],
    ["at-least: no decimal number", "hex", { "at-least": 0 }, false],
    ["at-least: absent", "absent", { "at-least": 0 }, false],
    ["at-most", "number", { "at-most": 10 }, true],
    ["at-most: more", "number", { "at-most": 9 }, false],
    ["at-most: absent", "absent", { "at-most": 9 }, false],
  ])("%s", (_name, label, operator, expected) => expect(holds(on(label, operator), given)).toBe(expected));

  const yes: Condition = { label: "word", exists: true };
  const no: Condition = { label: "absent", exists: true };
  test.each<[string, readonly Condition[], boolean]>([
    ["none at all hold", [], true],
    ["all of three must hold", [yes, yes, no], false],
    ["any", [{ any: [no, yes] }], true],
    ["any of none", [{ any: [no] }], false],
    ["all inside", [{ all: [yes, no] }], false],
    ["none", [{ none: [no] }], true],
    ["none: one holds", [{ none: [no, yes] }], false],
  ])("%s", (_name, conditions, expected) => expect(holds(conditions, given)).toBe(expected));
});

describe("expressions", () => {
  test.each<[string, Expression, Given, Scalar | undefined]>([
    ["a literal", 5, {}, 5],
    ["a label", { label: "a" }, labels({ a: "x" }), "x"],
    ["an empty label", { label: "a" }, labels({ a: "" }), undefined],
    ["a name that every object inherits", { label: "constructor" }, labels({}), undefined],
    [
      "a named label that every object inherits",
      { label: "{x}" },
      { ...labels({}), captures: { x: "toString" } },
      undefined,
    ],
    ["an annotation", { annotation: "a" }, { facts: { annotations: { a: "x" } } }, "x"],
    ["allocatable that nobody told", { allocatable: "a" }, {}, undefined],
    [
      "a node field",
      { node: "provider-id", pattern: "{scheme}://{rest}" },
      { facts: { providerID: "aws:///x" } },
      "aws",
    ],
    ["hardware", { hardware: "network-gbps" }, { facts: { hardware: { gpus: [], networkGbps: 25 } } }, 25],
    ["the first that has a value", [{ label: "a" }, { label: "b" }, "c"], labels({ b: "x" }), "x"],
    [
      "text with values",
      { value: "{x}-{y}" },
      { captures: { x: "1" }, lets: { y: { label: "b" } }, ...labels({ b: "2" }) },
      "1-2",
    ],
    [
      "text with a value that is missing",
      { value: "{x}-{y}" },
      { captures: { x: "1" }, lets: { y: { label: "b" } } },
      undefined,
    ],
    ["a let that names itself", { let: "a" }, { lets: { a: { value: "{a}" } } }, undefined],
    ["a conversion that fails", { label: "a", convert: "integer" }, labels({ a: "x" }), undefined],
    ["multiplication", { label: "a", convert: "integer", times: 2.5 }, labels({ a: "4" }), 10],
    ["division by zero", { value: 4, "divided-by": 0 }, {}, undefined],
    ["arithmetic with text", { value: "x", times: 2 }, {}, undefined],
    ["a second operand that is missing", { value: 4, times: { label: "a" } }, {}, undefined],
    ["a condition that holds", { value: 1, when: [{ label: "a", exists: true }] }, labels({ a: "x" }), 1],
    ["a condition that does not", { value: 1, when: [{ label: "a", exists: true }] }, {}, undefined],
    ["a lookup", { lookup: "sizes", path: ["t4"] }, {}, 16],
    ["a lookup of what is not listed", { lookup: "sizes", path: ["l4"] }, {}, 8],
    ["a lookup further down", { lookup: "sizes", path: ["deep", { label: "a" }] }, labels({ a: "b" }), "y"],
    ["a lookup that ends too early", { lookup: "sizes", path: ["deep"] }, {}, undefined],
    ["a lookup of a list", { lookup: "list", path: ["a"] }, {}, "x,y"],
    ["a lookup by an inherited name", { lookup: "list", path: ["constructor"] }, {}, undefined],
    ["the first key that matches", { keys: "x/{id}", take: "id" }, labels({ "x/b": "1", "x/a": "1" }), "a"],
    ["the whole key", { keys: "x/{id}" }, labels({ "x/b": "1" }), "x/b"],
    [
      "a resource that matches and is there",
      { resources: "x/{id}", take: "id" },
      { facts: { allocatable: { "x/a": "0", "x/b": "1" } } },
      "b",
    ],
    ["a device field", { device: "model" }, { devices: [device({ model: "m" })] }, "m"],
    ["a score", { device: "training-score" }, { devices: [device({})] }, 0.5],
    [
      "a sum",
      { sum: { device: "count", times: 2 } },
      { devices: [device({ count: 1 }), device({ count: 2 })] },
      6,
    ],
    [
      "a sum with a gap",
      { sum: { device: "count" } },
      { devices: [device({ count: 1 }), device({})] },
      undefined,
    ],
    ["a sum of no devices", { sum: 1 }, {}, undefined],
    [
      "a sum over a let that reads the device",
      { sum: { let: "n" } },
      { lets: { n: { device: "count" } }, devices: [device({ count: 1 }), device({ count: 2 })] },
      3,
    ],
  ])("%s", (_name, expression, given, expected) => expect(evaluate(expression, given)).toBe(expected));

  test.each<[string, Expression, string]>([
    ["an unknown let", { let: "nope" }, "unknown value nope"],
    ["an unknown value in a text", { value: "a-{nope}" }, "unknown value nope"],
    ["an unknown lookup", { lookup: "nope", path: ["a"] }, "known: list, sizes"],
    ["an unknown device field", { device: "nope" }, "known: model, count"],
    ["a capture that the pattern lacks", { label: "a", pattern: "{b}", take: "c" }, "no capture"],
    ["a capture that the keys lack", { keys: "a/{b}", take: "c" }, "no capture"],
    [
      "a decided key outside the vocabulary",
      { "rule-of": "cost.fluidos.eu/hourly" },
      "near: cost.fluidos.eu/hourly-rate",
    ],
  ])("%s is refused", (_name, expression, message) => expect(() => evaluate(expression)).toThrow(message));

  test("what a failed attempt read is no source of the value, and does not make it inferred", () => {
    const { context, scope } = setUp(labels({ a: "x", b: "y" }));
    const expression: Expression = [
      { label: "a", convert: "integer" },
      { lookup: "sizes", path: [{ label: "a", inferred: true }, "further"] },
      { label: "b" },
    ];
    const compiled = compileExpression(expression, context);
    const made = scope();
    expect(compiled(made)).toBe("y");
    expect(made.trace).toEqual(["label b=y"]);
    expect(made.inferred).toBe(false);
  });
});

describe("lookups", () => {
  test("what comes first wins, leaf by leaf", () => {
    const merged = mergeTrees({ a: { x: 1 }, b: 2 }, { a: { x: 0, y: 3 }, b: { z: 4 }, c: 5 });
    expect(walk(merged, ["a", "x"])).toBe(1);
    expect(walk(merged, ["a", "y"])).toBe(3);
    expect(walk(merged, ["b"])).toBe(2);
    expect(walk(merged, ["c"])).toBe(5);
  });
  test("a star of the site stands for what the built-in table does not list", () => {
    expect(walk(mergeTrees({ a: { "*": 1 } }, { a: { x: 2 } }), ["a", "y"])).toBe(1);
  });
});
