import { parseTable, type Table, type TableSource } from "./parse-table.ts";
import { type CompiledTables, compileParsed } from "./tables.ts";

/**
 * Parses, checks and compiles table files, on top of tables that were parsed before. All problems are told, each with
 * file, line and column.
 */
export function compileTables(
  sources: readonly TableSource[],
  parsedBefore: readonly Table[] = [],
): CompiledTables {
  const parsed = sources.map(parseTable);
  const problems = parsed.flatMap((result) => (result.ok ? [] : result.problems));
  if (problems.length > 0) return { ok: false, problems };
  return compileParsed([...parsedBefore, ...parsed.flatMap((result) => (result.ok ? [result.table] : []))]);
}
