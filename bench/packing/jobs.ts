/** Runs in processes of their own, as many at a time as there are processes. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { type RunResult, runOn, runOnce } from "./run.ts";
import { readArrivals, readWorkload } from "./workload.ts";

export interface Job {
  readonly workload: string;
  readonly policy: string;
  readonly seed: number;
}

/** Set in the environment of a process that serves runs. */
const SERVES = "FLARE_BENCH_PACKING_SERVES";

export const isServer = (): boolean => process.env[SERVES] === "1";

/** Arrivals that each policy sees in a process before it is measured there: code that was never run is not what is measured. */
const WARM_UP = 3_000;

/** Serves in this process: runs what it is told and sends what came out. */
export function serveJobs(folder: string): void {
  const workloads = new Map<string, ReturnType<typeof readWorkload>>();
  const warm = new Set<string>();
  process.on("message", ({ workload: name, policy, seed }: Job) => {
    const workload = workloads.get(name) ?? readWorkload(folder, name);
    workloads.set(name, workload);
    if (!warm.has(policy)) {
      const { pods, tieBreak } = readArrivals(folder, workload, seed);
      runOn(workload, { pods: pods.slice(0, WARM_UP), tieBreak }, policy, seed);
      warm.add(policy);
    }
    process.send?.(runOnce(folder, workload, policy, seed));
  });
  process.once("disconnect", () => process.exit(0));
}

/** Runs all jobs; the results come in the order of the jobs. */
export async function runJobs(jobs: readonly Job[], processes: number): Promise<readonly RunResult[]> {
  const results: RunResult[] = [];
  let next = 0;
  const serve = async (): Promise<void> => {
    if (next >= jobs.length) return;
    const child = fork(process.argv[1] ?? "", process.argv.slice(2), {
      env: { ...process.env, [SERVES]: "1" },
    });
    const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`a run ended with ${code}`)));
    ended.catch(() => undefined);
    for (let at = next++; at < jobs.length; at = next++) {
      child.send(jobs[at] as Job);
      const [result] = (await Promise.race([once(child, "message"), ended])) as [RunResult];
      results[at] = result;
    }
    child.disconnect();
  };
  await Promise.all(Array.from({ length: processes }, serve));
  return results;
}
