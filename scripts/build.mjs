// Bundles the program into dist/ with esbuild: ESM, code-split, so that `flare agent` loads only what an agent needs.
import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { build } from "esbuild";

const quiet = process.argv.includes("--quiet");
const { version } = JSON.parse(await readFile("package.json", "utf8"));

await rm("dist", { recursive: true, force: true });
await mkdir("dist", { recursive: true });
const result = await build({
  entryPoints: { flare: "src/cli/main.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  minify: true,
  sourcemap: "external",
  metafile: true,
  legalComments: "none",
  define: { FLARE_VERSION: JSON.stringify(version) },
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
await cp("mappings", "dist/mappings", { recursive: true });
if (!quiet) {
  const bytes = Object.entries(result.metafile.outputs)
    .filter(([file]) => file.endsWith(".js"))
    .reduce((sum, [, output]) => sum + output.bytes, 0);
  console.log(`dist/: ${(bytes / 1024).toFixed(0)} KiB of JavaScript`);
}
