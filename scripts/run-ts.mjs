// Runs a TypeScript program of this repository on any supported Node (20 does not strip types): run-ts.mjs FILE [ARG...]
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { basename } from "node:path";
import { build } from "esbuild";

const [file, ...args] = process.argv.slice(2);
const outfile = `.tmp/run/${basename(file, ".ts")}.mjs`;
await build({
  entryPoints: [file],
  outfile,
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20.19",
  sourcemap: "inline",
  logLevel: "warning",
});
const child = spawn(process.execPath, ["--enable-source-maps", outfile, ...args], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
