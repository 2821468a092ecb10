// Writes what derives from the schemas of src/intent/: our CustomResourceDefinitions into manifests/crds, the table of
// fields into docs/intents.md. Usage: crds.mjs [--check]
// With --check it writes nothing and fails where a file is not what it would write.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { stringify } from "yaml";

const folder = "manifests/crds";
const check = process.argv.includes("--check");
const outfile = resolve(".tmp/crds.mjs");
await mkdir(".tmp", { recursive: true });
// Node 20 does not strip types.
await build({
  stdin: {
    contents: 'export * from "./src/intent/crds.ts"; export * from "./src/intent/reference.ts";',
    resolveDir: process.cwd(),
    loader: "ts",
  },
  outfile,
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  logLevel: "warning",
});
const { customResourceDefinitions, fieldReference } = await import(pathToFileURL(outfile).href);
await rm(outfile);

const page = "docs/intents.md";
const texts = new Map(
  [...customResourceDefinitions()].map(([file, crd]) => [
    join(folder, file),
    `# Written by \`npm run crds\` from src/intent/; do not edit.\n${stringify(crd, { lineWidth: 110, aliasDuplicateObjects: false })}`,
  ]),
);
const before = await readFile(page, "utf8");
texts.set(
  page,
  before.replace(
    /(<!-- fields -->\n)[\s\S]*(<!-- \/fields -->)/,
    (_, start, end) => `${start}${fieldReference()}\n${end}`,
  ),
);

const stale = [];
for (const [path, text] of texts) {
  if ((await readFile(path, "utf8").catch(() => "")) === text) continue;
  stale.push(path);
  if (!check) await writeFile(path, text);
}
for (const path of stale) console.log(check ? `${path} is stale: run \`npm run crds\`` : `wrote ${path}`);
if (check && stale.length > 0) process.exit(1);
