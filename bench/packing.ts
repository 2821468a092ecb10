/**
 * How full GPUs get: the openb experiment (Weng et al., USENIX ATC 2023), the policies of the paper and first-fit beside this
 * project's allocator, on the same arrivals. Fails when a baseline does not come out as published: then the harness is wrong.
 * `npm run bench:packing -- --data DIR --workload default,gpuspec33 --seeds 3 --policies fgd,flare --jobs 2 --json FILE`
 * `--steps batch,moves` adds, in a table of its own, what further steps of the hub are worth.
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { isServer, runJobs, serveJobs } from "./packing/jobs.ts";
import { PLACERS, STEPS } from "./packing/placer.ts";
import { check, readPublished } from "./packing/published.ts";
import { type Bounds, printSteps, printSummaries, summarise } from "./packing/report.ts";
import { upperBounds } from "./packing/upper-bound.ts";
import { isDataFolder, readArrivals, readWorkload, workloadNames } from "./packing/workload.ts";

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/openb" },
    workload: { type: "string" },
    seeds: { type: "string" },
    policies: { type: "string", default: Object.keys(PLACERS).join() },
    steps: { type: "string" },
    jobs: { type: "string", default: "2" },
    json: { type: "string" },
  },
});

/** The seeds asked for: so many of the first, or these. */
function seedsOf(all: readonly number[]): readonly number[] {
  const asked = options.seeds?.split(",").map(Number);
  if (asked === undefined) return all;
  return asked.length === 1 && !all.includes(asked[0] ?? -1) ? all.slice(0, asked[0]) : asked;
}

/** Of the first seed: the others differ in hundredths. */
async function boundsOf(name: string): Promise<readonly Bounds[]> {
  const workload = readWorkload(options.data, name);
  const [seed] = seedsOf(workload.seeds);
  if (seed === undefined) return [];
  const allocated = await upperBounds(workload, readArrivals(options.data, workload, seed));
  return [{ workload: name, seed, allocated }];
}

/** The names that were asked for, all of which there are. */
function namesIn(what: string, asked: string, known: readonly string[]): readonly string[] {
  const names = asked.split(",");
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) refuse(`there is no ${what} ${unknown.join(", ")}; there are ${known.join(", ")}`);
  return names;
}

function refuse(problem: string): never {
  console.error(problem);
  process.exit(2);
}

async function main(): Promise<void> {
  if (!isDataFolder(options.data))
    refuse(
      `there is no openb data in ${options.data}: --data DIR names a folder with csv/openb_node_list_gpu_node.csv, ` +
        "csv/openb_pod_list_NAME.csv and arrivals/NAME.SEED.csv (bench/README.md tells where to have them from)",
    );
  const policies = namesIn("policy", options.policies, Object.keys(PLACERS));
  const wanted = options.steps === undefined ? [] : namesIn("step", options.steps, Object.keys(STEPS));
  const stepPolicies = wanted.flatMap((step) => Object.keys(STEPS[step] ?? {}));
  const started = performance.now();
  const known = workloadNames(options.data);
  const names = namesIn("workload", options.workload ?? known.join(), known);
  const jobs = names.flatMap((workload) =>
    seedsOf(readWorkload(options.data, workload).seeds).flatMap((seed) =>
      [...policies, ...stepPolicies].map((policy) => ({ workload, policy, seed })),
    ),
  );
  const runs = await runJobs(jobs, Number(options.jobs));
  const all = summarise(runs);
  const isStep = ({ policy }: { readonly policy: string }): boolean => stepPolicies.includes(policy);
  const summaries = all.filter((one) => !isStep(one));
  const steps = all.filter(isStep);
  const bounds = (await Promise.all(names.map(boundsOf))).flat();
  printSummaries(summaries, bounds);
  if (steps.length > 0) printSteps(steps, summaries);
  const checked = check(runs, readPublished(options.data));
  const minutes = (performance.now() - started) / 60_000;
  console.log(
    `\n${runs.length} runs in ${minutes.toFixed(1)} minutes; ${checked.compared} means compared with published ones, ` +
      `the furthest off by ${checked.furthest.toFixed(2)} percentage points`,
  );
  if (options.json !== undefined) {
    const conditions = {
      node: process.version,
      cpu: cpus()[0]?.model ?? "unknown",
      jobs: Number(options.jobs),
    };
    const result = { bench: "packing", conditions, summaries, steps, bounds, checked, runs };
    await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
  if (checked.wrong.length === 0) return;
  console.error(
    `\nthe harness is wrong, its baselines are not the published policies:\n  ${checked.wrong.join("\n  ")}`,
  );
  process.exit(1);
}

if (isServer()) serveJobs(options.data);
else await main();
