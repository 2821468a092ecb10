// Bundles the program into dist/ with esbuild: ESM, code-split, so that `flare agent` loads only what an agent needs.
// dist/ then holds everything the program reads: its chunks, their source maps and the built-in mapping
// tables, as their authors wrote them and parsed.
// Usage: build.mjs [--quiet] [--outdir=DIR]
import { chmod, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { compileMappings } from "./compile-mappings.mjs";
import { kubernetesClient } from "./kubernetes-client-plugin.mjs";

const quiet = process.argv.includes("--quiet");
const outdir = process.argv.find((arg) => arg.startsWith("--outdir="))?.slice("--outdir=".length) ?? "dist";
const { version } = JSON.parse(await readFile("package.json", "utf8"));

const bundling = build({
  entryPoints: { flare: "src/cli/main.ts" },
  outdir,
  write: false,
  chunkNames: "[name]-[hash]",
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
    // CommonJS packages in the bundle call require() for Node's own modules.
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  plugins: [kubernetesClient()],
  logLevel: "warning",
});
// Everything is made before anything is replaced: a build that fails leaves the last good one in place.
const [{ metafile, outputFiles }, mappings] = await Promise.all([bundling, compileMappings()]);
// A CommonJS package that is imported dynamically has nothing but a default export here, other than under Node.js itself:
// `const { parse } = await import("yaml")` works in tests and fails in the bundle.
for (const { entryPoint, exports } of Object.values(metafile.outputs)) {
  if (entryPoint?.includes("node_modules/") && exports.every((name) => name === "default"))
    throw new Error(
      `${entryPoint} is CommonJS: import it statically, in a module that is imported dynamically`,
    );
}
await rm(outdir, { recursive: true, force: true });
await mkdir(outdir, { recursive: true });
await Promise.all(outputFiles.map(({ path, contents }) => writeFile(path, contents)));
await chmod(`${outdir}/flare.js`, 0o755);
await writeFile(`${outdir}/mappings.json`, mappings);
await cp("mappings", `${outdir}/mappings`, { recursive: true });
if (!quiet) {
  const code = Object.entries(metafile.outputs).filter(([file]) => file.endsWith(".js"));
  const bytes = code.reduce((sum, [, output]) => sum + output.bytes, 0);
  console.log(`${outdir}/: ${code.length} files, ${(bytes / 1024).toFixed(0)} KiB of JavaScript`);
}
