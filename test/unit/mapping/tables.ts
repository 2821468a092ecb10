/** The built-in tables for tests: read and compiled once for each test file. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileTables } from "../../../src/mapping/compile-tables.ts";
import type { NodeFacts } from "../../../src/mapping/facts.ts";
import { type MapOptions, mapNode } from "../../../src/mapping/map-node.ts";
import { parseTable, type Table, type TableSource } from "../../../src/mapping/parse-table.ts";
import type { MappingResult } from "../../../src/mapping/result.ts";
import type { MappingTables } from "../../../src/mapping/tables.ts";

/** Tests and benches run from the root of the repository. */
const FOLDER = "mappings";

/** The table files of the repository. */
export function builtInSources(): readonly TableSource[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .map((name) => ({
      file: `mappings/${name}`,
      text: readFileSync(join(FOLDER, name), "utf8"),
      origin: "built-in",
    }));
}

let parsed: readonly Table[] | undefined;

/** The built-in tables, parsed. */
export function builtInTables(): readonly Table[] {
  parsed ??= builtInSources().map((source) => {
    const result = parseTable(source);
    if (!result.ok) throw new Error(result.problems.join("\n"));
    return result.table;
  });
  return parsed;
}

/** The built-in tables with a site's on top. Throws with the problems where they do not compile. */
export function tablesWith(...site: readonly string[]): MappingTables {
  const sources = site.map((text, index) => ({ file: `site-${index}.yaml`, text, origin: "site" }) as const);
  const compiled = compileTables(sources, builtInTables());
  if (!compiled.ok) throw new Error(compiled.problems.join("\n"));
  return compiled.tables;
}

let compiled: MappingTables | undefined;

/** The built-in tables, compiled. */
export function builtIn(): MappingTables {
  compiled ??= tablesWith();
  return compiled;
}

/** Facts of a node with nothing but what is given. */
export function nodeFacts(parts: Partial<NodeFacts> = {}): NodeFacts {
  return { name: "node", labels: {}, annotations: {}, ...parts };
}

/** Maps a node with the built-in tables, without the other spellings. */
export function map(parts: Partial<NodeFacts>, options: MapOptions = {}): MappingResult {
  return mapNode(builtIn(), nodeFacts(parts), { aliases: false, ...options });
}

/** Annotations of a node without their domains where those are FLARE's own GPU keys: `model`, `count`. */
export function gpu(result: MappingResult): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(result.annotations).map(([key, value]) => [key.replace(/^gpu\.fluidos\.eu\//, ""), value]),
  );
}
