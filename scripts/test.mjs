// The test command: type check, lint, import rules, unused code, then unit and integration tests with coverage.
// Each static check counts as one test. The last line is `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";

const report = ".tmp/vitest-report.json";
mkdirSync(".tmp", { recursive: true });
rmSync(report, { force: true });

const only = process.argv.includes("--only-vitest");
const projects = process.argv.filter((arg) => arg.startsWith("--project=")).map((arg) => arg.slice(10));
const run = (command, args) => spawnSync(command, args, { stdio: "inherit", shell: false }).status === 0;
const npmRun = (script) => run("npm", ["run", "--silent", script]);

let passed = 0;
let failed = 0;
const count = (name, ok) => {
  console.log(`${ok ? "ok  " : "FAIL"} ${name}`);
  if (ok) passed += 1;
  else failed += 1;
};

if (!only) for (const check of ["typecheck", "lint", "rooms", "unused"]) count(check, npmRun(check));
if (!only) count("build", npmRun("build"));

const vitest = run("npx", [
  "vitest",
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
  ...(projects.length > 0 ? projects : ["unit", "integration"]).flatMap((project) => ["--project", project]),
  ...(only ? [] : ["--coverage"]),
]);
try {
  const result = JSON.parse(readFileSync(report, "utf8"));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  const skipped = result.numPendingTests + result.numTodoTests;
  if (skipped > 0) console.log(`${skipped} skipped`);
  if (!vitest && result.numFailedTests === 0) failed += 1; // a file that could not be loaded, an unhandled error
} catch (error) {
  console.log(`no test report: ${error.message}`);
  failed += 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
