import { buildCatalogue, type Catalogue } from "./catalogue.ts";
import { compileConditions } from "./condition.ts";
import { contentHash } from "./content-hash.ts";
import { type Context, NO_NAMES } from "./context.ts";
import { type CompiledDeviceRule, compileDeviceRule } from "./device-rule.ts";
import { DEVICE_FIELDS } from "./device-view.ts";
import { compileExpression } from "./expression.ts";
import { type IndexLabels, labelIndex, noNumbers } from "./label-index.ts";
import { mergeTrees } from "./lookup.ts";
import { type CompiledProblemRule, compileProblemRule } from "./node-problems.ts";
import type { Table } from "./parse-table.ts";
import type { Expression, LookupTree, ScoresSection, TableContent } from "./schema.ts";
import { attempt, compileValueRules, type KeyRules, type PlacedValueRule } from "./value-rule.ts";

/** The tables, compiled: what mapNode needs. */
export interface MappingTables {
  /** Version of the built-in tables and hash of all contents, as `agent.fluidos.eu/mappings` publishes it. */
  readonly version: string;
  readonly devices: readonly CompiledDeviceRule[];
  readonly problems: readonly CompiledProblemRule[];
  readonly values: readonly KeyRules[];
  readonly catalogue: Catalogue;
  readonly scores: ScoresSection | undefined;
  readonly lookups: ReadonlyMap<string, { readonly tree: LookupTree; readonly at: string }>;
  readonly indexLabels: IndexLabels;
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
    labels: noNumbers(),
    names: NO_NAMES,
    expression: compileExpression,
    conditions: compileConditions,
  };
  const compiled = {
    version: versionOf(tables),
    lookups,
    devices: eachRule(ordered, "devices", problems, (rule, at) => compileDeviceRule(rule, at, context)),
    problems: eachRule(ordered, "problems", problems, (rule) => compileProblemRule(rule, context)),
    values: compileValueRules(ordered.flatMap(valueRulesOf), context, problems),
    catalogue: catalogueOf(ordered),
    indexLabels: labelIndex(context.labels),
    scores: ordered.map((table) => table.content.scores).find((section) => section !== undefined),
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, tables: compiled };
}

type RuleOf<S extends "devices" | "problems"> = NonNullable<TableContent[S]>[number];

function eachRule<S extends "devices" | "problems", T>(
  tables: readonly Table[],
  section: S,
  problems: string[],
  compile: (rule: RuleOf<S>, at: string) => T,
): readonly T[] {
  return tables.flatMap((table) =>
    ((table.content[section] ?? []) as RuleOf<S>[]).flatMap((rule, index) => {
      const at = placeOf(table, section, index);
      const compiled = attempt(problems, `${at}: rule ${rule.rule}`, () =>
        compile(withSharedLets(rule, table), at),
      );
      return compiled === undefined ? [] : [compiled];
    }),
  );
}

function valueRulesOf(table: Table): readonly PlacedValueRule[] {
  return (table.content.values ?? []).map((rule, index) => ({
    rule: withSharedLets(rule, table),
    at: placeOf(table, "values", index),
    placeOf: (spelling) => placeOf(table, "values", index, "set", spelling),
  }));
}

/** The `let` of a table stands in each of its rules; a rule's own wins. */
function withSharedLets<R extends { readonly let?: Record<string, Expression> | undefined }>(
  rule: R,
  { content }: Table,
): R {
  return { ...rule, let: rule.let ? { ...content.let, ...rule.let } : content.let };
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

function versionOf(tables: readonly Table[]): string {
  const version =
    tables.map((table) => table.content.about.version).find((found) => found !== undefined) ?? "0";
  return `${version}+${contentHash(tables.map(({ file, content }) => JSON.stringify([file, content])))}`;
}
