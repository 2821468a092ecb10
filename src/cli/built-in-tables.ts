import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TABLE_FILE } from "../agent/overlay.ts";
import type { Table, TableSource } from "../mapping/parse-table.ts";
import { type CompiledTables, compileParsed } from "../mapping/tables.ts";
import { UserError } from "./exit.ts";

/** Beside the bundle: the tables as they were parsed when it was built. */
const PARSED = new URL("./mappings.json", import.meta.url);
/** In a checkout: the tables themselves. */
const FOLDER = new URL("../../mappings/", import.meta.url);

/** The built-in tables. The bundle has them parsed, so that an agent loads no YAML parser for them. */
export async function builtInTables(): Promise<readonly Table[]> {
  const parsed = await readFile(PARSED, "utf8").catch(() => undefined);
  if (parsed !== undefined) return JSON.parse(parsed) as readonly Table[];
  const { parseTable } = await import("../mapping/parse-table.ts");
  const sources = await readFolder(fileURLToPath(FOLDER), "mappings", "built-in");
  return sources.map((source) => {
    const result = parseTable(source);
    if (!result.ok) throw new Error(`the built-in mapping tables are broken:\n${result.problems.join("\n")}`);
    return result.table;
  });
}

/** Table files of a folder in name order, named `<label>/<file>` in messages. */
export async function readFolder(
  folder: string,
  label: string,
  origin: TableSource["origin"],
): Promise<readonly TableSource[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot read the folder ${folder}: ${error.code ?? error.message}`);
  });
  const tables = names.filter((name) => TABLE_FILE.test(name)).sort();
  return Promise.all(
    tables.map(async (name) => ({
      file: `${label}/${name}`,
      text: await readFile(join(folder, name), "utf8"),
      origin,
    })),
  );
}

/** The built-in tables with the site's on top; the YAML parser is loaded only where there are some. */
export async function tablesWith(site: readonly TableSource[]): Promise<CompiledTables> {
  const builtIn = await builtInTables();
  if (site.length === 0) return compileParsed(builtIn);
  const { compileTables } = await import("../mapping/compile-tables.ts");
  return compileTables(site, builtIn);
}

/** Site tables named on the command line: files, or folders of them. */
export async function siteTables(paths: readonly string[]): Promise<readonly TableSource[]> {
  const { stat } = await import("node:fs/promises");
  const found = await Promise.all(
    paths.map(async (path): Promise<readonly TableSource[]> => {
      const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
        throw new UserError(
          `cannot read ${path}: ${error.code ?? error.message}; --mappings takes a table file or a folder of them`,
        );
      });
      if (info.isDirectory()) return readFolder(path, path, "site");
      return [{ file: path, text: await readFile(path, "utf8"), origin: "site" }];
    }),
  );
  return found.flat();
}
