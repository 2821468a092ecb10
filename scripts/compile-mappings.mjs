// Parses and checks the built-in mapping tables at build time, so that the program neither loads a YAML parser nor
// checks them again at every start. A table with a fault fails the build, with file, line and column.
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** The parsed tables of `folder` as JSON: an array of Table (src/mapping/parse-table.ts), by file name. */
export async function compileMappings(folder = "mappings") {
  const { parseTable, compileParsed } = await importTypeScript(
    'export { parseTable } from "./src/mapping/parse-table.ts"; export { compileParsed } from "./src/mapping/tables.ts";',
  );
  const files = (await readdir(folder)).filter((file) => /\.ya?ml$/.test(file)).sort();
  const parsed = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(folder, file), "utf8");
      return parseTable({ file: `mappings/${file}`, text, origin: "built-in" });
    }),
  );
  const problems = parsed.flatMap((result) => (result.ok ? [] : result.problems));
  const tables = parsed.flatMap((result) => (result.ok ? [result.table] : []));
  const compiled = problems.length > 0 ? { ok: false, problems } : compileParsed(tables);
  if (!compiled.ok) throw new Error(`the mapping tables are broken:\n${compiled.problems.join("\n")}`);
  return JSON.stringify(tables);
}

/** Node 20 does not strip types: bundles a little module and imports it. */
async function importTypeScript(contents) {
  await mkdir(".tmp", { recursive: true });
  const dir = await mkdtemp(".tmp/mappings-");
  const outfile = join(dir, "module.mjs");
  try {
    await build({
      stdin: { contents, resolveDir: process.cwd(), loader: "ts" },
      outfile,
      bundle: true,
      packages: "external",
      format: "esm",
      platform: "node",
      logLevel: "warning",
    });
    return await import(pathToFileURL(resolve(outfile)).href);
  } finally {
    await rm(dir, { recursive: true });
  }
}
