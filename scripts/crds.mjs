// Writes our CustomResourceDefinitions from the schemas of src/intent/ into manifests/crds: crds.mjs [--check]
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
  entryPoints: ["src/intent/crds.ts"],
  outfile,
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  logLevel: "warning",
});
const { customResourceDefinitions } = await import(pathToFileURL(outfile).href);
await rm(outfile);

const stale = [];
for (const [file, crd] of customResourceDefinitions()) {
  const path = join(folder, file);
  const text = `# Written by \`npm run crds\` from src/intent/; do not edit.\n${stringify(crd, { lineWidth: 110, aliasDuplicateObjects: false })}`;
  const before = await readFile(path, "utf8").catch(() => "");
  if (before === text) continue;
  stale.push(path);
  if (!check) await writeFile(path, text);
}
for (const path of stale) console.log(check ? `${path} is stale: run \`npm run crds\`` : `wrote ${path}`);
if (check && stale.length > 0) process.exit(1);
