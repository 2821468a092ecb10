// Writes the pages of docs/ that are made from tables in the source: `npm run docs`. A test fails when one is stale.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

await mkdir(".tmp", { recursive: true });
const dir = await mkdtemp(".tmp/docs-");
try {
  const outfile = join(dir, "page.mjs");
  await build({
    entryPoints: ["src/vocabulary/reference-page.ts"],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "warning",
  });
  const { referencePage } = await import(pathToFileURL(resolve(outfile)).href);
  await mkdir("docs", { recursive: true });
  await writeFile("docs/annotations.md", referencePage());
  console.log("docs/annotations.md is current");
} finally {
  await rm(dir, { recursive: true });
}
