import { createHash } from "node:crypto";
import { canonicalKey, findKey, type Key } from "../vocabulary/keys.ts";
import { nearestKeys } from "../vocabulary/nearest.ts";
import { parseValue } from "../vocabulary/values.ts";
import { buildCatalogue, type Catalogue } from "./catalogue.ts";
import { compileConditions } from "./condition.ts";
import { type CompiledDeviceRule, compileDeviceRule, compileLets } from "./device-rule.ts";
import { DEVICE_FIELDS } from "./device-view.ts";
import { type Context, compileExpression, UnknownReference } from "./expression.ts";
import { mergeTrees } from "./lookup.ts";
import { type CompiledProblemRule, compileProblemRule } from "./node-problems.ts";
import type { Table } from "./parse-table.ts";
import type { Expression, ExpressionObject, LookupTree, ScoresSection, TableContent } from "./schema.ts";
import type { Evaluate, LetExpressions, Test } from "./scope.ts";

/** One way to give a key its value; the first whose condition holds and whose value is valid wins. */
export interface ValueCandidate {
  readonly rule: string;
  readonly at: string;
  readonly site: boolean;
  readonly lets: LetExpressions;
  readonly when: Test;
  readonly evaluate: Evaluate;
}

/** The tables, compiled: what mapNode needs. */
export interface MappingTables {
  /** Version of the built-in tables and hash of all contents, as `agent.fluidos.eu/mappings` publishes it. */
  readonly version: string;
  readonly devices: readonly CompiledDeviceRule[];
  readonly problems: readonly CompiledProblemRule[];
  readonly values: readonly { readonly key: Key; readonly candidates: readonly ValueCandidate[] }[];
  readonly catalogue: Catalogue;
  readonly scores: ScoresSection | undefined;
  readonly lookups: ReadonlyMap<string, { readonly tree: LookupTree; readonly at: string }>;
}

export type CompiledTables =
  | { readonly ok: true; readonly tables: MappingTables }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Compiles tables that were parsed before (the built-in ones are parsed when the program is built). */
export function compileParsed(tables: readonly Table[]): CompiledTables {
  const ordered = [
    ...tables.filter((table) => table.origin === "site"),
    ...tables.filter((table) => table.origin === "built-in"),
  ];
  const problems: string[] = [];
  const lookups = lookupsOf(ordered);
  const context: Context = {
    lookups,
    deviceFields: knownDeviceFields(ordered),
    conditions: (conditions) => compileConditions(conditions, context),
  };
  const attempt = collectingInto(problems);
  const compiled = {
    version: versionOf(tables),
    lookups,
    devices: eachRule(ordered, "devices", attempt, (rule, at) => compileDeviceRule(rule, at, context)),
    problems: eachRule(ordered, "problems", attempt, (rule) => compileProblemRule(rule, context)),
    values: valuesOf(ordered, context, attempt, problems),
    catalogue: catalogueOf(ordered),
    scores: ordered.map((table) => table.content.scores).find((section) => section !== undefined),
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, tables: compiled };
}

type Attempt = <T>(at: string, compile: () => T) => readonly T[];

/** Unknown references become problems with their place, so that all of them are told at once. */
function collectingInto(problems: string[]): Attempt {
  return (at, compile) => {
    try {
      return [compile()];
    } catch (error) {
      if (!(error instanceof UnknownReference)) throw error;
      problems.push(`${at}: ${error.message}`);
      return [];
    }
  };
}

function eachRule<S extends "devices" | "problems", T>(
  tables: readonly Table[],
  section: S,
  attempt: Attempt,
  compile: (rule: NonNullable<TableContent[S]>[number], at: string) => T,
): readonly T[] {
  return tables.flatMap((table) =>
    ((table.content[section] ?? []) as NonNullable<TableContent[S]>[number][]).flatMap((rule, index) => {
      const at = placeOf(table, section, index);
      return attempt(`${at}: rule ${rule.rule}`, () => compile(rule, at));
    }),
  );
}

function catalogueOf(tables: readonly Table[]): Catalogue {
  return buildCatalogue(
    tables.flatMap((table) => {
      const section = table.content.catalogue;
      if (!section) return [];
      const at = (product: number, variant?: number): string =>
        placeOf(
          table,
          "catalogue",
          "products",
          product,
          ...(variant === undefined ? [] : ["variants", variant]),
        );
      return [{ section, at }];
    }),
  );
}

/** `mappings/nvidia.yaml:42` */
function placeOf(table: Table, ...path: (string | number)[]): string {
  return `${table.file}:${table.lines[path.join("/")] ?? 1}`;
}

function lookupsOf(tables: readonly Table[]): Map<string, { tree: LookupTree; at: string }> {
  const lookups = new Map<string, { tree: LookupTree; at: string }>();
  for (const table of tables) {
    for (const [name, tree] of Object.entries(table.content.lookups ?? {})) {
      const known = lookups.get(name);
      if (known) lookups.set(name, { tree: mergeTrees(known.tree, tree), at: known.at });
      else lookups.set(name, { tree, at: placeOf(table, "lookups", name) });
    }
  }
  return lookups;
}

function knownDeviceFields(tables: readonly Table[]): ReadonlySet<string> {
  const scores = tables.flatMap((table) => Object.keys(table.content.scores?.formulas ?? {}));
  return new Set([...DEVICE_FIELDS, ...scores.map((name) => `${name}-score`)]);
}

function valuesOf(
  tables: readonly Table[],
  context: Context,
  attempt: Attempt,
  problems: string[],
): readonly { key: Key; candidates: readonly ValueCandidate[] }[] {
  const byKey = new Map<string, ValueCandidate[]>();
  for (const table of tables) {
    (table.content.values ?? []).forEach((rule, index) => {
      const place = placeOf(table, "values", index);
      const [lets] = attempt(`${place}: rule ${rule.rule}`, () => compileLets(rule.let, context));
      if (!lets) return;
      for (const [spelling, expression] of Object.entries(rule.set)) {
        const at = placeOf(table, "values", index, "set", spelling);
        const key = canonicalKey(spelling);
        if (key === undefined) {
          problems.push(
            `${at}: rule ${rule.rule}: ${spelling} is no key of the vocabulary; near: ${nearestKeys(spelling).join(", ")}`,
          );
          continue;
        }
        problems.push(
          ...invalidLiterals(key, expression).map((problem) => `${at}: rule ${rule.rule}: ${problem}`),
        );
        const candidate = attempt(`${at}: rule ${rule.rule}`, () => ({
          rule: rule.rule,
          at,
          site: table.origin === "site",
          lets,
          when: compileConditions(rule.when, context),
          evaluate: compileExpression(expression, context),
        }));
        byKey.set(key, [...(byKey.get(key) ?? []), ...candidate]);
      }
    });
  }
  return [...byKey].flatMap(([name, candidates]) => {
    const key = findKey(name);
    return key ? [{ key, candidates }] : [];
  });
}

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

function versionOf(tables: readonly Table[]): string {
  const hash = createHash("sha256");
  for (const table of tables) hash.update(JSON.stringify([table.file, table.content]));
  const version =
    tables.map((table) => table.content.about.version).find((found) => found !== undefined) ?? "0";
  return `${version}+${hash.digest("hex").slice(0, 12)}`;
}
