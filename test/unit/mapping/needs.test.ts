import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileConditions } from "../../../src/mapping/condition.ts";
import type { Context } from "../../../src/mapping/context.ts";
import { compileExpression } from "../../../src/mapping/expression.ts";
import type { NodeFacts } from "../../../src/mapping/facts.ts";
import { labelIndex, noNumbers } from "../../../src/mapping/label-index.ts";
import { compileLets } from "../../../src/mapping/lets.ts";
import { compileNeeds } from "../../../src/mapping/needs.ts";
import type { Condition, Expression } from "../../../src/mapping/schema.ts";
import { enterRule, scopeOf } from "../../../src/mapping/scope.ts";
import { nodeFacts } from "./tables.ts";

interface Rule {
  readonly when?: readonly Condition[];
  readonly let?: Readonly<Record<string, Expression>>;
}

/** Whether a rule is asked at all on a node, and whether its conditions hold there. */
function judge({ when, let: lets }: Rule, facts: Partial<NodeFacts>): { asked: boolean; holds: boolean } {
  const outer: Context = {
    lookups: new Map([["sizes", { tree: { x: { y: 1 }, "*": 2 }, at: "t.yaml:1" }]]),
    deviceFields: new Set(),
    labels: noNumbers(),
    names: new Map(),
    expression: compileExpression,
    conditions: compileConditions,
  };
  const { lets: compiled, context } = compileLets(["key"], lets, outer);
  const needed = compileNeeds(when, lets, context);
  const test = compileConditions(when, context);
  const scope = scopeOf(nodeFacts(facts), labelIndex(context.labels), false);
  enterRule(scope, compiled, { key: "b" });
  return { asked: needed(scope), holds: test(scope) };
}
const asked = (rule: Rule, facts: Partial<NodeFacts>): boolean => judge(rule, facts).asked;

const bare: Partial<NodeFacts> = { labels: { other: "x" } };
const a = { label: "a", exists: true } as const;
const b = { label: "b", exists: true } as const;

const { source, conditions } = fc.letrec<{ source: object; conditions: readonly Condition[] }>((tie) => ({
  source: fc.oneof(
    { depthSize: "small" },
    fc.record({ label: fc.constantFrom("a", "b", "{key}") }),
    fc.record({ let: fc.constantFrom("one", "two", "key") }),
    fc.record({ value: fc.constantFrom("x", "{one}") }),
    fc.record({ keys: fc.constantFrom("a/{id}", "{id}") }),
    fc.record({ allocatable: fc.constantFrom("a", "{key}") }),
    fc.record({
      lookup: fc.constant("sizes"),
      path: fc.array(tie("source"), { minLength: 1, maxLength: 2 }),
    }),
    fc.record({ label: fc.constant("a"), when: tie("conditions") }),
    fc.record({ value: fc.constant("x"), when: tie("conditions") }),
  ),
  conditions: fc.array(
    fc.oneof(
      { depthSize: "small" },
      fc
        .tuple(
          tie("source"),
          fc.constantFrom<object>(
            { exists: true },
            { exists: false },
            { is: "x" },
            { "is-not": "x" },
            { in: ["x", "1"] },
            { "not-in": ["x"] },
            { matches: "{any}" },
            { "at-most": 2 },
          ),
        )
        .map(([source, operator]) => ({ ...source, ...operator }) as Condition),
      fc.record({ any: tie("conditions") }),
      fc.record({ all: tie("conditions") }),
      fc.record({ none: tie("conditions") }),
    ),
    { maxLength: 3 },
  ),
}));

describe("a rule is passed over on a node without what it needs", () => {
  test.each<[name: string, rule: Rule, enough: Partial<NodeFacts>]>([
    ["a label", { when: [a] }, { labels: { a: "x" } }],
    ["a label with a certain value", { when: [{ label: "a", is: "y" }] }, { labels: { a: "x" } }],
    ["a label of several", { when: [{ any: [a, b] }] }, { labels: { b: "x" } }],
    ["one of all labels", { when: [{ all: [a, b] }] }, { labels: { a: "x" } }],
    ["a label and something else", { when: [{ node: "name", exists: true }, a] }, { labels: { a: "x" } }],
    ["a label by its beginning", { when: [{ keys: "a/{id}", exists: true }] }, { labels: { "a/1": "x" } }],
    ["an allocatable resource", { when: [{ allocatable: "{key}", exists: true }] }, { allocatable: {} }],
    ["a resource by a pattern", { when: [{ resources: "a/{id}", exists: true }] }, { allocatable: {} }],
    [
      "a named value",
      { let: { name: [{ label: "a" }, { label: "b" }] }, when: [{ let: "name", exists: true }] },
      { labels: { b: "x" } },
    ],
    [
      "a literal under a condition",
      { let: { name: { value: "x", when: [a] } }, when: [{ let: "name", is: "x" }] },
      { labels: { a: "x" } },
    ],
    [
      "a step of a lookup",
      { when: [{ lookup: "sizes", path: ["x", { label: "a" }], exists: true }] },
      { labels: { a: "x" } },
    ],
  ])("%s", (_name, rule, enough) => {
    expect(asked(rule, bare)).toBe(false);
    expect(asked(rule, enough)).toBe(true);
  });

  test("an empty label is none", () => expect(asked({ when: [a] }, { labels: { a: "" } })).toBe(false));
});

describe("a rule is asked on every node", () => {
  test.each<[name: string, rule: Rule]>([
    ["without conditions", {}],
    ["that wants a label absent", { when: [{ label: "a", exists: false }] }],
    ["that wants another value", { when: [{ label: "a", "is-not": "x" }] }],
    ["that wants a value not listed", { when: [{ label: "a", "not-in": ["x"] }] }],
    ["that wants none", { when: [{ none: [a] }] }],
    ["one of whose choices needs nothing", { when: [{ any: [a, { none: [b] }] }] }],
    [
      "with a literal to fall back on",
      { let: { name: [{ label: "a" }, "x"] }, when: [{ let: "name", is: "x" }] },
    ],
    ["with a label whose name is made up", { when: [{ label: "{key}", exists: true }] }],
    ["by a capture", { when: [{ let: "key", is: "x" }] }],
    ["by what is no label", { when: [{ attribute: "type", is: "gpu" }] }],
    [
      "with values that name each other",
      { let: { one: { let: "two" }, two: { let: "one" } }, when: [{ let: "one", exists: true }] },
    ],
  ])("%s", (_name, rule) => expect(asked(rule, bare)).toBe(true));
});

test("values that name many values many times are looked into once", () => {
  const names = Array.from({ length: 40 }, (_, index) => `v${index}`);
  const lets = Object.fromEntries(
    names.map((name, index): [string, Expression] => [
      name,
      index + 1 < names.length
        ? Array.from({ length: 32 }, () => ({ let: `v${index + 1}` }))
        : { label: "a" },
    ]),
  );
  const rule: Rule = { let: lets, when: [{ let: "v0", exists: true }] };
  expect(asked(rule, bare)).toBe(false);
  expect(asked(rule, { labels: { a: "x" } })).toBe(true);
});

test("a rule that is passed over would not have held, whatever its conditions", () => {
  const expressions = fc.array(source, { minLength: 1, maxLength: 2 }) as fc.Arbitrary<Expression>;
  const rule = fc.record({ when: conditions, let: fc.record({ one: expressions, two: expressions }) });
  const values = fc.constantFrom("", "x", "1", "y");
  const facts = fc.record(
    {
      labels: fc.dictionary(fc.constantFrom("a", "b", "a/1", "c"), values, { maxKeys: 2 }),
      allocatable: fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("0", "1"), { maxKeys: 1 }),
    },
    { requiredKeys: ["labels"] },
  );
  let passedOver = 0;
  fc.assert(
    fc.property(rule, facts, (rule, facts) => {
      const { asked, holds } = judge(rule, facts);
      if (!asked) passedOver += 1;
      expect(holds && !asked).toBe(false);
    }),
    { numRuns: 3000 },
  );
  expect(passedOver).toBeGreaterThan(100);
});
