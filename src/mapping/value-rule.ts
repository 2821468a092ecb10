import { canonicalKey, findKey, type Key, rowOf } from "../vocabulary/keys.ts";
import { nearestKeys } from "../vocabulary/nearest.ts";
import { parseValue } from "../vocabulary/values.ts";
import { type Checked, canonicalTextOf } from "./canonical-text.ts";
import { compileConditions } from "./condition.ts";
import { type Context, UnknownReference } from "./context.ts";
import { compileExpression } from "./expression.ts";
import { compileLets } from "./lets.ts";
import type { Expression, ExpressionObject, ValueRule } from "./schema.ts";
import type { Evaluate, Lets, Scalar, Test } from "./scope.ts";

/** One way to give a key its value; the first whose condition holds and whose value is valid wins. */
export interface ValueCandidate {
  readonly rule: string;
  readonly at: string;
  readonly lets: Lets;
  readonly when: Test;
  readonly evaluate: Evaluate;
}

/** A key with the candidates for its value, in order. */
export interface KeyRules {
  readonly key: Key;
  /** Its row in the vocabulary. */
  readonly row: number;
  /** Checks a value of the key and writes it canonically. */
  readonly textOf: (raw: Scalar) => Checked;
  readonly candidates: readonly ValueCandidate[];
}

/** A rule of the `values` section with its place, and the place of each key that it sets. */
export interface PlacedValueRule {
  readonly rule: ValueRule;
  readonly at: string;
  readonly placeOf: (spelling: string) => string;
}

/** Compiles the value rules; `problems` gets what is wrong with them. */
export function compileValueRules(
  rules: readonly PlacedValueRule[],
  context: Context,
  problems: string[],
): readonly KeyRules[] {
  const byKey = new Map<string, ValueCandidate[]>();
  const waitsFor = new Map<string, readonly string[]>();
  const compileShared = sharingLets(context);
  for (const { rule, at, placeOf } of rules) {
    const compiled = attempt(problems, `${at}: rule ${rule.rule}`, () => compileShared(rule.let));
    if (!compiled) continue;
    for (const [spelling, expression] of Object.entries(rule.set)) {
      const place = `${placeOf(spelling)}: rule ${rule.rule}`;
      const key = canonicalKey(spelling);
      problems.push(...keyProblems(spelling, key, expression).map((problem) => `${place}: ${problem}`));
      if (key === undefined) continue;
      const candidate = attempt(problems, place, () => ({
        rule: rule.rule,
        at: placeOf(spelling),
        lets: compiled.lets,
        when: compileConditions(rule.when, compiled.context),
        evaluate: compileExpression(expression, compiled.context),
      }));
      if (candidate) byKey.set(key, [...(byKey.get(key) ?? []), candidate]);
      const named = referredKeys([rule.when, rule.let, expression]);
      waitsFor.set(key, [...(waitsFor.get(key) ?? []), ...named]);
    }
  }
  return inOrder([...byKey.keys()], waitsFor).flatMap((name) => {
    const key = findKey(name);
    return key
      ? [{ key, row: rowOf(name), textOf: canonicalTextOf(key), candidates: byKey.get(name) ?? [] }]
      : [];
  });
}

type CompiledLets = ReturnType<typeof compileLets>;

/**
 * Rules that have the `let` of their table and none of their own share its compiled form, so that a value is found once
 * for all of them; but not where it tells which rule decided a key, as that changes on the way.
 */
function sharingLets(context: Context): (lets: ValueRule["let"]) => CompiledLets {
  const known = new Map<ValueRule["let"], CompiledLets>();
  return (lets) => {
    const compiled = known.get(lets) ?? compileLets([], lets, context);
    if (referredKeys(lets).length === 0) known.set(lets, compiled);
    return compiled;
  };
}

/** Unknown references become problems with their place, so that all of them are told at once. */
export function attempt<T>(problems: string[], at: string, compile: () => T): T | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof UnknownReference)) throw error;
    problems.push(`${at}: ${error.message}`);
    return undefined;
  }
}

function keyProblems(spelling: string, key: string | undefined, expression: Expression): readonly string[] {
  if (key === undefined)
    return [`${spelling} is no key of the vocabulary; near: ${nearestKeys(spelling).join(", ")}`];
  if (OWN_KEYS.has(key)) return [`${key} is made by FLARE itself and cannot be set`];
  return invalidLiterals(key, expression);
}

/** Keys that mapNode makes from the groups and the tables. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  "gpu.fluidos.eu/devices",
  "agent.fluidos.eu/mappings",
  "agent.fluidos.eu/inferred",
]);

/** Values written out in a table are checked with it, not only when a node meets them. */
function invalidLiterals(key: string, expression: Expression): readonly string[] {
  const row = findKey(key);
  return [expression].flat().flatMap((option) => {
    const literal = typeof option === "object" ? (option as ExpressionObject).value : option;
    if (!row || literal === undefined || String(literal).includes("{")) return [];
    if (typeof option === "object" && Object.keys(option).some((name) => CHANGES_VALUE.has(name))) return [];
    const parsed = parseValue(row.type, String(literal));
    return parsed.ok ? [] : [`${key} cannot be ${JSON.stringify(literal)}; expected ${parsed.expected}`];
  });
}
const CHANGES_VALUE = new Set(["pattern", "convert", "times", "divided-by"]);

/** Canonical keys that `rule-of` names anywhere inside. */
function referredKeys(inside: unknown): readonly string[] {
  if (typeof inside !== "object" || inside === null) return [];
  return Object.entries(inside).flatMap(([name, value]) => {
    const key = name === "rule-of" ? canonicalKey(String(value)) : undefined;
    return key === undefined ? referredKeys(value) : [key];
  });
}

/** Keys in the order of their rules, but those that others refer to by `rule-of` before them. */
function inOrder(keys: readonly string[], waitsFor: ReadonlyMap<string, readonly string[]>): string[] {
  const ordered = new Set<string>();
  const entered = new Set<string>();
  const visit = (key: string): void => {
    if (entered.has(key)) return;
    entered.add(key);
    for (const before of waitsFor.get(key) ?? []) visit(before);
    ordered.add(key);
  };
  for (const key of keys) visit(key);
  return [...ordered];
}
