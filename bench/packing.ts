/**
 * How full GPUs get: the openb experiment (Weng et al., USENIX ATC 2023), the policies of the paper and first-fit beside this
 * project's allocator, on the same arrivals. Fails when a baseline does not come out as published: then the harness is wrong.
 * `npm run bench:packing -- --data DIR --workload default,gpuspec33 --seeds 3 --policies fgd,flare --jobs 2 --json FILE`
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { PLACERS } from "./packing/placer.ts";
import { check, readPublished } from "./packing/published.ts";
import { printSummaries, summarise } from "./packing/report.ts";
import { type RunResult, runOnce } from "./packing/run.ts";
import { isDataFolder, readWorkload, workloadNames } from "./packing/workload.ts";

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/openb" },
    workload: { type: "string" },
    seeds: { type: "string" },
    policies: { type: "string", default: Object.keys(PLACERS).join() },
    jobs: { type: "string", default: "2" },
    json: { type: "string" },
  },
});

interface Job {
  readonly workload: string;
  readonly policy: string;
  readonly seed: number;
}

/** A process that runs what it is told and sends what came out. */
function serveJobs(): void {
  const workloads = new Map<string, ReturnType<typeof readWorkload>>();
  process.on("message", (job: Job) => {
    const workload = workloads.get(job.workload) ?? readWorkload(options.data, job.workload);
    workloads.set(job.workload, workload);
    process.send?.(runOnce(options.data, workload, job.policy, job.seed));
  });
  process.once("disconnect", () => process.exit(0));
}

async function runAll(jobs: readonly Job[], processes: number): Promise<readonly RunResult[]> {
  const queue = [...jobs];
  const results: RunResult[] = [];
  const serve = async (): Promise<void> => {
    if (queue.length === 0) return;
    const child = fork(process.argv[1] ?? "", process.argv.slice(2), {
      env: { ...process.env, PACKING_JOBS: "1" },
    });
    const failed = once(child, "exit").then(([code]) =>
      Promise.reject(new Error(`a run ended with ${code}`)),
    );
    failed.catch(() => undefined);
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      child.send(job);
      const [result] = (await Promise.race([once(child, "message"), failed])) as [RunResult];
      results.push(result);
    }
    child.disconnect();
  };
  await Promise.all(Array.from({ length: processes }, serve));
  return results;
}

/** The seeds asked for: so many, or these. */
function seedsOf(all: readonly number[]): readonly number[] {
  if (options.seeds === undefined) return all;
  const asked = options.seeds.split(",").map(Number);
  return asked.length === 1 && !all.includes(asked[0] ?? -1) ? all.slice(0, asked[0]) : asked;
}

async function main(): Promise<void> {
  if (!isDataFolder(options.data)) {
    console.error(
      `there is no openb data in ${options.data}: --data DIR names a folder with csv/openb_node_list_gpu_node.csv, ` +
        "csv/openb_pod_list_NAME.csv and arrivals/NAME.SEED.csv (bench/README.md tells where to have them from)",
    );
    process.exit(2);
  }
  const started = performance.now();
  const names = options.workload?.split(",") ?? workloadNames(options.data);
  const policies = options.policies.split(",");
  const unknown = policies.filter((policy) => PLACERS[policy] === undefined);
  if (unknown.length > 0) {
    console.error(`there is no policy ${unknown.join(", ")}; there are ${Object.keys(PLACERS).join(", ")}`);
    process.exit(2);
  }
  const jobs = names.flatMap((workload) =>
    seedsOf(readWorkload(options.data, workload).seeds).flatMap((seed) =>
      policies.map((policy) => ({ workload, policy, seed })),
    ),
  );
  const results = await runAll(jobs, Number(options.jobs));
  const order = (result: Job): number =>
    jobs.findIndex(
      ({ workload, policy, seed }) =>
        workload === result.workload && policy === result.policy && seed === result.seed,
    );
  const runs = results.toSorted((left, right) => order(left) - order(right));
  const summaries = summarise(runs);
  printSummaries(summaries);
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
    const result = { bench: "packing", conditions, summaries, checked, runs };
    await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
  if (checked.wrong.length > 0) {
    console.error(
      `\nthe harness is wrong, its baselines are not the published policies:\n  ${checked.wrong.join("\n  ")}`,
    );
    process.exit(1);
  }
}

if (process.env.PACKING_JOBS === "1") serveJobs();
else await main();
